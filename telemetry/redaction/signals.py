"""Log records and spans redacted, whoever made them: an exception's message may have anything in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from telemetry.redaction.text import may_have_secret, told

# A stack trace of a hundred frames; of the usual text, all.
_LONGEST_TEXT = 16_384


class RedactingProcessor(LogRecordProcessor):
    """Redacts and bounds each log record's body and attributes, in the record itself.

    Must come before the processors that print and export: processors run in the order they were added.
    """

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Redact a record."""
        record = log_record.log_record
        record.body = _redacted(record.body)
        attributes: Any = record.attributes
        for name, value in _redacted_only(attributes or {}).items():
            attributes[name] = value

    def shutdown(self) -> None:
        """Do nothing: there is nothing to release."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
        """Return True: nothing is kept back."""
        return True


class RedactingSpanExporter(SpanExporter):
    """Hands spans on redacted and bounded: attributes, events, and what went wrong.

    An exporter and no processor: spans are not to be changed any more when processors see them, and here it
    costs the thread that made the span nothing.

    Args:
        exporter: gets the spans.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export spans."""
        return self._exporter.export([_redacted_span(span) for span in spans])

    def shutdown(self) -> None:
        """Shut the exporter down."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Flush the exporter."""
        return self._exporter.force_flush(timeout_millis)


def _redacted_span(span: ReadableSpan) -> ReadableSpan:
    # Of nearly every span this is all: one look at its texts together costs a tenth of one at each.
    if not span.events and span.status.description is None and not _any_may_change(span.attributes or {}):
        return span
    attributes = _redacted_only(span.attributes or {})
    events = [_redacted_only(event.attributes or {}) for event in span.events]
    description = span.status.description
    if not attributes and not any(events) and not _may_change(description):
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={**(span.attributes or {}), **attributes},
        events=[
            Event(event.name, {**(event.attributes or {}), **changed}, event.timestamp)
            for event, changed in zip(span.events, events, strict=True)
        ],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code, _redacted(description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _any_may_change(attributes: Mapping[str, Any]) -> bool:
    texts = []
    for value in attributes.values():
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Mapping | Sequence):
            return True
    return _may_change("\n".join(texts))


def _redacted_only(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return those attributes, redacted, that may have had a secret in them or were too long."""
    return {name: _redacted(value) for name, value in attributes.items() if _may_change(value)}


def _may_change(value: object) -> bool:
    if isinstance(value, str):
        return len(value) > _LONGEST_TEXT or may_have_secret(value)
    return isinstance(value, Mapping | Sequence) and not isinstance(value, bytes)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return told(value, _LONGEST_TEXT)
    if isinstance(value, Mapping):
        return {name: _redacted(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_redacted(item) for item in value]
    return value
