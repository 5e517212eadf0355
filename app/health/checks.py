"""What is checked, and when that is a warning or a failure."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT
from sqlalchemy import Engine, func, select

from app.database.engine import read_only, unpooled
from app.database.models import Optimization, Worker
from app.health.writes import write_problem
from app.settings import Settings, collector_address

Status = Literal["pass", "warn", "fail"]

# Without it, no request can be answered.
DATABASE = "database"
# Slower than this is as good as not there: a user waits for it.
_TIMEOUT_SECONDS = 5.0
# A day's telemetry of a busy machine; below it someone should look.
_LITTLE_DISK_BYTES = 2**30
# Less than the database needs to write its log and a few checkpoints.
_NO_DISK_BYTES = 100 * 2**20


@dataclass(frozen=True)
class Finding:
    """What a check found: ``output`` says what is wrong, and is empty when nothing is."""

    status: Status
    output: str = ""
    value: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Check:
    """A check.

    Attributes:
        name: its name in metrics and events.
        measures: what its value is, such as ``free``.
        kind: ``datastore``, ``component`` or ``system``, as the health+json draft has it.
        find: does it; may raise or hang.
        timeout_seconds: after which it has failed.
    """

    name: str
    measures: str
    kind: str
    find: Callable[[], Finding]
    timeout_seconds: float = _TIMEOUT_SECONDS


def all_checks(engine: Engine, settings: Settings) -> tuple[Check, ...]:
    """Return the checks of the service."""
    # While requests wait for the database, they have all of its pool's connections.
    apart = unpooled(engine)
    return (
        Check(DATABASE, "usable", "datastore", lambda: _database(apart)),
        Check("workers", "alive", "component", lambda: _workers(apart, settings)),
        Check("disk", "free", "system", lambda: _disk(settings)),
        Check("telemetry", "reachable", "component", lambda: _telemetry(settings)),
    )


def _database(engine: Engine) -> Finding:
    """Look whether the database answers, has our tables, and can be written."""
    with read_only(engine).connect() as connection:
        connection.execute(select(Optimization.id).limit(1))
    problem = write_problem(engine)
    return Finding("fail", f"it can be read but not written: {problem}") if problem else Finding("pass")


def _workers(engine: Engine, settings: Settings) -> Finding:
    with read_only(engine).connect() as connection:
        alive = (
            connection.scalar(select(func.count()).where(Worker.alive(settings.worker_timeout_seconds))) or 0
        )
    if alive:
        return Finding("pass", value=alive, unit="workers")
    problem = write_problem(engine)
    if problem:
        return Finding(
            "warn", f"whether one is alive is not known: workers cannot write that they are: {problem}"
        )
    # Only a warning: the API does all it should, and jobs are kept until a worker comes.
    return Finding("warn", "no worker is alive, so jobs wait; 'jobscope worker' starts one", 0, "workers")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    if free >= _LITTLE_DISK_BYTES:
        return Finding("pass", value=free, unit="bytes")
    status: Status = "warn" if free >= _NO_DISK_BYTES else "fail"
    return Finding(status, f"{free / 2**20:.0f} MiB are left where the data directory is", free, "bytes")


def _telemetry(settings: Settings) -> Finding:
    """Look whether telemetry can go where it should; without it, the service works but cannot be seen."""
    if collector_address() is None:
        if os.access(settings.telemetry_dir, os.W_OK):
            return Finding("pass")
        return Finding("warn", "the telemetry directory cannot be written")
    problem = collector_problem(_TIMEOUT_SECONDS / 2)
    return Finding("warn", f"{problem}; telemetry is being lost") if problem else Finding("pass")


def collector_problem(timeout_seconds: float) -> str | None:
    """Say what is wrong when the Collector that telemetry should go to does not answer, else None."""
    address = collector_address()
    if address is None:
        return None
    try:
        socket.create_connection(address, timeout_seconds).close()
    except OSError as error:
        return f"no Collector answers at {os.environ[OTEL_EXPORTER_OTLP_ENDPOINT]}: {error}"
    return None
