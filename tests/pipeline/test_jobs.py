"""Jobs on real worker processes: their ends, and what database and telemetry say of each."""

from __future__ import annotations

import signal
from itertools import pairwise

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.database.models import Attempt, Optimization, Trial
from telemetry.jobtrace import is_job_id
from tests.live.traffic import add_boundless

QUICK = {"JOBSCOPE_CHECKPOINT_SECONDS": "0.1"}


def agree(service, job_id):
    """Assert that the Job view hangs together and says what the database says; return both."""
    view = service.view(job_id)
    job = service.optimizations.get(job_id)
    assert view.problems() == ()
    assert is_job_id(job_id)
    assert {span.attributes["job.id"] for span in view.spans if "job.id" in span.attributes} == {job_id}
    assert view.state == job.state
    assert (view.trials_completed, view.trials_failed) == (job.trials_completed, job.trials_failed)
    assert view.trials_infeasible == job.trials_infeasible
    trials = service.trials(job_id)
    assert len(trials) == job.trials_made
    assert [trial.number for trial in trials] == list(range(len(trials))), "each number once, without a hole"
    values = [trial.value for trial in trials if trial.value is not None]
    assert job.best_value == (max(values) if values else None)
    if view.winner:
        assert view.winner.in_sample == job.best_value
    attempts = service.optimizations.attempts(job_id)
    assert [attempt.number for attempt in view.attempts] == [attempt.number for attempt in attempts]
    assert [attempt.instance for attempt in view.attempts] == [attempt.instance_id for attempt in attempts]
    return job, view


def test_job_completes(service):
    # Some seconds of work: process metrics are exported once a second.
    job_id = service.submit(trials=30_000)
    service.start_worker(**QUICK)
    service.await_end(job_id)
    service.stop_workers()
    job, view = agree(service, job_id)
    assert job.state == "completed"
    assert view.winner.out_of_sample == job.out_of_sample_value
    assert view.winner.deflated_sharpe == job.deflated_sharpe
    assert 0 <= job.deflated_sharpe <= 1
    assert view.gaps() == ()
    names = {span.name for span in view.spans}
    assert names == {
        "send optimizations",
        "process optimizations",
        "load prices",
        "search chunk",
        "trial",
        "evaluate holdout",
        "store results",
        "finish attempt",
    }
    # WTI's day below zero is told, not hidden.
    warnings = [event for event in view.events if event.name == "dataset.price.non_positive"]
    assert [event.attributes["dataset.first_non_positive"] for event in warnings] == ["2020-04-20 -36.98"]
    (metrics,) = view.metrics
    assert metrics.trials == {"completed": 30_000}
    assert {span.status for span in view.spans} == {"unset"}
    loud = [event.name for event in view.events if event.severity_text != "INFO"]
    assert loud == ["dataset.price.non_positive"]
    assert metrics.memory
    assert metrics.cpu


def test_job_fails_when_no_trial_gives_a_value(service):
    add_boundless(service.settings.data_dir)
    job_id = service.submit(trials=50, dataset="boundless")
    service.start_worker(**QUICK)
    service.await_end(job_id)
    service.stop_workers()
    job, view = agree(service, job_id)
    assert (job.state, job.error_type, job.trials_failed) == ("failed", "NoResult", 50)
    (failed,) = [event for event in view.events if event.name == "optimization.failed"]
    assert failed.severity_text == "ERROR"
    assert "NoResult" in failed.attributes["exception.type"]
    assert [span.status for span in view.spans if span.name == "finish attempt"] == ["error"]
    (first, *_) = [event for event in view.events if event.name == "optimization.trial.failed"]
    assert first.severity_text == "WARN"
    assert "Traceback" in first.attributes["exception.stacktrace"]
    assert {span.status for span in view.spans if span.name == "trial"} == {"error"}


def test_job_fails_when_its_dataset_is_gone(service, small_dataset):
    job_id = service.submit(trials=50, dataset=small_dataset)
    (service.settings.data_dir / "datasets" / "small.csv").unlink()
    service.start_worker(**QUICK)
    job = service.await_end(job_id)
    service.stop_workers()
    agree(service, job_id)
    assert job.state == "failed"
    assert "small" in job.error_message


def test_cancel_takes_effect_within_one_checkpoint(service):
    job_id = service.submit(trials=1_000_000)
    service.start_worker(JOBSCOPE_CHECKPOINT_SECONDS="0.2")
    service.await_trials(job_id, 1)
    service.optimizations.cancel(job_id)
    service.await_end(job_id)
    service.stop_workers()
    job, view = agree(service, job_id)
    assert job.state == "cancelled"
    commits = [event for event in view.events if event.name == "optimization.checkpoint.committed"]
    asked = job.cancel_requested_at.timestamp() * 1e9
    # At most the checkpoint that was running when the user asked, and one whose commit had begun.
    assert len([event for event in commits if event.time_ns > asked]) <= 2


def test_cancel_of_a_waiting_job_is_at_once(service):
    job_id = service.submit(trials=10)
    assert service.optimizations.cancel(job_id).state == "cancelled"
    other = service.submit(trials=10)
    service.start_worker(**QUICK)
    service.await_end(other)
    assert service.optimizations.attempts(job_id) == []


