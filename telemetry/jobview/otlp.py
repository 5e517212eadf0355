"""Decodes OTLP/JSON, as our own files have it and as Tempo answers.

The two differ: OTLP/JSON proper has ids in hex and enums as integers, protobuf's own JSON mapping has
base64 and names. In both, null is the same as absent. What is malformed is left out and counted, a span, a
log record or a measurement at a time: whoever wrote it, the rest can be shown.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from telemetry.contract.names import Attr
from telemetry.files.damage import Damage
from telemetry.jobview.fields import (
    Json,
    Malformed,
    boolean,
    identifier,
    integer,
    items,
    mapping,
    number,
    text,
    time,
)
from telemetry.jobview.measurements import CPU, MEMORY, SERIES_ATTRIBUTES, TRIALS, Series
from telemetry.jobview.records import Attributes, AttributeValue, Event, Link, Sample, Span

_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")  # 0 is "unspecified"
_STATUSES = ("unset", "ok", "error")
_TRACE_ID_BYTES = 16
_SPAN_ID_BYTES = 8
# Deeper than anyone nests attributes, and not so deep that reading it could fail.
_MAX_DEPTH = 16

T = TypeVar("T")

_SCALARS: dict[str, Callable[[Any], AttributeValue]] = {
    "stringValue": text,
    "boolValue": boolean,
    "intValue": integer,
    "doubleValue": number,
    "bytesValue": text,
}


def decode_spans(resource_spans: object, job_id: str, damage: Damage) -> Iterator[Span]:
    """Yield the spans of a job's trace."""
    return _decode(
        resource_spans,
        ("scopeSpans", "spans"),
        lambda raw, resource: [_span(raw, resource)] if _trace_id(raw) == job_id else [],
        damage,
    )


def decode_events(resource_logs: object, job_id: str, damage: Damage) -> Iterator[Event]:
    """Yield the log records of a job's trace."""
    return _decode(
        resource_logs,
        ("scopeLogs", "logRecords"),
        lambda raw, resource: [_event(raw, resource)] if _trace_id(raw) == job_id else [],
        damage,
    )


def decode_series(resource_metrics: object, instance: str, damage: Damage) -> Iterator[Series]:
    """Yield what a process measured of trials and itself, a sample at a time."""
    return _decode(
        resource_metrics,
        ("scopeMetrics", "metrics"),
        lambda raw, resource: _series(raw) if resource.get("service.instance.id") == instance else [],
        damage,
    )


def _decode(
    blocks: object, names: tuple[str, str], decode: Callable[[Json, Attributes], list[T]], damage: Damage
) -> Iterator[T]:
    """Yield what a function makes of each record below resource and scope, but for the malformed."""
    scopes, records = names
    for block in _each(blocks, damage):
        try:
            resource = decode_attributes(mapping(block.get("resource")).get("attributes"))
        except Malformed:
            damage.records += 1
            continue
        for scope in _each(block.get(scopes), damage):
            for raw in _each(scope.get(records), damage):
                try:
                    yield from decode(raw, resource)
                except Malformed:
                    damage.records += 1


def _each(value: object, damage: Damage) -> Iterator[Json]:
    """Yield the objects of a list."""
    for item in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(item, Mapping) and isinstance(value, list):
            yield item
        else:
            damage.records += 1


def decode_attributes(pairs: object, depth: int = 0) -> dict[str, AttributeValue]:
    """Return attributes by name, each with the type it was recorded with.

    Raises:
        Malformed: it is no list of attributes.
    """
    return {text(pair.get("key")): decode_value(pair.get("value"), depth) for pair in items(pairs)}


def decode_value(value: object, depth: int = 0) -> AttributeValue:
    """Return an AnyValue; one without a value is the empty string.

    Raises:
        Malformed: it is no such value.
    """
    if depth > _MAX_DEPTH:
        raise Malformed
    for kind, raw in mapping(value).items():
        if raw is None:
            continue
        if kind in _SCALARS:
            return _SCALARS[kind](raw)
        if kind == "arrayValue":
            return tuple(decode_value(item, depth + 1) for item in items(mapping(raw).get("values")))
        if kind == "kvlistValue":
            return decode_attributes(mapping(raw).get("values"), depth + 1)
    return ""


