"""OTLP/JSON of metrics; see :mod:`telemetry.files.otlpjson`."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.metrics import Exemplar
from opentelemetry.sdk.metrics.export import Gauge, Histogram, Metric, Sum

from telemetry.files.otlpjson_values import attributes_json, integer_json, number_json, present, text_json

_INT64 = range(-(2**63), 2**63)
KINDS = (Gauge, Histogram, Sum)


def metric_json(metric: Metric) -> dict[str, Any]:
    """Return a metric of one of the kinds."""
    data = metric.data
    encoded = present(
        name=text_json(metric.name),
        description=text_json(metric.description or ""),
        unit=text_json(metric.unit or ""),
    )
    match data:
        case Gauge():
            # Its points have no start, as the official encoder has it.
            encoded["gauge"] = {"dataPoints": [_number_point(point) for point in data.data_points]}
        case Sum():
            encoded["sum"] = present(
                dataPoints=[
                    _number_point(point) | present(startTimeUnixNano=integer_json(point.start_time_unix_nano))
                    for point in data.data_points
                ],
                aggregationTemporality=int(data.aggregation_temporality),
                isMonotonic=data.is_monotonic,
            )
        case Histogram():
            encoded["histogram"] = present(
                dataPoints=[_histogram_point(point) for point in data.data_points],
                aggregationTemporality=int(data.aggregation_temporality),
            )
    return encoded


def _number_point(point: Any) -> dict[str, Any]:
    return _value(point.value) | present(
        attributes=attributes_json(point.attributes),
        timeUnixNano=integer_json(point.time_unix_nano),
        exemplars=[_exemplar(exemplar) for exemplar in point.exemplars],
    )


def _histogram_point(point: Any) -> dict[str, Any]:
    extremes = {"min": number_json(point.min), "max": number_json(point.max)} if point.count else {}
    return (
        {"sum": number_json(point.sum)}
        | extremes
        | present(
            attributes=attributes_json(point.attributes),
            startTimeUnixNano=integer_json(point.start_time_unix_nano),
            timeUnixNano=integer_json(point.time_unix_nano),
            count=integer_json(point.count),
            bucketCounts=[str(count) for count in point.bucket_counts],
            explicitBounds=[number_json(bound) for bound in point.explicit_bounds],
            exemplars=[_exemplar(exemplar) for exemplar in point.exemplars],
        )
    )


def _exemplar(exemplar: Exemplar) -> dict[str, Any]:
    return _value(exemplar.value) | present(
        filteredAttributes=attributes_json(exemplar.filtered_attributes),
        timeUnixNano=integer_json(exemplar.time_unix_nano),
        traceId=f"{exemplar.trace_id:032x}" if exemplar.trace_id else "",
        spanId=f"{exemplar.span_id:016x}" if exemplar.span_id else "",
    )


def _value(value: float) -> dict[str, Any]:
    if not isinstance(value, int):
        return {"asDouble": number_json(value)}
    if value not in _INT64:
        raise ValueError(f"{value} has more than 64 bits")
    return {"asInt": str(value)}
