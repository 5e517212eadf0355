"""Weeks of telemetry files in seconds: what a real process wrote, written again at times that are given."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from telemetry.contract.names import Metric
from telemetry.files.idle import IDLE_SECONDS
from telemetry.files.rotation import RotatedFile
from telemetry.files.upkeep import Budget, Upkeep

SIGNALS = ("traces", "logs", "metrics")
SECOND = 10**9
HOUR_SECONDS = 3600
_TIME = re.compile(rb'(UnixNano":")(\d+)')

# A worker that makes one job and ends; it measures the host as well, as the API does: no process says more.
_JOB = """
import sys, threading
from pathlib import Path
from app.database.engine import open_database
from app.optimizations.flow import Flow
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.settings import Settings
from app.telemetry import configure
from tests.bench.one_job import NoQueue
import app.api

settings = Settings(data_dir=Path(sys.argv[1]), checkpoint_seconds=0.05)
telemetry = configure("jobscope-worker", settings, host_metrics=True)
engine = open_database(settings)
job = Optimizations(engine, NoQueue(), settings).submit(JobSpec(trials=int(sys.argv[2]), seed=1))
Flow(engine, settings, "worker-0", telemetry.instance_id, threading.Event()).run(job.id)
telemetry.shutdown()
print(job.id, telemetry.instance_id)
"""


@dataclass(frozen=True)
class Recorded:
    """What a real process wrote that made a job.

    Attributes:
        job_id: the job's id.
        instance: the process's ``service.instance.id``.
        lines: by signal.
        begin_ns: the first time that is told, in nanoseconds since 1970.
    """

    job_id: str
    instance: str
    lines: Mapping[str, list[bytes]]
    begin_ns: int

    def lines_of(self, signal: str, job_id: str, instance: str, begin_ns: int) -> Iterator[bytes]:
        """Yield the lines as another job's and process's, of another time."""
        for line in self.lines[signal]:
            yield (
                self._moved(line, begin_ns)
                .replace(self.job_id.encode(), job_id.encode())
                .replace(self.instance.encode(), instance.encode())
            )

    def idle_line(self, instance: str, at_ns: int) -> bytes:
        """Return a collection of a process that does nothing."""
        line = self._idle
        collected = max(int(time) for _, time in _TIME.findall(line))
        return self._moved(line, at_ns - collected + self.begin_ns).replace(
            self.instance.encode(), instance.encode()
        )

    @cached_property
    def _idle(self) -> bytes:
        """The last collection, but for the trials: what the process counted of its job is the job's."""
        request = json.loads(self.lines["metrics"][-1])
        for block in request["resourceMetrics"]:
            for scope in block["scopeMetrics"]:
                scope["metrics"] = [
                    m for m in scope["metrics"] if m["name"] != Metric.OPTIMIZATION_TRIALS.name
                ]
        return json.dumps(request, separators=(",", ":")).encode()

    def _moved(self, line: bytes, begin_ns: int) -> bytes:
        shift = begin_ns - self.begin_ns
        return _TIME.sub(lambda found: found[1] + str(int(found[2]) + shift).encode(), line)


def record(directory: Path, trials: int) -> Recorded:
    """Make a job in a process of its own, and return what that wrote."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "JOBSCOPE_"))}
    output = subprocess.run(
        [sys.executable, "-c", _JOB, str(directory), str(trials)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    job_id, instance = output.split()
    lines = {
        signal: [
            line
            for path in directory.glob(f"telemetry/{signal}-*")
            for line in path.read_bytes().splitlines()
        ]
        for signal in SIGNALS
    }
    told = [line for signal in ("traces", "logs") for line in lines[signal] if job_id.encode() in line]
    begin_ns = min(int(time) for line in told for _, time in _TIME.findall(line) if int(time))
    return Recorded(job_id, instance, lines, begin_ns)


class Service:
    """An API and two workers that write telemetry files, at times that are given.

    Args:
        directory: where they write.
        recorded: what they write.
        budgets: what is kept.
        begin_ns: when they start, in nanoseconds since 1970.
    """

    def __init__(
        self, directory: Path, recorded: Recorded, budgets: Mapping[str, Budget], begin_ns: int
    ) -> None:
        self._directory = directory
        self._recorded = recorded
        self._now_ns = begin_ns
        self._upkeep = Upkeep(directory, budgets, lambda: self._now_ns / SECOND)
        self._instances = [str(uuid.UUID(int=number)) for number in range(1, 4)]
        self._files = [
            {signal: RotatedFile(directory, f"{signal}-p{number}", max_seconds=0) for signal in SIGNALS}
            for number in range(3)
        ]
        self.jobs: dict[str, int] = {}
        self.bytes_of_idle = 0

    def run(self, hours: int, jobs: int, each_hour: Callable[[], None] = lambda: None) -> None:
        """Let time go by, with so many jobs in it, evenly."""
        begin_ns, made = self._now_ns, 0
        for hour in range(1, hours + 1):
            end_ns = begin_ns + hour * HOUR_SECONDS * SECOND
            for at_ns in range(self._now_ns, end_ns, int(IDLE_SECONDS) * SECOND):
                self._idle(at_ns)
                while made < jobs and begin_ns + made * hours * HOUR_SECONDS * SECOND // jobs <= at_ns:
                    made += 1
                    self._job(made, at_ns)
            self._now_ns = end_ns
            self._keep()
            each_hour()

    def _idle(self, at_ns: int) -> None:
        for instance, files in zip(self._instances, self._files, strict=True):
            line = self._recorded.idle_line(instance, at_ns)
            files["metrics"].write(line)
            self.bytes_of_idle += len(line) + 1

    def _job(self, number: int, at_ns: int) -> None:
        worker = 1 + number % 2
        job_id = f"{at_ns // SECOND:08x}{number:024x}"
        for signal, file in self._files[worker].items():
            for line in self._recorded.lines_of(signal, job_id, self._instances[worker], at_ns):
                file.write(line)
        self.jobs[job_id] = at_ns

    def _keep(self) -> None:
        """Make the round that a process makes once in a while; files are as old as they are in this time."""
        for files in self._files:
            for file in files.values():
                file.rotate_when_old()
        for path in self._directory.glob("*.jsonl"):
            os.utime(path, ns=(self._now_ns, self._now_ns))
        self._upkeep.run()


def disk_bytes(directory: Path, signal: str = "") -> int:
    """Return what the files of a signal take, or all of the directory."""
    return sum(path.stat().st_size for path in directory.glob(f"{signal}*"))


def spans_of(recorded: Recorded) -> int:
    """Return how many spans the recorded job has."""
    return sum(
        span["traceId"] == recorded.job_id
        for line in recorded.lines["traces"]
        for block in json.loads(line)["resourceSpans"]
        for scope in block["scopeSpans"]
        for span in scope["spans"]
    )
