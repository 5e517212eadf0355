"""The evaluator: folds while searching, the tail in the end, and no look across the border."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.backtests import figures
from app.backtests.deflated import deflated_sharpe
from app.backtests.engine import Costs, run
from app.backtests.strategies import STRATEGIES, PriceSeries, Strategy
from app.prices import load
from app.search.folds import split
from app.search.objective import OBJECTIVES, Evaluator, NotANumber, walk_forward_value
from app.search.samplers import SAMPLERS
from app.search.space import SearchSpace

WTI = load("wti-daily", Path("no-own-datasets"))
FOLDS = split(len(WTI.close))
SETS = {
    "sma_cross": {"fast": 20, "slow": 120},
    "rsi_reversion": {"window": 14, "lower": 30.0, "upper": 70.0},
}
every_strategy = pytest.mark.parametrize("name", STRATEGIES)


def evaluator(name, prices=WTI, costs=None):
    return Evaluator(prices, STRATEGIES[name], OBJECTIVES["sharpe"], FOLDS, costs or Costs())


@every_strategy
def test_value_is_the_mean_sharpe_of_the_folds(name):
    evaluation = evaluator(name).evaluate(SETS[name])

    whole = run(WTI, STRATEGIES[name].signal(PriceSeries(WTI.close), SETS[name]), Costs())
    expected = [figures.sharpe(whole.returns[window]) for window in FOLDS.windows]
    np.testing.assert_allclose(evaluation.fold_values, expected, rtol=1e-9)
    assert evaluation.value == pytest.approx(np.mean(expected))
    assert evaluation.figures["sharpe"] == pytest.approx(figures.sharpe(whole.returns[FOLDS.search]))


@every_strategy
def test_tail_does_not_touch_the_value(name):
    close = WTI.close.copy()
    close[FOLDS.holdout] = np.random.default_rng(1).normal(0, 100, len(close[FOLDS.holdout]))

    other = evaluator(name, replace(WTI, close=close)).evaluate(SETS[name])

    assert other.fold_values == evaluator(name).evaluate(SETS[name]).fold_values


@every_strategy
def test_every_trial_that_a_sampler_proposes_gives_numbers(name):
    subject = evaluator(name)
    for proposal in SAMPLERS["random"].make(SearchSpace.of(STRATEGIES[name]), 1).ask(0, 500):
        evaluation = subject.evaluate(proposal.parameters)
        assert np.isfinite([evaluation.value, evaluation.sharpe, *evaluation.fold_values]).all()


@every_strategy
def test_constant_prices_give_zero_throughout(name):
    subject = evaluator(name, replace(WTI, close=np.full(len(WTI.close), 70.1)))

    assert subject.evaluate(SETS[name]).value == 0.0
    held_out = subject.holdout(SETS[name], [0.0, 0.1], [[0.0] * 5] * 2)
    assert (held_out.out_of_sample_value, held_out.total_return, held_out.trades) == (0.0, 0.0, 0)
    assert held_out.deflated_sharpe is None


@every_strategy
def test_costs_lower_the_value(name):
    values = [evaluator(name, costs=Costs(fee, 1)).evaluate(SETS[name]).value for fee in (0, 5, 50)]

    assert values[0] > values[1] > values[2]


def test_value_that_is_not_a_number_fails_the_trial():
    broken = Strategy("broken", "", (), lambda series, _: np.full(len(series), np.nan), "")

    with pytest.raises(NotANumber, match="the objective sharpe came out as nan"):
        Evaluator(WTI, broken, OBJECTIVES["sharpe"], FOLDS, Costs()).evaluate({})


@every_strategy
def test_holdout_is_measured_on_the_tail_alone(name):
    whole = run(WTI, STRATEGIES[name].signal(PriceSeries(WTI.close), SETS[name]), Costs())
    tail = whole.window(FOLDS.holdout)
    assert WTI.dates[FOLDS.holdout][0] < np.datetime64("2020-04-20")

    held_out = evaluator(name).holdout(SETS[name], [0.1, 0.2], [[0.1] * 5, [0.2] * 5])

    assert held_out.out_of_sample_value == pytest.approx(figures.sharpe(tail.returns))
    assert held_out.total_return == pytest.approx(float(np.sum(tail.returns)))
    assert held_out.max_drawdown == pytest.approx(figures.max_drawdown(tail.returns))
    assert held_out.trades == np.count_nonzero(tail.traded) > 0


@every_strategy
def test_deflated_sharpe_is_of_the_winners_returns_over_all_folds(name):
    subject = evaluator(name)
    sharpes = np.random.default_rng(4).normal(0, 0.2, 300)

    held_out = subject.holdout(SETS[name], sharpes, np.zeros((300, 5)))

    returns = subject.evaluate(SETS[name]).backtest.returns
    assert held_out.deflated_sharpe == deflated_sharpe(returns, sharpes)
    assert 0 < held_out.deflated_sharpe < 1


def test_walk_forward_takes_each_fold_from_the_best_before_it():
    values = np.array([[3.0, 0.0, 5.0], [1.0, 9.0, 7.0], [2.0, 0.5, 100.0]])

    # Trial 0 is best on fold 0 and gives 0 in fold 1; trial 1 is best on both and gives 7 in fold 2.
    assert walk_forward_value(values) == pytest.approx((0.0 + 7.0) / 2)


def test_walk_forward_needs_two_folds():
    assert walk_forward_value(np.array([[3.0], [1.0]])) == 0.0


def test_a_hundred_thousand_trials_can_be_arrays():
    rng = np.random.default_rng(9)

    held_out = evaluator("sma_cross").holdout(
        SETS["sma_cross"], rng.normal(size=100_000), rng.normal(size=(100_000, 5))
    )

    assert held_out.deflated_sharpe < 0.01
    assert abs(held_out.walk_forward_value) < 3
