"""Holds what was emitted against the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from telemetry.contract.registry import Registry, SignalDefinition

Json = Mapping[str, Any]

_SPAN_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")  # 0 is "unspecified"
_VALUE_TYPES = {"stringValue": "string", "intValue": "int", "doubleValue": "double", "boolValue": "boolean"}
# What telemetry.events and telemetry.setup may add to any log record, and the Collector after them.
_ON_EVERY_RECORD = {"log.record.uid", "request.id", "event.name"}
# Of exceptions that the SDK records on a span.
_EXCEPTION = {"exception.type", "exception.message", "exception.stacktrace", "exception.escaped"}


def violations(
    spans: Iterable[Json], logs: Iterable[Json], metrics: Iterable[Json], registry: Registry
) -> list[str]:
    """Return what was emitted against the contract, each once, in words.

    A name that is not in the registry, a metric's other instrument or unit, a span's other kind, an
    attribute that its signal does not list, or a value of another type or not among the members.

    Args:
        spans: OTLP/JSON trace requests, such as the parsed lines of a telemetry file.
        logs: OTLP/JSON log requests.
        metrics: OTLP/JSON metric requests.
        registry: the contract.
    """
    found = [
        *_in_resources(spans, "resourceSpans", "scopeSpans", "spans", _span_violations, registry),
        *_in_resources(logs, "resourceLogs", "scopeLogs", "logRecords", _record_violations, registry),
        *_in_resources(metrics, "resourceMetrics", "scopeMetrics", "metrics", _metric_violations, registry),
    ]
    return list(dict.fromkeys(found))


def _in_resources(
    requests: Iterable[Json], resources: str, scopes: str, items: str, check: Any, registry: Registry
) -> Iterator[str]:
    for request in requests:
        for resource in request[resources]:
            attributes = resource.get("resource", {}).get("attributes", ())
            yield from _attribute_violations("resource", attributes, registry.attributes, registry)
            for scope in resource[scopes]:
                for item in scope[items]:
                    yield from check(item, registry)


def _span_violations(span: Json, registry: Registry) -> Iterator[str]:
    where = f"span {span['name']!r}"
    kind = _SPAN_KINDS[span.get("kind", 0)]
    definition = registry.spans.get(span["name"]) or _pattern_of(kind, registry)
    if definition is None:
        yield f"{where} is not in the contract"
        return
    if kind != definition.kind:
        yield f"{where} is of kind {kind}; in the contract it is {definition.kind}"
    yield from _attribute_violations(where, span.get("attributes", ()), definition.attributes, registry)
    for event in span.get("events", ()):
        if event["name"] != "exception":
            yield f"{where} has a span event {event['name']!r}; events are log records"
            continue
        yield from _attribute_violations(where, event.get("attributes", ()), _EXCEPTION, registry)


def _pattern_of(kind: str, registry: Registry) -> SignalDefinition | None:
    """Return the definition of a kind's spans whose names are made of attributes, such as a request's."""
    patterns = (span for span in registry.spans.values() if "{" in span.name and span.kind == kind)
    return next(patterns, None)


def _record_violations(record: Json, registry: Registry) -> Iterator[str]:
    name = record.get("eventName")
    if not name:  # a library's; which attributes it has is its own affair, but we must know them
        text = record.get("body", {}).get("stringValue", "")
        where = f"log record {text!r}"
        yield from _attribute_violations(where, record.get("attributes", ()), registry.attributes, registry)
        return
    where = f"event {name}"
    if name not in registry.events:
        yield f"{where} is not in the contract"
        return
    allowed = {*registry.events[name].attributes, *_ON_EVERY_RECORD}
    yield from _attribute_violations(where, record.get("attributes", ()), allowed, registry)
    if not any(attribute["key"] == "log.record.uid" for attribute in record.get("attributes", ())):
        yield f"{where} has no log.record.uid"


def _metric_violations(metric: Json, registry: Registry) -> Iterator[str]:
    where = f"metric {metric['name']}"
    definition = registry.metrics.get(metric["name"])
    if definition is None:
        yield f"{where} is not in the contract"
        return
    instrument, data = _instrument(metric)
    if instrument != definition.kind:
        yield f"{where} is a {instrument}; in the contract it is a {definition.kind}"
    if metric.get("unit", "") != definition.unit:
        yield f"{where} has unit {metric.get('unit', '')!r}; in the contract it is {definition.unit!r}"
    for point in data.get("dataPoints", ()):
        yield from _attribute_violations(where, point.get("attributes", ()), definition.attributes, registry)


def _instrument(metric: Json) -> tuple[str, Json]:
    if "sum" in metric:
        return ("counter" if metric["sum"].get("isMonotonic") else "updowncounter"), metric["sum"]
    for name in ("gauge", "histogram"):
        if name in metric:
            return name, metric[name]
    return "metric of another kind", {}


def _attribute_violations(
    where: str, attributes: Iterable[Json], allowed: Iterable[str], registry: Registry
) -> Iterator[str]:
    names = frozenset(allowed)
    for attribute in attributes:
        name = attribute["key"]
        if name not in names:
            yield f"{where} has attribute {name}, which the contract does not give it"
        if name not in registry.attributes:
            continue
        definition = registry.attributes[name]
        kind, value = next(iter(attribute["value"].items()), ("", None))
        if _VALUE_TYPES.get(kind) != definition.type:
            yield f"{where}: {name} is {kind or 'without a value'}; the contract says {definition.type}"
        elif definition.members and value not in definition.members:
            yield f"{where}: {name} is {value!r}; the contract says {' or '.join(definition.members)}"
