"""A price series, with the capital that profit is counted on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.prices.ticks import to_ticks


@dataclass(frozen=True, eq=False)
class Prices:
    """Daily closing prices, and how large a position in them is.

    Profit is position × price change on a stated capital, never a ratio of two prices: a price may be
    zero or negative (oil on 2020-04-20), and such a ratio would then have no meaning.

    Attributes:
        name: the dataset's name.
        dates: (bars,) days, ascending, each once.
        close: (bars,) closing prices; any finite number.
        unit: unit of the prices, such as ``USD/barrel``.
        capital: stated capital in the currency of the prices; returns are shares of it.
        position_units: units (barrels, shares) held at a position of 1.
    """

    name: str
    dates: NDArray[np.datetime64]
    close: NDArray[np.float64]
    unit: str
    capital: float
    position_units: float

    @cached_property
    def returns_of_long(self) -> NDArray[np.float64]:
        """(bars,) profit of a position of 1 from the bar before, as a share of capital; 0 on the first.

        Changes of price that are equal give equal profits, so that a steady one does not look volatile.
        """
        ticks, decimals = to_ticks(self.close)
        return np.diff(ticks, prepend=ticks[0]) * (self.position_units / self.capital / 10.0**decimals)

    @cached_property
    def size_of_long(self) -> NDArray[np.float64]:
        """(bars,) amount |price| × units of a position of 1, as a share of capital."""
        return np.abs(self.close) * (self.position_units / self.capital)

    @cached_property
    def non_positive_rows(self) -> int:
        """How many prices are zero or negative."""
        return int(np.count_nonzero(self.close <= 0))

    @cached_property
    def first_non_positive(self) -> str | None:
        """Day and price of the first that is zero or negative, such as ``2020-04-20 -36.98``."""
        rows = np.flatnonzero(self.close <= 0)
        return f"{self.dates[rows[0]]} {self.close[rows[0]]}" if rows.size else None

    def head(self, bars: int) -> Prices:
        """Return the first bars alone, for a search that must not see the rest."""
        return replace(self, dates=self.dates[:bars], close=self.close[:bars])