@pytest.mark.parametrize(("sampler", "trials", "kill_at"), [("random", 30_000, 2000), ("tpe", 120, 30)])
def test_killed_worker_resumes_as_if_undisturbed(service, sampler, trials, kill_at):
    spec = {"trials": trials, "sampler": sampler, "seed": 7}
    disturbed = service.submit(**spec)
    first = service.start_worker(**QUICK)
    service.await_trials(disturbed, kill_at)
    service.kill(first)
    before = {trial.number: trial.value for trial in service.trials(disturbed)}
    assert 0 < len(before) < trials, "the kill must hit a running job"
    service.start_worker(**QUICK)
    service.await_end(disturbed)
    undisturbed = service.submit(**spec)
    service.await_end(undisturbed)
    service.stop_workers()
    job, view = agree(service, disturbed)
    assert job.state == "completed"
    lost, completed = service.optimizations.attempts(disturbed)
    assert (lost.state, completed.state) == ("lost", "completed")
    # A checkpoint is a sign of life; the heartbeat before it was older than the attempt.
    assert lost.started_at < lost.ended_at < completed.started_at
    names = [event.name for event in view.events]
    assert names.index("optimization.started") < names.index("optimization.lost")
    assert names.index("optimization.lost") < names.index("optimization.recovered")
    made = [(t.number, t.parameters, t.value) for t in service.trials(disturbed)]
    assert made == [(t.number, t.parameters, t.value) for t in service.trials(undisturbed)]
    other = service.optimizations.get(undisturbed)
    assert (job.best_value, job.best_trial, job.deflated_sharpe) == (
        other.best_value,
        other.best_trial,
        other.deflated_sharpe,
    )
    assert all(before[number] == value for number, _, value in made if number in before)


def test_job_of_a_dead_worker_goes_to_a_living_one(service):
    soon = QUICK | {"JOBSCOPE_WORKER_TIMEOUT_SECONDS": "2"}
    job_id = service.submit(trials=100_000)
    first = service.start_worker(**soon)
    service.await_trials(job_id, 1)
    service.start_worker(**soon)
    service.await_worker("worker-1")
    service.kill(first)
    job = service.await_end(job_id)
    service.stop_workers()
    agree(service, job_id)
    assert job.state == "completed"
    slots = [attempt.worker_slot for attempt in service.optimizations.attempts(job_id)]
    assert slots == ["worker-0", "worker-1"]


def test_job_of_a_worker_that_died_before_it_began_goes_to_a_living_one(service):
    job_id = service.submit(trials=100)
    with service.engine.begin() as connection:
        # As the queue leaves it when a worker ends between taking a job and claiming it.
        taken = text(
            "UPDATE workflow_status SET status = 'PENDING', executor_id = 'worker-7' "
            "WHERE workflow_uuid = :id"
        )
        assert connection.execute(taken, {"id": job_id}).rowcount == 1
    service.start_worker(**QUICK)
    assert service.await_end(job_id).state == "completed"


def test_stopped_worker_hands_its_job_back(service):
    job_id = service.submit(trials=30_000)
    first = service.start_worker(**QUICK)
    service.await_trials(job_id, 1)
    service.kill(first, signal.SIGTERM)
    assert first.returncode == 0
    assert service.optimizations.get(job_id).state == "queued"
    service.start_worker(**QUICK)
    job = service.await_end(job_id)
    service.stop_workers()
    agree(service, job_id)
    assert job.state == "completed"
    assert [a.state for a in service.optimizations.attempts(job_id)] == ["interrupted", "completed"]


def test_job_that_takes_workers_with_it_is_given_up(service):
    once = QUICK | {"JOBSCOPE_MAX_ATTEMPTS": "1"}
    job_id = service.submit(trials=1_000_000)
    first = service.start_worker(**once)
    service.await_trials(job_id, 1)
    service.kill(first)
    service.start_worker(**once)
    job = service.await_end(job_id)
    service.stop_workers()
    agree(service, job_id)
    assert (job.state, job.error_type) == ("failed", "TooManyAttempts")


def test_row_and_place_in_the_queue_are_one_transaction(service):
    queue = service.optimizations._queue
    with pytest.raises(ZeroDivisionError), Session(service.engine) as session, session.begin():
        queue.enqueue(session.connection(), "a" * 32)
        raise ZeroDivisionError
    later = service.submit(trials=10)
    service.start_worker(**QUICK)
    service.await_end(later)
    with Session(service.engine) as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1
        assert session.scalars(select(Optimization.id)).all() == [later]
        assert session.scalar(select(func.count()).select_from(Trial)) == 10


def test_100_000_trials_stay_under_500_spans(service, small_dataset):
    job_id = service.submit(trials=100_000, dataset=small_dataset)
    service.start_worker(**QUICK)
    job = service.await_end(job_id)
    service.stop_workers()
    assert job.state == "completed"
    view = service.view(job_id)
    assert view.problems() == ()
    assert view.trials_completed == 100_000
    assert 50 < len(view.spans) < 500
    assert all(earlier <= later for (_, earlier), (_, later) in pairwise(view.best_curve))


def test_running_job_shows_what_it_has_done(service):
    job_id = service.submit(trials=1_000_000)
    service.start_worker(**QUICK)
    service.await_trials(job_id, 1)
    events = {"optimization.started", "optimization.checkpoint.committed"}

    def told():
        return events <= {event.name for event in service.view(job_id).events}

    service.await_condition(told, "the running job's events")
    view = service.view(job_id)
    assert view.state == "running"
    assert view.problems() == ()
    assert 0 < view.trials_completed <= service.optimizations.get(job_id).trials_completed
