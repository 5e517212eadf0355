"""Exporters that write OTLP/JSON Lines: the OTLP file exporter's format, one request per line.

opentelemetry-exporter-otlp-json-file cannot be installed beside this SDK release yet (it pins the one
before), and does not rotate; these few lines take its place until it does both.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_ID_KEYS = {"traceId", "spanId", "parentSpanId"}
# One file of a signal is at most this large, and all telemetry files together at most that.
MAX_FILE_BYTES = 32 * 2**20
MAX_TOTAL_BYTES = 512 * 2**20


class RotatedFile:
    """Appends lines to ``<directory>/<name>-<pid>.jsonl``; a full file becomes ``….1.jsonl``, and so on.

    The process id is in the name, looked up at each write, so that a forked child writes its own file.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        *,
        max_file_bytes: int = MAX_FILE_BYTES,
        max_total_bytes: int = MAX_TOTAL_BYTES,
    ) -> None:
        self._directory = directory
        self._name = name
        self._max_file_bytes = max_file_bytes
        self._max_total_bytes = max_total_bytes
        self._lock = threading.Lock()
        directory.mkdir(parents=True, exist_ok=True)
        self._prune()

    def write(self, line: str) -> None:
        """Append a line in one system call, so that a killed process leaves at most its last one torn.

        Raises:
            OSError: it cannot be written.
        """
        data = line.encode() + b"\n"
        with self._lock:
            path = self._directory / f"{self._name}-{os.getpid()}.jsonl"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                written = os.write(descriptor, data)
                size = os.fstat(descriptor).st_size
                if written < len(data):
                    # A disk that fills takes the begin of the line; the next line must not go on from there.
                    os.ftruncate(descriptor, size - written)
                    raise OSError(f"only {written} of {len(data)} bytes could be written to {path}")
            finally:
                os.close(descriptor)
            if size >= self._max_file_bytes:
                path.rename(self._free_name(path))
                self._prune()

    @staticmethod
    def _free_name(path: Path) -> Path:
        """Return a name for a full file; a process before may have had the same pid, as in containers."""
        names = (path.with_suffix(f".{number}.jsonl") for number in count(1))
        return next(name for name in names if not name.exists())

    def _prune(self) -> None:
        """Remove the oldest files of the directory until all together are within the limit."""
        files = sorted(self._directory.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > self._max_total_bytes:
                path.unlink(missing_ok=True)


def to_json_line(message: Any) -> str:
    """Return a protobuf Export*ServiceRequest as one line of OTLP/JSON.

    protobuf's own JSON differs from OTLP's in two ways: OTLP writes ids in hex and enums as integers.
    """
    request = MessageToDict(message, use_integers_for_enums=True)
    _hex_ids(request)
    return json.dumps(request, separators=(",", ":"), ensure_ascii=False)


def _hex_ids(node: Any) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _ID_KEYS:
                node[key] = base64.b64decode(value).hex()
            else:
                _hex_ids(value)
    elif isinstance(node, list):
        for item in node:
            _hex_ids(item)


def _write(file: RotatedFile, encode: Callable[[], Any]) -> bool:
    """Write one request; tell on stderr, once, when it cannot be written."""
    try:
        file.write(to_json_line(encode()))
    except OSError as error:
        _warn_once(error)
        return False
    return True


_warned = threading.Event()


def _warn_once(error: OSError) -> None:
    # Not through logging: that would come back here as another record to write.
    if not _warned.is_set():
        _warned.set()
        os.write(2, f"jobscope: telemetry cannot be written: {error}\n".encode())


class FileSpanExporter(SpanExporter):
    """Writes spans."""

    def __init__(self, file: RotatedFile) -> None:
        self._file = file

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write one batch."""
        written = _write(self._file, lambda: encode_spans(spans))
        return SpanExportResult.SUCCESS if written else SpanExportResult.FAILURE

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
        """Return True: every export is written when it returns."""
        return True


class FileLogExporter(LogRecordExporter):
    """Writes log records."""

    def __init__(self, file: RotatedFile) -> None:
        self._file = file

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        """Write one batch."""
        written = _write(self._file, lambda: encode_logs(batch))
        return LogRecordExportResult.SUCCESS if written else LogRecordExportResult.FAILURE

    def shutdown(self) -> None:
        """Do nothing: no file is held open."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
        """Return True: every export is written when it returns."""
        return True


class FileMetricExporter(MetricExporter):
    """Writes metrics."""

    def __init__(self, file: RotatedFile) -> None:
        super().__init__()
        self._file = file

    def export(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> MetricExportResult:
        """Write one collection."""
        written = _write(self._file, lambda: encode_metrics(metrics_data))
        return MetricExportResult.SUCCESS if written else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002
        """Return True: every export is written when it returns."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Do nothing: no file is held open."""
