"""Figures against their textbook formulas, and where those divide by zero."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.backtests import figures
from app.backtests.engine import Costs, run
from app.prices import Prices


@pytest.fixture
def returns():
    return np.random.default_rng(3).normal(0.0005, 0.01, 1_000)


def test_sharpe_is_the_annualised_ratio_of_mean_to_sample_deviation(returns):
    expected = math.sqrt(252) * np.mean(returns) / np.std(returns, ddof=1)

    assert figures.sharpe(returns) == pytest.approx(expected, rel=1e-12)


def test_sharpe_of_windows_is_that_of_each_alone(returns):
    borders = np.array([100, 333, 600, 980])

    values = figures.sharpe_of_windows(returns, borders)

    alone = [figures.sharpe(returns[a:b]) for a, b in ((100, 333), (333, 600), (600, 980))]
    np.testing.assert_allclose(values, alone, rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, -0.003, 1e-9, 1e6])
def test_returns_that_do_not_vary_have_ratios_of_zero_not_nan(value):
    assert figures.sharpe(np.full(500, value)) == 0.0


def test_profit_of_a_steady_rise_does_not_vary_whatever_the_prices_digits():
    close = np.array([float(f"{1_000_000 + day / 100:.2f}") for day in range(300)])
    prices = Prices("made", np.datetime64("2020-01-01") + np.arange(300), close, "USD", 100.0, 1.0)

    held = run(prices, np.ones(300), Costs(0, 0)).window(slice(2, 300))

    assert len(set(held.returns.tolist())) == 1
    assert figures.sharpe(held.returns) == 0.0


def test_one_flat_window_does_not_spoil_the_others(returns):
    returns[:500] = 0.0

    flat, alive = figures.sharpe_of_windows(returns, np.array([0, 500, 1_000]))

    assert flat == 0.0
    assert alive == pytest.approx(figures.sharpe(returns[500:]))


def test_sortino_divides_by_the_losses_alone(returns):
    losses = [r * r if r < 0 else 0.0 for r in returns]
    expected = math.sqrt(252) * np.mean(returns) / math.sqrt(sum(losses) / len(losses))

    assert figures.sortino(returns) == pytest.approx(expected, rel=1e-12)


def test_sortino_without_losses_is_zero():
    assert figures.sortino(np.array([0.0, 0.1, 0.2])) == 0.0


def test_max_drawdown_is_the_deepest_fall_in_shares_of_capital_also_from_the_start():
    assert figures.max_drawdown(np.array([0.5, -0.2, -0.2, 0.3, -0.1])) == pytest.approx(0.4)
    assert figures.max_drawdown(np.array([-0.3, 0.1])) == pytest.approx(0.3)
    assert figures.max_drawdown(np.array([0.1, 0.1])) == 0.0


def test_summary_counts_trades_and_exposure():
    close = np.array([10.0, 11, 12, 11, 10, 9])
    prices = Prices("made", np.datetime64("2020-01-01") + np.arange(6), close, "USD", 100.0, 1.0)

    summary = figures.summary(run(prices, np.array([1.0, -1, -1, 0, 0, 0]), Costs(0, 0)))

    # Long from 11 to 12, short from 12 to 10: opened, turned, closed.
    assert summary["trades"] == 3
    assert summary["exposure"] == pytest.approx(3 / 6)
    assert summary["total_return"] == pytest.approx(0.01 + 0.02)
