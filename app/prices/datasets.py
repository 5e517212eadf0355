"""Which datasets there are, and loading one.

Shipped with the product: ``wti-daily``, the spot price of West Texas Intermediate at Cushing since 1986
(U.S. Energy Information Administration, public domain). The user's own are the CSV files in the data
directory's ``datasets`` folder; one named like a shipped dataset takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput, quoted
from app.prices.csvfile import read_prices
from app.prices.series import Prices

_CAPITAL = 100_000.0
_LONGEST_NAME = 64  # it is a database column and a metric's label


@dataclass(frozen=True)
class DatasetInfo:
    """What is known of a dataset without back-testing it.

    Attributes:
        name: by which jobs ask for it.
        rows: how many prices; 0 when the file is not valid.
        first: first day, such as ``1986-01-02``; empty when the file is not valid.
        last: last day.
        unit: unit of the prices.
        non_positive_rows: prices that are zero or negative.
        source: where it comes from.
        error: why it cannot be used; None when it can.
    """

    name: str
    rows: int
    first: str
    last: str
    unit: str
    non_positive_rows: int
    source: str
    error: str | None = None


@dataclass(frozen=True)
class _Dataset:
    path: Path
    source: str
    unit: str = "unspecified"
    position_units: float | None = None
    twin: Path | None = None

    def read(self, name: str) -> Prices:
        if self.twin:
            raise BadInput(
                "dataset", f"{self.twin.name} and {self.path.name} are two of one name; rename one"
            )
        dates, close = read_prices(self.path)
        units = self.position_units or _units_worth_the_capital(close)
        return Prices(name, dates, close, self.unit, _CAPITAL, units)


_SHIPPED = {
    # One futures contract is 1,000 barrels, and 100,000 USD carry it unleveraged up to 100 USD a barrel.
    "wti-daily": _Dataset(
        Path(__file__).parent / "data" / "wti-daily.csv",
        "U.S. Energy Information Administration, public domain; shipped with jobscope",
        "USD/barrel",
        1_000.0,
    )
}


def load(name: str, data_dir: Path) -> Prices:
    """Load a dataset.

    A position of 1 is 1,000 barrels on 100,000 USD for the shipped oil prices; for a user's file it is as
    many units as 100,000 buys at its median price, which scales all returns alike and so no Sharpe ratio.

    Args:
        name: the dataset's name.
        data_dir: the data directory; the user's own files are in its folder ``datasets``.

    Returns:
        The prices, validated.

    Raises:
        BadInput: for the field ``dataset``, when there is none of this name or its file is not valid.
    """
    datasets = _find(data_dir)
    if name not in datasets:
        raise BadInput(
            "dataset", f"there is no dataset {quoted(name)}; there are: {', '.join(sorted(datasets))}"
        )
    return datasets[name].read(name)


def available(data_dir: Path) -> list[DatasetInfo]:
    """List the datasets by name; a file that is not valid is listed with what is wrong with it."""
    return [_describe(name, dataset) for name, dataset in sorted(_find(data_dir).items())]


def names(data_dir: Path) -> list[str]:
    """List the datasets' names, without reading any."""
    return sorted(_find(data_dir))


def _find(data_dir: Path) -> dict[str, _Dataset]:
    own: dict[str, _Dataset] = {}
    # .csv in any letters; sorted, so that of x.CSV and x.csv it is always the same that has the name.
    for path in sorted((data_dir / "datasets").glob("*")):
        if path.suffix.lower() == ".csv" and _can_be_a_name(path.stem):
            own[path.stem] = _Dataset(path, str(path), twin=own[path.stem].path if path.stem in own else None)
    return {**_SHIPPED, **own}


def _can_be_a_name(stem: str) -> bool:
    # A file's name may be bytes that are no text.
    return len(stem) <= _LONGEST_NAME and stem.isprintable()


def _describe(name: str, dataset: _Dataset) -> DatasetInfo:
    try:
        prices = dataset.read(name)
    except BadInput as error:
        return DatasetInfo(name, 0, "", "", dataset.unit, 0, dataset.source, error.message)
    return DatasetInfo(
        name,
        rows=len(prices.close),
        first=str(prices.dates[0]),
        last=str(prices.dates[-1]),
        unit=prices.unit,
        non_positive_rows=prices.non_positive_rows,
        source=dataset.source,
    )


def _units_worth_the_capital(close: NDArray[np.float64]) -> float:
    typical = float(np.median(np.abs(close)))
    return _CAPITAL / typical if typical > 0 else 1.0
