"""Files of lines that a process appends to, each cut when it is full or old."""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

MAX_FILE_BYTES = 4 * 2**20
# An idle process's file is closed as well at some time, to be compressed, and removed when it is old.
MAX_FILE_SECONDS = 3600.0
SUFFIX = ".jsonl"
SEALED_SUFFIX = ".jsonl.gz"


class RotatedFile:
    """Appends lines to ``<directory>/<name>-<pid>-<milliseconds>.jsonl``, and to another when that is full.

    A file never gets another name while it is written, so a reader cannot take one for another. The process
    holds a shared lock (flock) on the file it appends to: whoever gets an exclusive one knows that nobody
    will any more. The process id is looked up at each write, so that a forked child writes its own file.

    Args:
        directory: where the files are; made when it is not there.
        name: begins their names: signal and service.
        max_bytes: a file is full that has so many.
        max_seconds: a file is old after so long.
        on_rotation: called when a file will not be written any more.

    Raises:
        OSError: the directory cannot be made.
    """

    def __init__(
        self,
        directory: Path,
        name: str,
        *,
        max_bytes: int = MAX_FILE_BYTES,
        max_seconds: float = MAX_FILE_SECONDS,
        on_rotation: Callable[[], None] = lambda: None,
    ) -> None:
        self._directory = directory
        self._name = name
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds
        self._on_rotation = on_rotation
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._close: Callable[[], object] = lambda: None
        self._pid = 0
        self._opened = 0.0
        directory.mkdir(parents=True, exist_ok=True)

    def write(self, line: bytes) -> None:
        """Append a line in one system call, so that a killed process leaves at most its last one torn.

        Raises:
            OSError: it cannot be written.
        """
        data = line + b"\n"
        with self._lock:
            descriptor = self._open()
            written = os.write(descriptor, data)
            size = os.fstat(descriptor).st_size
            if written < len(data):
                # A disk that fills takes the begin of the line; the next line must not go on from there.
                os.ftruncate(descriptor, size - written)
                raise OSError(f"only {written} of {len(data)} bytes could be written in {self._directory}")
            rotated = size >= self._max_bytes and self._rotate()
        if rotated:
            self._on_rotation()

    def rotate_when_old(self) -> None:
        """Write to another file from now on when this one is old."""
        with self._lock:
            rotated = time.monotonic() - self._opened >= self._max_seconds and self._rotate()
        if rotated:
            self._on_rotation()

    def _rotate(self) -> bool:
        """Close the file; return whether one was open."""
        was_open = self._descriptor is not None
        self._descriptor = None
        self._close()
        return was_open

    def _open(self) -> int:
        """Return the descriptor of the file to append to, a new one's when there is none of this process."""
        if self._descriptor is not None and (self._pid != os.getpid() or _is_removed(self._descriptor)):
            self._rotate()
        while self._descriptor is None:
            self._pid, self._opened = os.getpid(), time.monotonic()
            descriptor = self._create()
            self._close = weakref.finalize(self, os.close, descriptor)
            # The process's end closes it; telemetry of the last moments is still to be written.
            self._close.atexit = False
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            # Who came between saw an empty file that nobody writes.
            if _is_removed(descriptor):
                self._close()
            else:
                self._descriptor = descriptor
        return self._descriptor

    def _create(self) -> int:
        milliseconds = time.time_ns() // 10**6
        while True:
            path = self._directory / f"{self._name}-{self._pid}-{milliseconds}{SUFFIX}"
            milliseconds += 1
            # In containers, an earlier process may have had the same pid, and clocks are set back.
            if path.with_suffix(SEALED_SUFFIX).exists():
                continue
            try:
                return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            except FileExistsError:
                continue
            except OSError as error:
                # Of the directory: the same trouble is told once, and each try has another name.
                raise OSError(error.errno, error.strerror, str(self._directory)) from None


def _is_removed(descriptor: int) -> bool:
    return os.fstat(descriptor).st_nlink == 0
