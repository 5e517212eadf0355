"""OTLP as protobuf, by the official encoders."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan


class Protobuf:
    """The form in which OTLP goes over a network."""

    def spans(self, spans: Sequence[ReadableSpan]) -> bytes:
        """Return spans as an ``ExportTraceServiceRequest``."""
        return encode_spans(spans).SerializeToString()

    def logs(self, records: Sequence[ReadableLogRecord]) -> bytes:
        """Return log records as an ``ExportLogsServiceRequest``."""
        return encode_logs(records).SerializeToString()

    def metrics(self, data: MetricsData) -> bytes:
        """Return metrics as an ``ExportMetricsServiceRequest``."""
        return encode_metrics(data).SerializeToString()
