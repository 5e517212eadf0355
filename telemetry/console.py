"""Log records as lines for people, beside their export."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord

_COLOURS = {"INFO": "\x1b[32m", "WARN": "\x1b[33m", "ERROR": "\x1b[31m"}


class ConsoleProcessor(LogRecordProcessor):
    """Prints each log record as one line: time, level, event name, sentence."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colour = stream.isatty()

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Print a record; a closed stream is no reason to fail the work it tells about."""
        record = log_record.log_record
        nanoseconds = record.timestamp or record.observed_timestamp or 0
        time = datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]
        level = record.severity_text or ""
        if self._colour:
            level = f"{_COLOURS.get(level, '')}{level:<5}\x1b[0m"
        job = f" [{record.trace_id:032x}]" if record.trace_id else ""
        with suppress(OSError, ValueError):
            print(
                f"{time} {level:<5} {record.event_name or '-'}{job} {record.body!s}",
                file=self._stream,
                flush=True,
            )

    def shutdown(self) -> None:
        """Do nothing: the stream is not ours."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
        """Return True: every line is flushed as it is printed."""
        return True
