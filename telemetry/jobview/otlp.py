"""Decodes OTLP/JSON, as our own files have it and as Tempo answers.

The two differ: OTLP/JSON proper has ids in hex and enums as integers, protobuf's own JSON mapping has
base64 and names.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from telemetry.contract.names import Attr
from telemetry.jobview.measurements import CPU, MEMORY, SERIES_ATTRIBUTES, TRIALS, Series
from telemetry.jobview.records import AttributeValue, Event, Link, Sample, Span

_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")  # 0 is "unspecified"
_STATUSES = ("unset", "ok", "error")
_TRACE_ID_BYTES = 16
_SPAN_ID_BYTES = 8

Json = Mapping[str, Any]

_DECODERS: dict[str, Callable[[Any], AttributeValue]] = {
    "stringValue": str,
    "boolValue": bool,
    "intValue": int,
    "doubleValue": float,  # also of "NaN" and "Infinity", which JSON cannot write as numbers
    "bytesValue": str,
    "arrayValue": lambda raw: tuple(decode_value(item) for item in raw.get("values", ())),
    "kvlistValue": lambda raw: decode_attributes(raw.get("values", ())),
}


def decode_spans(resource_spans: Iterable[Json], job_id: str) -> Iterator[Span]:
    """Yield the spans of a job's trace."""
    for block in resource_spans:
        resource = decode_attributes(block.get("resource", {}).get("attributes", ()))
        for scope in block.get("scopeSpans", ()):
            for raw in scope.get("spans", ()):
                if decode_id(raw.get("traceId", ""), _TRACE_ID_BYTES) == job_id:
                    yield _span(raw, resource)


def decode_events(resource_logs: Iterable[Json], job_id: str) -> Iterator[Event]:
    """Yield the log records of a job's trace."""
    for block in resource_logs:
        resource = decode_attributes(block.get("resource", {}).get("attributes", ()))
        for scope in block.get("scopeLogs", ()):
            for raw in scope.get("logRecords", ()):
                if decode_id(raw.get("traceId", ""), _TRACE_ID_BYTES) == job_id:
                    yield _event(raw, resource)


def decode_series(resource_metrics: Iterable[Json], instance: str) -> Iterator[Series]:
    """Yield what a process measured of trials and itself, a sample at a time."""
    for block in resource_metrics:
        resource = decode_attributes(block.get("resource", {}).get("attributes", ()))
        if resource.get("service.instance.id") != instance:
            continue
        for scope in block.get("scopeMetrics", ()):
            for metric in scope.get("metrics", ()):
                if metric.get("name") not in {TRIALS, CPU, MEMORY}:
                    continue
                data = metric.get("sum") or metric.get("gauge") or {}
                for point in data.get("dataPoints", ()):
                    told = decode_attributes(point.get("attributes", ()))
                    value = point.get("asInt", point.get("asDouble", 0))
                    yield Series(
                        metric["name"],
                        {name: str(told[name]) for name in SERIES_ATTRIBUTES if name in told},
                        (Sample(int(point["timeUnixNano"]), float(value)),),
                    )


def decode_attributes(pairs: Iterable[Json]) -> dict[str, AttributeValue]:
    """Return attributes by name, each with the type it was recorded with."""
    return {pair["key"]: decode_value(pair.get("value", {})) for pair in pairs}


def decode_value(value: Json) -> AttributeValue:
    """Return an AnyValue; one without a value is the empty string."""
    for kind, raw in value.items():
        if kind in _DECODERS:
            return _DECODERS[kind](raw)
    return ""


def decode_id(text: str, size: int) -> str:
    """Return an id of so many bytes in lower-case hex, whether it is written in hex or in base64."""
    return text.lower() if len(text) != len(base64.b64encode(bytes(size))) else base64.b64decode(text).hex()


def record_uid(attributes: Mapping[str, AttributeValue], time_ns: int, span_id: str | None, body: str) -> str:
    """Return ``log.record.uid``, or for a record without one a digest, the same from every store."""
    uid = attributes.get(Attr.LOG_RECORD_UID)
    return str(uid) if uid else hashlib.sha256(f"{time_ns} {span_id} {body}".encode()).hexdigest()[:16]


def _span(raw: Json, resource: Mapping[str, AttributeValue]) -> Span:
    status = raw.get("status", {})
    return Span(
        span_id=decode_id(raw["spanId"], _SPAN_ID_BYTES),
        parent_span_id=_optional_id(raw.get("parentSpanId")),
        name=raw.get("name", ""),
        kind=_enum(raw.get("kind", 0), _KINDS, "SPAN_KIND_"),
        start_ns=int(raw["startTimeUnixNano"]),
        end_ns=int(raw["endTimeUnixNano"]),
        status=_enum(status.get("code", 0), _STATUSES, "STATUS_CODE_"),
        status_message=status.get("message", ""),
        attributes=decode_attributes(raw.get("attributes", ())),
        links=tuple(
            Link(
                decode_id(link["traceId"], _TRACE_ID_BYTES),
                decode_id(link["spanId"], _SPAN_ID_BYTES),
                decode_attributes(link.get("attributes", ())),
            )
            for link in raw.get("links", ())
        ),
        service=str(resource.get("service.name", "")),
        instance=str(resource.get("service.instance.id", "")),
    )


def _event(raw: Json, resource: Mapping[str, AttributeValue]) -> Event:
    attributes = decode_attributes(raw.get("attributes", ()))
    # A record that was never given a time was observed at one; Loki does the same.
    time_ns = int(raw.get("timeUnixNano", 0)) or int(raw.get("observedTimeUnixNano", 0))
    span_id = _optional_id(raw.get("spanId"))
    body = str(decode_value(raw.get("body", {})))
    return Event(
        uid=record_uid(attributes, time_ns, span_id, body),
        name=raw.get("eventName") or str(attributes.get(Attr.EVENT_NAME, "")),
        time_ns=time_ns,
        severity_text=raw.get("severityText", ""),
        severity_number=int(raw.get("severityNumber", 0)),
        body=body,
        attributes=facts_of(attributes),
        span_id=span_id,
        service=str(resource.get("service.name", "")),
        instance=str(resource.get("service.instance.id", "")),
    )


def facts_of(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Return an event's attributes without those it has as fields, and without empty text.

    Loki keeps no empty label, and a job must look the same from every store.
    """
    own = {Attr.LOG_RECORD_UID, Attr.EVENT_NAME}
    return {name: value for name, value in attributes.items() if name not in own and value != ""}


def _optional_id(text: str | None) -> str | None:
    """Return a span id in hex, or None for the forms that "none" is written in."""
    span_id = decode_id(text, _SPAN_ID_BYTES) if text else ""
    return span_id if span_id.strip("0") else None


def _enum(value: int | str, names: tuple[str, ...], prefix: str) -> str:
    if isinstance(value, str):
        name = value.removeprefix(prefix).lower()
        return name if name in names else names[0]
    return names[value] if 0 <= value < len(names) else names[0]
