"""Claiming a job, committing, ending, cancelling and retrying it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from app.database.clock import clock, now
from app.database.models import Attempt, Optimization, Worker
from app.errors import BadInput, Conflict
from app.optimizations import attempts
from app.optimizations.spec import JobSpec
from app.queue.port import Place
from telemetry.testing import captured

CREATED = datetime(2026, 11, 24, tzinfo=UTC)


def states(optimizations, job):
    return [attempt.state for attempt in optimizations.attempts(job.id)]


def test_attempt_of_ones_own_was_interrupted_not_lost(engine, optimizations):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "we")
    again = attempts.claim(engine, job.id, "worker-0", "we")
    assert states(optimizations, job) == ["interrupted", "running"]
    assert (again.number, again.lost) == (2, 0)


def lose(engine, job):
    """Give the running attempt up for lost, as recovery does."""
    with engine.begin() as connection:
        connection.execute(update(Attempt).where(Attempt.state == "running").values(state="lost"))
        connection.execute(update(Optimization).where(Optimization.id == job.id).values(state="queued"))


def test_attempt_of_another_process_was_lost(engine, optimizations):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "they")
    lose(engine, job)
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
    lose(engine, job)
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


@pytest.mark.parametrize("slot", ["worker-0", "worker-1"])
def test_job_that_runs_elsewhere_is_left_there(engine, optimizations, slot):
    job = optimizations.submit(JobSpec())
    attempts.claim(engine, job.id, "worker-0", "they")
    assert attempts.claim(engine, job.id, slot, "we") is None
    assert states(optimizations, job) == ["running"]


def test_process_that_was_only_thought_dead_is_no_loss(engine, optimizations, taken_over):
    attempts.disown_losses(engine, "others")
    assert states(optimizations, taken_over) == ["lost", "running"]
    attempts.disown_losses(engine, "they")
    assert states(optimizations, taken_over) == ["superseded", "running"]
    lose(engine, taken_over)
    assert attempts.claim(engine, taken_over.id, "worker-0", "others").lost == 1  # ours


def test_attempts_that_broke_off_count_too(engine, optimizations, taken_over):
    with engine.begin() as connection:
        connection.execute(update(Attempt).where(Attempt.number == 2).values(state="failed"))
        connection.execute(update(Optimization).values(state="queued"))
    assert attempts.claim(engine, taken_over.id, "worker-0", "we").lost == 2


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


def test_time_in_which_a_job_was_failed_is_no_time_it_waited(engine, optimizations, taken_over):
    attempts.end_attempt(engine, taken_over.id, 2, "failed")
    with engine.begin() as connection:
        ago = clock(3600)
        connection.execute(update(Attempt).values(started_at=ago, ended_at=ago))
        connection.execute(update(Optimization).values(created_at=ago, finished_at=ago))
    optimizations.retry(taken_over.id)
    claim = attempts.claim(engine, taken_over.id, "worker-0", "we")
    assert claim.waited_seconds < 60
    assert claim.age_seconds < 60


def test_second_cancel_does_not_change_when_it_was_asked_for(optimizations, taken_over):
    first = optimizations.cancel(taken_over.id).cancel_requested_at
    assert optimizations.cancel(taken_over.id).cancel_requested_at == first is not None


def test_checkpoint_is_a_sign_of_life(engine, optimizations, taken_over):
    with engine.begin() as connection:
        worker = {"slot": "worker-0", "instance_id": "we", "pid": 1, "host": "h", "last_seen": CREATED}
        connection.execute(insert(Worker), worker)
    attempts.commit_checkpoint(engine, taken_over.id, 2, [], {"trials_completed": 0})
    with engine.connect() as connection:
        assert connection.scalar(select(Worker.last_seen)) > CREATED


def test_cancel_is_told_even_if_the_queue_cannot_be(engine, queue, optimizations, monkeypatch):
    job = optimizations.submit(JobSpec())

    def away(job_id):
        raise OperationalError("", {}, Exception("away"))

    monkeypatch.setattr(queue, "cancel", away)
    with captured() as telemetry:
        assert optimizations.cancel(job.id).state == "cancelled"
    assert "optimization.cancelled" in telemetry.event_names()


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
