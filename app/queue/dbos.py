"""The queue on DBOS: durable on SQLite with no server, and on PostgreSQL for many workers.

DBOS holds the queue and hands each job to one worker; what a job has done so far is in our own
checkpoints, so a job is one workflow without steps. See docs/adr/0003-dbos-behind-a-port.md.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dbos import DBOS, DBOSClient
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from app.queue.port import OPTIMIZATIONS

_WORKFLOW = "optimize"
# Jobs of another protocol version wait for a worker of theirs. DBOS' default is a hash of the source:
# every change of code would strand the jobs that were running.
_PROTOCOL_VERSION = "1"
# How long a queued job waits for an idle worker at most; DBOS' default is 1 s.
_POLL_SECONDS = 0.2
_RETRY_SECONDS = 1.0

_log = logging.getLogger(__name__)


class Interrupted(Exception):
    """A job stopped at a checkpoint because its worker is to stop; it goes on elsewhere."""


class DbosQueue:
    """The queue as seen from any process; implements :class:`app.queue.port.JobQueue`."""

    def __init__(self, engine: Engine) -> None:
        self._client = DBOSClient(system_database_engine=engine)

    def enqueue(self, connection: Connection, job_id: str) -> None:
        """Queue a job in the caller's transaction."""
        self._client.enqueue_in_transaction(
            connection,
            {
                "queue_name": OPTIMIZATIONS,
                "workflow_name": _WORKFLOW,
                "workflow_id": job_id,
                "app_version": _PROTOCOL_VERSION,
            },
            job_id,
        )

    def cancel(self, job_id: str) -> None:
        """Take a job out of the queue."""
        self._client.cancel_workflow(job_id)

    def requeue(self, job_id: str) -> None:
        """Queue a job again whose worker is gone."""
        self._client.resume_workflow(job_id, queue_name=OPTIMIZATIONS)

    def taken(self) -> dict[str, str]:
        """Return the jobs that were handed to a worker and are not done, each with the worker's slot."""
        handed = self._client.list_workflows(status="PENDING", load_input=False)
        return {job.workflow_id: str(job.executor_id) for job in handed}

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
            try:
                self._run(handle, job_id)
            except Interrupted:
                self._idle.set()
                # To return or to raise would end the workflow for good. The process is about to end, and
                # stop() puts the job back into the queue.
                threading.Event().wait()
            finally:
                self._idle.set()

        return optimize

    def _run(self, handle: Callable[[str], None], job_id: str) -> None:
        """Call ``handle``, again as long as the database does not answer: no job fails for that."""
        while not self._stopping.is_set():
            try:
                return handle(job_id)
            except OperationalError as error:
                _log.warning("job %s: the database does not answer, trying again: %s", job_id, error.orig)
                self._stopping.wait(_RETRY_SECONDS)
        raise Interrupted

    def stop(self) -> None:
        """Take no more jobs, wait for the running one to reach its next checkpoint, and requeue it.

        The caller must have told ``handle`` to raise :class:`Interrupted` there. The process must end
        soon after: a thread of an interrupted job stays behind.
        """
        self._stopping.set()
        self._idle.wait()
        DBOS.destroy()
        client = DBOSClient(system_database_engine=self._engine)
        for job in client.list_workflows(status="PENDING", executor_id=self._slot, load_input=False):
            client.resume_workflow(job.workflow_id, queue_name=OPTIMIZATIONS)
        client.destroy()
