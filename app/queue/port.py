"""What the service needs of a durable queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection

# The queue's name, and the destination in messaging spans.
OPTIMIZATIONS = "optimizations"


class JobQueue(Protocol):
    """Puts jobs into the queue, from any process."""

    def enqueue(self, connection: Connection, job_id: str) -> None:
        """Queue a job in the caller's transaction: it is queued if and when that commits."""

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue; one that runs stops by itself at its next checkpoint."""

    def requeue(self, job_id: str) -> None:
        """Queue a job again whose worker is gone."""

    def close(self) -> None:
        """Release connections."""


class JobWorker(Protocol):
    """Runs jobs of the queue in this process, one at a time."""

    def start(self, handle: Callable[[str], None]) -> None:
        """Begin to call ``handle`` with the id of each job, in a thread of the queue's own."""

    def stop(self) -> None:
        """Take no more jobs; wait for the running one to reach its next checkpoint."""
