"""A database, its queue, and real worker processes on it. Nothing here is a mock."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.database.engine import open_database
from app.database.models import Optimization, Worker
from app.optimizations.service import FINAL_STATES, Optimizations
from app.queue.dbos import DbosQueue
from app.settings import Settings
from telemetry.jobview.local import LocalReader
from telemetry.jobview.model import JobView

TIMEOUT = 120


@dataclass
class Service:
    """A service without its API."""

    settings: Settings
    engine: Engine
    optimizations: Optimizations
    processes: list[subprocess.Popen]

    @staticmethod
    def await_condition(condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds; fail in words when it does not come."""
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come within {TIMEOUT} s"
            time.sleep(0.02)

    def _environment(self) -> dict[str, str]:
        variables = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        return variables | {"JOBSCOPE_DATA_DIR": str(self.settings.data_dir)}

    def submit(self, **spec: object) -> str:
        return subprocess.run(
            [sys.executable, str(Path(__file__).with_name("submit.py")), json.dumps(spec)],
            env=self._environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()

    def start_worker(self, **environment: str) -> subprocess.Popen:
        log = self.settings.data_dir / f"worker-{len(self.processes)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "worker"],
                env=self._environment() | environment,
                stdout=output,
                stderr=output,
            )
        self.processes.append(process)
        return process

    def await_worker(self, slot: str) -> None:
        def beats() -> bool:
            with Session(self.engine) as session:
                return session.get(Worker, slot) is not None

        self.await_condition(beats, f"a heartbeat of {slot}")

    def kill(self, process: subprocess.Popen, number: signal.Signals = signal.SIGKILL) -> None:
        process.send_signal(number)
        process.wait(TIMEOUT)

    def stop_workers(self) -> None:
        """Stop all workers in order, so that their telemetry is flushed."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process, signal.SIGTERM)

    def await_trials(self, job_id: str, count: int) -> Optimization:
        self.await_condition(lambda: self._done(job_id) >= count, f"trial {count}")
        return self.optimizations.get(job_id)

    def _done(self, job_id: str) -> int:
        return self.optimizations.get(job_id).trials_made

    def await_end(self, job_id: str) -> Optimization:
        self.await_condition(
            lambda: self.optimizations.get(job_id).state in FINAL_STATES, "the end of the job"
        )
        return self.optimizations.get(job_id)

    def view(self, job_id: str) -> JobView:
        return LocalReader(self.settings.telemetry_dir).read(job_id)

    def trials(self, job_id: str) -> list:
        return list(self.optimizations.trials(job_id, limit=1_000_000))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = Settings(data_dir=tmp_path)
    engine = open_database(settings)
    queue = DbosQueue(engine)
    service = Service(settings, engine, Optimizations(engine, queue, settings), [])
    yield service
    for process in service.processes:
        if process.poll() is None:
            service.kill(process)
    queue.close()
    engine.dispose()


@pytest.fixture
def small_dataset(service: Service) -> str:
    """A short dataset, on which a trial takes microseconds."""
    directory = service.settings.data_dir / "datasets"
    directory.mkdir()
    rows = [f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{100 + (day * 7) % 13}" for day in range(200)]
    (directory / "small.csv").write_text("Date,Price\n" + "\n".join(rows) + "\n")
    return "small"
