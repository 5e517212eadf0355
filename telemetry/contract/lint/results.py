"""What a PromQL expression gives, and what functions and operators make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from telemetry.contract.lint import units
from telemetry.contract.lint.units import Quantity

# Functions by what becomes of their argument's quantity; those in no set keep it.
_PER_SECOND = {"rate", "irate", "deriv"}
_PLAIN = {"absent", "absent_over_time", "sgn", "histogram_fraction", "present_over_time"}
_COUNTING = {"count_over_time", "changes", "resets", "histogram_count"}
_LOST = {"sqrt", "exp", "ln", "log2", "log10", "stdvar_over_time", "histogram_stdvar", "days_in_month"}
_LOST |= {"day_of_month", "day_of_week", "day_of_year", "hour", "minute", "month", "year"}
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}


@dataclass(frozen=True)
class Result:
    """What an expression gives.

    Attributes:
        labels: of its series; None when they cannot be known.
        quantity: what its values are in; None when that cannot be known.
        bucket: of a histogram's buckets, what their bounds are in.
        scalar: it is one number, not series.
        literal: the number stands in the expression.
    """

    labels: frozenset[str] | None = None
    quantity: Quantity | None = None
    bucket: Quantity | None = None
    scalar: bool = False
    literal: bool = False


def measured(function: str, vector: Result) -> Result:
    """Return the result of a function that changes values, not labels."""
    if function in _PER_SECOND:
        return replace(vector, quantity=vector.quantity and vector.quantity.per_second())
    if function.startswith("absent"):
        return Result(None, units.NUMBER)
    for functions, quantity in ((_PLAIN, units.NUMBER), (_COUNTING, units.COUNT), (_LOST, None)):
        if function in functions:
            return replace(vector, quantity=quantity)
    return replace(vector, quantity=units.SECONDS) if function == "timestamp" else vector


def combined(operator: str, left: Result, right: Result, *, returns_bool: bool) -> Quantity | None:
    """Return the quantity of a binary operation's result."""
    if operator in _COMPARISONS and returns_bool:
        return units.NUMBER
    if operator in {"*", "/"}:
        if left.quantity is None or right.quantity is None:
            return None
        return left.quantity.times(right.quantity, 1 if operator == "*" else -1)
    if operator in {"and", "unless"}:
        return left.quantity
    # A comparison, sum or difference with a constant is of what the other side is of.
    if left.literal or right.literal:
        return right.quantity if left.literal else left.quantity
    same = left.quantity == right.quantity or operator in _COMPARISONS
    return left.quantity if same else None
