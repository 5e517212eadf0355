"""Everything a query may name: the contract, the imported inventories, and what the stack adds."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from telemetry.contract.generate import prometheus_name
from telemetry.contract.inventories import Inventory, load_inventories
from telemetry.contract.lint import units
from telemetry.contract.lint.units import Quantity
from telemetry.contract.registry import Registry

# Prometheus gives every series these: from the target, or from service.name and service.instance.id.
_ON_EVERY_SERIES = frozenset({"job", "instance"})
# Any rule may give alerts labels of its own.
_OPEN = {"ALERTS", "ALERTS_FOR_STATE"}
# Attributes of every event, whatever its definition lists: telemetry.events and the Collector add them.
_ON_EVERY_EVENT = {"log.record.uid", "event.name", "request.id", "job.id"}
# What Loki itself adds to a record's labels.
LOKI_OWN = frozenset(
    {"trace_id", "span_id", "flags", "severity_number", "severity_text", "observed_timestamp"}
    | {"detected_level", "scope_name", "scope_version", "service_name"}
    | {"__error__", "__error_details__", "__line__", "__timestamp__"}
)


@dataclass(frozen=True)
class Metric:
    """A metric as it is queried.

    Attributes:
        labels: its labels; None when they cannot be known.
        quantity: what its values are in; None when nothing says.
        bucket: of a histogram's buckets, what the bounds are in.
    """

    labels: frozenset[str] | None
    quantity: Quantity | None = None
    bucket: Quantity | None = None


@dataclass
class Vocabulary:
    """The names that exist.

    Attributes:
        metrics: by the name they are queried by.
        members: the values a label may have, for attributes that are enumerations.
        stream_labels: Loki's index labels; None when no configuration of Loki says.
    """

    registry: Registry
    metrics: dict[str, Metric]
    stream_labels: frozenset[str] | None
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def log_labels(self) -> frozenset[str]:
        """What a record may have as label or structured metadata."""
        return LOKI_OWN | {label(name) for name in self.registry.attributes}

    def event_labels(self, event: str) -> frozenset[str]:
        """Return what the records of one event may have."""
        resource = {name for name in self.registry.attributes if _is_resource(name)}
        own = {*self.registry.events[event].attributes, *_ON_EVERY_EVENT, *resource}
        return LOKI_OWN | {label(name) for name in own}


def label(attribute: str) -> str:
    """Return an attribute's name as a label of Prometheus or Loki."""
    return re.sub(r"\W", "_", attribute)


def meant(name: str, known: Iterable[str]) -> str:
    """Return " (did you mean …?)" where a known name is close, else nothing."""
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f" (did you mean {close[0]}?)" if close else ""


def load_vocabulary(
    registry: Registry, root: Path, inventories: Iterable[Inventory] | None = None
) -> Vocabulary:
    """Return all names.

    Args:
        registry: the contract.
        root: the checkout; its Prometheus and Loki configurations say which resource attributes become
            labels.
        inventories: of the programs that are not ours; those of this package if not given.
    """
    otlp = _yaml(root / "backends/prometheus/prometheus.yml").get("otlp", {})
    promoted = {label(name) for name in otlp.get("promote_resource_attributes", ())}
    metrics: dict[str, Metric] = {}
    for metric in registry.metrics.values():
        labels = _ON_EVERY_SERIES | promoted | {label(name) for name in metric.attributes}
        quantity = units.of_metric(metric.unit, metric.kind)
        metrics |= _series(prometheus_name(metric), metric.kind, labels, quantity)
    for inventory in load_inventories() if inventories is None else inventories:
        for name, shape in inventory.metrics.items():
            known = None if name in _OPEN else _ON_EVERY_SERIES | set(shape.labels)
            metrics |= _series(name, shape.type, known, units.of_name(name, shape.type))
    # Prometheus makes one for each resource, with all its attributes as labels.
    metrics["target_info"] = Metric(None)
    members = {label(name): found.members for name, found in registry.attributes.items() if found.members}
    return Vocabulary(registry, metrics, _stream_labels(root), members)


def _series(
    name: str, kind: str, labels: frozenset[str] | None, quantity: Quantity | None
) -> dict[str, Metric]:
    """Return the series that a metric makes."""
    if kind not in {"histogram", "summary"}:
        return {name: Metric(labels, quantity)}
    extra = {"histogram": ("_bucket", "le"), "summary": ("", "quantile")}[kind]
    part = None if labels is None else labels | {extra[1]}
    bucket = Metric(part, units.COUNT, bucket=quantity) if kind == "histogram" else Metric(part, quantity)
    return {
        name + extra[0]: bucket,
        f"{name}_sum": Metric(labels, quantity),
        f"{name}_count": Metric(labels, units.COUNT),
    }


def _stream_labels(root: Path) -> frozenset[str] | None:
    limits = _yaml(root / "backends/loki/loki.yaml").get("limits_config", {})
    rules = limits.get("otlp_config", {}).get("resource_attributes", {}).get("attributes_config")
    if rules is None:
        return None
    names = [name for rule in rules if rule["action"] == "index_label" for name in rule["attributes"]]
    return frozenset(map(label, names))


def _is_resource(name: str) -> bool:
    return name.startswith(("service.", "process.", "telemetry.sdk.", "deployment.", "host."))


def _yaml(path: Path) -> Mapping[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
