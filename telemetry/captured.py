"""Captured telemetry as plain data; see :mod:`telemetry.testing`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    InMemoryMetricReader,
    MetricsData,
    NumberDataPoint,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext

from telemetry.contract.check import violations
from telemetry.contract.registry import load_registry
from telemetry.files import to_json_line

Attributes = Mapping[str, Any]

_contract = cache(load_registry)  # to parse it takes longer than most tests


@dataclass(frozen=True)
class CapturedLink:
    """A span's link: ids in hex."""

    trace_id: str
    span_id: str


@dataclass(frozen=True)
class CapturedSpan:
    """A span that has ended: ids in hex, ``kind`` and ``status`` in lower case."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str | None
    attributes: Attributes
    links: tuple[CapturedLink, ...]
    events: tuple[str, ...]
    status: str


@dataclass(frozen=True)
class CapturedRecord:
    """A log record: ids in hex, None outside of a span."""

    event_name: str | None
    severity: str | None
    body: Any
    attributes: Attributes
    trace_id: str | None
    span_id: str | None


@dataclass(frozen=True)
class CapturedPoint:
    """A measurement; of a histogram, ``value`` is the sum and ``count`` how many were recorded."""

    attributes: Attributes
    value: float
    count: int | None = None


class Captured:
    """What has been emitted since the capture began."""

    def __init__(
        self, spans: InMemorySpanExporter, logs: InMemoryLogRecordExporter, reader: InMemoryMetricReader
    ) -> None:
        self._spans = spans
        self._logs = logs
        self._reader = reader

    @property
    def spans(self) -> list[CapturedSpan]:
        """Spans in the order they ended."""
        return [_span(span) for span in self._spans.get_finished_spans()]

    def spans_named(self, name: str) -> list[CapturedSpan]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    @property
    def records(self) -> list[CapturedRecord]:
        """Log records, events and others, in the order they were emitted."""
        return [
            CapturedRecord(
                record.event_name,
                record.severity_text,
                record.body,
                dict(record.attributes or {}),
                f"{record.trace_id:032x}" if record.trace_id else None,
                f"{record.span_id:016x}" if record.span_id else None,
            )
            for record in (item.log_record for item in self._logs.get_finished_logs())
        ]

    def event_names(self) -> list[str]:
        """Return the names of the events in the order they were emitted."""
        return [record.event_name for record in self.records if record.event_name]

    def events_named(self, name: str) -> list[CapturedRecord]:
        """Return the events of a name."""
        return [record for record in self.records if record.event_name == name]

    def points(self, metric: str) -> list[CapturedPoint]:
        """Return the measurements of a metric, as they are now; none when it was never measured."""
        found = [item for item in _metrics(self._collect()) if item.name == metric]
        return [_point(point) for item in found for point in item.data.data_points]

    def value(self, metric: str, attributes: Attributes | None = None) -> float:
        """Return the sum of a metric's measurements that have (at least) these attributes.

        Raises:
            AssertionError: it has none.
        """
        wanted = (attributes or {}).items()
        points = self.points(metric)
        found = [point.value for point in points if wanted <= point.attributes.items()]
        assert found, f"{metric} was not measured with {dict(wanted)}; there are: {points}"
        return sum(found)

    def contract_violations(self) -> list[str]:
        """Return what was emitted against the contract, in words."""
        spans = self._spans.get_finished_spans()
        logs = self._logs.get_finished_logs()
        measured = self._collect()
        return violations(
            [_request(encode_spans(spans))] if spans else [],
            [_request(encode_logs(logs))] if logs else [],
            [_request(encode_metrics(measured))] if measured else [],
            _contract(),
        )

    def _collect(self) -> MetricsData | None:
        return self._reader.get_metrics_data()


def _span(span: ReadableSpan) -> CapturedSpan:
    context = span.get_span_context() or SpanContext(0, 0, is_remote=False)
    return CapturedSpan(
        name=span.name,
        kind=span.kind.name.lower(),
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_id=f"{span.parent.span_id:016x}" if span.parent else None,
        attributes=dict(span.attributes or {}),
        links=tuple(
            CapturedLink(f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}")
            for link in span.links
        ),
        events=tuple(event.name for event in span.events),
        status=span.status.status_code.name.lower(),
    )


def _metrics(data: MetricsData | None) -> Sequence[Any]:
    if data is None:
        return []
    return [
        metric
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def _point(point: NumberDataPoint | HistogramDataPoint) -> CapturedPoint:
    attributes = dict(point.attributes or {})
    if isinstance(point, HistogramDataPoint):
        return CapturedPoint(attributes, point.sum, point.count)
    return CapturedPoint(attributes, point.value)


def _request(message: Any) -> Any:
    return json.loads(to_json_line(message))
