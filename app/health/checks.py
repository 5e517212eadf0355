"""What is checked, and when that is a warning or a failure."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Engine, func, select

from app.database.engine import read_only, unpooled
from app.database.models import Optimization, Worker
from app.health.writes import write_problem
from app.settings import Settings
from telemetry.exporters.delivery import Delivery

Status = Literal["pass", "warn", "fail"]

# Without it, no request can be answered.
DATABASE = "database"
# Slower than this is as good as not there: a user waits for it.
_TIMEOUT_SECONDS = 5.0
# A day's telemetry of a busy machine; below it someone should look.
_LITTLE_DISK_BYTES = 2**30
# Less than the database needs to write its log and a few checkpoints.
_NO_DISK_BYTES = 100 * 2**20
_FIRST_EXPORT_SECONDS = 2.5


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


def all_checks(engine: Engine, settings: Settings, deliveries: Sequence[Delivery]) -> tuple[Check, ...]:
    """Return the checks of the service."""
    # While requests wait for the database, they have all of its pool's connections.
    apart = unpooled(engine)
    return (
        Check(DATABASE, "usable", "datastore", lambda: _database(apart)),
        Check("workers", "alive", "component", lambda: _workers(apart, settings)),
        Check("disk", "free", "system", lambda: _disk(settings)),
        Check("telemetry", "accepted", "component", lambda: _telemetry(deliveries)),
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


def _telemetry(deliveries: Sequence[Delivery]) -> Finding:
    """Judge by what became of exports: who answers may refuse all the same. Without it, the service works."""
    # A process that has just begun has exported nothing; it does so within a second.
    deadline = time.monotonic() + _FIRST_EXPORT_SECONDS
    while not any(delivery.tried for delivery in deliveries) and time.monotonic() < deadline:
        time.sleep(0.05)
    troubles = [trouble for delivery in deliveries if (trouble := delivery.trouble())]
    if troubles:
        return Finding("warn", "; ".join(troubles))
    if not any(delivery.tried for delivery in deliveries):
        return Finding("warn", "no telemetry has been exported yet")
    return Finding("pass")
