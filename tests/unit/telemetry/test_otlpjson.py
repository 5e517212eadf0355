"""OTLP/JSON straight from the SDK's objects says what the official encoders say."""

from __future__ import annotations

import json

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.metrics import Observation
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from telemetry.files.otlpjson import OtlpJson
from tests.unit.telemetry.test_files import hex_to_base64

# The whole and the empty of each type.
ATTRIBUTES = {
    "text": "ünï",
    "empty": "",
    "none": None,
    "yes": True,
    "no": False,
    "zero": 0,
    "large": 2**63 - 1,
    "small": -(2**63),
    "half": 0.5,
    "whole": 2.0,
    "nan": float("nan"),
    "infinity": float("inf"),
    "minus": float("-inf"),
    "bytes": b"\x00\xff",
    "list": [1, "a", None, [2.5]],
    "nothing": [],
    "map": {"a": {"b": [True]}, "c": {}},
}
RESOURCE = Resource(ATTRIBUTES, "https://example.test/resource")


def parsed(line, request):
    return ParseDict(hex_to_base64(json.loads(line)), request)


def test_spans():
    provider = TracerProvider(
        resource=RESOURCE,
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_events=2, max_span_attributes=20),
    )
    tracer = provider.get_tracer("scope", "1", "https://example.test/scope", {"a": 1})
    sampled = TraceFlags(TraceFlags.SAMPLED)
    local = SpanContext(3, 4, False, sampled)
    remote = SpanContext(1, 2, True, sampled, TraceState([("k", "v"), ("l", "w")]))
    spans = []
    for kind in SpanKind:
        parent = set_span_in_context(NonRecordingSpan(remote if kind is SpanKind.SERVER else local))
        span = tracer.start_span(
            f"span {kind}", kind=kind, context=parent, attributes=ATTRIBUTES, links=[Link(remote, ATTRIBUTES)]
        )
        for number in range(3):
            span.add_event(f"event {number}", ATTRIBUTES, timestamp=number)
        span.set_status(Status(StatusCode.ERROR, "why"))
        spans.append(span)
    spans.append(provider.get_tracer("other").start_span("bare"))
    for span in spans:
        span.end()
    spans.append(provider.get_tracer("other").start_span("not ended"))
    assert parsed(OtlpJson().spans(spans), ExportTraceServiceRequest()) == encode_spans(spans)


def test_log_records():
    exporter = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("scope", "1", "https://example.test/scope", {"a": 1})
    logger.emit()
    for body in ATTRIBUTES.values():
        logger.emit(
            body=body,
            attributes=ATTRIBUTES,
            event_name="an.event",
            severity_number=SeverityNumber.WARN,
            severity_text="WARN",
            timestamp=1,
            context=set_span_in_context(NonRecordingSpan(SpanContext(3, 4, False, TraceFlags(1)))),
        )
    records = exporter.get_finished_logs()
    assert parsed(OtlpJson().logs(records), ExportLogsServiceRequest()) == encode_logs(records)
    provider.shutdown()


@pytest.mark.parametrize(
    "views", [(), (View(instrument_name="*", aggregation=ExponentialBucketHistogramAggregation()),)]
)
def test_metrics(views):
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], resource=RESOURCE, views=views, shutdown_on_exit=False)
    meter = provider.get_meter("scope", "1", "https://example.test/scope", {"a": 1})
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("t")
    histogram = meter.create_histogram("histogram", "s", "seconds")
    with tracer.start_as_current_span("for exemplars"):
        histogram.record(0.5, {"a": "b"})
        histogram.record(-1, {"a": "b"})
        histogram.record(0)
        if not views:
            meter.create_counter("counter", "{item}", "items").add(3, {"text": "ünï", "n": 1})
            meter.create_up_down_counter("up.down").add(-0.5)
            meter.create_gauge("gauge").set(0)
            meter.create_observable_gauge("observed", [lambda _options: [Observation(2.0, {"a": True})]])
            meter.create_observable_counter("large", [lambda _options: [Observation(2**62)]])
    data = reader.get_metrics_data()
    assert parsed(OtlpJson().metrics(data), ExportMetricsServiceRequest()) == encode_metrics(data)
    provider.shutdown()
