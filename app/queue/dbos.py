"""The queue on DBOS: durable on SQLite with no server, and on PostgreSQL for many workers.

DBOS holds the queue and hands each job to one worker; what a job has done so far is in our own
checkpoints, so a job is one workflow without steps. See docs/adr/0003-dbos-behind-a-port.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Literal

from dbos import DBOS, DBOSClient, EnqueueOptions
from sqlalchemy import Connection, Engine

from app.database.engine import UNREACHABLE
from app.queue.port import OPTIMIZATIONS, Place

_WORKFLOW = "optimize"
# Jobs of another protocol version wait for a worker of theirs. DBOS' default is a hash of the source:
# every change of code would strand the jobs that were running.
_PROTOCOL_VERSION = "1"
# How long a queued job waits for an idle worker at most; DBOS' default is 1 s.
_POLL_SECONDS = 0.2
# Between tries while the database does not answer: from, and to.
_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 1.0, 30.0

_log = logging.getLogger(__name__)


_PLACES: dict[str, Literal["queued", "taken"]] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "taken",
}


class Interrupted(Exception):
    """A job stopped at a checkpoint because its worker is to stop; it goes on elsewhere."""


def _client(engine: Engine) -> DBOSClient:
    # By itself it would wait for a lost connection without end: our callers have users who wait.
    return DBOSClient(system_database_engine=engine, retry_connection_errors=False)


def _options(job_id: str) -> EnqueueOptions:
    return {
        "queue_name": OPTIMIZATIONS,
        "workflow_name": _WORKFLOW,
        "workflow_id": job_id,
        "app_version": _PROTOCOL_VERSION,
    }


class DbosQueue:
    """The queue as seen from any process; implements :class:`app.queue.port.JobQueue`."""

    def __init__(self, engine: Engine) -> None:
        self._client = _client(engine)

    def enqueue(self, connection: Connection, job_id: str) -> None:
        """Queue a job in the caller's transaction."""
        self._client.enqueue_in_transaction(connection, _options(job_id), job_id)

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue."""
        self._client.cancel_workflow(job_id)

    def requeue(self, job_id: str, seen: Place | None = None) -> bool:
        """Queue a job again; with ``seen``, only if that is still what the engine has of it.

        Should this end in the middle, the engine has nothing of the job, and it can be done again.
        """
        place = self.places([job_id])[job_id]
        if seen not in {None, place}:
            return False
        if place.state in {"queued", "taken"}:
            self._client.resume_workflow(job_id, queue_name=OPTIMIZATIONS)
        else:
            # The engine never takes up again what it has ended.
            self._client.delete_workflow(job_id)
            self._client.enqueue(_options(job_id), job_id)
        return True

    def places(self, job_ids: Sequence[str]) -> dict[str, Place]:
        """Return what the engine has of these jobs."""
        found = self._client.list_workflows(workflow_ids=list(job_ids), load_input=False, load_output=False)
        places = {job.workflow_id: Place(_PLACES.get(job.status, "ended"), job.executor_id) for job in found}
        return {job_id: places.get(job_id, Place("missing")) for job_id in job_ids}

    def close(self) -> None:
        """Release the client; the engine stays its owner's."""
        self._client.destroy()


class DbosWorker:
    """Runs jobs in this process, one at a time; implements :class:`app.queue.port.JobWorker`.

    Args:
        engine: the database.
        slot: this worker's executor id. No other living process may have it: DBOS hands a slot's
            unfinished jobs to whoever starts with that id.
    """

    def __init__(self, engine: Engine, slot: str) -> None:
        self._engine = engine
        self._slot = slot
        self._in_hand: str | None = None
        self._stopping = threading.Event()
        self._idle = threading.Event()
        self._idle.set()

    def start(self, handle: Callable[[str], None]) -> None:
        """Begin to call ``handle`` with the id of each job, in a thread of DBOS' own."""
        DBOS(
            config={
                "name": "jobscope",
                "system_database_engine": self._engine,
                "executor_id": self._slot,
                "application_version": _PROTOCOL_VERSION,
                "enable_otlp": False,  # a job's spans are ours; DBOS would add one per poll and step
                "log_level": "WARNING",
                "run_migrations": False,  # open_database() has made the tables
            }
        )
        # DBOS prints by a handler of its own; its warnings belong with all others.
        dbos_log = logging.getLogger("dbos")
        dbos_log.handlers.clear()
        dbos_log.propagate = True
        DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(self._workflow(handle))
        DBOS.listen_queues([OPTIMIZATIONS])
        DBOS.launch()
        DBOS.register_queue(OPTIMIZATIONS, worker_concurrency=1, polling_interval_sec=_POLL_SECONDS)

    def _workflow(self, handle: Callable[[str], None]) -> Callable[[str], None]:
        def optimize(job_id: str) -> None:
            self._idle.clear()
            self._in_hand = job_id
            try:
                self._run(handle, job_id)
            except Interrupted:
                self._in_hand = None
                self._idle.set()
                # To return or to raise would end the workflow for good. The process is about to end, and
                # stop() puts the job back into the queue.
                threading.Event().wait()
            finally:
                self._in_hand = None
                self._idle.set()

        return optimize

    def _run(self, handle: Callable[[str], None], job_id: str) -> None:
        """Call ``handle``, again as long as the database does not answer: no job fails for that."""
        wait = _RETRY_SECONDS
        while not self._stopping.is_set():
            try:
                return handle(job_id)
            except UNREACHABLE as error:
                _log.warning("job %s: the database does not answer, trying again: %s", job_id, error)
                self._stopping.wait(wait)
                wait = min(2 * wait, _LONGEST_RETRY_SECONDS)
        raise Interrupted

    def in_hand(self) -> str | None:
        """Return the job that is being worked at."""
        return self._in_hand

    def stop(self) -> None:
        """Take no more jobs, wait for the running one to reach its next checkpoint, and requeue it.

        The caller must have told ``handle`` to raise :class:`Interrupted` there. The process must end
        soon after: a thread of an interrupted job stays behind.
        """
        self._stopping.set()
        self._idle.wait()
        DBOS.destroy()
        client = _client(self._engine)
        for job in client.list_workflows(status="PENDING", executor_id=self._slot, load_input=False):
            client.resume_workflow(job.workflow_id, queue_name=OPTIMIZATIONS)
        client.destroy()
