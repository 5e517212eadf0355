"""How long each panel of the Job view takes, on a stack that holds many jobs, for a job with much to show."""

from __future__ import annotations

import secrets
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import track
from rich.table import Table

from app.optimizations.service import FINAL_STATES
from telemetry.contract.names import Attr, SpanName
from tests.live.grafana import Grafana, Window
from tests.live.recorded import give, record_job
from tests.live.stack import RunningStack, running_stack

JOBS = 10_000
TRIALS_OF_EACH = 50
SPANS = 500
LOG_LINES = 2000
ROUNDS = 30
GOAL_SECONDS = 0.5
# The others are spread over the hour before; Loki takes nothing much older in one stream.
LAST = timedelta(minutes=50)
# So that so many checkpoints, a log line each, take minutes and not an hour.
CHECKPOINT_SECONDS = "0.02"


def measure_job_view(console: Console) -> None:
    """Fill a stack, run the Job view's queries through Grafana in turn, and print each panel's times."""
    for program in ("grafana", "tempo"):
        if shutil.which(program) is None:
            console.print(f"[yellow]Job view: not measured, {program} is not on PATH[/yellow]")
            return
    include = [
        *("postgres", "prometheus", "loki", "tempo", "otel-collector", "grafana", "api", "worker-1"),
    ]
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        patch.setenv("JOBSCOPE_CHECKPOINT_SECONDS", CHECKPOINT_SECONDS)
        directory = Path(name)
        with running_stack(directory / "stack", include, workers=1) as running:
            recorded = record_job(directory / "recorded", trials=TRIALS_OF_EACH)
            for part in track(range(10), f"giving the stack {JOBS} jobs", console=console, transient=True):
                ages = [LAST * (1 - (part + n * 10 / JOBS) / 10) for n in range(JOBS // 10)]
                give(running, recorded, ages)
            console.print("making the job that is looked at …")
            began = time.time()
            job = _large_job(running)
            window = Window(began - 10, time.time() + 10)
            view = running.view(job)
            panels = _measure(running, job, window, console)
    table = Table(
        title=f"Job view of a job with {len(view.spans)} spans and {len(view.events)} log lines, "
        f"among {JOBS} others: each panel's queries through Grafana, {ROUNDS} times in turn, ms"
    )
    for heading in ("panel", "p50", "p95", "longest"):
        table.add_column(heading, justify="left" if heading == "panel" else "right")
    for title, seconds in sorted(panels.items(), key=lambda item: -_p95(item[1])):
        figures = (statistics.median(seconds), _p95(seconds), max(seconds))
        table.add_row(title, *(f"{figure * 1e3:.0f}" for figure in figures))
    console.print(table)
    missed = [title for title, seconds in panels.items() if _p95(seconds) > GOAL_SECONDS]
    console.print(f"  p95 over the goal of {GOAL_SECONDS * 1e3:.0f} ms: {', '.join(missed) or 'none'}")


def _large_job(running: RunningStack) -> str:
    """Make a job until it has reported enough, and give its trace what is missing in spans."""
    job = running.submit(trials=1_000_000)
    while len(running.view(job).events) < LOG_LINES:
        if running.optimizations.get(job).state in FINAL_STATES:
            raise RuntimeError(f"the job ended before it had reported {LOG_LINES} times")
        time.sleep(1)
    running.cancel(job)
    running.await_end(job)
    running.eventually(lambda: _ended(running, job))
    spans = running.view(job).spans
    chunk = next(span for span in spans if span.name == SpanName.OPTIMIZATION_SEARCH_CHUNK)
    more = [
        {
            "traceId": job,
            "spanId": secrets.token_hex(8),
            "parentSpanId": chunk.span_id,
            "name": SpanName.OPTIMIZATION_TRIAL,
            "kind": 1,
            "startTimeUnixNano": str(chunk.start_ns),
            "endTimeUnixNano": str(chunk.end_ns),
            "attributes": [{"key": Attr.JOB_ID, "value": {"stringValue": job}}],
        }
        for _ in range(SPANS - len(spans))
    ]
    request = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": more}]}]}
    url = f"{running.stack.urls['otlp']}/v1/traces"
    running.client.post(url, json=request).raise_for_status()
    running.eventually(lambda: _shows(running, job))
    return job


def _ended(running: RunningStack, job: str) -> None:
    assert any(span.name == SpanName.OPTIMIZATION_FINISH_ATTEMPT for span in running.view(job).spans)


def _shows(running: RunningStack, job: str) -> None:
    assert len(running.view(job).spans) >= SPANS


def _measure(running: RunningStack, job: str, window: Window, console: Console) -> dict[str, list[float]]:
    grafana = Grafana(running.stack.urls["grafana"], running.grafana_password)
    dashboard = grafana.dashboards()["job"]
    values = grafana.variables(dashboard, window, {"job_id": job})
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    taken: dict[str, list[float]] = {panel["title"]: [] for panel in panels}
    for _ in track(range(ROUNDS), "asking each panel in turn", console=console, transient=True):
        for panel in panels:
            began = time.perf_counter()
            grafana.run(panel, window, values)
            taken[panel["title"]].append(time.perf_counter() - began)
    grafana.close()
    return taken


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]
