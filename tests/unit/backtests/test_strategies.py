"""Every registered strategy: no look-ahead, no NaN. And each against a slow version of itself."""

from __future__ import annotations

import numpy as np
import pytest

from app.backtests import figures
from app.backtests.engine import Costs, run
from app.backtests.strategies import STRATEGIES, InvalidTrial, PriceSeries
from app.backtests.strategies.rsi_reversion import relative_strength
from app.errors import BadInput
from app.prices import load
from app.search.samplers.random_search import RandomSampler
from app.search.space import SearchSpace

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


def parameter_sets(strategy, count, seed=11):
    """Draw sets that make sense, the corners of the space among them."""
    drawn = [proposal.parameters for proposal in RandomSampler(SearchSpace.of(strategy), seed).ask(0, count)]
    corners = [{p.name: (p.low, p.high)[high] for p in strategy.parameters} for high in (False, True)]
    for parameters in [*drawn, *corners]:
        try:
            strategy.signal(PriceSeries(np.arange(400.0)), parameters)
        except InvalidTrial:
            continue
        yield parameters


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


@pytest.mark.parametrize(("fast", "slow"), [(2, 20), (7, 31), (19, 20), (60, 300)])
def test_sma_cross_is_the_comparison_of_two_means(fast, slow, tmp_path):
    close = load("wti-daily", tmp_path).close[8_200:9_000]
    expected = np.zeros(len(close))
    for bar in range(slow - 1, len(close)):
        window = close[: bar + 1]
        expected[bar] = np.sign(round(np.mean(window[-fast:]) - np.mean(window[-slow:]), 9))

    signal = STRATEGIES["sma_cross"].signal(PriceSeries(close), {"fast": fast, "slow": slow})

    np.testing.assert_array_equal(signal, expected)


@pytest.mark.parametrize(("fast", "slow"), [(20, 20), (60, 20)])
def test_sma_cross_refuses_a_fast_mean_that_is_not_faster(fast, slow):
    with pytest.raises(InvalidTrial, match=rf"fast \({fast}\) must be below slow \({slow}\)"):
        STRATEGIES["sma_cross"].signal(PriceSeries(np.arange(400.0)), {"fast": fast, "slow": slow})


def slow_rsi(close, window):
    values = []
    for bar in range(window, len(close)):
        changes = np.diff(close[bar - window : bar + 1])
        up, down = changes[changes > 0].sum(), -changes[changes < 0].sum()
        values.append(100 * up / (up + down) if up + down else 50.0)
    return values


@pytest.mark.parametrize("window", [2, 14, 60])
def test_relative_strength_is_cutlers(window, tmp_path):
    close = load("wti-daily", tmp_path).close[8_400:8_900]

    index = relative_strength(PriceSeries(close), window)

    np.testing.assert_allclose(index, slow_rsi(close, window), rtol=0, atol=1e-8)
    assert index.min() >= 0


@pytest.mark.parametrize(
    ("window", "lower", "upper"), [(2, 5.0, 95.0), (5, 30.0, 70.0), (14, 45.0, 55.0), (21, 40.0, 70.0)]
)
def test_rsi_reversion_opens_at_extremes_and_closes_at_the_middle(window, lower, upper, tmp_path):
    close = load("wti-daily", tmp_path).close[8_000:9_000]
    held, expected = 0.0, [0.0] * window
    for value in relative_strength(PriceSeries(close), window):
        if value < lower:
            held = 1.0
        elif value > upper:
            held = -1.0
        elif (held == 1 and value >= 50) or (held == -1 and value <= 50):
            held = 0.0
        expected.append(held)

    signal = STRATEGIES["rsi_reversion"].signal(
        PriceSeries(close), {"window": window, "lower": lower, "upper": upper}
    )

    assert {-1.0, 0.0, 1.0} == set(expected)
    np.testing.assert_array_equal(signal, expected)


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
