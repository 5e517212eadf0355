"""Search spaces: the strategy's own ranges, narrowed by a job."""

from __future__ import annotations

import pytest

from app.backtests.strategies import STRATEGIES, Parameter
from app.errors import BadInput
from app.search.space import SearchSpace

SMA = STRATEGIES["sma_cross"]
RSI = STRATEGIES["rsi_reversion"]


def test_without_overrides_the_space_is_the_strategys():
    assert SearchSpace.of(SMA).parameters == SearchSpace.of(SMA, {}).parameters == SMA.parameters


def test_override_narrows_one_end_or_both():
    fast, slow = SearchSpace.of(SMA, {"slow": {"high": 50}, "fast": {"low": 5, "high": 20.0}}).parameters

    assert (fast.low, fast.high) == (5, 20)
    assert isinstance(fast.high, int)
    assert (slow.low, slow.high) == (20, 50)


def test_one_value_is_a_range():
    fast, _ = SearchSpace.of(SMA, {"fast": {"low": 9, "high": 9}}).parameters

    assert fast.at(0.0) == fast.at(0.999) == fast.last == 9


def test_ranges_are_cut_to_what_the_constraint_leaves():
    fast, slow = SearchSpace.of(SMA, {"fast": {"low": 30}, "slow": {"high": 40}}).parameters

    assert (fast.low, fast.high) == (30, 39)
    assert (slow.low, slow.high) == (31, 40)


@pytest.mark.parametrize(("strategy", "warm_up"), [(SMA, "slow"), (RSI, "window")])
def test_a_set_that_trades_within_the_bars_is_required(strategy, warm_up):
    space = SearchSpace.of(strategy, {warm_up: {"low": 50}})

    space.require_history(strategy, 52)
    with pytest.raises(
        BadInput, match="is 50; no position is taken before so many bars, and 51 are"
    ) as caught:
        space.require_history(strategy, 51)

    assert caught.value.field == f"parameters.{warm_up}.low"


def test_history_for_a_constrained_set_is_what_the_constraint_leaves():
    with pytest.raises(BadInput, match="is 61"):
        SearchSpace.of(SMA, {"fast": {"low": 60}}).require_history(SMA, 60)


def test_feasible_is_what_keeps_all_constraints():
    space = SearchSpace.of(SMA)

    assert space.feasible({"fast": 20, "slow": 21})
    assert not space.feasible({"fast": 20, "slow": 20})
    assert SearchSpace.of(RSI).feasible({"window": 2, "lower": 5.0, "upper": 95.0})


@pytest.mark.parametrize(
    ("strategy", "overrides", "field", "message"),
    [
        (
            SMA,
            {"fast": {"low": 50}, "slow": {"high": 40}},
            "parameters.fast.low",
            "is 50; fast must be below slow, which is at most 40",
        ),
        (
            SMA,
            {"fast": {"low": 40}, "slow": {"high": 40}},
            "parameters.fast.low",
            "is 40; fast must be below",
        ),
        (SMA, {"fast": {"low": 1}}, "parameters.fast.low", "is 1; it must be a whole number from 2 to 60"),
        (SMA, {"fast": {"high": 61}}, "parameters.fast.high", "is 61"),
        (SMA, {"fast": {"low": 2.5}}, "parameters.fast.low", "is 2.5"),
        (SMA, {"fast": {"low": "3"}}, "parameters.fast.low", "is '3'"),
        (RSI, {"lower": {"low": float("nan")}}, "parameters.lower.low", "it must be a number from 5.0"),
        (SMA, {"fast": {"low": 9, "high": 8}}, "parameters.fast.low", "is 9; it must not be above high"),
        (SMA, {"fast": {"step": 2}}, "parameters.fast.step", "a range has low and high"),
        (SMA, {"fast": 9}, "parameters.fast", "write a range such as"),
        (SMA, {"quick": {"low": 9}}, "parameters.quick", "it has: fast, slow"),
        (SMA, [], "parameters", "is []; write ranges such as"),
        (SMA, None, "parameters", "is None"),
    ],
)
def test_wrong_override_names_field_and_fix(strategy, overrides, field, message):
    with pytest.raises(BadInput) as caught:
        SearchSpace.of(strategy, overrides)

    assert caught.value.field == field
    assert message in caught.value.message


def test_every_step_is_as_likely_and_both_ends_are_reached():
    steps = Parameter("x", "float", 0.1, 0.3, 0.1, "")

    values = [steps.at(share / 300) for share in range(300)]

    # 0.1 + 2 × 0.1 is not 0.3 in doubles, and an index of 0.3 would be below it.
    assert {value: values.count(value) for value in values} == {0.1: 100, 0.2: 100, 0.3: 100}
    assert steps.last == 0.3


def test_without_steps_any_value_is_reached():
    assert Parameter("x", "float", 1.0, 3.0, None, "").at(0.25) == 1.5
    assert Parameter("x", "float", 1.0, 3.0, None, "").last == 3.0
