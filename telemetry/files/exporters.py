"""Exporters that write OTLP/JSON Lines: the OTLP file exporter's format, one request per line.

opentelemetry-exporter-otlp-json-file cannot be installed beside this SDK release yet (it pins the one
before), and does not rotate; these few lines take its place until it does both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry.exporters.cleaning import text_of
from telemetry.exporters.encoding import Encoded, encoded_logs, encoded_metrics, encoded_spans
from telemetry.exporters.telling import tell
from telemetry.files.encoding import to_json_line
from telemetry.files.rotation import RotatedFile


def _line(request: Any) -> bytes:
    return to_json_line(request).encode()


def _write(file: RotatedFile, encoded: Encoded) -> bool:
    """Write one request; tell of what could not be written, or not be encoded."""
    if encoded.error:
        tell("encoding", f"{encoded.lost} items of telemetry cannot be encoded: {text_of(encoded.error)}")
    try:
        file.write(encoded.data.decode())
    except OSError as error:
        tell("files", f"telemetry cannot be written: {error}")
        return False
    return True


class FileSpanExporter(SpanExporter):
    """Writes spans."""

    def __init__(self, file: RotatedFile) -> None:
        self._file = file

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write one batch."""
        written = _write(self._file, encoded_spans(spans, _line))
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
        written = _write(self._file, encoded_logs(batch, _line))
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
        written = _write(self._file, encoded_metrics(metrics_data, _line))
        return MetricExportResult.SUCCESS if written else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002
        """Return True: every export is written when it returns."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        """Do nothing: no file is held open."""
