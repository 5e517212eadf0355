"""Signals against rational arithmetic, on walks so coarse that means and thresholds meet exactly, often."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import app.prices
from app.backtests.strategies import STRATEGIES, PriceSeries
from app.prices.ticks import MOST_TICKS, to_ticks
from app.search.samplers.random_search import RandomSampler
from app.search.space import SearchSpace
from tests.unit.backtests.exact import SIGNALS, read_market

BARS = 420
OIL = read_market(Path(app.prices.__file__).with_name("data") / "wti-daily.csv").ticks
every_strategy = pytest.mark.parametrize("name", STRATEGIES)

# Decimals, the first price, and the largest step, both in ticks.
WALKS = {
    "whole": (0, 50, 1),
    "tenths through zero": (1, 0, 2),
    "cents": (2, 2_556, 3),
    "cents that jump": (2, 7_000, 20),
    "eight decimals": (8, 6_123_456_700_000, 2),
    "millions with cents": (2, 99_999_999_999_990, 2),
    "billionths": (9, 31, 1),
}


def prices(ticks, decimals):
    """Return prices as a file's text would give them."""
    return np.array([float(Decimal(int(tick)).scaleb(-decimals)) for tick in ticks])


def walk(kind, seed):
    """Return ticks and prices."""
    if kind == "oil":
        ticks = OIL[7_800 + 500 * seed :][:BARS]
        return ticks, prices(ticks, 2)
    decimals, first, step = WALKS[kind]
    ticks = first + np.cumsum(np.random.default_rng(seed).integers(-step, step, BARS, endpoint=True))
    return [int(tick) for tick in ticks], prices(ticks, decimals)


def parameter_sets(name, count, seed):
    """Draw from the whole space, with its corners."""
    strategy = STRATEGIES[name]
    drawn = [proposal.parameters for proposal in RandomSampler(SearchSpace.of(strategy), seed).ask(0, count)]
    corners = [{p.name: (p.low, p.high)[high] for p in strategy.parameters} for high in (False, True)]
    return [*drawn, *corners]


@every_strategy
@pytest.mark.parametrize("kind", ["oil", *WALKS])
def test_signal_is_that_of_rational_arithmetic(name, kind):
    for seed in range(3):
        ticks, close = walk(kind, seed)
        series = PriceSeries(close)
        for parameters in parameter_sets(name, 25, seed):
            signal = STRATEGIES[name].signal(series, parameters)
            assert signal.tolist() == SIGNALS[name](ticks, **parameters), (seed, parameters)


def test_walks_are_full_of_ties():
    ties = {
        kind: sum(
            SIGNALS["sma_cross"](walk(kind, seed)[0], fast, slow)[slow:].count(0)
            for seed in range(3)
            for fast, slow in ((2, 20), (5, 20), (10, 20))
        )
        for kind in WALKS
    }
    assert min(ties.values()) >= 4, ties


@every_strategy
def test_nothing_overflows_at_the_highest_prices_with_two_decimals(name):
    rng = np.random.default_rng(1)
    ticks = [
        int(sign) * 10**14 - int(small)
        for sign, small in zip(rng.choice([-1, 1], BARS), rng.integers(0, 9, BARS), strict=True)
    ]
    ticks[200:] = [10**14 - (bar > 300) for bar in range(BARS - 200)]
    series = PriceSeries(prices(ticks, 2))
    assert series.ticks.tolist() == ticks
    for parameters in [*parameter_sets(name, 30, 2), {p.name: p.high for p in STRATEGIES[name].parameters}]:
        signal = STRATEGIES[name].signal(series, parameters)
        assert signal.tolist() == SIGNALS[name](ticks, **parameters), parameters


# The last has so many digits that the comparison leaves int64.
@pytest.mark.parametrize("level", [30.5, 30.1, 33.3, 5.7, 44.9, 12.345678901234])
@pytest.mark.parametrize("short", [0, 1])
def test_index_that_is_exactly_a_level_is_not_beyond_it(level, short):
    places = -Decimal(str(level)).as_tuple().exponent
    up = int(Decimal(str(level)).scaleb(places)) - short
    ticks = [0, up, up - (100 * 10**places - up)]

    signal = STRATEGIES["rsi_reversion"].signal(
        PriceSeries(np.array(ticks, dtype=float)), {"window": 2, "lower": level, "upper": 100 - level}
    )

    assert signal.tolist() == [0, 0, short]


@pytest.mark.parametrize(
    ("close", "ticks", "decimals"),
    [
        ([25.56, 26, 24.5], [2556, 2600, 2450], 2),
        ([0.1, 0.2, 0.1 + 0.2 - 4e-17], [1, 2, 3], 1),
        ([1e12, -1e12, 0.01], [10**14, -(10**14), 1], 2),
        ([1.5e-7, 2e-8], [15, 2], 8),
        ([7e-20, 1e-21], [70, 1], 21),
        ([0.0, -0.0], [0, 0], 0),
        ([3e5, 4e5], [300_000, 400_000], 0),
    ],
)
def test_prices_are_whole_numbers_of_a_tick(close, ticks, decimals):
    found, places = to_ticks(np.array(close))

    assert (found.tolist(), places) == (ticks, decimals)


@pytest.mark.parametrize("highest", [1e12, 70.0, 3e-9, 1e-300, 5e-324])
def test_prices_of_more_digits_are_off_by_a_ten_million_millionth_of_the_highest(highest):
    close = np.random.default_rng(3).uniform(-highest, highest, 500)

    ticks, decimals = to_ticks(close)

    assert np.abs(ticks).max() <= MOST_TICKS
    if highest > 1e-290:  # below, a double itself has fewer digits
        off = [
            abs(int(tick) - Decimal(float(price)).scaleb(decimals))
            for tick, price in zip(ticks, close, strict=True)
        ]
        assert max(off) <= Decimal(highest).scaleb(decimals) * Decimal("1e-13")


def test_means_of_prices_of_more_digits_are_compared_as_finely_as_those_are():
    close = 70 + np.random.default_rng(4).normal(size=BARS) / 3
    exact = [int(Decimal(float(price)).scaleb(60)) for price in close]

    signal = STRATEGIES["sma_cross"].signal(PriceSeries(close), {"fast": 7, "slow": 31})

    assert signal.tolist() == SIGNALS["sma_cross"](exact, 7, 31)
