"""Where requests that write wait for the database: apart from all others, and not without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request

from app.errors import Unavailable

# Those that read have the framework's threads to themselves: they never wait for who writes. SQLite has one
# writer at a time anyway; on PostgreSQL these are connections besides the readers', out of the same pool.
_THREADS = 4
# Each of them a request that holds some kilobytes; more will not be answered before their clients give up.
_MOST_WAITING = 256

Result = TypeVar("Result")


class Writes:
    """Runs what writes to the database."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_THREADS)

    async def run(self, write: Callable[[], Result]) -> Result:
        """Run it in a thread, once one is free.

        Raises:
            Unavailable: too many wait already.
        """
        if self._limiter.statistics().tasks_waiting >= _MOST_WAITING:
            raise Unavailable(f"{_MOST_WAITING} requests wait to be written already; try again later")
        return await to_thread.run_sync(write, limiter=self._limiter)


async def writes_of(request: Request) -> Writes:
    """Return the application's."""
    writes: Writes = request.app.state.writes
    return writes


Writing = Annotated[Writes, Depends(writes_of)]
