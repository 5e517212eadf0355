"""Curves in characters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_LEVELS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int, low: float | None = None) -> str:
    """Return values as one line of bars, at most so wide; the highest of each bar's values is drawn.

    Args:
        values: in time order.
        width: characters.
        low: the value of the lowest bar; the least of the values when None.
    """
    if not values:
        return ""
    width = min(width, len(values))
    bounds = [len(values) * i // width for i in range(width + 1)]
    peaks = [max(values[begin:end]) for begin, end in pairwise(bounds)]
    low = min(peaks) if low is None else low
    return "".join(_LEVELS[round(_share(peak, low, max(peaks)) * 7)] for peak in peaks)


def step_plot(
    points: Sequence[tuple[int, float]], begin: int, end: int, width: int, height: int
) -> list[str]:
    """Return a curve that holds each value until the next as lines of filled columns, the top one first.

    Args:
        points: time and value, in time order.
        begin: time of the left edge.
        end: time of the right edge.
        width: characters.
        height: lines.
    """
    values = [value for _, value in points]
    low, high = min(values), max(values)
    columns = []
    for column in range(width):
        until = begin + (end - begin) * (column + 1) / width
        known = [value for time, value in points if time <= until]
        # The lowest value still gets a bar: no bar means that there was none yet.
        columns.append(1 + round(_share(known[-1], low, high) * (height * 8 - 1)) if known else 0)
    lines = []
    for row in reversed(range(height)):
        filled = (min(max(level - row * 8, 0), 8) for level in columns)
        lines.append("".join(_LEVELS[eighths - 1] if eighths else " " for eighths in filled))
    return lines


def _share(value: float, low: float, high: float) -> float:
    """Return where a value lies between two, 0 to 1; in the middle when they are the same."""
    # Halves: the difference of two numbers may be none.
    return (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
