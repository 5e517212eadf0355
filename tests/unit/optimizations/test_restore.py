"""A job of many trials goes on: what it reads back, in how much memory, and what is told meanwhile."""

from __future__ import annotations

import threading
import tracemalloc

import pytest
from sqlalchemy import insert, update

from app.database.models import Optimization, Trial
from app.optimizations import attempts, run
from app.optimizations.flow import Flow
from app.optimizations.instruments import Progress
from app.optimizations.run import Search
from app.optimizations.spec import JobSpec
from app.prices import load
from app.queue.dbos import Interrupted
from app.settings import Settings
from telemetry.testing import captured

MADE = 20_000


@pytest.fixture
def claim(engine, optimizations):
    """A job with many trials, taken up again."""
    job = optimizations.submit(JobSpec(trials=MADE + 100, seed=7))
    attempts.claim(engine, job.id, "worker-0", "we")
    row = {
        "job_id": job.id,
        "attempt": 1,
        "parameters": {"fast": 5, "slow": 50},
        "outcome": "completed",
        "fold_values": [0.1, 0.2, 0.3, 0.4, 0.5],
        "sharpe": 0.5,
        "duration_seconds": 0.001,
        "sampler_state": {},
    }
    with engine.begin() as connection:
        connection.execute(insert(Trial), [{**row, "number": n, "value": n / MADE} for n in range(MADE)])
        best = {"best_value": (MADE - 1) / MADE, "best_trial": MADE - 1, "best_parameters": row["parameters"]}
        connection.execute(update(Optimization).values(trials_completed=MADE, **best))
    return attempts.claim(engine, job.id, "worker-0", "we")


@pytest.fixture
def search(engine, claim, tmp_path):
    prices = load("wti-daily", tmp_path)
    settings = Settings(data_dir=tmp_path)
    stopping = threading.Event()
    return lambda: Search(engine, settings, claim, prices, Progress(), stopping), stopping


def test_reading_back_takes_few_bytes_a_trial(search):
    make, _ = search
    make()  # what is made once, such as imports and statements, is no cost of the trials
    tracemalloc.start()
    made = make()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert made.progress()["trials_completed"] == MADE
    # Six numbers of eight bytes, twice while an array grows, and a piece of rows; as objects 1,500 bytes.
    assert peak < MADE * 150 + 8 * 2**20


def test_what_is_read_back_is_what_was_stored(search):
    made = search[0]()
    assert (made.best.number, made.best.parameters) == (MADE - 1, {"fast": 5, "slow": 50})
    assert made._tally.fold_values.shape == (MADE, 5)
    assert made._tally.fold_values[-1].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert made._tally.sharpes.tolist() == [0.5] * MADE


def test_progress_is_told_while_it_takes_long(search, monkeypatch):
    monkeypatch.setattr(run, "_SECONDS_BETWEEN_WORDS", 0.0)
    with captured() as telemetry:
        search[0]()
    told = telemetry.events_named("optimization.trials.restored")
    assert told[-1].attributes["job.trials.restored"] == MADE
    (span,) = telemetry.spans_named("restore trials")
    assert span.attributes["job.trials.restored"] == MADE
    assert telemetry.contract_violations() == []


def test_stop_is_heeded_meanwhile(search, monkeypatch):
    make, stopping = search
    monkeypatch.setattr(run, "_SECONDS_BETWEEN_WORDS", 0.0)
    stopping.set()
    with pytest.raises(Interrupted):
        make()


def test_job_goes_on_to_its_end(engine, optimizations, claim, tmp_path):
    attempts.end_attempt(engine, claim.job.id, claim.number, "queued")
    Flow(engine, Settings(data_dir=tmp_path), "worker-0", "we", threading.Event()).run(claim.job.id)
    job = optimizations.get(claim.job.id)
    assert (job.state, job.trials_made) == ("completed", MADE + 100)
