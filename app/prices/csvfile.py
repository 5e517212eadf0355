"""Reads and validates a CSV file of daily prices."""

from __future__ import annotations

import csv
import stat
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput

_HEADER = ["Date", "Price"]
# Far above any price, far below where a sum of squares overflows.
_HIGHEST = 1e12

# Four million days.
_MOST_BYTES = 64 * 2**20

Columns = tuple[NDArray[np.datetime64], NDArray[np.float64]]


def read_prices(path: Path) -> Columns:
    """Read a file with the header ``Date,Price``, days as ``2020-04-20``, ascending.

    Zero and negative prices are valid: they have happened.

    Args:
        path: the file; one that has not changed since is not read again.

    Returns:
        Days and prices, both (rows,) and read-only.

    Raises:
        BadInput: for the field ``dataset``; names the file, the line and what to do, but not what is in it
            nor where it is: the API tells this to strangers.
    """
    try:
        state = path.stat()
        # A named pipe would be waited for, and a device may never end.
        if not stat.S_ISREG(state.st_mode):
            raise BadInput("dataset", f"{path.name} cannot be read: it is not a file")
        if state.st_size > _MOST_BYTES:
            raise BadInput("dataset", f"{path.name} is larger than {_MOST_BYTES / 2**20:.0f} MiB")
        return _read(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise BadInput("dataset", f"{path.name} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error):
        # Why, the error says in bytes of the file; what is in a file is not told, nor where it is.
        raise BadInput("dataset", f"{path.name} is not CSV text in UTF-8; save it as such") from None


@lru_cache(maxsize=32)
def _read(path: Path, _modified: int, _size: int) -> Columns:
    # utf-8-sig: spreadsheets like to put a byte order mark first.
    with path.open(encoding="utf-8-sig", newline="") as file:
        days, prices = _parse(path, csv.reader(file))
    columns = np.array(days, dtype="datetime64[D]"), np.array(prices, dtype=np.float64)
    for column in columns:
        column.flags.writeable = False  # it is shared by all who read the file
    return columns


def _parse(path: Path, lines: Iterable[list[str]]) -> tuple[list[date], list[float]]:
    days: list[date] = []
    prices: list[float] = []
    for number, row in enumerate(lines, start=1):
        if number == 1:
            if row != _HEADER:
                raise _error(path, 1, "is not the header, which must be 'Date,Price'")
            continue
        if not row:
            continue
        if len(row) != len(_HEADER):
            raise _error(path, number, f"has {len(row)} fields; write two, a date and a price")
        day, price = _day(path, number, row[0]), _price(path, number, row[1])
        if days and day <= days[-1]:
            raise _error(path, number, f"has {day} after {days[-1]}; sort by date, each date once")
        days.append(day)
        prices.append(price)
    if len(days) < 2:
        raise BadInput("dataset", f"{path.name} has {len(days)} prices; a back-test needs at least two")
    return days, prices


def _day(path: Path, line: int, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise _error(path, line, "has no date first; write it as 2020-04-20") from None


def _price(path: Path, line: int, text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        raise _error(path, line, "has no price; write a number or drop the line") from None
    if not abs(price) <= _HIGHEST:  # true of NaN, too
        raise _error(
            path,
            line,
            f"has a price out of bounds; write a finite number up to {_HIGHEST:.0e}, or drop the line",
        )
    return price


def _error(path: Path, line: int, problem: str) -> BadInput:
    return BadInput("dataset", f"{path.name} line {line} {problem}")
