"""A Job view whose texts can be printed: what a job said may hold anything."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from telemetry.jobview.model import JobView
from telemetry.jobview.records import Attributes, Event, Span
from telemetry.terminal import printable


def safe_to_print(view: JobView) -> JobView:
    """Return the view with control characters written out; line feeds stay in what may have lines."""
    return replace(
        view,
        spans=tuple(_span(span) for span in view.spans),
        events=tuple(_event(event) for event in view.events),
        metrics=tuple(
            replace(one, instance=printable(one.instance), trials=_texts(one.trials)) for one in view.metrics
        ),
        notes=tuple(printable(note) for note in view.notes),
        known=view.known and replace(view.known, facts=_texts(view.known.facts, lines=True)),
    )


def safe_in_json(node: Any) -> Any:
    """Return a document without the numbers that JSON does not have: as text, as OTLP writes them."""
    if isinstance(node, dict):
        return {key: safe_in_json(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [safe_in_json(item) for item in node]
    if isinstance(node, float) and not math.isfinite(node):
        return "NaN" if math.isnan(node) else "Infinity" if node > 0 else "-Infinity"
    return node


def _span(span: Span) -> Span:
    return replace(
        span,
        name=printable(span.name),
        status_message=printable(span.status_message),
        attributes=_texts(span.attributes),
        service=printable(span.service),
        instance=printable(span.instance),
    )


def _event(event: Event) -> Event:
    return replace(
        event,
        name=printable(event.name),
        severity_text=printable(event.severity_text),
        body=printable(event.body, lines=True),
        attributes=_texts(event.attributes, lines=True),
        service=printable(event.service),
        instance=printable(event.instance),
    )


def _texts(attributes: Attributes, *, lines: bool = False) -> dict[str, Any]:
    return {
        printable(name): printable(value, lines=lines) if isinstance(value, str) else value
        for name, value in attributes.items()
    }
