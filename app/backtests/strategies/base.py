"""What a strategy is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from app.backtests.engine import FloatArray
from app.errors import BadInput, JobscopeError

Value = int | float
Parameters = Mapping[str, Value]


class InvalidTrial(JobscopeError):
    """A parameter set that makes no sense, though each of its values is in range."""


class PriceSeries:
    """Closing prices, with the running sums that rolling means of any length come from.

    Built once, used by every trial: a rolling mean then is one subtraction of two slices.

    Args:
        close: (bars,) closing prices.
    """

    def __init__(self, close: FloatArray) -> None:
        self.close = close

    def __len__(self) -> int:
        """Return how many bars there are."""
        return len(self.close)

    @cached_property
    def running_sum(self) -> FloatArray:
        """(bars + 1,) sum of the prices before each bar, each less the first price.

        Less the first price, so that means of prices that never change are exactly equal.
        """
        return _running(self.close - self.close[0])

    @cached_property
    def running_gains(self) -> FloatArray:
        """(bars + 1,) sum of the rises from bar to bar before each bar; it never falls."""
        return _running(np.maximum(self._changes, 0.0))

    @cached_property
    def running_losses(self) -> FloatArray:
        """(bars + 1,) sum of the falls from bar to bar before each bar, as positive numbers."""
        return _running(np.maximum(-self._changes, 0.0))

    @property
    def _changes(self) -> FloatArray:
        return np.diff(self.close, prepend=self.close[0])


def _running(values: FloatArray) -> FloatArray:
    return np.concatenate(([0.0], np.cumsum(values)))


@dataclass(frozen=True)
class Parameter:
    """A strategy's parameter and the range of its values, both ends included.

    Attributes:
        name: its name.
        kind: whether values are whole numbers.
        low: lowest value.
        high: highest value.
        step: distance between values, counted from the lowest; None for any value.
        description: what it does, with its unit.
    """

    name: str
    kind: Literal["int", "float"]
    low: Value
    high: Value
    step: Value | None
    description: str

    def validate(self, value: object, field: str | None = None) -> Value:
        """Return the value as this parameter's kind.

        Args:
            value: as a user gave it.
            field: the value's path for the error; ``parameters.<name>`` when None.

        Raises:
            BadInput: it is not a number of this kind or out of range.
        """
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if not self.low <= number <= self.high or (self.kind == "int" and number != int(number)):
            wanted = "a whole number" if self.kind == "int" else "a number"
            raise BadInput(
                field or f"parameters.{self.name}",
                f"is {value!r}; it must be {wanted} from {self.low} to {self.high}",
            )
        return int(number) if self.kind == "int" else float(number)

    @property
    def last(self) -> Value:
        """The highest value that a whole number of steps reaches."""
        return self.high if self.step is None else self.low + (self._values(self.step) - 1) * self.step

    def at(self, share: float) -> Value:
        """Return the value at a share of the range, 0 ≤ share < 1; every value is as likely as another."""
        if self.step is None:
            return self.low + share * (self.high - self.low)
        return self.low + int(share * self._values(self.step)) * self.step

    def _values(self, step: Value) -> int:
        # A little more than the quotient, which may come out a little too low: (0.3 − 0.1) / 0.1 < 2.
        return math.floor((self.high - self.low) / step + 1e-9) + 1


@dataclass(frozen=True)
class Strategy:
    """A rule that turns prices into positions.

    Attributes:
        name: its name.
        description: what it does, in a sentence or two.
        parameters: what can be searched.
        signal: from prices and parameters to (bars,) positions wanted, each −1, 0 or 1 and decided with
            that bar's price and those before it, never a later one. Raises :class:`InvalidTrial`.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    signal: Callable[[PriceSeries, Parameters], FloatArray]
