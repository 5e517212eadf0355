"""Claiming a job, committing, ending, cancelling and retrying it."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import update

from app.database.clock import now
from app.database.models import Optimization
from app.errors import BadInput, Conflict
from app.optimizations import attempts
from app.optimizations.spec import JobSpec
from app.queue.port import Place
from telemetry.testing import captured


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
    with pytest.raises(BadInput, match="the header, which must be 'Date,Price'"):
        optimizations.submit(JobSpec(dataset="mine"))
    assert optimizations.list() == []


def trial(job, attempt, number=0):
    return {
        "job_id": job.id,
        "number": number,
        "attempt": attempt,
        "parameters": {},
        "outcome": "completed",
        "value": 1.0,
        "fold_values": [1.0],
        "error": None,
        "duration_seconds": 0.1,
        "sampler_state": {},
    }


@pytest.fixture
def taken_over(engine, optimizations):
    """A job whose first attempt was given up for lost and whose second one runs."""
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "they")
    attempts.claim(engine, job.id, "worker-0", "we")
    return job


def test_attempt_of_before_commits_nothing(engine, optimizations, taken_over):
    with pytest.raises(attempts.Superseded):
        attempts.commit_checkpoint(engine, taken_over.id, 1, [trial(taken_over, 1)], {"trials_completed": 1})
    assert optimizations.trials(taken_over.id) == []
    assert optimizations.get(taken_over.id).trials_completed == 0


def test_attempt_of_before_does_not_end_the_job(engine, optimizations, taken_over):
    with pytest.raises(attempts.Superseded):
        attempts.end_attempt(engine, taken_over.id, 1, "completed", {"best_value": 1.0})
    job = optimizations.get(taken_over.id)
    assert (job.state, job.best_value, job.finished_at) == ("running", None, None)
    assert states(optimizations, taken_over) == ["lost", "running"]


@pytest.mark.parametrize("state", ["queued", "cancelled"])
def test_attempt_whose_job_no_longer_runs_commits_nothing(engine, optimizations, state):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "we")
    attempts.end_attempt(engine, job.id, 1, state)
    with pytest.raises(attempts.Superseded):
        attempts.commit_checkpoint(engine, job.id, 1, [trial(job, 1)], {"trials_completed": 1})
    with pytest.raises(attempts.Superseded):
        attempts.end_attempt(engine, job.id, 1, "completed")
    assert optimizations.trials(job.id) == []
    assert optimizations.get(job.id).state == state


def test_attempt_that_has_the_job_commits(engine, optimizations, taken_over):
    assert not attempts.commit_checkpoint(
        engine, taken_over.id, 2, [trial(taken_over, 2)], {"trials_completed": 1}
    )
    optimizations.cancel(taken_over.id)
    assert attempts.commit_checkpoint(
        engine, taken_over.id, 2, [trial(taken_over, 2, number=1)], {"trials_completed": 2}
    )
    assert [row.attempt for row in optimizations.trials(taken_over.id)] == [2, 2]


def test_job_that_runs_in_another_slot_is_left_there(engine, optimizations):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "they")
    assert attempts.claim(engine, job.id, "worker-1", "we") is None
    assert states(optimizations, job) == ["running"]


def test_worker_that_was_only_thought_dead_is_no_loss(engine, optimizations, taken_over):
    attempts.note_superseded(engine, taken_over.id, 1)
    assert states(optimizations, taken_over) == ["superseded", "running"]
    assert attempts.claim(engine, taken_over.id, "worker-0", "others").lost == 1  # ours


def test_failed_job_is_retried_and_its_lost_workers_no_longer_count(engine, queue, optimizations, taken_over):
    attempts.commit_checkpoint(engine, taken_over.id, 2, [trial(taken_over, 2)], {"trials_completed": 1})
    attempts.end_attempt(engine, taken_over.id, 2, "failed", {"error_type": "TooManyAttempts"})
    queue.found[taken_over.id] = Place("ended")
    with captured() as telemetry:
        job = optimizations.retry(taken_over.id)
    assert (job.state, job.error_type, job.finished_at) == ("queued", None, None)
    assert queue.requeued == [taken_over.id]
    assert telemetry.event_names() == ["optimization.retried"]
    assert telemetry.contract_violations() == []
    again = attempts.claim(engine, job.id, "worker-0", "we")
    assert (again.number, again.lost, again.job.trials_completed) == (3, 0, 1)


def test_job_that_has_not_failed_is_not_retried(engine, optimizations, taken_over):
    with pytest.raises(Conflict, match="is running; only one that failed can be retried"):
        optimizations.retry(taken_over.id)


def test_pages_of_jobs_submitted_in_the_same_moment_skip_none(engine, optimizations):
    made = {optimizations.submit(JobSpec()).id for _ in range(5)}
    with engine.begin() as connection:
        connection.execute(update(Optimization).values(created_at=now()))
    seen = []
    page = optimizations.list(limit=2)
    while page:
        seen += [job.id for job in page]
        page = optimizations.list(limit=2, before=page[-1].created_at, before_id=page[-1].id)
    assert sorted(seen) == sorted(made)


def test_jumping_clock_of_this_machine_is_not_what_waiting_is_measured_by(engine, optimizations, monkeypatch):
    job = optimizations.submit(JobSpec())
    monkeypatch.setattr(time, "time", lambda: 0.0)
    claim = attempts.claim(engine, job.id, "worker-0", "we")
    assert 0 <= claim.waited_seconds == claim.age_seconds < 3600
