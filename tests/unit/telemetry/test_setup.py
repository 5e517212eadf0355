"""configure() in processes of their own: what is queued is flushed however they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.faults import collector as faults
from tests.faults.collector import FaultyCollector

PRELUDE = """
import multiprocessing, os, signal, sys
from pathlib import Path
from opentelemetry import trace
from telemetry import events, setup
from telemetry.metrics import counter
from telemetry.contract.names import Metric

def work(name):
    with trace.get_tracer("t").start_as_current_span(name):
        events.emit("worker.started", name)
    counter(Metric.OPTIMIZATION_ATTEMPTS).add(1)

def child():
    work("in child")

def spawned():
    setup.configure("t", directory=Path(sys.argv[1]), version="1")
    work("in child")

def main():
    setup.configure("t", directory=Path(sys.argv[1]), version="1")
"""


# Long delays: only a flush at the end can bring anything out.
DELAYS = {
    "OTEL_BSP_SCHEDULE_DELAY": "600000",
    "OTEL_BLRP_SCHEDULE_DELAY": "600000",
    "OTEL_METRIC_EXPORT_INTERVAL": "600000",
}


def run(tmp_path, body, expect=0):
    script = tmp_path / "script.py"
    script.write_text(PRELUDE + body + "\nif __name__ == '__main__':\n    main()\n")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "out")],
        env=environment | DELAYS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == expect, result.stderr
    return tmp_path / "out"


def requests(directory, signal_name):
    return [
        json.loads(line)
        for path in sorted(directory.glob(f"{signal_name}-t-*.jsonl"))
        for line in path.read_text().splitlines()
    ]


def span_names(directory):
    return [
        span["name"]
        for request in requests(directory, "traces")
        for resource in request["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def log_records(directory):
    return [
        record
        for request in requests(directory, "logs")
        for resource in request["resourceLogs"]
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]


def metric_names(directory):
    return {
        metric["name"]
        for request in requests(directory, "metrics")
        for resource in request["resourceMetrics"]
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
    }


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("", 0),
        ("    sys.exit(3)", 3),
        ("    raise RuntimeError", 1),
        ("    os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM),
    ],
    ids=["return", "sys.exit", "exception", "SIGTERM"],
)
def test_flushes_at_every_end(tmp_path, end, code):
    out = run(tmp_path, f"    work('here')\n{end}", code)
    assert span_names(out) == ["here"]
    records = log_records(out)
    assert [record["eventName"] for record in records] == ["worker.started"]
    assert {"log.record.uid"} <= {attribute["key"] for attribute in records[0]["attributes"]}
    names = metric_names(out)
    assert {"optimization.attempts", "process.memory.usage", "process.cpu.utilization"} <= names
    assert {"otel.sdk.span.started", "otel.sdk.processor.span.processed"} <= names


@pytest.mark.parametrize(
    ("method", "target"), [("fork", "child"), ("spawn", "spawned"), ("forkserver", "spawned")]
)
def test_flushes_in_children(tmp_path, method, target):
    body = f"""    work("in parent")
    process = multiprocessing.get_context("{method}").Process(target={target})
    process.start()
    process.join()
    assert process.exitcode == 0
"""
    out = run(tmp_path, body)
    assert sorted(span_names(out)) == ["in child", "in parent"]
    uids = [
        attribute["value"]["stringValue"]
        for record in log_records(out)
        for attribute in record["attributes"]
        if attribute["key"] == "log.record.uid"
    ]
    assert len(set(uids)) == 2
    instances = {
        attribute["value"]["stringValue"]
        for request in requests(out, "traces")
        for resource in request["resourceSpans"]
        for attribute in resource["resource"]["attributes"]
        if attribute["key"] == "service.instance.id"
    }
    assert len(instances) == 2, "a child is an instance of its own"


def test_absent_collector_neither_hangs_nor_fails_the_process(tmp_path, monkeypatch):
    body = """    work("here")
"""
    script = tmp_path / "script.py"
    script.write_text(PRELUDE + body + "\nif __name__ == '__main__':\n    main()\n")
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "out")],
        # Port 9 (discard) of loopback: refused at once.
        env=os.environ | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0
    assert not (tmp_path / "out").exists()


def test_signal_that_is_not_answered_does_not_cost_the_others(tmp_path, monkeypatch):
    def answer(request):
        (faults.hangs if request.path == "/v1/traces" else faults.accepts)(request)

    with FaultyCollector(answer).running() as collector:
        # As given here, long delays and all, but for where it goes.
        monkeypatch.setitem(DELAYS, "OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        run(tmp_path, "    work('here')")
        assert {path for path, _ in collector.received} == {"/v1/traces", "/v1/logs", "/v1/metrics"}


def test_exemplars_are_on_measurements_of_work_and_not_on_those_of_telemetry(tmp_path):
    out = run(tmp_path, "    with trace.get_tracer('t').start_as_current_span('s'):\n        work('here')")
    with_exemplars = {
        metric["name"]
        for request in requests(out, "metrics")
        for resource in request["resourceMetrics"]
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
        for kind in ("sum", "gauge", "histogram")
        for point in metric.get(kind, {}).get("dataPoints", [])
        if point.get("exemplars")
    }
    assert with_exemplars == {"optimization.attempts"}
    assert "otel.sdk.span.started" in metric_names(out)
