"""Reads and validates a CSV file of daily prices."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput, quoted

_HEADER = ["Date", "Price"]
# Far above any price, far below where a sum of squares overflows.
_HIGHEST = 1e12

Columns = tuple[NDArray[np.datetime64], NDArray[np.float64]]


def read_prices(path: Path) -> Columns:
    """Read a file with the header ``Date,Price``, days as ``2020-04-20``, ascending.

    Zero and negative prices are valid: they have happened.

    Args:
        path: the file; one that has not changed since is not read again.

    Returns:
        Days and prices, both (rows,) and read-only.

    Raises:
        BadInput: for the field ``dataset``; names the file, the line and what to do.
    """
    try:
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise BadInput("dataset", f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput("dataset", f"{path} is not CSV text in UTF-8: {error}; save it as such") from error


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
                raise _error(path, 1, f"is {quoted(','.join(row))}; the header must be 'Date,Price'")
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
        raise BadInput("dataset", f"{path} has {len(days)} prices; a back-test needs at least two")
    return days, prices


def _day(path: Path, line: int, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise _error(path, line, f"has the date {quoted(text)}; write it as 2020-04-20") from None


def _price(path: Path, line: int, text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        raise _error(path, line, f"has the price {quoted(text)}; write a number or drop the line") from None
    if not abs(price) <= _HIGHEST:  # true of NaN, too
        raise _error(
            path,
            line,
            f"has the price {quoted(text)}; write a finite number up to {_HIGHEST:.0e}, or drop the line",
        )
    return price


def _error(path: Path, line: int, problem: str) -> BadInput:
    return BadInput("dataset", f"{path} line {line} {problem}")
