"""Metrics of the whole system: what they say is what is in the database."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.database.clock import now
from app.database.engine import open_database
from app.database.models import Attempt, Optimization, Worker
from app.metrics import register, system
from app.settings import Settings
from telemetry.jobtrace import new_job_id
from telemetry.testing import captured

SMA = {"strategy.name": "sma_cross", "dataset.name": "wti-daily"}
RSI = {"strategy.name": "rsi_reversion", "dataset.name": "wti-daily"}
SHARPE = {**SMA, "objective.name": "sharpe"}


@dataclass
class System:
    engine: object
    telemetry: object
    queries: list[str] = field(default_factory=list)

    def add(self, *rows):
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.add_all(rows)

    def value(self, metric, attributes=None):
        return self.telemetry.value(metric, attributes)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    directory = tmp_path_factory.mktemp("empty")
    open_database(Settings(data_dir=directory)).dispose()
    return directory / "jobscope.db"


@pytest.fixture
def observed(tmp_path, monkeypatch, empty_database):
    # Each collection reads anew, so that tests need not wait; the test of freshness sets it again.
    monkeypatch.setattr(system, "_FRESH_SECONDS", 0.0)
    shutil.copy(empty_database, tmp_path)
    settings = Settings(data_dir=tmp_path)
    engine = open_database(settings)
    with captured() as telemetry:
        register(engine, settings)
        found = System(engine, telemetry)
        event.listen(engine, "before_cursor_execute", lambda *args: found.queries.append(args[2]))
        yield found
        assert telemetry.contract_violations() == []
    engine.dispose()


def job(state="queued", **columns):
    defaults = {
        "id": new_job_id(),
        "state": state,
        "strategy": "sma_cross",
        "dataset": "wti-daily",
        "objective": "sharpe",
        "sampler": "random",
        "trials": 10,
        "batch_size": 10,
        "seed": 1,
        "parameters": {},
        "folds": 2,
        "holdout": 0.2,
        "fee_bps": 1.0,
        "slippage_bps": 1.0,
    }
    return Optimization(**{**defaults, **columns})


@pytest.mark.parametrize(
    "metric",
    [
        "optimization.jobs",
        "optimization.jobs.completed",
        "optimization.jobs.failed",
        "optimization.jobs.cancelled",
    ],
)
def test_counters_begin_at_zero_for_all_there_is(observed, metric):
    points = {tuple(point.attributes.items()): point.value for point in observed.telemetry.points(metric)}
    assert points == {tuple(RSI.items()): 0, tuple(SMA.items()): 0}


def test_jobs_are_counted_by_strategy_dataset_and_end(observed):
    states = ["queued", "running", "completed", "completed", "failed", "cancelled"]
    observed.add(*[job(state) for state in states], job("failed", strategy="rsi_reversion"))
    observed.add(job("completed", dataset="removed-since"))
    assert observed.value("optimization.jobs", SMA) == 6
    assert observed.value("optimization.jobs.completed", SMA) == 2
    assert observed.value("optimization.jobs.failed", SMA) == 1
    assert observed.value("optimization.jobs.cancelled", SMA) == 1
    assert observed.value("optimization.jobs.failed", RSI) == 1
    removed = {"strategy.name": "sma_cross", "dataset.name": "removed-since"}
    assert observed.value("optimization.jobs.completed", removed) == 1


def test_empty_queue(observed):
    observed.add(job("running"), job("completed"))
    assert observed.value("optimization.queue.size") == 0
    assert observed.value("optimization.queue.oldest_wait") == 0


def test_queue_size_and_oldest_wait(observed):
    observed.add(*[job(created_at=now() - timedelta(seconds=seconds)) for seconds in (5, 600, 60)])
    assert observed.value("optimization.queue.size") == 3
    assert 600 <= observed.value("optimization.queue.oldest_wait") < 700


def test_job_queued_again_waits_since_its_last_attempt_ended(observed):
    waiting = job(created_at=now() - timedelta(hours=2), attempt=2)
    observed.add(waiting)
    for number, ended in ((1, 7000), (2, 60)):
        times = {"started_at": now() - timedelta(hours=2), "ended_at": now() - timedelta(seconds=ended)}
        row = Attempt(
            job_id=waiting.id, number=number, worker_slot="w", instance_id="i", state="lost", **times
        )
        observed.add(row)
    assert observed.value("optimization.queue.size") == 1
    assert 60 <= observed.value("optimization.queue.oldest_wait") < 160


def test_clock_of_another_machine_makes_no_negative_wait(observed):
    observed.add(job(created_at=now() + timedelta(hours=1)))
    assert observed.value("optimization.queue.oldest_wait") == 0


def test_workers_are_alive_while_their_heartbeat_is_fresh(observed):
    for slot, seconds in (("a", 0), ("b", 25), ("c", 31)):
        seen = now() - timedelta(seconds=seconds)
        observed.add(Worker(slot=slot, instance_id="i", pid=1, host="h", last_seen=seen))
    assert observed.value("optimization.workers") == 2


def completed(minutes, best, **columns):
    figures = {"best_value": best, "out_of_sample_value": best / 2, "deflated_sharpe": 0.9}
    return job("completed", finished_at=now() + timedelta(minutes=minutes), **{**figures, **columns})


def test_performance_is_the_latest_jobs_and_its_change_against_the_best_before(observed):
    observed.add(completed(1, 2.0), completed(3, 1.5, deflated_sharpe=0.7), completed(2, 1.0))
    observed.add(completed(9, 5.0, strategy="rsi_reversion"), job("failed", best_value=9.0))
    assert observed.value("strategy.best_value", SHARPE) == 1.5
    assert observed.value("strategy.out_of_sample_value", SHARPE) == 0.75
    assert observed.value("strategy.deflated_sharpe", SHARPE) == 0.7
    assert observed.value("strategy.best_value.change", SHARPE) == -0.5
    assert observed.value("strategy.best_value", {"strategy.name": "rsi_reversion"}) == 5.0


def test_first_job_has_no_change(observed):
    observed.add(completed(1, 2.0))
    assert observed.value("strategy.best_value", SHARPE) == 2.0
    assert observed.telemetry.points("strategy.best_value.change") == []


def test_performance_follows_the_next_completed_job(observed):
    observed.add(completed(1, 2.0))
    assert observed.value("strategy.best_value", SHARPE) == 2.0
    observed.add(completed(2, 3.0))
    assert observed.value("strategy.best_value", SHARPE) == 3.0
    assert observed.value("strategy.best_value.change", SHARPE) == 1.0


def test_one_collection_reads_once_and_completed_jobs_only_when_there_is_another(observed, monkeypatch):
    observed.add(completed(1, 2.0))
    monkeypatch.setattr(system, "_FRESH_SECONDS", 3600.0)
    observed.telemetry.points("optimization.jobs")
    reads = [query for query in observed.queries if "SELECT" in query]
    assert len(reads) == len(set(reads)), "every query once, however many instruments there are"
    assert sum("row_number" in query for query in reads) == 1
    observed.queries.clear()
    observed.telemetry.points("optimization.jobs")
    assert observed.queries == [], "a fresh snapshot is not read again"
    monkeypatch.setattr(system, "_FRESH_SECONDS", 0.0)
    observed.telemetry.points("optimization.jobs")
    assert not any("row_number" in query for query in observed.queries)


def test_without_the_database_nothing_is_said_and_with_it_again_all_is(observed):
    observed.add(job())
    assert observed.value("optimization.queue.size") == 1
    with observed.engine.begin() as connection:
        connection.execute(text("ALTER TABLE workers RENAME TO gone"))
    assert observed.telemetry.points("optimization.queue.size") == []
    assert observed.telemetry.points("optimization.jobs") == []
    with observed.engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO workers"))
    assert observed.value("optimization.queue.size") == 1
    assert observed.telemetry.records == []
