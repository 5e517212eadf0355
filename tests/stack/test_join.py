"""One id joins a job's spans, log records and metrics, and they agree with the database."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time

import httpx
import pytest

from telemetry.contract.names import Attr
from telemetry.jobview import JobView, LocalReader
from tests.live.traffic import FOREVER, add_boundless

pytestmark = pytest.mark.stack


@pytest.fixture(params=["completed", "failed", "cancelled", "recovered", "running"])
def job(request, running):
    """A job in each state, by its own way there."""
    kind = request.param
    if kind == "completed":
        job_id = running.submit(trials=20_000)
        running.await_end(job_id)
    elif kind == "failed":
        add_boundless(running.settings.data_dir)
        job_id = running.submit(trials=500, dataset="boundless")
        running.await_end(job_id)
    elif kind == "cancelled":
        job_id = running.submit(trials=FOREVER)
        running.await_job(job_id, lambda job: job.trials_completed)
        running.cancel(job_id)
        running.await_end(job_id)
    elif kind == "recovered":
        job_id = running.submit(trials=100_000)
        # Some seconds in: metrics that were never exported cannot be asked for.
        running.await_job(job_id, lambda job: job.trials_completed > 20_000)
        running.stack.kill("worker-1")
        running.stack.up()
        running.await_end(job_id)
    else:
        job_id = running.submit(trials=FOREVER)
        running.await_job(job_id, lambda job: job.trials_completed)
    yield kind, job_id
    if kind == "running":
        running.cancel(job_id)
        running.await_end(job_id)


def test_id_joins_all_signals_and_the_database(running, tempo, job):
    kind, job_id = job
    state = {"recovered": "completed"}.get(kind, kind)

    def agree() -> JobView:
        view = running.view(job_id)
        row = running.optimizations.get(job_id)
        assert view.notes == ()
        assert view.problems() == ()
        assert row.state == view.state == state
        told = view.trials_completed + view.trials_failed + view.trials_infeasible
        made = row.trials_made
        counted = sum(sum(attempt.trials.values()) for attempt in view.metrics)
        assert all(attempt.memory and attempt.cpu for attempt in view.metrics)
        if kind == "running":
            assert 0 < told <= made
            assert 0 < counted <= made
            return view
        assert (view.trials_completed, view.trials_failed) == (row.trials_completed, row.trials_failed)
        assert (view.winner.in_sample if view.winner else None) == row.best_value
        if kind == "recovered":
            # What a killed worker counted after its last export, about a second of trials, died with it.
            assert made - told <= counted <= made
            assert counted > made / 2
        else:
            assert counted == made
        return view

    view = running.eventually(agree)
    assert len([span for span in view.spans if span.parent_span_id is None]) == 1
    assert len(view.spans) < 500
    attempts = running.optimizations.attempts(job_id)
    assert [a.instance for a in view.attempts] == [a.instance_id for a in attempts]
    assert len(attempts) == (2 if kind == "recovered" else 1)
    numbers = [trial.number for trial in running.optimizations.trials(job_id, limit=FOREVER)]
    assert numbers == list(range(len(numbers)))


def test_checkpoint_exemplars_name_their_job(running):
    job_id = running.submit(trials=20_000)
    running.await_end(job_id)

    def exemplar() -> None:
        response = httpx.get(
            f"{running.stack.urls['prometheus']}/api/v1/query_exemplars",
            params={
                "query": "optimization_checkpoint_duration_seconds_bucket",
                "start": time.time() - 3600,
                "end": time.time(),
            },
        )
        labels = [point["labels"] for series in response.json()["data"] for point in series["exemplars"]]
        # Prometheus leaves the names of exemplar labels as OTLP has them.
        assert (job_id, job_id) in {(label.get("trace_id"), label.get("job.id")) for label in labels}

    running.eventually(exemplar)


def test_http_requests_trace_and_the_jobs_are_linked(running, tempo):
    response = running.client.post("/api/v1/optimizations", json={"trials": 10})
    job_id = response.json()["id"]
    running.await_end(job_id)
    root = running.eventually(lambda: _root(running.view(job_id)))
    assert len(root.links) == 1
    (link,) = root.links
    assert link.trace_id != job_id
    linked = running.eventually(lambda: _linked(tempo, link.trace_id))
    assert linked == [job_id], "the request's span must link back to the job's trace"


def _root(view: JobView):
    roots = [span for span in view.spans if span.parent_span_id is None]
    assert len(roots) == 1
    return roots[0]


def _linked(tempo: str, trace_id: str) -> list[str]:
    response = httpx.get(f"{tempo}/api/v2/traces/{trace_id}")
    assert response.status_code == 200
    # Tempo's JSON has ids in base64.
    return [base64.b64decode(link["traceId"]).hex() for link in _links(response.json())]


def _links(node: object):
    """Yield the links of all spans of a trace, wherever they are in the document."""
    if isinstance(node, dict):
        yield from node.get("links", [])
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _links(item)


def test_view_from_backends_equals_the_one_from_files(running, tempo, tmp_path):
    """The same job's telemetry, read from the files its processes wrote and from the backends."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "JOBSCOPE_"))
    }
    subprocess.run(
        [sys.executable, "-m", "app.cli", "demo", "--trials", "30000"],
        env=environment | {"JOBSCOPE_DATA_DIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    signals = {"traces": "traces", "logs": "logs", "metrics": "metrics"}
    for path in sorted((tmp_path / "telemetry").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            response = httpx.post(
                f"{running.stack.urls['otlp']}/v1/{signals[path.name.split('-')[0]]}",
                content=line,
                headers={"Content-Type": "application/json"},
            )
            assert response.status_code == 200, response.text
    (job_id,) = {
        attribute["value"]["stringValue"]
        for path in (tmp_path / "telemetry").glob("traces-jobscope-api-*.jsonl")
        for line in path.read_text().splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
        if span["name"] == "send optimizations"
        for attribute in span["attributes"]
        if attribute["key"] == Attr.JOB_ID
    }
    local = LocalReader(tmp_path / "telemetry").read(job_id)

    def equal() -> None:
        view = running.view(job_id)
        assert view.spans == local.spans
        assert view.events == local.events

    assert local.spans
    assert local.events
    running.eventually(equal)
