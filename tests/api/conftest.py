"""The API in this process, on a database of its own, with all it emits captured.

The queue is a fake that keeps what it is told: the real one is tested in tests/pipeline, with real workers.
"""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn
from anyio.from_thread import BlockingPortal, start_blocking_portal
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.datastructures import State
from starlette.types import ASGIApp

from app.api import create_app
from app.database.engine import open_database
from app.database.models import Attempt, Optimization, Trial
from app.optimizations.spec import JobSpec
from app.requests.instrumentation import Boundary
from app.requests.server import server_config
from app.security.keys import create_key
from app.settings import Settings
from telemetry.captured import Captured
from telemetry.exporters.delivery import Delivery
from telemetry.exporters.encoding import Encoded
from telemetry.files import FileDestination, RotatedFile
from telemetry.jobtrace import new_job_id
from telemetry.testing import captured

CREATED = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@dataclass
class FakeQueue:
    """Keeps what it is told."""

    queued: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def enqueue(self, connection, job_id):
        self.queued.append(job_id)

    def cancel(self, job_id):
        self.cancelled.append(job_id)

    def requeue(self, job_id):
        self.queued.append(job_id)

    def close(self):
        raise NotImplementedError


class Client:
    """A blocking client of an ASGI application; Starlette's own wants an httpx that is not out yet."""

    def __init__(self, portal: BlockingPortal, app: ASGIApp, address: str | None, **headers: str) -> None:
        self._portal = portal
        transport = httpx.ASGITransport(app, client=(address, 50000) if address is not None else None)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers)

    def request(self, method: str, path: str, **options) -> httpx.Response:
        async def send():
            return await self._client.request(method, path, **options)

        return self._portal.call(send)

    def get(self, path: str, **options) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options) -> httpx.Response:
        return self.request("POST", path, **options)

    def delete(self, path: str, **options) -> httpx.Response:
        return self.request("DELETE", path, **options)


@dataclass
class Api:
    """The API, what is behind it, and what it emitted."""

    app: Boundary
    settings: Settings
    engine: Engine
    queue: FakeQueue
    telemetry: Captured
    portal: BlockingPortal
    delivery: Delivery
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """What endpoints find in the application's state."""
        return self.app.app.state

    def key(self, role: str) -> str:
        """Return a key with a role."""
        if role not in self.keys:
            self.keys[role] = create_key(self.engine, f"test {role}", role)[1]
        return self.keys[role]

    def client(self, role: str | None = None, address: str | None = "127.0.0.1") -> Client:
        """Return a client with a key of the role, or without a key; without an address, on a socket file."""
        headers = {"Authorization": f"Bearer {self.key(role)}"} if role else {}
        return Client(self.portal, self.app, address, **headers)

    def add_job(self, trials: int = 0, **columns) -> Optimization:
        """Store a job, with so many trials: values 0, 0.5, 1 …, the last failed."""
        spec = JobSpec()
        defaults = {
            "id": new_job_id(),
            "strategy": spec.strategy,
            "dataset": spec.dataset,
            "objective": spec.objective,
            "sampler": spec.sampler,
            "trials": max(trials, 10),
            "batch_size": 10,
            "seed": 1,
            "parameters": {},
            "folds": 2,
            "holdout": 0.2,
            "fee_bps": 1.0,
            "slippage_bps": 1.0,
            "created_at": CREATED,
        }
        job = Optimization(**{**defaults, **columns})
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.add(job)
            session.flush()
            session.add_all(_trial(job.id, number, trials) for number in range(trials))
        return job

    def add_attempt(self, job: Optimization, **columns) -> None:
        """Store an attempt."""
        defaults = {"number": 1, "worker_slot": "worker-0", "instance_id": "i-1", "started_at": CREATED}
        with Session(self.engine) as session, session.begin():
            session.add(Attempt(job_id=job.id, **{**defaults, **columns}))

    def change(self, job: Optimization, **columns) -> None:
        """Change a stored job, as a worker does."""
        with Session(self.engine) as session, session.begin():
            stored = session.get_one(Optimization, job.id)
            for name, value in columns.items():
                setattr(stored, name, value)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the API on a free port, as in production; yield its URL."""
        server = _Server(self.app)
        thread = threading.Thread(target=server.run)
        thread.start()
        server.ready.wait()
        try:
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, app: ASGIApp) -> None:
        config = server_config(app, "127.0.0.1", 0)
        config.timeout_graceful_shutdown = 1
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _trial(job_id: str, number: int, trials: int) -> Trial:
    failed = number == trials - 1
    return Trial(
        job_id=job_id,
        number=number,
        attempt=1,
        parameters={"fast": 5 + number, "slow": 50},
        outcome="failed" if failed else "completed",
        value=None if failed else number / 2,
        fold_values=[] if failed else [number / 2, number / 2],
        sharpe=None if failed else number / 4,
        error="ZeroDivisionError: division by zero" if failed else None,
        duration_seconds=0.001,
        sampler_state={},
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """Make the tables once: the queue engine's take a while."""
    directory = tmp_path_factory.mktemp("empty")
    open_database(Settings(data_dir=directory)).dispose()
    return directory / "jobscope.db"


@pytest.fixture
def make_api(tmp_path, empty_database):
    """Return a function that makes an API with settings; all is taken down after the test."""
    with ExitStack() as stack:

        def make(registry: CollectorRegistry | None = None, **settings) -> Api:
            data_dir = tmp_path / "data"
            data_dir.mkdir()
            (data_dir / "telemetry").mkdir()
            shutil.copy(empty_database, data_dir)
            given = Settings(data_dir=data_dir, **settings)
            engine = open_database(given)
            stack.callback(engine.dispose)
            readers = (
                [PrometheusMetricReader(scope_info_enabled=False, registry=registry)] if registry else []
            )
            telemetry = stack.enter_context(captured(*readers))
            queue = FakeQueue()
            delivery = Delivery("logs", FileDestination(RotatedFile(given.telemetry_dir, "logs-test")), 0)
            delivery.deliver(Encoded(b"{}"), 1)  # as any process has done that runs
            app = create_app(given, engine, queue, registry, [delivery])
            portal = stack.enter_context(start_blocking_portal())
            return Api(app, given, engine, queue, telemetry, portal, delivery)

        made: list[Api] = []
        yield lambda **options: made.append(make(**options)) or made[-1]
        for api in made:
            assert api.telemetry.contract_violations() == [], "every test also holds the API to the contract"


@pytest.fixture
def api(make_api) -> Api:
    """The API with default settings."""
    return make_api()
