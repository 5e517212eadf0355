"""The engine against a slow ledger of cash and fills, and on the day oil was negative."""

from __future__ import annotations

import numpy as np
import pytest

from app.backtests import figures
from app.backtests.engine import Costs, run
from app.prices import Prices, load

FREE = Costs(0, 0)


def make_prices(close, capital=1_000.0, units=10.0):
    close = np.asarray(close, dtype=float)
    dates = np.datetime64("2020-01-01") + np.arange(len(close))
    return Prices("made", dates, close, "USD", capital, units)


def ledger(prices, signal, costs):
    """Account day by day: fill yesterday's order at today's close, then mark to market."""
    cash, held, worth, returns = 0.0, 0.0, 0.0, []
    for bar, close in enumerate(prices.close):
        wanted = signal[bar - 1] if bar else 0.0
        units = (wanted - held) * prices.position_units
        cash -= units * close + abs(units * close) * (costs.fee_bps + costs.slippage_bps) / 1e4
        held = wanted
        now = cash + held * prices.position_units * close
        returns.append((now - worth) / prices.capital)
        worth = now
    return np.array(returns)


@pytest.mark.parametrize("seed", range(5))
def test_returns_are_those_of_a_ledger_also_through_negative_prices(seed):
    rng = np.random.default_rng(seed)
    prices = make_prices(np.cumsum(rng.normal(size=300)))
    signal = rng.integers(-1, 2, size=300).astype(float)
    costs = Costs(3.0, 2.0)
    assert (prices.close < 0).any()

    backtest = run(prices, signal, costs)

    np.testing.assert_allclose(backtest.returns, ledger(prices, signal, costs), rtol=0, atol=1e-12)


def test_signal_is_filled_at_the_next_close_and_earns_from_the_one_after():
    prices = make_prices([10, 20, 40, 80, 160])

    backtest = run(prices, np.array([1.0, 0, 0, 0, 0]), FREE)

    # Decided at 10, filled at 20 and sold at 40, 10 units on 1,000: the rise from 10 to 20 is not ours.
    assert backtest.positions.tolist() == [0, 1, 0, 0, 0]
    assert backtest.returns.tolist() == [0, 0, 0.2, 0, 0]


def test_position_never_depends_on_the_price_it_is_filled_at():
    close = np.array([10.0, 11, 12, 13, 14, 15])
    changed = close.copy()
    changed[3:] = [1, 99, 2]

    def positions(close):
        return run(make_prices(close), np.sign(np.diff(close, prepend=close[0])), FREE).positions

    assert positions(close)[:4].tolist() == positions(changed)[:4].tolist()
    assert positions(close)[4] != positions(changed)[4]


def test_order_costs_basis_points_of_the_traded_amount_and_a_turn_twice_that():
    prices = make_prices([100.0] * 6)

    backtest = run(prices, np.array([1.0, -1, -1, 0, 0, 0]), Costs(fee_bps=1, slippage_bps=2))

    once = 100 * 10 * 3 / 10_000 / 1_000
    np.testing.assert_allclose(backtest.costs, [0, once, 2 * once, 0, once, 0], rtol=1e-12)
    np.testing.assert_array_equal(backtest.returns, -backtest.costs)


def test_costs_count_the_amount_of_a_negative_price():
    backtest = run(make_prices([-50.0] * 3), np.ones(3), Costs(1, 1))

    assert backtest.returns[1] == pytest.approx(-50 * 10 * 2e-4 / 1_000)


def test_costs_reduce_profit(tmp_path):
    prices = load("wti-daily", tmp_path)
    signal = np.sign(np.sin(np.arange(len(prices.close)) / 7))

    profits = [figures.total_return(run(prices, signal, Costs(fee, 1.0)).returns) for fee in (0, 1, 10)]

    assert profits[0] > profits[1] > profits[2]


def test_long_oil_loses_a_thousand_barrels_times_the_fall_on_the_negative_day(tmp_path):
    prices = load("wti-daily", tmp_path)
    day = int(np.flatnonzero(prices.dates == np.datetime64("2020-04-20"))[0])

    backtest = run(prices, np.ones(len(prices.close)), Costs())

    assert backtest.returns[day] * prices.capital == pytest.approx(1_000 * (-36.98 - 18.31), abs=1e-6)
    assert backtest.returns[day + 1] * prices.capital == pytest.approx(1_000 * (8.91 + 36.98), abs=1e-6)
    # Neither day compounds: from before the fall to after it, what counts is the price alone.
    assert np.sum(backtest.returns[day : day + 2]) == pytest.approx((8.91 - 18.31) / 100, abs=1e-12)
    assert np.isfinite(backtest.returns).all()


def test_window_keeps_the_profit_of_what_was_held_before():
    window = run(make_prices([10, 20, 40, 80, 160]), np.ones(5), FREE).window(slice(3, 5))

    assert window.returns.tolist() == [0.4, 0.8]
    assert figures.trades(window) == 0
