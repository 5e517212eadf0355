"""Log records as lines for people, beside their export."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord

from telemetry.exporters.cleaning import text_of
from telemetry.terminal import printable

_COLOURS = {"INFO": "\x1b[32m", "WARN": "\x1b[33m", "ERROR": "\x1b[31m"}


class ConsoleProcessor(LogRecordProcessor):
    """Prints each log record as one line: time, level, event name, sentence."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colour = stream.isatty()

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Print a record; a closed stream is no reason to fail the work it tells about."""
        record = log_record.log_record
        time = _shown_time(record.timestamp or record.observed_timestamp or 0)
        level = record.severity_text or ""
        if self._colour:
            level = f"{_COLOURS.get(level, '')}{level:<5}\x1b[0m"
        job = f" [{record.trace_id:032x}]" if record.trace_id else ""
        line = f"{time} {level:<5} {_shown(record.event_name or '-')}{job} {_shown(record.body)}"
        with suppress(OSError, ValueError):
            print(line, file=self._stream, flush=True)

    def shutdown(self) -> None:
        """Do nothing: the stream is not ours."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
        """Return True: every line is flushed as it is printed."""
        return True


def _shown_time(nanoseconds: int) -> str:
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
    except (OverflowError, OSError, ValueError):  # no time that a calendar has
        return "??:??:??.???"


def _shown(value: object) -> str:
    return printable(text_of(value))