def record_uid(attributes: Attributes, time_ns: int, span_id: str | None, body: str) -> str:
    """Return ``log.record.uid``, or for a record without one a digest, the same from every store."""
    uid = attributes.get(Attr.LOG_RECORD_UID)
    told = f"{time_ns} {span_id} {body}".encode("utf-8", "surrogatepass")
    return str(uid) if uid else hashlib.sha256(told).hexdigest()[:16]


def _trace_id(raw: Json) -> str:
    return identifier(raw.get("traceId"), _TRACE_ID_BYTES)


def _span(raw: Json, resource: Attributes) -> Span:
    status = mapping(raw.get("status"))
    span_id = _optional_id(raw.get("spanId"))
    if span_id is None:
        raise Malformed
    return Span(
        span_id=span_id,
        parent_span_id=_optional_id(raw.get("parentSpanId")),
        name=text(raw.get("name")),
        kind=_enum(raw.get("kind"), _KINDS, "SPAN_KIND_"),
        start_ns=_required_time(raw.get("startTimeUnixNano")),
        end_ns=_required_time(raw.get("endTimeUnixNano")),
        status=_enum(status.get("code"), _STATUSES, "STATUS_CODE_"),
        status_message=text(status.get("message")),
        attributes=decode_attributes(raw.get("attributes")),
        links=tuple(
            Link(
                _trace_id(link),
                identifier(link.get("spanId"), _SPAN_ID_BYTES),
                decode_attributes(link.get("attributes")),
            )
            for link in items(raw.get("links"))
        ),
        service=str(resource.get("service.name", "")),
        instance=str(resource.get("service.instance.id", "")),
    )


def _event(raw: Json, resource: Attributes) -> Event:
    attributes = decode_attributes(raw.get("attributes"))
    # A record that was never given a time was observed at one; Loki does the same.
    time_ns = time(raw.get("timeUnixNano")) or time(raw.get("observedTimeUnixNano"))
    span_id = _optional_id(raw.get("spanId"))
    body = str(decode_value(raw.get("body")))
    return Event(
        uid=record_uid(attributes, time_ns, span_id, body),
        name=text(raw.get("eventName")) or str(attributes.get(Attr.EVENT_NAME, "")),
        time_ns=time_ns,
        severity_text=text(raw.get("severityText")),
        severity_number=integer(raw.get("severityNumber")),
        body=body,
        attributes=facts_of(attributes),
        span_id=span_id,
        service=str(resource.get("service.name", "")),
        instance=str(resource.get("service.instance.id", "")),
    )


def _series(raw: Json) -> list[Series]:
    name = raw.get("name")
    if name not in (TRIALS, CPU, MEMORY):
        return []
    data = mapping(raw.get("sum")) or mapping(raw.get("gauge"))
    found = []
    for point in items(data.get("dataPoints")):
        told = decode_attributes(point.get("attributes"))
        value = number(point.get("asInt") if point.get("asInt") is not None else point.get("asDouble"))
        if not math.isfinite(value):
            raise Malformed
        found.append(
            Series(
                name,
                {name: str(told[name]) for name in SERIES_ATTRIBUTES if name in told},
                (Sample(_required_time(point.get("timeUnixNano")), value),),
            )
        )
    return found


def facts_of(attributes: Attributes) -> dict[str, AttributeValue]:
    """Return an event's attributes without those it has as fields, and without empty text.

    Loki keeps no empty label, and a job must look the same from every store.
    """
    own = {Attr.LOG_RECORD_UID, Attr.EVENT_NAME}
    return {name: value for name, value in attributes.items() if name not in own and value != ""}


def _required_time(value: object) -> int:
    nanoseconds = time(value)
    if not nanoseconds:
        raise Malformed
    return nanoseconds


def _optional_id(value: object) -> str | None:
    """Return a span id in hex, or None for the forms that "none" is written in."""
    span_id = identifier(value, _SPAN_ID_BYTES) if value else ""
    return span_id if span_id.strip("0") else None


def _enum(value: object, names: tuple[str, ...], prefix: str) -> str:
    if isinstance(value, str):
        name = value.removeprefix(prefix).lower()
        return name if name in names else names[0]
    code = integer(value)
    return names[code] if 0 <= code < len(names) else names[0]
