"""A database of a test's own, and jobs made in this process; the queue is a fake that nobody waits on."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Engine

from app.database.engine import open_database
from app.database.models import Optimization
from app.optimizations.flow import Flow
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.queue.port import Place
from app.settings import Settings


@dataclass
class FakeQueue:
    """Has the places it is told, and takes every job."""

    found: dict[str, Place] = field(default_factory=dict)
    requeued: list[str] = field(default_factory=list)

    def enqueue(self, connection, job_id):
        self.found[job_id] = Place("queued")

    def cancel(self, job_id):
        del self.found[job_id]

    def requeue(self, job_id, seen=None):
        if seen not in {None, self.places([job_id])[job_id]}:
            return False
        self.requeued.append(job_id)
        self.found[job_id] = Place("queued")
        return True

    def places(self, job_ids):
        return {job_id: self.found.get(job_id, Place("missing")) for job_id in job_ids}


@dataclass
class Jobs:
    """A database, and a worker on it."""

    settings: Settings
    engine: Engine
    optimizations: Optimizations

    def make(self, **spec) -> Optimization:
        """Submit a job and run it to its end."""
        job = self.optimizations.submit(JobSpec(**spec))
        self.run(job)
        return self.optimizations.get(job.id)

    def run(self, job: Optimization) -> None:
        Flow(self.engine, self.settings, "worker-0", "i-1", threading.Event()).run(job.id)

    def trials(self, job: Optimization) -> list:
        return list(self.optimizations.trials(job.id, limit=100_000))


@pytest.fixture
def engine(tmp_path):
    engine = open_database(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def queue():
    return FakeQueue()


@pytest.fixture
def optimizations(engine, queue, tmp_path):
    return Optimizations(engine, queue, Settings(data_dir=tmp_path))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """One database for all tests of a module: the queue engine's tables take a while to make."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), checkpoint_seconds=0.1)
    engine = open_database(settings)
    yield Jobs(settings, engine, Optimizations(engine, FakeQueue(), settings))
    engine.dispose()
