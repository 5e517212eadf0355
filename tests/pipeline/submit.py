"""Submits a job as the command line does, in a process of its own: telemetry is a process's."""

from __future__ import annotations

import json
import sys

from app.cli.local import local_optimizations
from app.optimizations.spec import JobSpec

with local_optimizations() as optimizations:
    print(optimizations.submit(JobSpec(**json.loads(sys.argv[1]))).id)
