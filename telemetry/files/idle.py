"""Measurements of a process that does nothing are written rarely."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    Sum,
)

# The Job view looks this far around an attempt, and half as much again, for what a process counted.
IDLE_SECONDS = 60.0
# What grows when work for a job is done; gauges and measurements of the process itself change all the time.
_WORK_PREFIX = "optimization."


class IdleMetricExporter(MetricExporter):
    """Passes a collection on when work was counted since the last one, and else one a minute.

    So an attempt is measured as often as the process collects, and a counter that is between two collections
    passed on has the value of the first.

    Args:
        exporter: what collections are passed on to.
        clock: seconds that never go back.
    """

    def __init__(self, exporter: MetricExporter, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(exporter._preferred_temporality, exporter._preferred_aggregation)  # noqa: SLF001
        self._exporter = exporter
        self._clock = clock
        self._counted: list[tuple[str, float]] | None = None
        self._passed_on = 0.0

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Pass a collection on, or leave it out."""
        now, counted = self._clock(), list(_counted(metrics_data))
        if counted == self._counted and now - self._passed_on < IDLE_SECONDS:
            return MetricExportResult.SUCCESS
        self._counted, self._passed_on = counted, now
        return self._exporter.export(metrics_data, timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        """Flush the other exporter."""
        return self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Shut the other exporter down."""
        self._exporter.shutdown(timeout_millis, **kwargs)


def _counted(data: MetricsData) -> Iterator[tuple[str, float]]:
    """Yield what was counted of work, a number a point."""
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                if not metric.name.startswith(_WORK_PREFIX):
                    continue
                for point in metric.data.data_points:
                    if isinstance(point, HistogramDataPoint):
                        yield metric.name, point.count
                    elif isinstance(point, NumberDataPoint) and isinstance(metric.data, Sum):
                        yield metric.name, point.value
