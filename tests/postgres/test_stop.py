"""A worker that is told to stop while its database is away, or hangs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.models import Attempt, Worker
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.queue.dbos import DbosQueue

pytestmark = pytest.mark.stack
TIMEOUT = 120


@pytest.fixture
def optimizations(engine, settings):
    queue = DbosQueue(engine)
    yield Optimizations(engine, queue, settings)
    queue.close()


@pytest.fixture
def start_worker(settings):
    """A function that starts a worker; those that still run at the end are killed."""
    processes = []

    def start(**environment):
        variables = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        variables |= {
            "JOBSCOPE_DATA_DIR": str(settings.data_dir),
            "JOBSCOPE_DATABASE_URL": str(settings.database_url),
            "JOBSCOPE_DATABASE_PASSWORD_FILE": str(settings.database_password_file),
            "JOBSCOPE_CHECKPOINT_SECONDS": "0.1",
            # The one attempt there is must not be used up.
            "JOBSCOPE_MAX_ATTEMPTS": "1",
        }
        with (settings.data_dir / f"worker-{len(processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "worker"],
                env=variables | environment,
                stdout=log,
                stderr=log,
            )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def eventually(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {TIMEOUT} s"
        time.sleep(0.05)


def away(server):
    """Have the database refuse connections; return what brings it back."""
    server.stop()
    return server.start


def hanging(server):
    """Have the database take connections and never answer; return what brings it back."""
    server.pause()
    return server.resume


@pytest.mark.parametrize("fault", [away, hanging])
def test_stop_while_the_database_is_gone_ends_and_costs_no_attempt(
    server, engine, optimizations, start_worker, fault
):
    job = optimizations.submit(JobSpec(trials=100_000))
    worker = start_worker()
    eventually(lambda: optimizations.get(job.id).trials_made > 0, "a checkpoint")
    bring_back = fault(server)
    try:
        worker.send_signal(signal.SIGTERM)
        # While the fault still holds, and sooner than who stops services would kill it.
        assert worker.wait(30) == 1
    finally:
        bring_back()
    engine.dispose()
    made = optimizations.get(job.id).trials_made
    again = start_worker()
    eventually(lambda: optimizations.get(job.id).trials_made > made, "the job to go on")
    again.send_signal(signal.SIGTERM)
    assert again.wait(TIMEOUT) == 0
    assert [a.state for a in optimizations.attempts(job.id)] == ["interrupted", "interrupted"]


def test_outage_longer_than_a_worker_may_be_silent_is_no_loss(server, engine, optimizations, start_worker):
    soon = {"JOBSCOPE_WORKER_TIMEOUT_SECONDS": "2"}
    jobs = [optimizations.submit(JobSpec(trials=1_000_000)) for _ in range(2)]
    for _ in range(2):
        start_worker(**soon)
    for job in jobs:
        eventually(lambda job=job: optimizations.get(job.id).trials_made > 0, "a checkpoint")
    server.stop()
    time.sleep(4)  # the outage itself, twice what a worker may be silent
    server.start()
    engine.dispose()
    beats = {}

    def beaten_again():
        with Session(engine) as session:
            for worker in session.scalars(select(Worker)):
                beats.setdefault(worker.slot, set()).add(worker.last_seen)
        return len(beats) == 2 and all(len(seen) > 3 for seen in beats.values())

    eventually(beaten_again, "heartbeats of both")
    with Session(engine) as session:
        assert "lost" not in session.scalars(select(Attempt.state)).all()
    assert [optimizations.get(job.id).state for job in jobs] == ["running", "running"]
