"""Traffic as users make it: jobs of every kind, requests that are refused, exports, workers that die."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.models import Worker
from tests.live.stack import RunningStack

# Some draws are infeasible, and made anew: the windows overlap.
OVERLAPPING = {"fast": {"low": 20}, "slow": {"high": 60}}
FOREVER = 1_000_000
UNKNOWN_ID = "1" * 32


def add_boundless(data_dir: Path) -> None:
    """Add the dataset ``boundless``, on which every trial fails.

    As many units as the capital buys at the usual price make a jump of it infinite.
    """
    prices = [1e12 if day > 140 else 1e-300 for day in range(200)]
    rows = [f"{date(2020, 1, 1) + timedelta(days=day)},{price}\n" for day, price in enumerate(prices)]
    (data_dir / "datasets").mkdir(exist_ok=True)
    (data_dir / "datasets" / "boundless.csv").write_text("Date,Price\n" + "".join(rows))


@dataclass
class Traffic:
    """What was done, counted where it was done.

    Attributes:
        began: seconds since 1970.
        ended: likewise.
        jobs: ids by kind: completed, failed, cancelled, recovered, running, queued.
        answers: requests by route, method and status, the health probes of others left out.
        refused_fields: requests refused for their input, by the field.
        exports: delivered, by format.
        exported: the job that was exported last.
    """

    began: float = field(default_factory=time.time)
    ended: float = 0.0
    jobs: dict[str, list[str]] = field(default_factory=dict)
    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    refused_fields: Counter[str] = field(default_factory=Counter)
    exports: Counter[str] = field(default_factory=Counter)
    exported: str = ""

    def job(self, kind: str) -> str:
        """Return a job of a kind: the last one."""
        return self.jobs[kind][-1]

    @property
    def all_jobs(self) -> list[str]:
        """Every job's id."""
        return [job for jobs in self.jobs.values() for job in jobs]


class Driver:
    """Drives a stack of two workers.

    Args:
        running: the stack.
    """

    def __init__(self, running: RunningStack) -> None:
        self._running = running
        self.traffic = Traffic()

    def drive(self, seconds: float) -> Traffic:
        """Make traffic for about so long, one round at least; leave jobs running and waiting."""
        add_boundless(self._running.settings.data_dir)
        for number in itertools.count():
            self._round(number)
            if time.time() - self.traffic.began >= seconds:
                break
        for _ in range(2):
            # The more trials there are, the slower this sampler: it is at it for hours.
            job = self._submit("running", trials=FOREVER, sampler="tpe")
            self._running.await_job(job, lambda job: job.trials_completed)
        self._submit("queued", trials=10)
        self.traffic.ended = time.time()
        return self.traffic

    def _round(self, number: int) -> None:
        done = [
            self._submit("completed", trials=6000, seed=number),
            self._submit("completed", strategy="rsi_reversion", trials=150, sampler="tpe", seed=number),
            self._submit("completed", trials=3000, parameters=OVERLAPPING, fee_bps=5.0),
            self._submit("failed", trials=300, dataset="boundless"),
            self._submit("failed", trials=200, dataset="boundless", sampler="tpe"),
        ]
        self._refused()
        for job in done:
            self._running.await_end(job)
        self._export(done[2])
        self._follow()
        self._cancel()
        if number % 3 == 0:
            self._recover()

    def _submit(self, kind: str, **spec: object) -> str:
        answer = self._ask("POST", "/api/v1/optimizations", json=spec)
        assert answer.status_code == 201, answer.text
        job: str = answer.json()["id"]
        self.traffic.jobs.setdefault(kind, []).append(job)
        return job

    def _refused(self) -> None:
        for name, value in (("trials", 0), ("strategy", "astrology"), ("dataset", "tulips"), ("trials", -1)):
            assert self._ask("POST", "/api/v1/optimizations", json={name: value}).status_code == 422
            self.traffic.refused_fields[name] += 1
        one = "/api/v1/optimizations/{job_id}"
        assert self._ask("GET", one, UNKNOWN_ID).status_code == 404
        stranger = httpx.Client(base_url=self._running.client.base_url, trust_env=False)
        with stranger:
            assert stranger.get("/api/v1/strategies").status_code == 401
            self.traffic.answers["/api/v1/strategies", "GET", 401] += 1
        for path in ("/api/v1/strategies", "/api/v1/datasets", "/api/v1/optimizations", "/api/v1/health"):
            assert self._ask("GET", path).status_code == 200

    def _export(self, job: str) -> None:
        for form in ("csv", "json"):
            assert self._ask("GET", "/api/v1/optimizations/{job_id}/export", job, params={"format": form})
            self.traffic.exports[form] += 1
        self.traffic.exported = job
        assert self._ask("GET", "/api/v1/optimizations/{job_id}", job).status_code == 200
        assert self._ask("GET", "/api/v1/optimizations/{job_id}/trials", job).status_code == 200

    def _follow(self) -> None:
        job = self._submit("completed", trials=2000)
        self._ask("GET", "/api/v1/optimizations/{job_id}/events", job)  # ends with the job
        assert self._running.optimizations.get(job).state == "completed"

    def _cancel(self) -> None:
        job = self._submit("cancelled", trials=FOREVER)
        self._running.await_job(job, lambda job: job.trials_completed)
        assert self._ask("POST", "/api/v1/optimizations/{job_id}/cancel", job).status_code == 202
        self._running.await_end(job)

    def _recover(self) -> None:
        """Kill the worker that makes a job; another goes on with it."""
        job = self._submit("recovered", trials=25_000)
        self._running.await_job(job, lambda job: job.trials_completed > 5000)
        self._running.stack.kill(self._worker_of(job))
        self._running.stack.up()
        self._running.await_end(job)
        assert len(self._running.optimizations.attempts(job)) == 2

    def _worker_of(self, job: str) -> str:
        """Return the program that makes a job's latest attempt."""
        instance = self._running.optimizations.attempts(job)[-1].instance_id
        with Session(self._running.engine) as session:
            pid = session.scalars(select(Worker.pid).where(Worker.instance_id == instance)).one()
        records = (self._running.stack.record(name) for name in ("worker-1", "worker-2"))
        return next(record.name for record in records if record and record.pid == pid)

    def _ask(self, method: str, route: str, job: str = "", **more: object) -> httpx.Response:
        answer = self._running.client.request(method, route.format(job_id=job), **more)
        self.traffic.answers[route, method, answer.status_code] += 1
        return answer
