"""OTLP/JSON of spans and log records, straight from the SDK's objects.

By way of the official encoders and protobuf's own JSON it takes three to six times as long: most of what
telemetry costs a worker without a Collector. A test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext

from telemetry.files.encoding import to_json_line
from telemetry.files.otlpjson_metrics import KINDS, metric_json
from telemetry.files.otlpjson_values import attributes_json, integer_json, present, text_json, value_json

_Item = TypeVar("_Item", ReadableSpan, ReadableLogRecord)
# OTLP counts kinds from 1, and tells by a flag that it knows whether a parent is in another process.
_FIRST_KIND = 1
_KNOWN_REMOTE, _IS_REMOTE = 0x100, 0x200


class OtlpJson:
    """The form in which OTLP is in files: a request is a line."""

    def spans(self, spans: Sequence[ReadableSpan]) -> bytes:
        """Return spans as an ``ExportTraceServiceRequest``."""
        return _request("Spans", "spans", spans, _span)

    def logs(self, records: Sequence[ReadableLogRecord]) -> bytes:
        """Return log records as an ``ExportLogsServiceRequest``."""
        return _request("Logs", "logRecords", records, _record)

    def metrics(self, data: MetricsData) -> bytes:
        """Return metrics as an ``ExportMetricsServiceRequest``."""
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        if not all(isinstance(metric.data, KINDS) for scope in scopes for metric in scope.metrics):
            # Exponential histograms, of which we make none.
            return to_json_line(encode_metrics(data)).encode()
        return _line(
            resourceMetrics=[
                _resource(resource.resource)
                | {
                    "scopeMetrics": [
                        _scope(scope.scope) | {"metrics": [metric_json(metric) for metric in scope.metrics]}
                        for scope in resource.scope_metrics
                    ]
                }
                for resource in data.resource_metrics
            ]
        )


def _request(
    signal: str, name: str, items: Sequence[_Item], encode: Callable[[_Item], dict[str, Any]]
) -> bytes:
    """Return items as a request, under their resource and their scope."""
    # A process has one resource, and to tell whether two are equal takes longer than to write one.
    resources: dict[int, tuple[Resource, dict[InstrumentationScope | None, list[Any]]]] = {}
    for item in items:
        _, scopes = resources.setdefault(id(item.resource), (item.resource, {}))
        scopes.setdefault(item.instrumentation_scope, []).append(encode(item))
    return _line(
        **{
            f"resource{signal}": [
                _resource(resource)
                | {f"scope{signal}": [_scope(scope) | {name: encoded} for scope, encoded in scopes.items()]}
                for resource, scopes in resources.values()
            ]
        }
    )


def _line(**request: Any) -> bytes:
    return json.dumps(request, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _resource(resource: Resource) -> dict[str, Any]:
    inner = present(attributes=attributes_json(resource.attributes))
    return present(resource=inner, schemaUrl=resource.schema_url)


def _scope(scope: InstrumentationScope | None) -> dict[str, Any]:
    if scope is None:
        return {"scope": {}}
    attributes = attributes_json(scope.attributes)
    inner = present(name=text_json(scope.name), version=text_json(scope.version or ""), attributes=attributes)
    return present(scope=inner, schemaUrl=scope.schema_url)


def _flags(context: SpanContext | None) -> int:
    return _KNOWN_REMOTE | (_IS_REMOTE if context and context.is_remote else 0)


def _span(span: ReadableSpan) -> dict[str, Any]:
    context = span.context
    state = ",".join(f"{key}={value}" for key, value in context.trace_state.items())
    return present(
        traceId=f"{context.trace_id:032x}",
        spanId=f"{context.span_id:016x}",
        traceState=state,
        parentSpanId=f"{span.parent.span_id:016x}" if span.parent else "",
        flags=_flags(span.parent),
        name=text_json(span.name),
        kind=span.kind.value + _FIRST_KIND,
        startTimeUnixNano=integer_json(span.start_time),
        endTimeUnixNano=integer_json(span.end_time),
        attributes=attributes_json(span.attributes),
        droppedAttributesCount=span.dropped_attributes,
        events=[
            present(
                timeUnixNano=integer_json(event.timestamp),
                name=text_json(event.name),
                attributes=attributes_json(event.attributes),
                droppedAttributesCount=event.dropped_attributes,
            )
            for event in span.events
        ],
        droppedEventsCount=span.dropped_events,
        links=[
            present(
                traceId=f"{link.context.trace_id:032x}",
                spanId=f"{link.context.span_id:016x}",
                attributes=attributes_json(link.attributes),
                droppedAttributesCount=link.dropped_attributes,
                flags=_flags(link.context),
            )
            for link in span.links
        ],
        droppedLinksCount=span.dropped_links,
        status=present(message=span.status.description, code=span.status.status_code.value),
    )


def _record(item: ReadableLogRecord) -> dict[str, Any]:
    record = item.log_record
    return present(
        timeUnixNano=integer_json(record.timestamp),
        observedTimeUnixNano=integer_json(record.observed_timestamp),
        severityNumber=record.severity_number.value if record.severity_number else 0,
        severityText=text_json(record.severity_text or ""),
        body=value_json(record.body),
        attributes=attributes_json(record.attributes),
        droppedAttributesCount=item.dropped_attributes,
        flags=int(record.trace_flags or 0),
        traceId=f"{record.trace_id:032x}" if record.trace_id else "",
        spanId=f"{record.span_id:016x}" if record.span_id else "",
        eventName=text_json(record.event_name or ""),
    )
