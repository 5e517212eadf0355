"""Durations survive a wall clock that jumps, in a process of its own that runs a real job."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from telemetry.jobview.local import LocalReader
from tests.faults.clock import JumpingClock

# A worker in whose search the clock is set, forth and back.
JOB = """
import sys, threading
from pathlib import Path
from app.database.engine import open_database
from app.optimizations import attempts
from app.optimizations.flow import Flow
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.settings import Settings
from app.telemetry import configure
from tests.bench.one_job import NoQueue
from tests.faults.clock import JumpingClock

settings = Settings(data_dir=Path(sys.argv[1]), checkpoint_seconds=0.02)
clock = JumpingClock(Path(sys.argv[2]))
jumps = [int(jump) for jump in sys.argv[3:]]
commit = attempts.commit_checkpoint

def commit_and_jump(*arguments):
    if jumps:
        clock.jump(jumps.pop(0))
    return commit(*arguments)

attempts.commit_checkpoint = commit_and_jump
telemetry = configure("jobscope-worker", settings)
engine = open_database(settings)
job = Optimizations(engine, NoQueue(), settings).submit(JobSpec(trials=2000, seed=1))
Flow(engine, settings, "worker-0", telemetry.instance_id, threading.Event()).run(job.id)
telemetry.shutdown()
assert not jumps
print(job.id)
"""


@pytest.mark.parametrize(
    "jumps", [[7200, 0], [-7200, 0], [7200]], ids=["forth and back", "back and forth", "forth"]
)
def test_durations_and_order_survive_a_clock_that_jumps(tmp_path, jumps):
    clock = JumpingClock(tmp_path / "clock")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "JOBSCOPE_"))}
    environment |= clock.environment
    environment["PYTHONPATH"] += os.pathsep + str(Path.cwd())
    job_id = subprocess.run(
        [sys.executable, "-c", JOB, str(tmp_path), str(tmp_path / "clock"), *map(str, jumps)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.strip()
    view = LocalReader(tmp_path / "telemetry").read(job_id)
    assert (view.state, view.problems(), view.gaps()) == ("completed", (), ())
    assert 0 < view.duration < 120
    spans = {span.span_id: span for span in view.spans}
    for span in view.spans:
        assert 0 <= span.end_ns - span.start_ns < 120e9
        if span.parent_span_id:
            assert span.start_ns >= spans[span.parent_span_id].start_ns
    for event in view.events:
        span = spans[event.span_id]
        assert span.start_ns <= event.time_ns <= span.end_ns
    committed = [event for event in view.events if event.name == "optimization.checkpoint.committed"]
    told = [event.attributes["job.trials.completed"] for event in committed]
    assert told == sorted(told), "events are in the order in which they happened"
    (ended,) = [event for event in view.events if event.name == "optimization.completed"]
    assert 0 < ended.attributes["job.duration"] < 120
