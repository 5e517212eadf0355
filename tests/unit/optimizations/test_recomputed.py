"""Every figure of whole jobs, recomputed in exact arithmetic with code of the tests' own.

The product's ratios are quotients of sums of at most 10,226 doubles. Each sum is off by less than 10,226
times 2^-53 of its terms' sizes, about 1e-12, which makes 2e-11 of an annualised ratio. 1e-9 leaves room,
and is far below what one bar with another position changes.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import app.prices
from app.backtests.strategies import STRATEGIES
from app.search.samplers import SAMPLERS
from tests.unit.backtests.exact import SIGNALS, account, decimal, read_market

SHIPPED = Path(app.prices.__file__).with_name("data")
# One contract, as the datasets' description says.
UNITS = {"wti-daily": 1_000}
YEAR = math.sqrt(252)
# Decimals, the first price and the largest step in ticks, and what else the job asks for.
WALKS = {
    "cents": (2, 2_556, 3, {"folds": 3, "holdout": 0.3}),
    "zero": (1, 0, 2, {"fee_bps": 0.0, "slippage_bps": 2.5}),
    "coins": (8, 6_123_456_700_000, 2, {"folds": 7}),
    "whole": (0, 40, 1, {"fee_bps": 0.1, "holdout": 0.25}),
    "huge": (2, 99_999_999_980_000, 90, {"folds": 2}),
}
near = {"rel": 1e-9, "abs": 1e-9}


def text(ticks, decimals):
    digits = f"{abs(ticks):0{decimals + 1}d}"
    return "-" * (ticks < 0) + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


@pytest.fixture(scope="module")
def files(jobs):
    """All datasets' files by name: the shipped ones, and walks so coarse that they are full of ties."""
    folder = jobs.settings.data_dir / "datasets"
    folder.mkdir()
    for seed, (name, (decimals, first, step, _)) in enumerate(WALKS.items()):
        steps = np.random.default_rng(seed).integers(-step, step, 800, endpoint=True)
        rows = [
            f"{date(2020, 1, 1) + timedelta(days=day)},{text(first + int(ticks), decimals)}"
            for day, ticks in enumerate(np.cumsum(steps))
        ]
        (folder / f"{name}.csv").write_text("Date,Price\n" + "\n".join(rows) + "\n")
    return {path.stem: path for path in [*SHIPPED.glob("*.csv"), *folder.glob("*.csv")]}


def test_every_shipped_dataset_and_strategy_is_recomputed():
    assert {path.stem for path in SHIPPED.iterdir()} == UNITS.keys()
    assert STRATEGIES.keys() == SIGNALS.keys()


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("dataset", [*UNITS, *WALKS])
def test_job_is_what_exact_arithmetic_makes_of_it(jobs, files, dataset, strategy, sampler):
    asked = WALKS[dataset][3] if dataset in WALKS else {}
    trials = 24 if dataset in UNITS else 40
    job = jobs.make(strategy=strategy, dataset=dataset, sampler=sampler, trials=trials, seed=11, **asked)
    assert (job.state, job.trials_completed) == ("completed", trials), job.error_message
    market = read_market(files[dataset], UNITS.get(dataset))
    bars = len(market.ticks)
    searched = bars - round(bars * decimal(job.holdout))
    borders = [fold * searched // job.folds for fold in range(job.folds + 1)]
    costs = decimal(job.fee_bps) + decimal(job.slippage_bps)

    made = []
    for trial in jobs.trials(job):
        ledger = account(market, SIGNALS[strategy](market.ticks, **trial.parameters), costs)
        folds = [ledger.part(*window).sharpe() * YEAR for window in pairwise(borders)]
        sharpe = ledger.part(0, searched).sharpe()
        assert trial.fold_values == pytest.approx(folds, **near), trial.parameters
        assert trial.value == pytest.approx(sum(folds) / job.folds, **near)
        assert trial.sharpe == pytest.approx(sharpe * YEAR, **near)
        made.append((sum(folds) / job.folds, folds, sharpe, ledger))
    assert any(value != 0 for value, *_ in made)

    best = made[job.best_trial]
    assert best[0] >= max(value for value, *_ in made) - 1e-9
    assert job.best_value == pytest.approx(best[0], **near)
    ahead = []
    for fold in range(1, job.folds):
        past = [round(sum(folds[:fold]), 9) for _, folds, *_ in made]
        ahead.append(made[past.index(max(past))][1][fold])
    assert job.walk_forward_value == pytest.approx(sum(ahead) / len(ahead), **near)
    winner = best[3]
    tail = winner.part(searched, bars)
    assert job.out_of_sample_value == pytest.approx(tail.sharpe() * YEAR, **near)
    assert job.total_return == pytest.approx(tail.total_return(), **near)
    assert job.max_drawdown == pytest.approx(tail.max_drawdown(), **near)
    assert job.trades == tail.trades()
    expected = winner.part(0, searched).deflated_sharpe([sharpe for *_, sharpe, _ in made])
    # A probability: a slope below 1 times √bars on the ratios' error.
    assert job.deflated_sharpe == (None if expected is None else pytest.approx(expected, rel=1e-7))
