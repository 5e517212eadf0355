"""A job of yesterday: a real one, made without a Collector, whose telemetry and rows are put a day back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.database.models import Attempt, Base, Optimization, Trial
from tests.live.stack import RunningStack

DAY = timedelta(days=1)
# Measurements stay out: Prometheus takes none that are older than its out-of-order window.
SIGNALS = ("traces", "logs")


def job_of_yesterday(
    running: RunningStack, directory: Path, *, trials: int = 3000, signals: Collection[str] = SIGNALS
) -> str:
    """Make a job in a service of its own, and give it to the stack as one of yesterday; return its id.

    Args:
        running: the stack that gets it.
        directory: data directory of the service that makes it.
        trials: how many.
        signals: what the stack gets of its telemetry; the others have expired.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "JOBSCOPE_"))}
    subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--trials", str(trials)],
        env=environment | {"JOBSCOPE_DATA_DIR": str(directory)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    made = create_engine(f"sqlite:///{directory / 'jobscope.db'}")
    with Session(made) as source, Session(running.engine) as target, target.begin():
        (job,) = source.scalars(select(Optimization)).all()
        old = job.id
        new = f"{int(old[:8], 16) - int(DAY.total_seconds()):08x}{old[8:]}"
        for model in (Optimization, Attempt, Trial):
            target.add_all(model(**_columns(row, old, new)) for row in source.scalars(select(model)))
            target.flush()
    made.dispose()
    for signal in signals:
        for path in sorted((directory / "telemetry").glob(f"{signal}-*.jsonl")):
            for line in path.read_text().splitlines():
                request = _a_day_back(json.loads(line.replace(old, new)))
                answer = running.client.post(f"{running.stack.urls['otlp']}/v1/{signal}", json=request)
                assert answer.status_code == 200, answer.text
    # Loki looks for what is over three hours old on disk only, where a day is time enough to get by itself.
    running.eventually(lambda: _flushed(running, new, signals))
    return new


def _flushed(running: RunningStack, job: str, signals: Collection[str]) -> None:
    httpx.post(f"{running.stack.urls['loki']}/flush").raise_for_status()
    view = running.view(job)
    assert view.spans
    assert bool(view.events) == ("logs" in signals)


def _columns(row: Base, old: str, new: str) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns}
    return {
        key: value - DAY
        if isinstance(value, datetime)
        else value.replace(old, new)
        if isinstance(value, str)
        else value
        for key, value in values.items()
    }


def _a_day_back(node: Any, key: str = "") -> Any:
    """Return a part of an OTLP request with every time in it a day earlier."""
    if isinstance(node, dict):
        moved = {name: _a_day_back(value, name) for name, value in node.items()}
        if "resource" in moved:
            # A stream of its own in Loki, which takes nothing that is much older than its stream's newest.
            environment = {"key": "deployment.environment.name", "value": {"stringValue": "yesterday"}}
            moved["resource"].setdefault("attributes", []).append(environment)
        return moved
    if isinstance(node, list):
        return [_a_day_back(item) for item in node]
    if key.endswith("UnixNano"):
        return str(int(node) - int(DAY.total_seconds()) * 10**9)
    return node
