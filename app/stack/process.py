"""One process of the stack: start it, know it again from another process, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

TERMINATE = signal.SIGTERM
"""What asks a process to end, unless it says otherwise."""

_POLL_SECONDS = 0.02
# The kernel ends a killed process as soon as it leaves whatever it waits for on a disk.
_KILL_SECONDS = 10.0


@dataclass(frozen=True)
class Record:
    """A started process, as its run file keeps it.

    The start time tells it from a later process that was given the same pid.
    """

    name: str
    pid: int
    started: float

    def process(self) -> psutil.Process | None:
        """Return the process if it still runs."""
        try:
            process = psutil.Process(self.pid)
            # Seconds since the epoch, derived from ticks since boot: equal but for rounding.
            same = abs(process.create_time() - self.started) < 1
            return process if same and not _is_zombie(process) else None
        except psutil.NoSuchProcess:
            return None


def _is_zombie(process: psutil.Process) -> bool:
    """Whether a process has ended and only waits to be asked how.

    One whose first thread has ended looks like it, while the others may still hold its ports.
    """
    try:
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.ZombieProcess:  # where a zombie's threads cannot be counted
        return True


def exit_code(record: Record) -> int | None:
    """Return how a child of this process ended, None while it runs."""
    try:
        return psutil.Process(record.pid).wait(0)
    except psutil.TimeoutExpired:
        return None
    except psutil.NoSuchProcess:
        return -1  # gone, and somebody else was told how


def read_record(path: Path) -> Record | None:
    """Return the record in a run file, None when there is no such file."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def start(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path, run_file: Path
) -> Record:
    """Start a process that outlives this one, and write its run file.

    The log of the run before is kept beside the new one, as ``NAME.log.1``.

    Raises:
        OSError: it could not be started, or a file not be written.
    """
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))
    # Not subprocess.Popen: that one wants to be kept until the process ends.
    pid = os.posix_spawnp(
        command[0],
        list(command),
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,  # a Ctrl-C in the terminal is not meant for it
    )
    record = Record(name, pid, psutil.Process(pid).create_time())
    # In one step: whoever reads it sees all of it or none.
    partial = run_file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(record)), encoding="utf-8")
    partial.replace(run_file)
    return record


def stop(record: Record, *, stop_signal: signal.Signals, grace_seconds: float) -> bool:
    """Ask a process to end, and kill it and its children when it has not within the grace.

    Returns:
        Whether it had to be killed.
    """
    process = record.process()
    if process is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(stop_signal)
    if _ended(record, grace_seconds):
        return False
    kill(record)
    return True


def kill(record: Record) -> None:
    """Kill a process and its children as ``kill -9`` does, and wait until it has ended."""
    # It leads a session of its own, and so a process group.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(record.pid, signal.SIGKILL)
    _ended(record, _KILL_SECONDS)


def _ended(record: Record, timeout: float) -> bool:
    """Wait until a process has ended; whether it has in time.

    Not psutil's wait: a process whose parent is gone stays a zombie until init looks after it, which in a
    container can be seconds.
    """
    deadline = time.monotonic() + timeout
    while record.process() is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    # A child of ours leaves the process table only when asked how it ended.
    with contextlib.suppress(ChildProcessError):
        os.waitpid(record.pid, os.WNOHANG)
    return True
