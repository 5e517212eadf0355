"""What the program emits, from its registry: a name that is not in there cannot be emitted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from telemetry.contract.live import load_definitions
from telemetry.contract.live.definitions import Signal
from telemetry.contract.names import MetricDefinition
from telemetry.contract.registry import DEFAULT_DIRECTORY
from telemetry.metrics import counter, histogram

# The second defines what the first refers to besides: attributes of exceptions and errors.
_REGISTRY = load_definitions([Path(__file__).parent / "registry", DEFAULT_DIRECTORY])


def _defined(signals: Mapping[str, Signal], name: str) -> Signal:
    if name not in signals:
        raise LookupError(f"registry/ does not define {name!r}")
    return signals[name]


def _metric(name: str) -> MetricDefinition:
    metric = _defined(_REGISTRY.metrics, name)
    return MetricDefinition(metric.name, metric.kind, metric.unit, metric.brief, tuple(metric.attributes))


INVOICES = counter(_metric("invoices"))
DURATION = histogram(_metric("invoice.duration"), bounds=(0.001, 0.01, 0.1, 1))

QUEUED = _defined(_REGISTRY.events, "invoice.queued").name
RENDERED = _defined(_REGISTRY.events, "invoice.rendered").name
FAILED = _defined(_REGISTRY.events, "invoice.failed").name

QUEUE_SPAN = _defined(_REGISTRY.spans, "queue invoice").name
RENDER_SPAN = _defined(_REGISTRY.spans, "render invoice").name
