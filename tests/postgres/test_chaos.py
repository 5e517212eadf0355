"""Everything that can happen to workers and their database, at random, while jobs run.

Each choice comes from a seed, so a run can be had again: ``--chaos-seed``. The short version is for every
commit; ``--chaos-jobs 200 --chaos-seconds 240`` is the one of ``make chaos``.
"""

from __future__ import annotations

import gzip
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database.models import Attempt, Optimization, Trial
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.queue.dbos import DbosQueue
from app.settings import Settings
from telemetry.jobview.local import LocalReader
from tests.faults.clock import JumpingClock
from tests.faults.postgres import allow_requeue, refuse_requeue
from tests.live.postgres import Postgres

pytestmark = pytest.mark.stack
WORKERS = 4
# Heartbeats come at a sixth of it.
TIMEOUT_SECONDS = 3
TRIALS = 300
SEEDS = 5
_INSTANCE = r'"service.instance.id",\s*"value":\s*{"stringValue":\s*"([^"]+)"'


class Fleet:
    """Worker processes, each with a wall clock of its own."""

    def __init__(self, settings: Settings, server: Postgres) -> None:
        self._settings = settings
        self._server = server
        self._workers: list[tuple[subprocess.Popen[bytes], JumpingClock]] = []
        self._started = 0
        self.killed: set[int] = set()
        for _ in range(WORKERS):
            self.start()

    def start(self) -> None:
        directory = self._settings.data_dir
        clock = JumpingClock(directory / f"clock-{self._started}")
        variables = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        variables |= clock.environment | {
            "JOBSCOPE_DATA_DIR": str(directory),
            "JOBSCOPE_DATABASE_URL": str(self._settings.database_url),
            "JOBSCOPE_DATABASE_PASSWORD_FILE": str(self._settings.database_password_file),
            "JOBSCOPE_CHECKPOINT_SECONDS": "0.05",
            "JOBSCOPE_WORKER_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
        }
        with (directory / f"worker-{self._started}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "worker"], env=variables, stdout=log, stderr=log
            )
        self._started += 1
        self._workers.append((process, clock))

    def any(self, chance: random.Random) -> tuple[subprocess.Popen[bytes], JumpingClock]:
        return chance.choice(self._workers)

    def replace_the_dead(self) -> None:
        """Start as many workers as have ended: some end by themselves, when another one took their slot."""
        alive = [(process, clock) for process, clock in self._workers if process.poll() is None]
        self._workers = alive
        for _ in range(WORKERS - len(alive)):
            self.start()

    def end(self) -> None:
        for process, _ in self._workers:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process, _ in self._workers:
            process.wait(60)


class Chaos:
    """What happens, one thing after the other."""

    def __init__(self, fleet: Fleet, server: Postgres, chance: random.Random) -> None:
        self._fleet = fleet
        self._server = server
        self._chance = chance
        self.happened: Counter[str] = Counter()

    def go_on_for(self, seconds: float, until: Callable[[], bool]) -> None:
        things = {
            "kill": self._kill,
            "pause": self._pause,
            "stop": self._stop,
            "restart database": self._restart_database,
            "crash database": self._crash_database,
            "refuse requeue": self._refuse_requeue,
            "jump": self._jump,
        }
        deadline = time.monotonic() + seconds
        # Each once at least, in an order of the seed's.
        order = self._chance.sample(sorted(things), len(things))
        while (order or time.monotonic() < deadline) and not until():
            name = order.pop() if order else self._chance.choice(sorted(things))
            things[name]()
            self.happened[name] += 1
            self._fleet.replace_the_dead()
            time.sleep(self._chance.uniform(0, 1))

    def _kill(self) -> None:
        process, _ = self._fleet.any(self._chance)
        process.kill()
        process.wait(60)
        self._fleet.killed.add(process.pid)

    def _pause(self) -> None:
        process, _ = self._fleet.any(self._chance)
        process.send_signal(signal.SIGSTOP)
        time.sleep(self._chance.uniform(0.2, 3 * TIMEOUT_SECONDS))
        process.send_signal(signal.SIGCONT)

    def _stop(self) -> None:
        process, _ = self._fleet.any(self._chance)
        process.terminate()
        process.wait(60)

    def _restart_database(self) -> None:
        self._outage(signal.SIGINT)

    def _crash_database(self) -> None:
        self._outage(signal.SIGQUIT)

    def _outage(self, number: signal.Signals) -> None:
        self._server.stop(number)
        # Longer than a worker may be silent.
        time.sleep(self._chance.uniform(0, 2 * TIMEOUT_SECONDS))
        self._server.start()

    def _refuse_requeue(self) -> None:
        refuse_requeue(self._server, "jobscope")
        self._kill()
        self._fleet.replace_the_dead()
        time.sleep(self._chance.uniform(0, 3 * TIMEOUT_SECONDS))
        allow_requeue(self._server, "jobscope")

    def _jump(self) -> None:
        _, clock = self._fleet.any(self._chance)
        clock.jump(self._chance.choice([-7200, -40, 40, 7200]))


