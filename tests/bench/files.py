"""Telemetry files: what a week takes, and how long a job among many takes to be read."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from telemetry.files.index import INDEX_NAME
from telemetry.files.rotation import RotatedFile
from telemetry.files.upkeep import DEFAULT_BUDGETS, Budget, Upkeep
from telemetry.jobview.local import LocalReader
from tests.live.week import HOUR_SECONDS, SECOND, SIGNALS, Recorded, Service, disk_bytes, record

WEEK_HOURS = 7 * 24
JOBS = 1000
LOOKED_AT = 100
PLAIN_BYTES = 450 * 10**6
SMALL_FILES = 10_000
TRIALS = 20_000
ROUNDS = 5
GOAL_SECONDS = 1.0


def measure_files(console: Console) -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as name:
        recorded = record(Path(name) / "recorded", TRIALS)
        _measure_week(Path(name) / "week", recorded, console)
        _measure_reading(Path(name) / "plain", recorded, console)


def _measure_week(directory: Path, recorded: Recorded, console: Console) -> None:
    begin_ns = time.time_ns() - WEEK_HOURS * HOUR_SECONDS * SECOND
    service = Service(directory, recorded, DEFAULT_BUDGETS, begin_ns)
    began = time.perf_counter()
    service.run(WEEK_HOURS, JOBS)
    console.print(
        f"[bold]a week[/bold] of an idle API and two workers, and {JOBS} jobs of {TRIALS} trials, made in "
        f"{time.perf_counter() - began:.0f} s"
    )
    for signal in SIGNALS:
        console.print(f"  {signal:8} {disk_bytes(directory, f'{signal}-') / 1e6:6.1f} MB on the disk")
    console.print(f"  index    {disk_bytes(directory, INDEX_NAME) / 1e6:6.1f} MB")
    seconds = WEEK_HOURS * HOUR_SECONDS
    console.print(f"  idle: {service.bytes_of_idle / seconds / 1000:.2f} KB/s written")
    jobs = list(service.jobs)
    shown = [_read(directory, job_id) for job_id in jobs[:: JOBS // LOOKED_AT]]
    console.print(f"  job view, {len(shown)} jobs of the week  {_spread(shown)}   goal ≤ {GOAL_SECONDS} s")
    idle = directory / "idle"
    Service(idle, recorded, DEFAULT_BUDGETS, begin_ns).run(24, 0)
    console.print(f"  idle: {disk_bytes(idle) / 24 / HOUR_SECONDS / 1000:.3f} KB/s kept")


def _measure_reading(directory: Path, recorded: Recorded, console: Console) -> None:
    jobs = _fill(directory, recorded, PLAIN_BYTES)
    console.print(
        f"[bold]job view[/bold] of one of {len(jobs)} jobs in {disk_bytes(directory) / 1e6:.0f} MB of files, "
        f"{ROUNDS} jobs, each with nothing in memory but the files"
    )
    looked_at = jobs[:: max(1, len(jobs) // ROUNDS)][:ROUNDS]

    def measure(what: str, before: Callable[[], object] = lambda: None) -> None:
        times = []
        for job_id in looked_at:
            before()
            times.append(_read(directory, job_id))
        console.print(f"  {what:44} {_spread(times)}   goal ≤ {GOAL_SECONDS} s")

    measure("as they are written")
    plenty = {signal: Budget(10**12, 10**12) for signal in SIGNALS}
    began = time.perf_counter()
    Upkeep(directory, plenty).run()
    console.print(
        f"  compressed to {disk_bytes(directory) / 1e6:.0f} MB in {time.perf_counter() - began:.0f} s, once"
    )
    measure("compressed, with the index")
    measure(
        "compressed, the index removed each time", lambda: (directory / INDEX_NAME).unlink(missing_ok=True)
    )
    for number in range(SMALL_FILES):
        (directory / f"traces-small-{number}.jsonl").write_bytes(recorded.lines["traces"][0] + b"\n")
    measure(f"and {SMALL_FILES} small files")
    Upkeep(directory, plenty).run()
    measure(f"and {SMALL_FILES} small files, compressed")


def _fill(directory: Path, recorded: Recorded, size: int) -> list[str]:
    """Write jobs, two minutes apart, until all files together are so large."""
    files = {signal: RotatedFile(directory, f"{signal}-filled") for signal in SIGNALS}
    jobs: list[str] = []
    written = 0
    while written < size:
        at_ns = recorded.begin_ns + len(jobs) * 120 * SECOND
        jobs.append(f"{at_ns // SECOND:08x}{len(jobs):024x}")
        instance = f"process-{len(jobs) // 50}"
        for signal, file in files.items():
            for line in recorded.lines_of(signal, jobs[-1], instance, at_ns):
                file.write(line)
                written += len(line) + 1
        for minute in range(0, 120, 2):  # of two processes that are busy in between
            line = recorded.idle_line(instance, at_ns + minute * SECOND)
            files["metrics"].write(line)
            written += len(line) + 1
    return jobs


def _read(directory: Path, job_id: str) -> float:
    began = time.perf_counter()
    view = LocalReader(directory).read(job_id)
    if view.state != "completed" or view.notes:
        raise RuntimeError(f"job {job_id} is not shown whole: {view.state} {view.notes}")
    return time.perf_counter() - began


def _spread(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds):.2f} s (max {max(seconds):.2f})"
