"""From an event of a running job to a query that shows it, per signal, on the native stack."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console

from app.database.engine import open_database
from app.security.keys import create_key
from app.settings import Settings
from app.stack.readiness import free_offset
from app.stack.stack import Stack
from telemetry.contract.names import Attr, Event, SpanName
from telemetry.jobview import BackendReader, JobView

SECONDS = 40
POLL_SECONDS = 0.05
CHECKPOINT_SECONDS = "0.5"


def measure_freshness(console: Console) -> None:
    """Run a job on a stack of its own, look for what it emits, and print the delays."""
    if shutil.which("tempo") is None:
        console.print("[yellow]freshness: not measured, tempo is not on PATH[/yellow]")
        return
    with tempfile.TemporaryDirectory() as directory:
        include = ["postgres", "prometheus", "loki", "tempo", "otel-collector", "api", "worker-1"]
        stack = Stack(Path(directory), free_offset(), include=include, workers=1)
        os.environ.setdefault("JOBSCOPE_CHECKPOINT_SECONDS", CHECKPOINT_SECONDS)
        stack.up()
        try:
            console.print("watching a running job …")
            delays = _watch(stack, Path(directory))
        finally:
            stack.down()
    console.print(
        f"[bold]freshness[/bold] of a running job, {SECONDS} s, polled every {POLL_SECONDS * 1e3:.0f} ms"
    )
    for signal, seconds in delays.items():
        ordered = sorted(seconds)
        p95 = ordered[int(len(ordered) * 0.95)]
        console.print(
            f"  {signal:<8} p50 {statistics.median(ordered):.2f} s   p95 {p95:.2f} s   n={len(ordered)}"
        )


def _watch(stack: Stack, directory: Path) -> dict[str, list[float]]:
    settings = Settings(
        data_dir=directory,
        database_url=stack.urls["postgres"],
        database_password_file=stack.layout.passwords / "database_password",
    )
    engine = open_database(settings)
    _, key = create_key(engine, "bench", "operator")
    engine.dispose()
    client = httpx.Client(base_url=stack.urls["api"], headers={"Authorization": f"Bearer {key}"})
    job_id = client.post("/api/v1/optimizations", json={"trials": 1_000_000}).raise_for_status().json()["id"]
    reader = BackendReader(stack.urls["tempo"], stack.urls["loki"], stack.urls["prometheus"])
    spans: dict[str, float] = {}
    events: dict[str, float] = {}
    counts: list[tuple[float, float]] = []
    view = reader.read(job_id)
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        view = reader.read(job_id)
        seen = time.time()
        for span in view.spans:
            spans.setdefault(span.span_id, seen - span.end_ns / 1e9)
        for event in view.events:
            events.setdefault(event.uid, seen - event.time_ns / 1e9)
        counts.append((time.time(), _trials_counted(stack.urls["prometheus"])))
        time.sleep(POLL_SECONDS)
    client.post(f"/api/v1/optimizations/{job_id}/cancel").raise_for_status()
    # A trial's span is made when its chunk ends, out of what was kept: its delay is the chunk's length.
    trials = {span.span_id for span in view.spans if span.name == SpanName.OPTIMIZATION_TRIAL}
    return {
        "traces": [delay for span, delay in spans.items() if span not in trials],
        "trials": [delay for span, delay in spans.items() if span in trials],
        "logs": list(events.values()),
        "metrics": _metric_delays(view, counts),
    }


def _trials_counted(prometheus: str) -> float:
    query = f'sum(optimization_trials_total{{{Attr.TRIAL_OUTCOME.replace(".", "_")}="completed"}})'
    result = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}).json()["data"]["result"]
    return float(result[0]["value"][1]) if result else 0.0


def _metric_delays(view: JobView, counts: list[tuple[float, float]]) -> list[float]:
    """Return, for each checkpoint, how long until the counter showed its trials."""
    delays = []
    for event in view.events:
        if event.name == Event.OPTIMIZATION_CHECKPOINT_COMMITTED:
            total = event.attributes[Attr.JOB_TRIALS_COMPLETED]
            shown = next((seen for seen, count in counts if count >= float(str(total))), None)
            if shown is not None:
                delays.append(shown - event.time_ns / 1e9)
    return delays
