"""A job's progress as server-sent events."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable

import anyio
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool

from app.database.models import Optimization
from app.optimizations.schemas import progress_of
from app.optimizations.service import FINAL_STATES

# A checkpoint is a second of work, so looking more often than this shows nothing new.
_POLL_SECONDS = 0.25
# Proxies close connections that are silent; 30 s is a usual limit.
_HEARTBEAT_SECONDS = 10.0


def event_id(job: Optimization) -> str:
    """Return the id of the event that tells of a job as it is now."""
    return f"{job.attempt}.{job.trials_made}.{job.state}"


async def progress_events(
    job: Optimization, read: Callable[[], Optimization], last_event_id: str | None
) -> AsyncIterator[bytes]:
    """Yield an event of the job as it is, and one at each change, until it has ended.

    Each tells the whole progress, so a client that lost some has lost nothing, and one that comes back with
    the id of the last it got is told from there on; an id we never gave does no harm.

    Args:
        job: the job as it is now.
        read: reads it again.
        last_event_id: id of the last event that the client got.

    Yields:
        Events and comments in the form of the HTML standard's event streams.
    """
    told, spoke = last_event_id, time.monotonic()
    while True:
        silent = time.monotonic() - spoke >= _HEARTBEAT_SECONDS
        if event_id(job) != told or silent:
            yield b": still here\n\n" if event_id(job) == told else _event(job)
            told, spoke = event_id(job), time.monotonic()
        if job.state in FINAL_STATES:
            return
        await anyio.sleep(_POLL_SECONDS)
        try:
            job = await run_in_threadpool(read)
        except OperationalError:
            # The job goes on without us; so does who watches it, once the database is back.
            yield b": the database does not answer\n\n"


def _event(job: Optimization) -> bytes:
    data = {
        "id": job.id,
        "state": job.state,
        "attempt": job.attempt,
        "progress": progress_of(job),
        "trials": job.trials,
        "trials_completed": job.trials_completed,
        "trials_failed": job.trials_failed,
        "trials_infeasible": job.trials_infeasible,
        "best_value": job.best_value,
        "best_trial": job.best_trial,
    }
    return f"id: {event_id(job)}\nevent: progress\ndata: {json.dumps(data)}\n\n".encode()
