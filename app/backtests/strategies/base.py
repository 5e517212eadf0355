"""What a strategy is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.backtests.engine import FloatArray
from app.errors import BadInput, JobscopeError, quoted
from app.prices.ticks import to_ticks

Value = int | float
# Whole numbers, exactly.
Sums = NDArray[np.int64 | np.float64]
Parameters = Mapping[str, Value]


class Infeasible(JobscopeError):
    """A parameter set that makes no sense to the strategy, though each of its values is in range."""


class PriceSeries:
    """Closing prices in whole ticks, with the running sums that sums over windows of any length come from.

    Built once, used by every trial: the sum over a window then is one subtraction of two slices, and exact.
    A running sum may leave int64 and wrap around; differences of two are right nevertheless, as long as the
    sum over the window fits.

    Args:
        close: (bars,) closing prices.
    """

    def __init__(self, close: FloatArray) -> None:
        ticks, _ = to_ticks(close)
        highest = int(np.max(np.abs(ticks), initial=0))
        # Doubles are exact too where no sum over all bars, times what strategies multiply it with, leaves
        # 2**53; and they multiply twice as fast.
        small = highest * len(ticks) * 2**15 < 2**53
        self.ticks: Sums = ticks.astype(np.float64) if small else ticks

    def __len__(self) -> int:
        """Return how many bars there are."""
        return len(self.ticks)

    @cached_property
    def running_sum(self) -> Sums:
        """(bars + 1,) sum of the prices before each bar."""
        return _running(self.ticks)

    @cached_property
    def running_gains(self) -> Sums:
        """(bars + 1,) sum of the rises from bar to bar before each bar."""
        return _running(np.maximum(self._changes, 0))

    @cached_property
    def running_moves(self) -> Sums:
        """(bars + 1,) sum of the changes from bar to bar before each bar, rises and falls alike."""
        return _running(np.abs(self._changes))

    @property
    def _changes(self) -> Sums:
        return np.diff(self.ticks, prepend=self.ticks[:1])


def _running(values: Sums) -> Sums:
    running = np.zeros_like(values, shape=len(values) + 1)
    np.cumsum(values, out=running[1:])
    return running


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
                f"is {quoted(value)}; it must be {wanted} from {self.low} to {self.high}",
            )
        return int(number) if self.kind == "int" else float(number)

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """All values, ascending, exactly: three steps of 0.1 above 0 are 0.3. Only with a step."""
        low, step = _decimal(self.low), _decimal(self.step)
        steps = int((_decimal(self.high) - low) // step)
        number = int if self.kind == "int" else float
        return tuple(number(low + index * step) for index in range(steps + 1))

    @property
    def last(self) -> Value:
        """The highest value that a whole number of steps reaches."""
        return self.high if self.step is None else self.values[-1]

    def at(self, share: float) -> Value:
        """Return the value at a share of the range, 0 ≤ share < 1; every value is as likely as another."""
        if self.step is None:
            return self.low + share * (self.high - self.low)
        return self.values[int(share * len(self.values))]


def _decimal(value: Value | None) -> Decimal:
    return Decimal(str(value))


@dataclass(frozen=True)
class Constraint:
    """What a parameter set must keep to make sense: one whole number below another.

    Attributes:
        lesser: name of the parameter with the lower value.
        greater: name of the one with the higher value.
    """

    lesser: str
    greater: str

    def holds(self, parameters: Parameters) -> bool:
        """Return whether a parameter set keeps it."""
        return parameters[self.lesser] < parameters[self.greater]

    def __str__(self) -> str:
        """Return it as a formula, such as ``fast < slow``."""
        return f"{self.lesser} < {self.greater}"


@dataclass(frozen=True)
class Strategy:
    """A rule that turns prices into positions.

    Attributes:
        name: its name.
        description: what it does, in a sentence or two.
        parameters: what can be searched.
        rule: from prices and parameters to (bars,) positions wanted, each −1, 0 or 1 and decided with that
            bar's price and those before it, never a later one. May raise :class:`Infeasible`.
        warm_up: name of the parameter that is how many bars the rule waits before it first wants a position.
        constraints: what parameter sets must keep; samplers propose none that does not.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    rule: Callable[[PriceSeries, Parameters], FloatArray]
    warm_up: str
    constraints: tuple[Constraint, ...] = ()

    def signal(self, series: PriceSeries, parameters: Parameters) -> FloatArray:
        """Return the (bars,) positions wanted; see ``rule``.

        Raises:
            Infeasible: the parameter set breaks a constraint.
        """
        for constraint in self.constraints:
            if not constraint.holds(parameters):
                lesser, greater = constraint.lesser, constraint.greater
                raise Infeasible(
                    f"{lesser} ({parameters[lesser]}) must be below {greater} ({parameters[greater]})"
                )
        return self.rule(series, parameters)
