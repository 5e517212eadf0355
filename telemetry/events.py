"""Structured events: log records with a stable name from the contract.

An event carries the current span's trace and span id, what :func:`bind` put into the context, and a
``log.record.uid`` by which readers drop what at-least-once delivery brought twice.
"""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from opentelemetry import context
from opentelemetry._logs import SeverityNumber, get_logger
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.util.types import AttributeValue

from telemetry.clock import now_ns
from telemetry.contract.names import Attr
from telemetry.exporters.cleaning import clean_attributes, clean_value, text_of
from telemetry.exporters.telling import tell

_BOUND = context.create_key("bound-log-attributes")


class Severity(Enum):
    """How much an event matters. ERROR is for what someone must act on."""

    INFO = SeverityNumber.INFO
    WARN = SeverityNumber.WARN
    ERROR = SeverityNumber.ERROR


def emit(
    event_name: str,
    body: str,
    *,
    severity: Severity = Severity.INFO,
    attributes: Mapping[str, AttributeValue] | None = None,
    exception: BaseException | None = None,
) -> None:
    """Emit an event in the current context.

    Args:
        event_name: one of :class:`telemetry.contract.names.Event`.
        body: a sentence for people.
        severity: how much it matters.
        attributes: facts for machines, by names of the contract.
        exception: adds ``exception.type``, ``exception.message`` and ``exception.stacktrace``.
    """
    # To tell of work must not end it, whatever it is told with.
    try:
        about = exception_attributes(exception) if exception else {}
        try:
            _emit(event_name, body, severity, {**about, **(attributes or {})})
        except Exception:  # noqa: BLE001 - once more, with what cannot be told as text
            _emit(text_of(event_name), text_of(body), severity, about | clean_attributes(attributes))
    except Exception as error:  # noqa: BLE001
        tell("event", f"an event {text_of(event_name)} is lost: {text_of(error)}")


def _emit(event_name: str, body: str, severity: Severity, attributes: Mapping[str, AttributeValue]) -> None:
    get_logger("jobscope").emit(
        event_name=event_name,
        body=body,
        severity_number=severity.value,
        severity_text=severity.name,
        attributes=attributes,
    )


def exception_attributes(error: BaseException) -> dict[str, str]:
    """Return an exception as attributes of a log record, as the semantic conventions have it."""
    kind = type(error)
    return {
        Attr.EXCEPTION_TYPE: kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}",
        Attr.EXCEPTION_MESSAGE: text_of(error),
        Attr.EXCEPTION_STACKTRACE: "".join(traceback.format_exception(error)),
    }


@contextmanager
def bind(attributes: Mapping[str, AttributeValue]) -> Iterator[None]:
    """Add attributes to every log record of the block, those of libraries included."""
    token = context.attach(bound_context(attributes))
    try:
        yield
    finally:
        context.detach(token)


def bound_context(
    attributes: Mapping[str, AttributeValue], base: context.Context | None = None
) -> context.Context:
    """Return a context, the current one by default, with attributes for log records; attach it yourself."""
    bound = context.get_value(_BOUND, base)
    return context.set_value(_BOUND, {**(bound if isinstance(bound, dict) else {}), **attributes}, base)


class IdentifyingProcessor(LogRecordProcessor):
    """Gives every log record its unique id, a time, and the attributes bound in its context.

    Must come before the exporting processor: processors run in the order they were added.
    """

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Add the attributes; those given with the record win over bound ones."""
        record = log_record.log_record
        if not record.timestamp:
            record.timestamp = now_ns(record.context)
        attributes = record.attributes
        if attributes is None:  # the SDK always makes a mutable mapping of it
            return
        bound = context.get_value(_BOUND, record.context)
        for name, value in (bound if isinstance(bound, dict) else {}).items():
            if name not in attributes:
                attributes[name] = clean_value(value)  # type: ignore[index]
        attributes[Attr.LOG_RECORD_UID] = secrets.token_hex(8)  # type: ignore[index]

    def shutdown(self) -> None:
        """Do nothing: there is nothing to release."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
        """Return True: nothing is kept back."""
        return True
