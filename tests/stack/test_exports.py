"""Exports to the real Collector: what it accepts, refuses and cannot take now; a bad item arrives."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager

import httpx
import pytest
import yaml
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

from app.stack.binaries import find_binary
from telemetry.exporters.delivery import Delivery
from telemetry.exporters.exporters import DeliveredSpans
from telemetry.exporters.otlphttp import OtlpHttp
from telemetry.exporters.outcome import Verdict
from tests.unit.cli.command import free_port

pytestmark = pytest.mark.stack

TOKEN = "a-token"  # of one word, as RFC 6750 has it


@contextmanager
def running_collector(directory, monkeypatch, processors=None):
    """Run a Collector that wants a token and writes what it accepts to a file; yield the file."""
    binary = find_binary(["otelcol"])
    assert binary, "run tools/build first"
    port, health = free_port(), free_port()
    file = directory / "accepted.jsonl"
    config = {
        "extensions": {
            "bearertokenauth": {"token": TOKEN},
            "health_check": {"endpoint": f"127.0.0.1:{health}"},
        },
        "receivers": {
            "otlp": {
                "protocols": {
                    "http": {
                        "endpoint": f"127.0.0.1:{port}",
                        "auth": {"authenticator": "bearertokenauth"},
                    }
                }
            }
        },
        "processors": processors or {},
        "exporters": {"file": {"path": str(file), "flush_interval": "10ms"}},
        "service": {
            "extensions": ["bearertokenauth", "health_check"],
            "pipelines": {
                "traces": {
                    "receivers": ["otlp"],
                    "processors": list(processors or {}),
                    "exporters": ["file"],
                }
            },
            "telemetry": {"metrics": {"level": "none"}},
        },
    }
    path = directory / "config.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    log = directory / "log"
    with (
        log.open("w") as output,
        subprocess.Popen([binary, "--config", str(path)], stdout=output, stderr=output) as process,
    ):
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
                assert client.get(f"http://127.0.0.1:{health}").is_success, log.read_text()
            yield file
        finally:
            process.terminate()


def spans(*names):
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    made = [tracer.start_span(name) for name in names]
    for span in made:
        span.end()
    return made


def sent(signal):
    destination = OtlpHttp(signal)
    try:
        return destination.send(b"", 30)
    finally:
        destination.close()


def test_collector_accepts_and_refuses(tmp_path, monkeypatch):
    with running_collector(tmp_path, monkeypatch) as file:
        refused = sent("traces")
        assert (refused.verdict, refused.status_code) == (Verdict.REJECTED, 401)
        assert "answers 401 Unauthorized" in refused.reason
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization=Bearer {TOKEN}")
        assert (sent("traces").verdict, sent("traces").reason) == (Verdict.ACCEPTED, "")
        assert sent("logs").status_code == 404, "it has no pipeline for them"
        exporter = DeliveredSpans(Delivery("traces", OtlpHttp("traces"), 30))
        assert (
            exporter.export(spans("before", "half of an emoji: \ud83e", "after")) is SpanExportResult.SUCCESS
        )
        exporter.shutdown()
    (line,) = [line for line in file.read_text(encoding="utf-8").splitlines() if "before" in line]
    (resource,) = json.loads(line)["resourceSpans"]
    names = [span["name"] for span in resource["scopeSpans"][0]["spans"]]
    assert names == ["before", "half of an emoji: \ufffd", "after"]


def test_collector_without_memory_can_be_asked_again(tmp_path, monkeypatch):
    limiter = {"memory_limiter": {"check_interval": "10ms", "limit_mib": 1, "spike_limit_mib": 0}}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization=Bearer {TOKEN}")
    with running_collector(tmp_path, monkeypatch, limiter):
        delivery = Delivery("traces", OtlpHttp("traces"), 0.5)
        exporter = DeliveredSpans(delivery)
        deadline = time.monotonic() + 30
        # It takes what comes before it has looked at its memory for the first time.
        while exporter.export(spans("a")) is SpanExportResult.SUCCESS:
            assert time.monotonic() < deadline, "nothing was refused"
        exporter.shutdown()
        assert "answers 503 Service Unavailable: data refused due to high memory usage" in delivery.trouble()
