"""Files as where telemetry goes: OTLP/JSON Lines, the OTLP file exporter's format, one request per line.

opentelemetry-exporter-otlp-json-file cannot be installed beside this SDK release yet (it pins the one
before), and does not rotate; these few lines take its place until it does both.
"""

from __future__ import annotations

from telemetry.exporters.outcome import Form, Outcome, Verdict
from telemetry.files.otlpjson import OtlpJson
from telemetry.files.rotation import RotatedFile


class FileDestination:
    """Writes a signal's requests to its file."""

    component = "otlp_file"

    def __init__(self, file: RotatedFile) -> None:
        self._file = file
        self.form: Form = OtlpJson()
        self.attributes: dict[str, str | int] = {}

    def send(self, data: bytes, timeout_seconds: float) -> Outcome:  # noqa: ARG002
        """Write one request."""
        try:
            self._file.write(data)
        except OSError as error:
            where = f" in {error.filename}" if error.filename else ""
            # A line that was written in part: the disk or a limit is full.
            reason = f"telemetry cannot be written{where}: {error.strerror or 'no room is left'}"
            return Outcome(Verdict.RETRY, reason, type(error).__name__)
        return Outcome(Verdict.ACCEPTED)

    def close(self) -> None:
        """Do nothing: the file is closed with the process, until when it may still be written."""
