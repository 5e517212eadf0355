"""What a worker does at a heartbeat for jobs that nobody works at."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import OperationalError

from app.database.clock import clock
from app.database.models import Attempt, Optimization, Worker
from app.optimizations import attempts
from app.optimizations.recovery import Recovery, leave_note
from app.optimizations.spec import JobSpec
from app.queue.port import Place
from telemetry.testing import captured


class Hand:
    job: str | None = None

    def __call__(self):
        return self.job


@pytest.fixture
def hand():
    return Hand()


def worker(engine, slot, instance):
    with engine.begin() as connection:
        connection.execute(delete(Worker).where(Worker.slot == slot))
        connection.execute(insert(Worker), {"slot": slot, "instance_id": instance, "pid": 1, "host": "h"})


@pytest.fixture
def recovery(engine, queue, hand, tmp_path):
    """That of worker-0, beside worker-1."""
    worker(engine, "worker-0", "we")
    worker(engine, "worker-1", "they")
    return Recovery(engine, queue, tmp_path / "run", "worker-0", "we", hand, 30)


@pytest.fixture
def lost_by_the_other(recovery, monkeypatch):
    """Have worker-1 be gone; when that is, is told in test_liveness."""
    monkeypatch.setattr(recovery._watch, "silent", lambda beats: {"they"} & beats.keys())


@pytest.fixture
def job(optimizations):
    return optimizations.submit(JobSpec())


def refused(job_id, seen=None):
    raise OperationalError("", {}, Exception("refused"))


def attempt_states(optimizations, job):
    return [attempt.state for attempt in optimizations.attempts(job.id)]


@pytest.mark.usefixtures("lost_by_the_other")
def test_job_of_a_worker_that_is_gone_waits_and_is_queued_again(engine, queue, optimizations, recovery, job):
    attempts.claim(engine, job.id, "worker-1", "they")
    queue.found[job.id] = Place("taken", "worker-1")
    with captured() as telemetry:
        recovery.run()
    assert optimizations.get(job.id).state == "queued"
    assert attempt_states(optimizations, job) == ["lost"]
    assert queue.requeued == [job.id]
    assert telemetry.event_names() == ["optimization.lost", "optimization.requeued"]
    assert {record.trace_id for record in telemetry.records} == {job.id}
    assert telemetry.value("optimization.requeues", {"requeue.reason": "worker_gone"}) == 1
    assert telemetry.contract_violations() == []


def test_job_of_a_worker_that_lives_is_left_alone(engine, queue, optimizations, recovery, job):
    attempts.claim(engine, job.id, "worker-1", "they")
    queue.found[job.id] = Place("taken", "worker-1")
    recovery.run()
    assert attempt_states(optimizations, job) == ["running"]
    assert queue.requeued == []


@pytest.mark.usefixtures("lost_by_the_other")
def test_requeue_that_fails_is_made_up_for_at_the_next_heartbeat(
    engine, queue, optimizations, recovery, job, monkeypatch
):
    attempts.claim(engine, job.id, "worker-1", "they")
    queue.found[job.id] = Place("taken", "worker-1")
    with monkeypatch.context() as patch:
        patch.setattr(queue, "requeue", refused)
        recovery.run()
    # The worker was not dead, finds itself superseded, and returns: the engine takes the job for done.
    queue.found[job.id] = Place("ended", "worker-1")
    recovery.run()
    assert queue.requeued == [job.id]
    assert optimizations.get(job.id).state == "queued"


@pytest.mark.parametrize(
    ("place", "reason"),
    [(Place("ended"), "ended"), (None, "missing"), (Place("taken", "worker-9"), "worker_gone")],
)
def test_job_that_waits_and_that_no_worker_would_get_is_queued_again(queue, recovery, job, place, reason):
    if place:
        queue.found[job.id] = place
    else:
        del queue.found[job.id]
    with captured() as telemetry:
        recovery.run()
        recovery.run()
    assert queue.requeued == [job.id], "once"
    (event,) = telemetry.events_named("optimization.requeued")
    assert event.attributes["requeue.reason"] == reason


@pytest.mark.parametrize("place", [Place("queued"), Place("taken", "worker-1")])
def test_job_that_a_worker_gets_is_left_alone(queue, recovery, job, place):
    queue.found[job.id] = place
    recovery.run()
    recovery.run()
    assert queue.requeued == []


def test_job_taken_up_meanwhile_is_left_alone(engine, queue, recovery, job, monkeypatch):
    def taken_up_and_ended(job_ids):
        attempts.claim(engine, job.id, "worker-1", "they")
        attempts.end_attempt(engine, job.id, 1, "completed")
        return {job.id: Place("ended")}

    monkeypatch.setattr(queue, "places", taken_up_and_ended)
    recovery.run()
    assert queue.requeued == []


def test_job_handed_to_us_that_we_do_not_work_at_is_queued_again(queue, recovery, job):
    queue.found[job.id] = Place("taken", "worker-0")
    recovery.run()
    assert queue.requeued == [], "it may be on its way from the queue to the hand"
    recovery.run()
    assert queue.requeued == [job.id]


def test_job_in_hand_is_left_alone(engine, queue, optimizations, recovery, hand, job):
    hand.job = job.id
    queue.found[job.id] = Place("taken", "worker-0")
    recovery.run()
    recovery.run()
    attempts.claim(engine, job.id, "worker-0", "we")
    recovery.run()
    assert (queue.requeued, attempt_states(optimizations, job)) == ([], ["running"])


def test_attempt_of_ours_that_broke_off_has_failed(engine, queue, optimizations, recovery, job):
    # By a fault of the program: whatever a job does to its worker, it does not do so for ever.
    attempts.claim(engine, job.id, "worker-0", "we")
    queue.found[job.id] = Place("ended", "worker-0")
    recovery.run()
    recovery.run()
    assert attempt_states(optimizations, job) == ["failed"]
    assert queue.requeued == [job.id]


def test_attempt_of_ours_that_others_gave_up_was_no_loss(engine, optimizations, recovery, job):
    attempts.claim(engine, job.id, "worker-0", "we")
    with engine.begin() as connection:
        connection.execute(update(Attempt).values(state="lost"))
        connection.execute(update(Optimization).values(state="queued"))
    recovery.run()
    assert attempt_states(optimizations, job) == ["superseded"]


def test_who_leaves_gives_up_what_it_has(engine, optimizations, recovery, hand, job):
    hand.job = job.id
    attempts.claim(engine, job.id, "worker-0", "we")
    recovery.leave()
    assert attempt_states(optimizations, job) == ["interrupted"]
    assert optimizations.get(job.id).state == "queued"


@pytest.mark.usefixtures("lost_by_the_other")
def test_one_job_that_cannot_be_queued_does_not_keep_others_from_it(
    engine, queue, optimizations, recovery, job, monkeypatch
):
    other = optimizations.submit(JobSpec())
    queue.found |= {job.id: Place("ended"), other.id: Place("ended")}
    requeue = queue.requeue
    monkeypatch.setattr(
        queue, "requeue", lambda job_id, seen: refused(job_id) if job_id == job.id else requeue(job_id, seen)
    )
    recovery.run()
    assert queue.requeued == [other.id]


@pytest.mark.usefixtures("lost_by_the_other")
def test_lost_attempt_ended_when_its_worker_was_last_seen(engine, optimizations, recovery, job):
    attempts.claim(engine, job.id, "worker-1", "they")
    with engine.begin() as connection:
        connection.execute(update(Attempt).values(started_at=clock(3600)))
        connection.execute(update(Worker).where(Worker.slot == "worker-1").values(last_seen=clock(1800)))
    recovery.run()
    (attempt,) = optimizations.attempts(job.id)
    assert (attempt.ended_at - attempt.started_at).total_seconds() == pytest.approx(1800, abs=60)


def test_process_that_took_a_slot_over_is_not_gone(engine, optimizations, recovery, job, monkeypatch):
    def gone_and_replaced(beats):
        worker(engine, "worker-1", "new")
        attempts.claim(engine, job.id, "worker-1", "new")
        return {"they"}

    monkeypatch.setattr(recovery._watch, "silent", gone_and_replaced)
    recovery.run()
    assert attempt_states(optimizations, job) == ["running"]


@pytest.mark.parametrize("slot", ["worker-0", "worker-1", "worker-7"])
def test_attempt_of_a_process_that_no_longer_holds_its_slot_is_lost(
    engine, queue, optimizations, recovery, job, slot
):
    attempts.claim(engine, job.id, slot, "one before")
    queue.found[job.id] = Place("taken", slot)
    recovery.run()
    assert attempt_states(optimizations, job) == ["lost"]


def test_attempt_of_a_process_that_left_word_was_not_lost(
    engine, queue, optimizations, recovery, job, tmp_path
):
    attempts.claim(engine, job.id, "worker-1", "they")
    queue.found[job.id] = Place("taken", "worker-1")
    leave_note(tmp_path / "run", "they")
    with captured() as telemetry:
        recovery.run()
    assert attempt_states(optimizations, job) == ["interrupted"]
    assert telemetry.event_names()[0] == "optimization.interrupted"
    assert telemetry.contract_violations() == []
    assert list((tmp_path / "run").iterdir()) == []


def test_job_that_ended_meanwhile_keeps_its_state(engine, optimizations, recovery, job):
    attempts.claim(engine, job.id, "worker-7", "gone")
    with engine.begin() as connection:
        connection.execute(update(Optimization).values(state="completed"))
    recovery.run()
    assert optimizations.get(job.id).state == "completed"


def test_attempt_that_was_taken_over_does_not_send_its_job_back(engine, optimizations, recovery, job):
    attempts.claim(engine, job.id, "worker-1", "they")
    with engine.begin() as connection:
        connection.execute(
            insert(Attempt),
            {"job_id": job.id, "number": 0, "worker_slot": "worker-7", "instance_id": "gone"},
        )
    recovery.run()
    assert optimizations.get(job.id).state == "running"
    assert attempt_states(optimizations, job) == ["lost", "running"]
