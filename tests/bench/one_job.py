"""Makes one job in this process, as a worker does, and prints its trials per second as JSON.

With OTEL_SDK_DISABLED=true there is no telemetry: no SDK, no exporters, no instruments that measure.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from sqlalchemy import Connection

from app.database.engine import open_database
from app.optimizations.flow import Flow
from app.optimizations.service import Optimizations
from app.optimizations.spec import JobSpec
from app.settings import Settings
from app.telemetry import configure


class NoQueue:
    """A queue nobody waits on: the job is run right here."""

    def enqueue(self, connection: Connection, job_id: str) -> None:
        """Do nothing."""

    cancel = requeue = enqueue


def main() -> None:
    """Make the job."""
    trials = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings(data_dir=Path(directory), checkpoint_seconds=0.25)  # the demo's
        telemetry = None
        if os.environ.get("OTEL_SDK_DISABLED") != "true":
            telemetry = configure("jobscope-worker", settings)
        engine = open_database(settings)
        job = Optimizations(engine, NoQueue(), settings).submit(JobSpec(trials=trials, seed=1))
        flow = Flow(
            engine, settings, "worker-0", telemetry.instance_id if telemetry else "", threading.Event()
        )
        cpu, wall = time.process_time(), time.perf_counter()
        flow.run(job.id)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        exporting = _cpu_of_exporting()
        state = Optimizations(engine, NoQueue(), settings).get(job.id).state
        if telemetry:
            telemetry.shutdown()
        measured = {"trials_per_second": trials / wall, "cpu_seconds": cpu, "exporting_seconds": exporting}
        print(json.dumps(measured | {"state": state}))


def _cpu_of_exporting() -> float:
    """Return the CPU seconds of telemetry's own threads: steady where trials/s follow the machine's load."""
    return sum(
        time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        for thread in threading.enumerate()
        if thread.ident and thread.name.startswith(("Otel", "telemetry-"))
    )


if __name__ == "__main__":
    main()
