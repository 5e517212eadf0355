"""Claiming a job and cancelling it, on a database of its own; the queue is a fake that takes everything."""

from __future__ import annotations

import pytest

from app.database.engine import open_database
from app.errors import BadInput, Conflict
from app.optimizations import attempts
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.settings import Settings
from telemetry.testing import captured


class FakeQueue:
    def enqueue(self, connection, job_id):
        pass

    def cancel(self, job_id):
        pass


@pytest.fixture
def engine(tmp_path):
    engine = open_database(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def optimizations(engine, tmp_path):
    return Optimizations(engine, FakeQueue(), Settings(data_dir=tmp_path))


def states(optimizations, job):
    return [attempt.state for attempt in optimizations.attempts(job.id)]


def test_attempt_of_ones_own_was_interrupted_not_lost(engine, optimizations):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "we")
    again = attempts.claim(engine, job.id, "worker-0", "we")
    assert states(optimizations, job) == ["interrupted", "running"]
    assert (again.number, again.lost) == (2, 0)


def test_attempt_of_another_process_was_lost(engine, optimizations):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "they")
    again = attempts.claim(engine, job.id, "worker-0", "we")
    assert states(optimizations, job) == ["lost", "running"]
    assert again.lost == 1


def test_cancel_that_comes_just_after_the_end_is_refused(engine, optimizations, monkeypatch):
    job = optimizations.submit(JobSpec())
    claim = attempts.claim(engine, job.id, "worker-0", "we")
    get = optimizations.get
    stale = get(job.id)
    attempts.end_attempt(engine, job.id, claim.number, "completed")
    answers = iter([stale])
    monkeypatch.setattr(optimizations, "get", lambda job_id: next(answers, None) or get(job_id))
    with captured() as telemetry, pytest.raises(Conflict, match="has already completed"):
        optimizations.cancel(job.id)
    assert get(job.id).cancel_requested_at is None
    assert telemetry.event_names() == []


def test_dataset_that_cannot_be_used_is_refused_at_once(optimizations, tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets/mine.csv").write_text("date;close\n")
    with pytest.raises(BadInput, match="the header must be 'Date,Price'"):
        optimizations.submit(JobSpec(dataset="mine"))
    assert optimizations.list() == []
