"""Spans, log records and metrics made such that OTLP can hold them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, Status

from telemetry.exporters.cleaning import clean_attributes, clean_text, clean_value, text_of

_INT64 = range(-(2**63), 2**63)


def clean_resource(resource: Resource) -> Resource:
    """Return the resource with attributes that OTLP can hold; itself, when it has no others."""
    attributes, schema_url = clean_attributes(resource.attributes), clean_text(resource.schema_url)
    if (attributes, schema_url) == (dict(resource.attributes), resource.schema_url):
        return resource
    return Resource(attributes, schema_url)


def clean_span(span: ReadableSpan) -> ReadableSpan:
    """Return the span with a name, a status, attributes, events and links that OTLP can hold."""
    description = span.status.description
    return ReadableSpan(
        name=text_of(span.name),
        context=span.context,
        parent=span.parent,
        resource=clean_resource(span.resource),
        attributes=clean_attributes(span.attributes),
        events=[
            Event(text_of(event.name), clean_attributes(event.attributes), event.timestamp)
            for event in span.events
        ],
        links=[Link(link.context, clean_attributes(link.attributes)) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code, None if description is None else text_of(description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=_clean_scope(span.instrumentation_scope),
    )


def clean_record(item: ReadableLogRecord) -> ReadableLogRecord:
    """Return the log record with a body, names and attributes that OTLP can hold."""
    record = copy.copy(item.log_record)
    record.body = clean_value(record.body)
    record.attributes = clean_attributes(record.attributes)
    record.event_name = None if record.event_name is None else text_of(record.event_name)
    record.severity_text = None if record.severity_text is None else text_of(record.severity_text)
    return replace(
        item,
        log_record=record,
        resource=clean_resource(item.resource),
        instrumentation_scope=_clean_scope(item.instrumentation_scope),
    )


def clean_metrics(data: MetricsData) -> MetricsData:
    """Return the metrics with descriptions, attributes and numbers that OTLP can hold."""
    return replace(
        data,
        resource_metrics=[
            replace(
                resource,
                resource=clean_resource(resource.resource),
                scope_metrics=[
                    replace(
                        scope,
                        scope=_clean_scope(scope.scope),
                        metrics=[_clean_metric(metric) for metric in scope.metrics],
                    )
                    for scope in resource.scope_metrics
                ],
            )
            for resource in data.resource_metrics
        ],
    )


def _clean_metric(metric: Any) -> Any:
    points = [_clean_point(point) for point in metric.data.data_points]
    return replace(
        metric,
        name=clean_text(metric.name),
        description=clean_text(metric.description),
        unit=clean_text(metric.unit),
        data=replace(metric.data, data_points=points),
    )


def _clean_point(point: Any) -> Any:
    exemplars = [
        replace(
            exemplar,
            value=_clean_number(exemplar.value),
            filtered_attributes=clean_attributes(exemplar.filtered_attributes),
        )
        for exemplar in point.exemplars
    ]
    cleaned = replace(point, attributes=clean_attributes(point.attributes), exemplars=exemplars)
    return replace(cleaned, value=_clean_number(point.value)) if hasattr(point, "value") else cleaned


def _clean_number(value: float) -> float:
    """Return a number that OTLP can hold; an integer too large for it loses its last digits."""
    if not isinstance(value, int) or value in _INT64:
        return value
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _clean_scope(scope: InstrumentationScope | None) -> Any:
    if scope is None:
        return None
    return InstrumentationScope(
        clean_text(scope.name),
        None if scope.version is None else text_of(scope.version),
        clean_text(scope.schema_url or ""),
        clean_attributes(scope.attributes),
    )
