"""A running stack with a client of its API, and the database behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import Engine

from app.database.engine import open_database
from app.optimizations.service import FINAL_STATES, Optimizations
from app.queue.dbos import DbosQueue
from app.security.keys import create_key
from app.settings import Settings
from app.stack.readiness import free_offset
from app.stack.stack import Stack
from telemetry.jobview import BackendReader, JobView

TIMEOUT = 120
T = TypeVar("T")


@dataclass
class RunningStack:
    """A stack with a client of its API, and the database behind it."""

    stack: Stack
    settings: Settings
    engine: Engine
    optimizations: Optimizations
    client: httpx.Client

    @property
    def grafana_password(self) -> str:
        return (self.stack.layout.passwords / "grafana_password").read_text().strip()

    @staticmethod
    def eventually(check: Callable[[], T]) -> T:
        """Return what a check returns once it no longer fails: backends answer a little later."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                return check()
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def submit(self, **spec: object) -> str:
        response = self.client.post("/api/v1/optimizations", json=spec)
        assert response.status_code == 201, response.text
        job_id: str = response.json()["id"]
        return job_id

    def await_job(self, job_id: str, condition: Callable[[object], object]) -> None:
        def check() -> None:
            assert condition(self.optimizations.get(job_id))

        self.eventually(check)

    def await_end(self, job_id: str) -> None:
        self.await_job(job_id, lambda job: job.state in FINAL_STATES)

    def cancel(self, job_id: str) -> None:
        assert self.client.post(f"/api/v1/optimizations/{job_id}/cancel").status_code == 202

    def view(self, job_id: str) -> JobView:
        urls = self.stack.urls
        return BackendReader(urls["tempo"], urls["loki"], urls["prometheus"]).read(job_id)


@contextmanager
def running_stack(directory: Path, include: Collection[str], *, workers: int) -> Iterator[RunningStack]:
    """Run a stack of these programs for the time of a block; all of them must be installed."""
    stack = Stack(directory, free_offset(), include=include, workers=workers)
    stack.up()
    try:
        settings = Settings(
            data_dir=directory,
            database_url=stack.urls["postgres"],
            database_password_file=stack.layout.passwords / "database_password",
        )
        engine = open_database(settings)
        queue = DbosQueue(engine)
        _, key = create_key(engine, "test", "operator")
        client = httpx.Client(
            base_url=stack.urls["api"],
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
            trust_env=False,
        )
        try:
            yield RunningStack(stack, settings, engine, Optimizations(engine, queue, settings), client)
        finally:
            client.close()
            queue.close()
            engine.dispose()
    finally:
        stack.down()
