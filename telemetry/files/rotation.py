"""Files of lines that are cut when they are full, the oldest removed when all together are too large."""

from __future__ import annotations

import os
import threading
from itertools import count
from pathlib import Path

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
