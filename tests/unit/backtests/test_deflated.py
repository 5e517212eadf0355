"""The Deflated Sharpe Ratio against the worked example of its paper, and at its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.backtests.deflated import Sample, deflated_sharpe, expected_maximum_sharpe, probability

# Annual Sharpe ratio 2.5 over five years of 250 days, 100 trials whose annual ratios have variance 0.5.
EXAMPLE = Sample(sharpe=2.5 / math.sqrt(250), bars=1_250, skewness=-3, kurtosis=10)
VARIANCE = 0.5 / 250


def test_expected_maximum_is_the_papers():
    assert expected_maximum_sharpe(100, VARIANCE) == pytest.approx(0.1132, abs=5e-5)


def test_deflated_sharpe_is_the_papers():
    assert probability(EXAMPLE, 100, VARIANCE) == pytest.approx(0.9004, abs=5e-5)


def test_more_trials_make_the_same_result_less_believable():
    values = [probability(EXAMPLE, trials, VARIANCE) for trials in (2, 10, 100, 100_000)]

    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


def test_expected_maximum_agrees_with_a_simulation():
    best = np.random.default_rng(1).normal(0, 0.05, (20_000, 50)).max(axis=1).mean()

    assert expected_maximum_sharpe(50, 0.05**2) == pytest.approx(best, rel=0.02)


def test_sample_measures_moments():
    sample = Sample.of(np.random.default_rng(2).exponential(1.0, 400_000))

    # An exponential distribution has mean / deviation 1, skewness 2, kurtosis 9.
    assert sample.sharpe == pytest.approx(1, abs=0.01)
    assert sample.skewness == pytest.approx(2, abs=0.1)
    assert sample.kurtosis == pytest.approx(9, abs=1)


@pytest.fixture
def returns():
    return np.random.default_rng(3).normal(0.001, 0.01, 1_000)


def test_all_parts_are_of_the_same_returns(returns):
    annual = np.array([0.3, -0.2, 1.5, 0.9])
    sample = Sample.of(returns)

    # T, the moments and the ratio of one series; the variance of ratios per bar, which are annual / √252.
    assert (sample.bars, sample.sharpe) == (1_000, pytest.approx(np.mean(returns) / np.std(returns, ddof=1)))
    expected = probability(sample, 4, np.var(annual, ddof=1) / 252)
    assert deflated_sharpe(returns, annual) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("value", [0.0, 0.01])
def test_returns_that_do_not_vary_have_no_probability(value):
    assert Sample.of(np.full(300, value)) is None
    assert deflated_sharpe(np.full(300, value), [0.1, 0.2]) is None


@pytest.mark.parametrize("sharpes", [[0.4], [0.1, 0.1, 0.1], [0.1, 0.2, None]])
def test_one_trial_or_trials_all_alike_or_one_not_known_give_no_probability(returns, sharpes):
    assert deflated_sharpe(returns, sharpes) is None


def test_returns_of_two_values_give_no_division_by_zero():
    assert 0.0 <= deflated_sharpe(np.array([1.0, -1.0] * 50 + [1.0] * 50), [0.1, 0.2]) <= 1.0
