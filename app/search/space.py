"""Where a search looks: a strategy's parameters, in ranges that a job may narrow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.backtests.strategies import Constraint, Parameter, Strategy
from app.backtests.strategies.base import Parameters
from app.errors import BadInput, quoted

_NONE: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class SearchSpace:
    """The parameters to search, in the strategy's order.

    Attributes:
        parameters: each with the range to search.
        constraints: what a set of them must keep.
    """

    parameters: tuple[Parameter, ...]
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def of(cls, strategy: Strategy, overrides: Mapping[str, object] = _NONE) -> SearchSpace:
        """Return a strategy's search space.

        Args:
            strategy: the strategy.
            overrides: narrower ranges by parameter, such as ``{"fast": {"low": 5, "high": 20}}``; either end
                may be left out.

        Raises:
            BadInput: it is no mapping, a parameter does not exist, a range is not within the strategy's, or
                no set within the ranges keeps the strategy's constraints; names the field, such as
                ``parameters.fast.low``.
        """
        if not isinstance(overrides, Mapping):
            raise BadInput(
                "parameters", f'is {quoted(overrides)}; write ranges such as {{"fast": {{"low": 5}}}}'
            )
        names = [parameter.name for parameter in strategy.parameters]
        for name in overrides:
            if name not in names:
                raise BadInput(
                    f"parameters.{name}", f"{strategy.name} has no such parameter; it has: {', '.join(names)}"
                )
        ranges = {
            parameter.name: _narrowed(parameter, overrides[parameter.name])
            if parameter.name in overrides
            else parameter
            for parameter in strategy.parameters
        }
        for constraint in strategy.constraints:
            ranges |= _within(constraint, ranges)
        return cls(tuple(ranges.values()), strategy.constraints)

    def require_history(self, strategy: Strategy, bars: int) -> None:
        """Require that some set can trade within the bars that are searched.

        Raises:
            BadInput: every set's warm-up is too long; names the field.
        """
        lowest = next(p.low for p in self.parameters if p.name == strategy.warm_up)
        # Wanted at one bar, a position is taken at the next and earns at the one after.
        if lowest + 2 > bars:
            raise BadInput(
                f"parameters.{strategy.warm_up}.low",
                f"is {lowest}; no position is taken before so many bars, and {bars} are searched: "
                "begin lower, or take a longer dataset",
            )

    def feasible(self, parameters: Parameters) -> bool:
        """Return whether a parameter set keeps all constraints."""
        return all(constraint.holds(parameters) for constraint in self.constraints)


def _narrowed(parameter: Parameter, override: object) -> Parameter:
    field = f"parameters.{parameter.name}"
    if not isinstance(override, Mapping):
        raise BadInput(field, f'is {quoted(override)}; write a range such as {{"low": {parameter.low}}}')
    for end in override:
        if end not in {"low", "high"}:
            raise BadInput(f"{field}.{end}", "does not exist; a range has low and high")
    low = parameter.validate(override.get("low", parameter.low), f"{field}.low")
    high = parameter.validate(override.get("high", parameter.high), f"{field}.high")
    if low > high:
        raise BadInput(f"{field}.low", f"is {low}; it must not be above high, which is {high}")
    return replace(parameter, low=low, high=high)


def _within(constraint: Constraint, ranges: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return two parameters' ranges without the ends that no set can have which keeps the constraint."""
    lesser, greater = ranges[constraint.lesser], ranges[constraint.greater]
    if lesser.low >= greater.high:
        raise BadInput(
            f"parameters.{lesser.name}.low",
            f"is {lesser.low}; {lesser.name} must be below {greater.name}, which is at most {greater.high}",
        )
    return {
        lesser.name: replace(lesser, high=min(lesser.high, greater.high - 1)),
        greater.name: replace(greater, low=max(greater.low, lesser.low + 1)),
    }
