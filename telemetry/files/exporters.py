"""Exporters that write OTLP/JSON Lines: the OTLP file exporter's format, one request per line.

opentelemetry-exporter-otlp-json-file cannot be installed beside this SDK release yet (it pins the one
before), and does not rotate; these few lines take its place until it does both.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry.files.encoding import to_json_line
from telemetry.files.rotation import RotatedFile


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
