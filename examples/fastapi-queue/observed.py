"""What the program emits, from its registry: a name that is not in there cannot be emitted."""

from __future__ import annotations

from pathlib import Path

from telemetry.contract.live import load_definitions
from telemetry.contract.names import MetricDefinition
from telemetry.contract.registry import DEFAULT_DIRECTORY
from telemetry.metrics import counter, histogram

# The second defines what the first refers to besides: attributes of exceptions and errors.
_REGISTRY = load_definitions([Path(__file__).parent / "registry", DEFAULT_DIRECTORY])


def _metric(name: str) -> MetricDefinition:
    metric = _REGISTRY.metrics[name]
    return MetricDefinition(metric.name, metric.kind, metric.unit, metric.brief, tuple(metric.attributes))


INVOICES = counter(_metric("invoices"))
DURATION = histogram(_metric("invoice.duration"), bounds=(0.001, 0.01, 0.1, 1))

QUEUED = _REGISTRY.events["invoice.queued"].name
RENDERED = _REGISTRY.events["invoice.rendered"].name
FAILED = _REGISTRY.events["invoice.failed"].name

QUEUE_SPAN = _REGISTRY.spans["queue invoice"].name
RENDER_SPAN = _REGISTRY.spans["render invoice"].name
