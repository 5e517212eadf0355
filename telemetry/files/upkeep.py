"""Keeps a directory of telemetry files within its budgets: full files are compressed, the oldest go."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from telemetry.exporters.telling import tell
from telemetry.files.index import Index
from telemetry.files.rotation import MAX_FILE_BYTES, SEALED_SUFFIX, SUFFIX, RotatedFile
from telemetry.files.sealing import PART_SUFFIX, seal

LOCK_NAME = "upkeep.lock"
# A command that is done sooner leaves it to those that run for long.
_FIRST_SECONDS = 20.0
_INTERVAL_SECONDS = 600.0
# One by one, the index of ten thousand small files would take as long as all else about them.
_INDEXED_AT_ONCE = 100
_MB = 10**6
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class Budget:
    """How much of a signal is kept: what is over either limit goes, the oldest first."""

    max_bytes: int
    max_seconds: float


DEFAULT_BUDGETS: Mapping[str, Budget] = {
    "traces": Budget(256 * _MB, 30 * _DAY),
    "logs": Budget(256 * _MB, 30 * _DAY),
    "metrics": Budget(128 * _MB, 30 * _DAY),
}


def kept_files(
    directory: Path, service_name: str, budgets: Mapping[str, Budget] = DEFAULT_BUDGETS
) -> dict[str, RotatedFile]:
    """Return a file for each signal of a process, kept within the budgets for as long as the process lives.

    Raises:
        OSError: the directory cannot be made.
    """
    upkeep = Upkeep(directory, budgets)
    files = {
        signal: RotatedFile(directory, f"{signal}-{service_name}", on_rotation=upkeep.want)
        for signal in budgets
    }
    upkeep.start(list(files.values()))
    return files


class Upkeep:
    """Compresses and removes files, of all processes of the directory, one of them at a time.

    Args:
        directory: where the files are.
        budgets: what is kept of each signal.
        now: the time by which files are old, in seconds since 1970.
    """

    def __init__(
        self, directory: Path, budgets: Mapping[str, Budget], now: Callable[[], float] = time.time
    ) -> None:
        self._directory = directory
        self._budgets = budgets
        self._now = now
        self._index = Index(directory)
        self._wanted = threading.Event()

    def want(self) -> None:
        """Have the next round come soon: a file was rotated."""
        self._wanted.set()

    def start(self, files: list[RotatedFile]) -> None:
        """Make rounds from now on, in a thread that does not outlive the process.

        Args:
            files: those of this process, which are rotated when they are old.
        """
        threading.Thread(target=self._go_on, args=(files,), name="telemetry-upkeep", daemon=True).start()

    def _go_on(self, files: list[RotatedFile]) -> None:
        self._wanted.wait(_FIRST_SECONDS)
        while True:
            self._wanted.clear()
            try:
                for file in files:
                    file.rotate_when_old()
                self.run()
            except OSError as error:
                tell("upkeep", f"telemetry files cannot be kept within their budgets: {error}")
            self._wanted.wait(_INTERVAL_SECONDS)

    def run(self) -> None:
        """Make a round: compress what nobody writes any more, and remove what is over the budgets.

        Raises:
            OSError: a file cannot be compressed or removed.
        """
        with self._alone():
            for part in self._directory.glob(f"*{SEALED_SUFFIX}{PART_SUFFIX}"):
                part.unlink(missing_ok=True)  # of a process that was killed
            failure: OSError | None = None
            for signal, budget in self._budgets.items():
                written: set[Path] = set()
                indexed: dict[str, tuple[os.stat_result, bytes]] = {}
                for path in self._files(signal, SUFFIX):
                    try:
                        if not seal(path, indexed):
                            written.add(path)
                        if len(indexed) >= _INDEXED_AT_ONCE:
                            self._index.store(indexed)
                            indexed.clear()
                    except FileNotFoundError:
                        continue
                    except OSError as error:  # a full disk: removing what is old is all the more wanted
                        failure = error
                self._index.store(indexed)
                self._prune(signal, budget, written)
            self._index.forget_all_but(path.name for path in self._directory.glob(f"*{SEALED_SUFFIX}"))
        if failure:
            raise failure

    def _prune(self, signal: str, budget: Budget, written: set[Path]) -> None:
        """Remove a signal's oldest files; those that are being written count as if they were full."""
        sizes = sum(status.st_size for path in written if (status := _status(path)))
        room = budget.max_bytes - max(sizes, min(len(written) * MAX_FILE_BYTES, budget.max_bytes // 4))
        oldest = self._now() - budget.max_seconds
        files = [
            (status.st_mtime, status.st_size, path)
            for suffix in (SUFFIX, SEALED_SUFFIX)
            for path in self._files(signal, suffix)
            if path not in written and (status := _status(path))
        ]
        over = False
        for mtime, size, path in sorted(files, reverse=True):
            room -= size
            # What is older than a removed one goes as well: what is kept has no holes.
            over = over or room < 0 or mtime < oldest
            if over:
                _remove(path)

    def _files(self, signal: str, suffix: str) -> list[Path]:
        return sorted(path for path in self._directory.glob(f"{signal}-*{suffix}") if path.is_file())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from doing the same until the block ends."""
        descriptor = os.open(self._directory / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    """Remove a file, unless a process has begun to write it since."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except (FileNotFoundError, BlockingIOError):
        pass
