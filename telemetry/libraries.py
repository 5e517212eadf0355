"""Libraries' log records, from the standard logging, as ours: whatever a call is given, nothing is raised."""

from __future__ import annotations

import copy
import logging

from opentelemetry.instrumentation.logging.handler import LoggingHandler

from telemetry.events import exception_attributes
from telemetry.exporters.cleaning import clean_attributes, text_of
from telemetry.exporters.telling import tell

# What every record has; the rest is what the call was given as ``extra``.
_OF_EVERY_RECORD = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class LibraryLogs(LoggingHandler):
    """Makes log records of ours out of the standard logging's.

    The SDK's own handler raises out of the logging call when a message does not fit its arguments, or when
    ``extra`` holds what it cannot take: a wrong log call in a library would end the program.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Emit a record; one that was wrongly made arrives as far as it can be told."""
        try:
            super().emit(_tellable(record))
        except Exception as error:  # noqa: BLE001 - no concern of the one who logs
            tell("log record", f"a log record of {text_of(record.name)} is lost: {text_of(error)}")

    def flush(self) -> None:
        """Do nothing: what is queued is flushed with all other telemetry."""


def _tellable(record: logging.LogRecord) -> logging.LogRecord:
    """Return a copy whose message is formatted, and whose other parts OTLP can hold."""
    tellable = copy.copy(record)
    try:
        tellable.msg = record.getMessage()
    except Exception as error:  # noqa: BLE001 - an argument can be any object
        why = f"not formatted: {type(error).__name__}: {text_of(error)}"
        tellable.msg = f"{text_of(record.msg)} {text_of(record.args)} ({why})"
    tellable.args = None
    extra = {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
    vars(tellable).update(clean_attributes(extra))
    if record.exc_info and record.exc_info[1] is not None:
        vars(tellable).update(exception_attributes(record.exc_info[1]))
        tellable.exc_info = None
    return tellable
