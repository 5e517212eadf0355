"""What the signals of a job are made of: spans, events and samples, the same from whichever store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Arrays become tuples, maps become dicts; the contract has neither.
AttributeValue = str | bool | int | float | tuple[Any, ...] | dict[str, Any]
Attributes = Mapping[str, AttributeValue]


@dataclass(frozen=True)
class Link:
    """A span's link to a span of another trace; ids in lower-case hex."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(frozen=True)
class Span:
    """A span of the job's trace.

    Attributes:
        span_id: 16 lower-case hex digits.
        parent_span_id: None for a root.
        kind: ``internal``, ``server``, ``client``, ``producer`` or ``consumer``.
        start_ns: nanoseconds since 1970, as is ``end_ns``.
        status: ``unset``, ``ok`` or ``error``.
        service: ``service.name`` of the process that made it.
        instance: ``service.instance.id`` of that process.
    """

    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    start_ns: int
    end_ns: int
    status: str
    status_message: str
    attributes: Attributes
    links: tuple[Link, ...]
    service: str
    instance: str


@dataclass(frozen=True)
class Event:
    """A log record of the job's trace.

    Attributes:
        uid: ``log.record.uid``: two records with the same one are the same record delivered twice.
        name: the event's name; empty for a log record that is no event.
        time_ns: nanoseconds since 1970.
        body: a sentence for people.
        attributes: facts for machines, without ``log.record.uid`` and ``event.name``.
        span_id: the span it was emitted in; None outside of any.
        service: ``service.name`` of the process that emitted it.
        instance: ``service.instance.id`` of that process.
    """

    uid: str
    name: str
    time_ns: int
    severity_text: str
    severity_number: int
    body: str
    attributes: Attributes
    span_id: str | None
    service: str
    instance: str


@dataclass(frozen=True)
class Sample:
    """A value of a metric at a time, in nanoseconds since 1970."""

    time_ns: int
    value: float


def unique_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Drop what at-least-once delivery brought twice and sort: by start, a parent before its children."""
    by_id = {span.span_id: span for span in spans}
    return tuple(sorted(by_id.values(), key=lambda span: (span.start_ns, -span.end_ns, span.span_id)))


def unique_events(events: Iterable[Event]) -> tuple[Event, ...]:
    """Drop what at-least-once delivery brought twice and sort by time."""
    by_uid = {event.uid: event for event in events}
    return tuple(sorted(by_uid.values(), key=lambda event: (event.time_ns, event.uid)))
