"""What the service needs of a durable queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy import Connection

# The queue's name, and the destination in messaging spans.
OPTIMIZATIONS = "optimizations"


@dataclass(frozen=True)
class Place:
    """What the queue has of a job.

    Attributes:
        state: ``queued``; ``taken`` by a worker; ``ended``, so that no worker gets it; ``missing``.
        slot: of the worker that took it.
    """

    state: Literal["queued", "taken", "ended", "missing"]
    slot: str | None = None


class JobQueue(Protocol):
    """Puts jobs into the queue, from any process."""

    def enqueue(self, connection: Connection, job_id: str) -> None:
        """Queue a job in the caller's transaction: it is queued if and when that commits."""

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue; one that runs stops by itself at its next checkpoint."""

    def requeue(self, job_id: str, seen: Place | None = None) -> bool:
        """Queue a job again; with ``seen``, only if that is still its place. Return whether it was done."""

    def places(self, job_ids: Sequence[str]) -> Mapping[str, Place]:
        """Return what the queue has of each of these jobs."""

    def close(self) -> None:
        """Release connections."""


class JobWorker(Protocol):
    """Runs jobs of the queue in this process, one at a time."""

    def start(self, handle: Callable[[str], None]) -> None:
        """Begin to call ``handle`` with the id of each job, in a thread of the queue's own."""

    def in_hand(self) -> str | None:
        """Return the job that ``handle`` was called with and has not returned from."""

    def stop(self) -> None:
        """Take no more jobs; wait for the running one to reach its next checkpoint."""
