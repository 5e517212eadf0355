"""Telemetry in files: OTLP/JSON Lines, written without a Collector, read by the Job view."""

from telemetry.files.encoding import to_json_line
from telemetry.files.exporters import FileLogExporter, FileMetricExporter, FileSpanExporter
from telemetry.files.rotation import RotatedFile

__all__ = ["FileLogExporter", "FileMetricExporter", "FileSpanExporter", "RotatedFile", "to_json_line"]
