"""Telemetry in files: OTLP/JSON Lines, written without a Collector, read by the Job view."""

from telemetry.files.destination import FileDestination
from telemetry.files.encoding import to_json_line
from telemetry.files.idle import IdleMetricExporter
from telemetry.files.rotation import RotatedFile
from telemetry.files.upkeep import DEFAULT_BUDGETS, Budget, kept_files

__all__ = [
    "DEFAULT_BUDGETS",
    "Budget",
    "FileDestination",
    "IdleMetricExporter",
    "RotatedFile",
    "kept_files",
    "to_json_line",
]
