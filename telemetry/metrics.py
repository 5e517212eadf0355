"""Instruments made from the contract, so that name, unit and description cannot differ from it.

Instruments may be made when a module is imported: until :func:`telemetry.setup.configure` runs they are
proxies, which become real then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from opentelemetry.metrics import (
    CallbackOptions,
    Counter,
    Histogram,
    Meter,
    Observation,
    UpDownCounter,
    get_meter,
    get_meter_provider,
)
from opentelemetry.sdk.metrics import MeterProvider

from telemetry.contract.names import MetricDefinition

Callback = Callable[[CallbackOptions], Iterable[Observation]]

# Jobs run from seconds to hours; the SDK's default bounds are made for milliseconds.
JOB_SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)
# The semantic conventions' bounds for request durations.
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
FILE_BYTES = (1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)


def _meter() -> Meter:
    return get_meter("jobscope")


def counter(metric: MetricDefinition) -> Counter:
    """Return the contract's counter."""
    _require(metric, "counter")
    return _meter().create_counter(metric.name, metric.unit, metric.description)


def up_down_counter(metric: MetricDefinition) -> UpDownCounter:
    """Return the contract's up-down counter."""
    _require(metric, "updowncounter")
    return _meter().create_up_down_counter(metric.name, metric.unit, metric.description)


def histogram(metric: MetricDefinition, bounds: Sequence[float]) -> Histogram:
    """Return the contract's histogram with the bucket bounds given, in the metric's unit."""
    _require(metric, "histogram")
    return _meter().create_histogram(
        metric.name, metric.unit, metric.description, explicit_bucket_boundaries_advisory=list(bounds)
    )


def observe(metric: MetricDefinition, callback: Callback) -> None:
    """Have the contract's gauge or counter read by a callback at each collection."""
    meter = _meter()
    create = {"gauge": meter.create_observable_gauge, "counter": meter.create_observable_counter}
    create[metric.instrument](metric.name, [callback], metric.unit, metric.description)


def flush(timeout_seconds: float) -> None:
    """Export all measurements now, so that what comes next is told apart from what was before.

    Args:
        timeout_seconds: after which it goes on by itself: a Collector that is away must not hold up work.
    """
    provider = get_meter_provider()
    if isinstance(provider, MeterProvider):
        # The SDK has a timeout, but its exporters do not keep to it.
        thread = threading.Thread(target=provider.force_flush, daemon=True)
        thread.start()
        thread.join(timeout_seconds)


def _require(metric: MetricDefinition, instrument: str) -> None:
    if metric.instrument != instrument:
        raise ValueError(f"{metric.name} is a {metric.instrument} in the contract, not a {instrument}")
