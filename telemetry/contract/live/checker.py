"""The live check's engine: takes OTLP requests one by one, and says what contradicts the registry."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from telemetry.contract.live import attributes as advice
from telemetry.contract.live import otlp
from telemetry.contract.live.definitions import Attribute, Definitions, Signal
from telemetry.contract.live.findings import IDS, CheckError, Findings, Level, Seen
from telemetry.contract.live.report import Report
from telemetry.contract.spannames import is_pattern, matches_span

Json = Mapping[str, Any]

DEFAULT_MAX_VALUES = 100
"""More values than this of one metric attribute are reported: each makes a time series."""

# What telemetry.events and the Collector may add to any event.
_ON_EVERY_EVENT = frozenset({"log.record.uid", "event.name", "request.id"})
_REQUIREMENTS = {
    "required": "Required",
    "recommended": "Recommended",
    "conditionally_required": "Conditionally required",
    "opt_in": "Opt-in",
}


class LiveCheck:
    """Holds what a program emits against a registry.

    Args:
        definitions: the registry.
        max_values: how many values an attribute of a metric may have.
        ignore: finding ids that are not reported, each optionally followed by ``:`` and a pattern for the
            signal's name: ``unexpected_attribute:GET *``.

    Raises:
        CheckError: ``ignore`` names an id that does not exist.
    """

    def __init__(
        self, definitions: Definitions, *, max_values: int = DEFAULT_MAX_VALUES, ignore: Collection[str] = ()
    ) -> None:
        self._definitions = definitions
        self._max_values = max_values
        self._ignored = [one.partition(":")[::2] for one in ignore]
        for name, _ in self._ignored:
            if name not in IDS:
                raise CheckError(f"{name} is no finding id; they are {', '.join(sorted(IDS))}")
        self._findings = Findings()
        self._entities: Counter[str] = Counter()
        self._clean = 0
        self._values: dict[tuple[str, str], set[str]] = {}
        self._seen = {
            "attributes": _seen(definitions, {**definitions.attributes, **definitions.templates}),
            "metrics": _seen(definitions, definitions.metrics),
            "events": _seen(definitions, definitions.events),
            "spans": _seen(definitions, definitions.spans),
        }

    def observe(self, request: Json) -> None:
        """Check one OTLP/JSON request: ``resourceSpans``, ``resourceLogs`` or ``resourceMetrics``."""
        for resource, scope, item in otlp.items(request, "resourceSpans", "scopeSpans", "spans"):
            self._span(item, otlp.source(resource, scope))
        for resource, scope, item in otlp.items(request, "resourceLogs", "scopeLogs", "logRecords"):
            self._log(item, otlp.source(resource, scope))
        for resource, scope, item in otlp.items(request, "resourceMetrics", "scopeMetrics", "metrics"):
            self._metric(item, otlp.source(resource, scope))
        for key in ("resourceSpans", "resourceLogs", "resourceMetrics"):
            for block in request.get(key, ()):
                resource = block.get("resource", {})
                name = otlp.text(resource, "service.name")
                self._attributes("resource", resource, ("resource", name), name)

    def report(self) -> Report:
        """Return what was found so far."""
        return Report(self._findings.all(), self._entities, self._clean, self._seen)

    def _add(self, kind: str, signal: tuple[str, str], source: str, message: str, **context: Any) -> bool:
        """Add a finding, unless it is ignored; tell whether it was added."""
        for name, pattern in self._ignored:
            if name == kind and (not pattern or fnmatch.fnmatchcase(signal[1], pattern)):
                return False
        return self._findings.add(kind, signal, source, message, **context) >= Level.INFORMATION

    def _count(self, entity: str, found: bool) -> None:
        self._entities[entity] += 1
        self._clean += not found

    def _span(self, span: Json, source: str) -> None:
        name, kind = span.get("name", ""), otlp.span_kind(span)
        signal = ("span", name)
        definition = self._definition_of(name)
        found = False
        if definition:
            self._seen["spans"].add(definition.name)
            found = self._signal("Span", definition, signal, source)
            if definition.kind and definition.kind != kind:
                message = f"Span kind should be '{definition.kind}', but found '{kind}'."
                found |= self._add(
                    "unexpected_span_kind", signal, source, message, span_kind=kind, expected=definition.kind
                )
        elif self._definitions.spans and kind not in self._definitions.unnamed_span_kinds:
            self._seen["spans"].add(name)
            message = "Span does not exist in the registry."
            found = self._add("missing_span", signal, source, message, span_name=name)
        names = self._attributes("attribute", span, signal, source)
        if definition:
            found |= self._listed(definition, names, signal, source)
        self._count("span", found)
        for event in span.get("events", ()):
            self._event("span_event", event.get("name", ""), event, source)

    def _definition_of(self, name: str) -> Signal | None:
        """Return the definition of a span: by its name, or by its pattern."""
        exact = self._definitions.spans.get(name)
        patterns = (span for span in self._definitions.spans.values() if is_pattern(span.name))
        return exact or next((span for span in patterns if matches_span(span.name, name)), None)

    def _log(self, record: Json, source: str) -> None:
        name = record.get("eventName", "")
        if name:
            self._event("log", name, record, source)
            return
        # A library's record: which attributes it has is its own affair, but they must be known.
        self._attributes("attribute", record, ("log", ""), source)
        self._count("log", found=False)

    def _event(self, entity: str, name: str, record: Json, source: str) -> None:
        signal = ("log", name)
        self._seen["events"].add(name)
        definition = self._definitions.events.get(name)
        if definition:
            found = self._signal("Event", definition, signal, source)
        elif entity == "span_event" and name == "exception":  # the SDK's own, named by the conventions
            found = False
        else:
            message = "Event does not exist in the registry."
            found = self._add("missing_event", signal, source, message, event_name=name)
        names = self._attributes("attribute", record, signal, source)
        if definition:
            found |= self._listed(definition, names, signal, source, _ON_EVERY_EVENT)
        self._count(entity, found)

    def _metric(self, metric: Json, source: str) -> None:
        name = metric.get("name", "")
        signal = ("metric", name)
        self._seen["metrics"].add(name)
        definition = self._definitions.metrics.get(name)
        instrument, points = otlp.instrument(metric)
        if definition:
            found = self._signal("Metric", definition, signal, source)
            found |= self._shape(definition, instrument, metric.get("unit", ""), signal, source)
        else:
            message = "Metric does not exist in the registry."
            found = self._add("missing_metric", signal, source, message, metric_name=name)
        if not advice.well_formed(name):
            message = "Does not match name formatting rules"
            found |= self._add("invalid_format", signal, source, message, metric_name=name)
        self._count("metric", found)
        for point in points:
            names = self._attributes("attribute", point, signal, source)
            found = self._cardinality(point, signal, source)
            if definition:
                found |= self._listed(definition, names, signal, source)
            self._count("data_point", found)

    def _signal(self, what: str, definition: Signal, signal: tuple[str, str], source: str) -> bool:
        """Check what holds for every signal: that it is not deprecated, and stable."""
        name = definition.name
        context = {f"{what.lower()}_name": name}
        if definition.deprecated:
            message = f"{what} '{name}' is deprecated; {definition.deprecated}."
            return self._add("deprecated", signal, source, message, **context)
        if definition.stability and definition.stability != "stable":
            message = f"{what} '{name}' is not stable; stability = {definition.stability}."
            return self._add("not_stable", signal, source, message, **context, stability=definition.stability)
        return False

    def _shape(
        self, definition: Signal, instrument: str, unit: str, signal: tuple[str, str], source: str
    ) -> bool:
        """Check a metric's instrument and unit."""
        found = False
        if instrument != definition.kind:
            message = f"Instrument should be '{definition.kind}', but found '{instrument}'."
            context = {"instrument": instrument, "expected": definition.kind}
            found = self._add("unexpected_instrument", signal, source, message, **context)
        if unit != definition.unit:
            message = f"Unit should be '{definition.unit}', but found '{unit}'."
            context = {"unit": unit, "expected": definition.unit}
            found |= self._add("unit_mismatch", signal, source, message, **context)
        return found

    def _attributes(self, entity: str, holder: Json, signal: tuple[str, str], source: str) -> set[str]:
        """Check each attribute by itself, and return their names."""
        names = set()
        for pair in holder.get("attributes", ()):
            name = pair.get("key", "")
            names.add(name)
            self._seen["attributes"].add(advice.registered(name, self._definitions))
            found = False
            for kind, message, context in advice.advise(name, pair.get("value", {}), self._definitions):
                found |= self._add(kind, signal, source, message, attribute_key=name, **context)
            self._count(entity, found)
        return names

    def _listed(
        self,
        definition: Signal,
        names: set[str],
        signal: tuple[str, str],
        source: str,
        besides: frozenset[str] = frozenset(),
    ) -> bool:
        """Check that a signal has the attributes that its definition asks for, and no others."""
        found = False
        for name, level in definition.attributes.items():
            if name not in names and level in _REQUIREMENTS:
                message = f"{_REQUIREMENTS[level]} attribute '{name}' is not present."
                found |= self._add(
                    f"{level}_attribute_not_present", signal, source, message, attribute_key=name
                )
        for name in sorted(names - set(definition.attributes) - besides):
            if name in self._definitions.attributes:  # else it is missing_attribute already
                message = f"Attribute '{name}' is not one of '{definition.name}'."
                found |= self._add("unexpected_attribute", signal, source, message, attribute_key=name)
        return found

    def _cardinality(self, point: Json, signal: tuple[str, str], source: str) -> bool:
        """Count a metric attribute's values; past the limit they are not remembered any more."""
        found = False
        for pair in point.get("attributes", ()):
            values = self._values.setdefault((signal[1], pair.get("key", "")), set())
            if len(values) <= self._max_values:
                values.add(str(pair.get("value")))
            if len(values) > self._max_values:
                message = f"Attribute '{pair['key']}' has more than {self._max_values} values."
                context = {"attribute_key": pair["key"], "max_values": self._max_values}
                found |= self._add("high_cardinality", signal, source, message, **context)
        return found


def _seen(definitions: Definitions, kind: Mapping[str, Attribute | Signal]) -> Seen:
    """Return counters for what the registry itself defines and does not advise against."""
    own = [name for name, one in kind.items() if not one.deprecated and name not in definitions.imported]
    return Seen(Counter(dict.fromkeys(own, 0)), definitions.imported)
