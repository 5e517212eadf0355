"""Telemetry in files: OTLP/JSON Lines, written without a Collector, read by the Job view."""

from telemetry.files.destination import FileDestination
from telemetry.files.encoding import to_json_line
from telemetry.files.rotation import RotatedFile

__all__ = ["FileDestination", "RotatedFile", "to_json_line"]