@pytest.fixture
def dataset(settings: Settings) -> str:
    directory = settings.data_dir / "datasets"
    directory.mkdir()
    rows = [f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{100 + (day * 7) % 13}" for day in range(300)]
    (directory / "small.csv").write_text("Date,Price\n" + "\n".join(rows) + "\n")
    return "small"


def test_every_job_ends_exactly_once_whatever_happens(
    request: pytest.FixtureRequest, server: Postgres, settings: Settings, engine, dataset: str
) -> None:
    options = request.config.option
    queue = DbosQueue(engine)
    optimizations = Optimizations(engine, queue, settings)
    jobs = [
        optimizations.submit(JobSpec(dataset=dataset, trials=TRIALS, seed=number % SEEDS))
        for number in range(options.chaos_jobs)
    ]
    engine.dispose()
    fleet = Fleet(settings, server)
    chaos = Chaos(fleet, server, random.Random(options.chaos_seed))

    def left() -> list[tuple[str, str]]:
        ended = Optimization.state.in_(["completed", "failed", "cancelled"])
        with Session(engine) as session:
            return [
                (row.id, row.state) for row in session.execute(select(Optimization).where(~ended)).scalars()
            ]

    try:
        chaos.go_on_for(options.chaos_seconds, until=lambda: not left())
        deadline = time.monotonic() + 120 + options.chaos_jobs
        while stuck := left():
            assert time.monotonic() < deadline, f"stuck: {stuck}"
            fleet.replace_the_dead()
            time.sleep(0.2)
    finally:
        fleet.end()
        print(f"seed {options.chaos_seed}: {dict(chaos.happened)}; workers' logs in {settings.data_dir}")
        queue.close()

    with Session(engine) as session:
        ended = session.scalars(select(Optimization)).all()
        states = Counter(job.state for job in ended)
        attempts = session.scalars(select(Attempt)).all()
        trials = session.execute(
            select(Trial.job_id, func.count(), func.min(Trial.number), func.max(Trial.number)).group_by(
                Trial.job_id
            )
        ).all()
    assert states == {"completed": len(jobs)}
    assert Counter(a.state for a in attempts)["completed"] == len(jobs), "each ended exactly once"
    assert {row.job_id for row in trials} == {job.id for job in jobs}
    assert {tuple(row)[1:] for row in trials} == {(TRIALS, 0, TRIALS - 1)}
    # Same seed, same result, whatever happened meanwhile.
    results = {(job.seed, job.best_value, job.best_trial, job.trials_completed) for job in ended}
    assert len(results) == len({job.seed for job in ended})
    # Only a worker that was killed is a loss. Outages, pauses, stops and clocks are not the jobs' fault.
    lost = {attempt.instance_id for attempt in attempts if attempt.state == "lost"}
    assert not lost & instances_not_killed(settings.telemetry_dir, fleet.killed)
    views = [LocalReader(settings.telemetry_dir).read(job.id) for job in jobs]
    told = Counter(
        view.job_id for view in views for event in view.events if event.name == "optimization.completed"
    )
    # A worker killed in between tells nothing, but nobody tells it twice.
    assert set(told.values()) == {1}


def instances_not_killed(directory: Path, killed: set[int]) -> set[str]:
    """Return the instance ids of processes that were not killed: each has told of itself when it ended."""
    found = set()
    for file in directory.glob("logs-jobscope-worker-*"):
        pid = int(file.name.split("-")[3])
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        if pid not in killed:
            found |= set(
                re.findall(r'"service.instance.id",\s*"value":\s*{"stringValue":\s*"([^"]+)"', data.decode())
            )
    assert found, "no process that was not killed has told of itself"
    return found
