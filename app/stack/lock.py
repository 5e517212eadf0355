"""One process at a time starts or stops a stack's programs."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Conflict, Unavailable
from app.stack.layout import Layout


@contextmanager
def held(layout: Layout) -> Iterator[None]:
    """Make the stack's directories, and keep other processes from changing what runs until the block ends.

    Raises:
        Unavailable: the data directory cannot be written.
        Conflict: another process is at it.
    """
    try:
        for name in ("run", "logs", "prometheus"):
            layout.directory_of(name).mkdir(parents=True, exist_ok=True)
        lock = (layout.directory / "lock").open("w", encoding="utf-8")
    except OSError as error:
        raise Unavailable(
            f"data directory {layout.data_dir} cannot be written: {error.strerror}; "
            "set JOBSCOPE_DATA_DIR to one that can"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"another process is starting or stopping the stack in {layout.directory}"
            ) from None
        yield
