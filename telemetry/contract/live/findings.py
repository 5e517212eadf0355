"""What the live check says, in Weaver's words: levels, finding ids, statistics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class CheckError(Exception):
    """The check itself cannot be made; the message says what to do."""


class Level(IntEnum):
    """How much a finding matters; Weaver's levels."""

    INFORMATION = 1
    IMPROVEMENT = 2
    VIOLATION = 3

    def __str__(self) -> str:
        """Return its name as Weaver writes it."""
        return self.name.lower()


_LEVELS = {
    # Weaver's own.
    "missing_attribute": Level.VIOLATION,
    "missing_metric": Level.VIOLATION,
    "missing_event": Level.VIOLATION,
    "type_mismatch": Level.VIOLATION,
    "unit_mismatch": Level.VIOLATION,
    "unexpected_instrument": Level.VIOLATION,
    "deprecated": Level.VIOLATION,
    "required_attribute_not_present": Level.VIOLATION,
    "invalid_format": Level.VIOLATION,
    "illegal_namespace": Level.VIOLATION,
    "not_stable": Level.IMPROVEMENT,
    "missing_namespace": Level.IMPROVEMENT,
    "recommended_attribute_not_present": Level.IMPROVEMENT,
    "conditionally_required_attribute_not_present": Level.INFORMATION,
    "opt_in_attribute_not_present": Level.INFORMATION,
    "undefined_enum_variant": Level.INFORMATION,
    "template_attribute": Level.INFORMATION,
    "extends_namespace": Level.INFORMATION,
    # Ours, as Weaver's custom policies may add them.
    "missing_span": Level.VIOLATION,
    "unexpected_span_kind": Level.VIOLATION,
    "unexpected_attribute": Level.VIOLATION,
    "high_cardinality": Level.VIOLATION,
}

IDS = frozenset(_LEVELS)


@dataclass(frozen=True)
class Key:
    """What makes two findings the same: everything but where it was and how often."""

    id: str
    signal_type: str
    signal_name: str
    message: str


@dataclass
class Finding:
    """Something that was emitted against the registry.

    Attributes:
        id: Weaver's finding id, or one of ours.
        signal_type: ``metric``, ``span``, ``log`` or ``resource``.
        signal_name: the metric's, span's or event's name.
        message: what is wrong, for people.
        context: the same for machines, under Weaver's keys.
        sources: service and instrumentation scope that emitted it.
        count: how often it was seen.
    """

    id: str
    level: Level
    signal_type: str
    signal_name: str
    message: str
    context: dict[str, Any]
    sources: set[str] = field(default_factory=set)
    count: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as Weaver's reports have it, with sources and count added."""
        return {
            "id": self.id,
            "level": str(self.level),
            "signal_type": self.signal_type,
            "signal_name": self.signal_name,
            "message": self.message,
            "context": self.context,
            "sources": sorted(self.sources),
            "count": self.count,
        }


class Findings:
    """Collects findings, each once."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Finding] = {}

    def add(self, kind: str, signal: tuple[str, str], source: str, message: str, **context: Any) -> Level:
        """Add a finding and return its level.

        Args:
            kind: its id.
            signal: type and name of the signal.
            source: who emitted it.
            message: for people.
            context: for machines.
        """
        key = Key(kind, *signal, message)
        found = self._by_key.setdefault(key, Finding(kind, _LEVELS[kind], *signal, message, context))
        found.sources.add(source)
        found.count += 1
        return found.level

    def all(self) -> list[Finding]:
        """Return them, the worst first."""
        return sorted(
            self._by_key.values(), key=lambda one: (-one.level, one.id, one.signal_type, one.signal_name)
        )


@dataclass
class Seen:
    """How often each name was seen: those of the registry, which start at 0, and others.

    Names of a registry that this one depends on are not counted.
    """

    registry: Counter[str]
    imported: frozenset[str]
    others: Counter[str] = field(default_factory=Counter)

    def add(self, name: str) -> None:
        """Count one."""
        if name in self.registry:
            self.registry[name] += 1
        elif name not in self.imported:
            self.others[name] += 1

    @property
    def unseen(self) -> list[str]:
        """Names of the registry that were never seen."""
        return sorted(name for name, count in self.registry.items() if not count)
