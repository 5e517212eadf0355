"""Every registered strategy: no look-ahead, no NaN, and what parameters it takes."""

from __future__ import annotations

import numpy as np
import pytest

from app.backtests import figures
from app.backtests.engine import Costs, run
from app.backtests.strategies import STRATEGIES, Infeasible, PriceSeries
from app.errors import BadInput
from app.prices import load
from app.search.samplers.random_search import RandomSampler
from app.search.space import SearchSpace

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


def parameter_sets(strategy, count, seed=11):
    """Draw sets, the corners of the space among them."""
    drawn = [proposal.parameters for proposal in RandomSampler(SearchSpace.of(strategy), seed).ask(0, count)]
    corners = [{p.name: (p.low, p.high)[high] for p in strategy.parameters} for high in (False, True)]
    return [*drawn, *corners]


@every_strategy
def test_the_future_never_changes_the_past(strategy):
    rng = np.random.default_rng(5)
    close = 20 + np.cumsum(rng.normal(size=700))
    checked = 0
    for parameters in parameter_sets(strategy, 40):
        signal = strategy.signal(PriceSeries(close), parameters)
        for known in rng.integers(1, 700, size=5):
            other = close.copy()
            other[known:] = rng.normal(0, 30, size=700 - known)
            np.testing.assert_array_equal(
                strategy.signal(PriceSeries(other), parameters)[:known], signal[:known]
            )
            np.testing.assert_array_equal(
                strategy.signal(PriceSeries(close[:known].copy()), parameters), signal[:known]
            )
            checked += 1
    assert checked >= 150


@every_strategy
def test_the_present_does_matter(strategy):
    # A signal that ignored its own bar would pass the look-ahead test, and be a day late.
    rng = np.random.default_rng(6)
    close = 20 + np.cumsum(rng.normal(size=700))
    changed = 0
    for parameters in parameter_sets(strategy, 10):
        signal = strategy.signal(PriceSeries(close), parameters)
        for bar in rng.integers(310, 700, size=20):
            for jump in (-500.0, 500.0):
                other = close.copy()
                other[bar] += jump
                changed += strategy.signal(PriceSeries(other), parameters)[bar] != signal[bar]
    assert changed > 0


@every_strategy
def test_no_parameter_set_gives_nan_on_oil_prices(strategy, tmp_path):
    prices = load("wti-daily", tmp_path)
    series = PriceSeries(prices.close)
    for parameters in parameter_sets(strategy, 300):
        signal = strategy.signal(series, parameters)
        assert set(np.unique(signal)) <= {-1.0, 0.0, 1.0}
        summary = figures.summary(run(prices, signal, Costs()))
        assert np.isfinite(list(summary.values())).all()


@every_strategy
@pytest.mark.parametrize("price", [70.0, 0.1, 0.0, -36.98])
def test_constant_prices_give_no_position_and_a_sharpe_of_zero(strategy, price, tmp_path):
    prices = load("wti-daily", tmp_path).head(2_000)
    prices = type(prices)("constant", prices.dates, np.full(2_000, price), "USD", 1e5, 1e3)
    for parameters in parameter_sets(strategy, 20):
        backtest = run(prices, strategy.signal(PriceSeries(prices.close), parameters), Costs())
        assert not backtest.positions.any()
        assert figures.sharpe(backtest.returns) == 0.0


@every_strategy
@pytest.mark.parametrize("bars", [1, 2, 20, 21, 300])
def test_short_series_give_a_signal_for_each_bar(strategy, bars):
    for parameters in parameter_sets(strategy, 20):
        assert strategy.signal(PriceSeries(np.arange(float(bars))), parameters).shape == (bars,)


@pytest.mark.parametrize(("fast", "slow"), [(20, 20), (60, 20)])
def test_sma_cross_refuses_a_fast_mean_that_is_not_faster(fast, slow):
    with pytest.raises(Infeasible, match=rf"fast \({fast}\) must be below slow \({slow}\)"):
        STRATEGIES["sma_cross"].signal(PriceSeries(np.arange(400.0)), {"fast": fast, "slow": slow})


@every_strategy
def test_defaults_of_every_parameter_are_valid_and_described(strategy):
    assert strategy.description
    for parameter in strategy.parameters:
        assert parameter.description
        assert parameter.validate(parameter.low) < parameter.validate(parameter.high) == parameter.last


@pytest.mark.parametrize("value", [1, 61, 5.5, "5", None, True, float("nan"), float("inf")])
def test_value_a_parameter_cannot_have_is_refused(value):
    fast = STRATEGIES["sma_cross"].parameters[0]

    with pytest.raises(BadInput, match="it must be a whole number from 2 to 60") as caught:
        fast.validate(value)

    assert caught.value.field == "parameters.fast"


def test_whole_number_written_as_float_becomes_one():
    value = STRATEGIES["sma_cross"].parameters[0].validate(5.0)

    assert value == 5
    assert isinstance(value, int)
