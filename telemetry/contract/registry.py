"""Reads a registry in the semantic conventions' ``groups:`` form (v1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DEFAULT_DIRECTORY = Path(__file__).parent / "registry"


class RegistryError(ValueError):
    """The registry contradicts itself or is not in the format; the message names file and group."""


@dataclass(frozen=True)
class AttributeDefinition:
    """An attribute: ``type`` is ``string``, ``int``, ``double``, ``boolean`` or one of their arrays."""

    name: str
    type: str
    brief: str
    stability: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignalDefinition:
    """A metric, span or event and the names of the attributes it may carry.

    Attributes:
        id: the group's id, such as ``metric.api.requests``.
        name: the name that is emitted.
        kind: the metric's instrument or the span's kind; empty for an event.
        unit: the metric's unit; empty otherwise.
    """

    id: str
    name: str
    brief: str
    stability: str
    attributes: tuple[str, ...]
    kind: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Registry:
    """All definitions, each by its emitted name."""

    attributes: dict[str, AttributeDefinition]
    metrics: dict[str, SignalDefinition]
    spans: dict[str, SignalDefinition]
    events: dict[str, SignalDefinition]


def load_registry(directory: Path = DEFAULT_DIRECTORY) -> Registry:
    """Read every ``*.yaml`` of a directory but the manifest.

    Raises:
        RegistryError: a name is defined twice, or a signal refers to an attribute that is not defined.
    """
    registry = Registry({}, {}, {}, {})
    for path in sorted(directory.glob("*.yaml")):
        if path.name == "manifest.yaml":
            continue
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            _add_group(registry, group, path.name)
    for signals in (registry.metrics, registry.spans, registry.events):
        for signal in signals.values():
            for name in signal.attributes:
                if name not in registry.attributes:
                    raise RegistryError(f"{signal.id}: attribute {name!r} is not defined in the registry")
    return registry


def _add_group(registry: Registry, group: dict[str, Any], file: str) -> None:
    """Add one group's definitions; an inline attribute of a signal defines it there."""
    kind = group["type"]
    names = []
    for attribute in group.get("attributes", []):
        if "ref" in attribute:
            names.append(attribute["ref"])
            continue
        names.append(attribute["id"])
        _add(registry.attributes, attribute["id"], _attribute(attribute), file)
    if kind == "attribute_group":
        return
    signal = SignalDefinition(
        id=group["id"],
        name=group.get("metric_name") or group["name"],
        brief=group["brief"],
        stability=group["stability"],
        attributes=tuple(names),
        kind=group.get("instrument") or group.get("span_kind") or "",
        unit=group.get("unit", ""),
    )
    by_kind = {"metric": registry.metrics, "span": registry.spans, "event": registry.events}
    if kind not in by_kind:
        raise RegistryError(f"{file}: group {group['id']} has unknown type {kind!r}")
    _add(by_kind[kind], signal.name, signal, file)


def _add(into: dict[str, Any], name: str, value: object, file: str) -> None:
    if name in into:
        raise RegistryError(f"{file}: {name} is defined twice")
    into[name] = value


def _attribute(raw: dict[str, Any]) -> AttributeDefinition:
    kind = raw["type"]
    members = tuple(member["value"] for member in kind["members"]) if isinstance(kind, dict) else ()
    return AttributeDefinition(
        name=raw["id"],
        type="string" if isinstance(kind, dict) else kind,
        brief=raw["brief"],
        stability=raw["stability"],
        members=members,
    )
