"""Worker slots: each held by one living process at a time, and taken over when that is gone.

A slot is a worker's executor id in the queue engine, which must outlive the process (a restarted worker
resumes its slot's jobs) and must never be held by two.
"""

from __future__ import annotations

import fcntl
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, Engine, text

from app.errors import Unavailable

_MAX_SLOTS = 256
# Keeps our advisory locks apart from those of others on the same server ("jobs" in ASCII).
_LOCK_SPACE = 0x6A6F6273


class SlotLost(Exception):
    """Another process has taken the slot."""


@dataclass(frozen=True)
class Slot:
    """A slot that is held.

    Attributes:
        name: such as ``worker-0``.
        keep: makes sure that it is held still, and takes it again where a lost connection gave it up. Raises
            :class:`SlotLost`, or ``OperationalError`` while the database does not answer.
    """

    name: str
    keep: Callable[[], None]


@contextmanager
def hold_slot(engine: Engine, directory: Path) -> Iterator[Slot]:
    """Hold the first free slot, ``worker-0`` and so on, until the block or the process ends.

    Args:
        engine: PostgreSQL locks the slot among all machines; SQLite has one machine, and a lock file.
        directory: where the lock files are.

    Raises:
        Unavailable: all slots are held.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            name = _lock_in_database(connection)
            yield Slot(name, partial(_keep, connection, name))
    else:
        directory.mkdir(parents=True, exist_ok=True)
        name, file = _lock_file(directory)
        with file:
            yield Slot(name, lambda: None)  # a file's lock is lost with the process only


def _lock_in_database(connection: Connection) -> str:
    for slot in _slots():
        if _lock(connection, slot):
            return slot
    raise Unavailable(f"all {_MAX_SLOTS} worker slots are held")


def _keep(connection: Connection, slot: str) -> None:
    # Of what went wrong the last time nothing is left; a connection that broke is made anew.
    connection.rollback()
    # Who has it gets it again.
    if not _lock(connection, slot):
        raise SlotLost(slot)


def _lock(connection: Connection, slot: str) -> bool:
    # A session's lock: the server drops it with the connection, however the process ends.
    held: bool = connection.execute(
        text("SELECT pg_try_advisory_lock(:space, :slot)"),
        {"space": _LOCK_SPACE, "slot": zlib.crc32(slot.encode()) >> 1},
    ).scalar_one()
    connection.commit()
    return held


def _lock_file(directory: Path) -> tuple[str, TextIO]:
    for slot in _slots():
        file = (directory / f"{slot}.lock").open("w", encoding="utf-8")
        try:
            # The kernel drops it with the process, however that ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            return slot, file
    raise Unavailable(f"all {_MAX_SLOTS} worker slots are held")


def _slots() -> Iterator[str]:
    return (f"worker-{number}" for number in range(_MAX_SLOTS))
