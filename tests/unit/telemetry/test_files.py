"""The OTLP/JSON-Lines files."""

from __future__ import annotations

import base64
import json
import resource
from contextlib import contextmanager

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Link, SpanKind

from telemetry.exporters.delivery import Delivery
from telemetry.exporters.exporters import DeliveredSpans
from telemetry.files import FileDestination, RotatedFile, to_json_line


def make_spans():
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    linked = tracer.start_span("linked")
    linked.end()
    span = tracer.start_span(
        "ünï",
        kind=SpanKind.CONSUMER,
        links=[Link(linked.get_span_context())],
        attributes={"n": 2**60, "f": 0.1},
    )
    span.add_event("e", {"k": [1, 2]})
    span.end()
    return [linked, span]


def hex_to_base64(node):
    """Turn OTLP/JSON's hex ids into protobuf/JSON's base64, to parse it with the official parser."""
    if isinstance(node, dict):
        return {
            key: base64.b64encode(bytes.fromhex(value)).decode()
            if key in {"traceId", "spanId", "parentSpanId"}
            else hex_to_base64(value)
            for key, value in node.items()
        }
    return [hex_to_base64(item) for item in node] if isinstance(node, list) else node


def span_exporter(directory):
    return DeliveredSpans(Delivery("traces", FileDestination(RotatedFile(directory, "traces-x")), 0))


def test_line_holds_what_the_official_encoder_encodes():
    message = encode_spans(make_spans())
    line = to_json_line(message)
    assert "\n" not in line
    parsed = ParseDict(hex_to_base64(json.loads(line)), ExportTraceServiceRequest())
    assert parsed == message
    span = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][1]
    assert span["kind"] == 5  # CONSUMER as an integer
    assert len(span["traceId"]) == 32


@contextmanager
def file_size_limit(size):
    """Stand for a disk that fills: the system writes up to the limit, in the middle of a line."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_does_not_fit_fails_its_export_and_leaves_no_trace(tmp_path):
    exporter = span_exporter(tmp_path)
    assert exporter.export(make_spans()) is SpanExportResult.SUCCESS
    (path,) = tmp_path.glob("*.jsonl")
    with file_size_limit(path.stat().st_size + 100):
        assert exporter.export(make_spans()) is SpanExportResult.FAILURE
    assert exporter.export(make_spans()) is SpanExportResult.SUCCESS
    assert len([json.loads(line) for line in path.read_text().splitlines()]) == 2


def test_a_line_that_does_not_fit_does_not_make_its_file_full(tmp_path):
    file = RotatedFile(tmp_path, "traces-x", max_bytes=20)
    file.write(b"0" * 9)
    with file_size_limit(15), pytest.raises(OSError, match="5 of 21 bytes"):
        file.write(b"1" * 20)
    file.write(b"2" * 8)
    (path,) = tmp_path.glob("*.jsonl")
    assert path.read_text() == "000000000\n22222222\n"
    file.write(b"3")
    file.write(b"4")
    assert path.read_text() == "000000000\n22222222\n3\n"


def test_unwritable_directory_fails_the_export_and_says_so_once(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr("telemetry.exporters.telling._told", {})
    directory = tmp_path / "telemetry"
    exporter = span_exporter(directory)
    directory.rmdir()
    assert exporter.export(make_spans()) is SpanExportResult.FAILURE
    assert exporter.export(make_spans()) is SpanExportResult.FAILURE
    assert capfd.readouterr().err.count("telemetry cannot be written") == 1
