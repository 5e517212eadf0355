"""A disk that is full, for one process: no file of its can grow any more.

By the limit on the size of files, which Linux lets one change of a running process: a real full file system
needs root and a mount, which CI does not have. What differs: SQLite hears that the file would be too large
(EFBIG), not that the disk is full (ENOSPC).
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_disk(pid: int) -> Iterator[None]:
    """Have a process unable to write any file, until the block ends."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
