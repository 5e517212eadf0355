"""Jobs made in this process, as a worker makes them; the queue is a fake that nobody waits on."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest
from sqlalchemy import Engine

from app.database.engine import open_database
from app.database.models import Optimization
from app.optimizations.flow import Flow
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.settings import Settings


class FakeQueue:
    def enqueue(self, connection, job_id):
        pass


@dataclass
class Jobs:
    """A database, and a worker on it."""

    settings: Settings
    engine: Engine
    optimizations: Optimizations

    def make(self, **spec) -> Optimization:
        """Submit a job and run it to its end."""
        job = self.optimizations.submit(JobSpec(**spec))
        Flow(self.engine, self.settings, "worker-0", "i-1", threading.Event()).run(job.id)
        return self.optimizations.get(job.id)

    def trials(self, job: Optimization) -> list:
        return list(self.optimizations.trials(job.id, limit=100_000))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """One database for all tests of a module: the queue engine's tables take a while to make."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), checkpoint_seconds=0.1)
    engine = open_database(settings)
    yield Jobs(settings, engine, Optimizations(engine, FakeQueue(), settings))
    engine.dispose()
