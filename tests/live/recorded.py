"""A real job, made without a Collector, given to a stack as jobs of other times: its rows and telemetry."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from app.database.models import Attempt, Base, Optimization, Trial
from tests.live.stack import RunningStack

Row = dict[str, Any]

# Measurements stay out: Prometheus takes none that are older than its out-of-order window.
SIGNALS = ("traces", "logs")
MODELS: tuple[type[Base], ...] = (Optimization, Attempt, Trial)
_AT_ONCE = 50


@dataclass(frozen=True)
class RecordedJob:
    """What a job left.

    Attributes:
        id: its id.
        rows: of each table.
        telemetry: by signal, the parts of OTLP requests, each a resource's.
    """

    id: str
    rows: dict[type[Base], list[Row]]
    telemetry: dict[str, list[Any]]


def record_job(directory: Path, *, trials: int) -> RecordedJob:
    """Make a job in a service of its own, in a data directory of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "JOBSCOPE_"))}
    subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--trials", str(trials)],
        env=environment | {"JOBSCOPE_DATA_DIR": str(directory)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    engine = create_engine(f"sqlite:///{directory / 'jobscope.db'}")
    with Session(engine) as session:
        rows = {model: [_columns(row) for row in session.scalars(select(model))] for model in MODELS}
    engine.dispose()
    telemetry = {signal: list(_parts(directory / "telemetry", signal)) for signal in SIGNALS}
    return RecordedJob(rows[Optimization][0]["id"], rows, telemetry)


def _columns(row: Base) -> Row:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _parts(directory: Path, signal: str) -> Iterable[Any]:
    for path in sorted(directory.glob(f"{signal}-*.jsonl")):
        for line in path.read_text().splitlines():
            (parts,) = json.loads(line).values()
            for part in parts:
                # Streams of their own in Loki, which takes nothing much older than a stream's newest.
                environment = {"key": "deployment.environment.name", "value": {"stringValue": "recorded"}}
                part["resource"]["attributes"].append(environment)
                yield part


def give(
    running: RunningStack, job: RecordedJob, ages: Sequence[timedelta], signals: Collection[str] = SIGNALS
) -> list[str]:
    """Give a stack copies of a job, and return their ids.

    Args:
        running: the stack.
        job: what is copied.
        ages: how much earlier than it was each copy is, the oldest first.
        signals: what the stack gets of its telemetry; the others have expired.
    """
    ids = [f"{int(job.id[:8], 16) - int(age.total_seconds()):08x}{secrets.token_hex(12)}" for age in ages]
    for start in range(0, len(ids), _AT_ONCE):
        copies = list(zip(ids, ages, strict=True))[start : start + _AT_ONCE]
        with Session(running.engine) as session, session.begin():
            for model in MODELS:
                rows = [_row(row, job.id, new, age) for new, age in copies for row in job.rows[model]]
                session.execute(insert(model), rows)
        for signal in signals:
            text = json.dumps(job.telemetry[signal])
            parts = [_earlier(json.loads(text.replace(job.id, new)), age) for new, age in copies]
            name = {"traces": "resourceSpans", "logs": "resourceLogs"}[signal]
            request = {name: [part for copy in parts for part in copy]}
            answer = running.client.post(f"{running.stack.urls['otlp']}/v1/{signal}", json=request)
            assert answer.status_code == 200, answer.text
    # Loki looks for what is over three hours old on disk only, where a day is time enough to get by itself.
    running.eventually(lambda: _flushed(running, ids[0], signals))
    return ids


def _flushed(running: RunningStack, job: str, signals: Collection[str]) -> None:
    httpx.post(f"{running.stack.urls['loki']}/flush").raise_for_status()
    view = running.view(job)
    assert view.spans
    assert bool(view.events) == ("logs" in signals)


def _row(row: Row, old: str, new: str, age: timedelta) -> Row:
    return {
        key: value - age
        if isinstance(value, datetime)
        else value.replace(old, new)
        if isinstance(value, str)
        else value
        for key, value in row.items()
    }


def _earlier(node: Any, age: timedelta, key: str = "") -> Any:
    """Return a part of an OTLP request with every time in it that much earlier."""
    if isinstance(node, dict):
        return {name: _earlier(value, age, name) for name, value in node.items()}
    if isinstance(node, list):
        return [_earlier(item, age) for item in node]
    if key.endswith("UnixNano"):
        return str(int(node) - int(age.total_seconds() * 1e6) * 1000)
    return node
