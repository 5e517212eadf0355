"""The order of locks: the job first. A deadlock needs two transactions that keep different ones."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import insert, select, text

from app.database.models import Attempt, Worker
from app.optimizations import attempts
from app.optimizations.recovery import Recovery
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.queue.dbos import DbosQueue

pytestmark = pytest.mark.stack
TIMEOUT = 30


@pytest.fixture
def queue(engine):
    queue = DbosQueue(engine)
    yield queue
    queue.close()


@pytest.fixture
def job(engine, queue, settings):
    """A job that a process runs which no longer holds its slot."""
    job = Optimizations(engine, queue, settings).submit(JobSpec())
    with engine.begin() as connection:
        worker = {"slot": "worker-0", "instance_id": "another", "pid": 1, "host": "h"}
        connection.execute(insert(Worker), worker)
    attempts.claim(engine, job.id, "worker-0", "gone")
    return job


def recovery(engine, queue, settings):
    return Recovery(engine, queue, settings.data_dir, "worker-1", "we", lambda: None, 30)


WRITERS = {
    "claim": lambda engine, queue, settings, job: attempts.claim(engine, job.id, "worker-0", "we"),
    "commit": lambda engine, queue, settings, job: attempts.commit_checkpoint(
        engine, job.id, 1, [], {"trials_completed": 0}
    ),
    "end": lambda engine, queue, settings, job: attempts.end_attempt(engine, job.id, 1, "completed"),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_who_waits_for_a_job_holds_nothing_that_comes_after_it(engine, queue, settings, job, writer):
    failures = []

    def write():
        try:
            WRITERS[writer](engine, queue, settings, job)
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    with engine.begin() as first:
        first.execute(text("SELECT 1 FROM optimizations WHERE id = :id FOR UPDATE"), {"id": job.id})
        thread = threading.Thread(target=write)
        thread.start()
        await_lock_wait(engine)
        # Had the other one taken any of these already, we would now wait for each other.
        first.execute(text("SELECT 1 FROM attempts WHERE job_id = :id FOR UPDATE NOWAIT"), {"id": job.id})
        first.execute(text("SELECT 1 FROM workers FOR UPDATE NOWAIT"))
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert failures == []


def test_recovery_does_not_wait_for_a_job_that_a_frozen_process_holds(engine, queue, settings, job):
    subject = recovery(engine, queue, settings)
    with engine.begin() as frozen:
        frozen.execute(text("SELECT 1 FROM optimizations WHERE id = :id FOR UPDATE"), {"id": job.id})
        subject.run()
        # Nor does it hold what comes after the job.
        frozen.execute(text("SELECT 1 FROM attempts WHERE job_id = :id FOR UPDATE NOWAIT"), {"id": job.id})
    assert states(engine) == ["running"]
    subject.run()
    assert states(engine) == ["lost"]


def states(engine):
    with engine.connect() as connection:
        return list(connection.scalars(select(Attempt.state)))


def test_process_that_froze_in_a_transaction_does_not_keep_its_locks(engine):
    with engine.connect() as connection:
        settings = "SELECT name, setting FROM pg_settings WHERE name LIKE :name"
        found = dict(connection.execute(text(settings), {"name": "%timeout"}).all())
    assert found["idle_in_transaction_session_timeout"] == "30000"
    assert found["lock_timeout"] == "10000"


def await_lock_wait(engine):
    deadline = time.monotonic() + TIMEOUT
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    while True:
        with engine.connect() as connection:
            if connection.execute(waiting).scalar():
                return
        assert time.monotonic() < deadline, "nobody waits for the job"
        time.sleep(0.01)


def test_claims_ends_and_recovery_in_a_hostile_loop_do_not_deadlock(engine, queue, settings, job):
    began, errors, rounds = threading.Barrier(3), [], 40

    def repeat(action):
        for number in range(rounds):
            try:
                if number == 0:
                    began.wait(TIMEOUT)
                action(number)
            except attempts.Superseded:
                continue
            except Exception as error:  # noqa: BLE001 - told below
                errors.append(error)

    def claim_and_end(number):
        claim = attempts.claim(engine, job.id, "worker-0", f"process {number}")
        if claim:
            attempts.end_attempt(engine, job.id, claim.number, "queued")

    recoveries = [recovery(engine, queue, settings) for _ in range(2)]
    threads = [threading.Thread(target=repeat, args=(claim_and_end,))]
    threads += [
        threading.Thread(target=repeat, args=(lambda _number, one=one: one.run(),)) for one in recoveries
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT * 4)
    assert not any(thread.is_alive() for thread in threads)
    assert errors == []
