"""Finds its way in OTLP/JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

_SPAN_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")  # 0 is "unspecified"
_INSTRUMENTS = {"gauge": "gauge", "histogram": "histogram", "exponentialHistogram": "histogram"}


def items(request: Json, resources: str, scopes: str, kind: str) -> Iterator[tuple[Json, Json, Json]]:
    """Yield each item of a request with its resource and scope."""
    for block in request.get(resources, ()):
        for scope in block.get(scopes, ()):
            for item in scope.get(kind, ()):
                yield block.get("resource", {}), scope.get("scope", {}), item


def source(resource: Json, scope: Json) -> str:
    """Return who emitted something: service and instrumentation scope."""
    return " / ".join(filter(None, [text(resource, "service.name"), scope.get("name", "")]))


def text(holder: Json, name: str) -> str:
    """Return an attribute that is text; empty when there is none."""
    values = [
        pair["value"].get("stringValue", "") for pair in holder.get("attributes", ()) if pair["key"] == name
    ]
    return str(values[0]) if values else ""


def instrument(metric: Json) -> tuple[str, Iterable[Json]]:
    """Return a metric's instrument, in the registry's words, and its data points."""
    if "sum" in metric:
        data = metric["sum"]
        return ("counter" if data.get("isMonotonic") else "updowncounter"), data.get("dataPoints", ())
    for key, instrument in _INSTRUMENTS.items():
        if key in metric:
            return instrument, metric[key].get("dataPoints", ())
    return ("summary" if "summary" in metric else "none"), metric.get("summary", {}).get("dataPoints", ())


def span_kind(span: Json) -> str:
    """Return a span's kind in the registry's words."""
    number = span.get("kind", 0)
    return _SPAN_KINDS[number] if isinstance(number, int) and 0 <= number < len(_SPAN_KINDS) else "unknown"
