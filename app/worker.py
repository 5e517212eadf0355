"""The worker process: holds a slot, runs jobs one at a time, beats, and takes care of the lost."""

from __future__ import annotations

import os
import signal
import socket
import threading
from types import FrameType

from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.database.engine import open_database, read_only
from app.database.models import Optimization, Worker, now
from app.optimizations.attempts import release_lost
from app.optimizations.flow import Flow
from app.queue.dbos import DbosQueue, DbosWorker
from app.queue.slots import SlotLost, hold_slot
from app.settings import Settings
from app.telemetry import configure
from telemetry import events
from telemetry.contract.names import Attr, Event
from telemetry.events import Severity
from telemetry.jobtrace import continue_job_trace

# Often enough that a worker is missed some beats before it is taken for dead.
_BEATS_PER_TIMEOUT = 6


def run_worker(settings: Settings) -> None:
    """Run jobs until SIGTERM or SIGINT; a running job then stops at its next checkpoint and is queued again.

    Raises:
        Unavailable: the database or the data directory cannot be used, or all slots are held.
    """
    engine = open_database(settings)
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with hold_slot(engine, settings.data_dir / "run") as held:
        slot = held.name
        telemetry = configure("jobscope-worker", settings, console=True)
        instance_id = telemetry.instance_id
        flow = Flow(engine, settings, slot, instance_id, stopping)
        worker = DbosWorker(engine, slot)
        queue = DbosQueue(engine)
        # Before the queue engine starts: it would resume this slot's jobs by itself, and silently.
        _recover(engine, queue, settings, slot, instance_id)
        _beat(engine, slot, instance_id)
        worker.start(flow.run)
        events.emit(Event.WORKER_STARTED, f"{slot} is ready for jobs", attributes={Attr.WORKER_SLOT: slot})
        while not stopping.wait(settings.worker_timeout_seconds / _BEATS_PER_TIMEOUT):
            try:
                held.keep()
                _beat(engine, slot, instance_id)
                _recover(engine, queue, settings, slot, instance_id)
            except OperationalError as error:
                events.emit(
                    Event.WORKER_HEARTBEAT_FAILED,
                    f"{slot} cannot reach the database: {error.orig}",
                    severity=Severity.ERROR,
                    attributes={Attr.WORKER_SLOT: slot},
                )
            except SlotLost:
                # Whoever has the slot goes on with its job; started again, this worker finds another slot.
                events.emit(
                    Event.WORKER_STOPPED,
                    f"{slot} stops: it lost its database connection, and another worker took its slot",
                    severity=Severity.ERROR,
                    attributes={Attr.WORKER_SLOT: slot},
                )
                telemetry.shutdown()
                os._exit(1)
        worker.stop()
        with engine.begin() as connection:
            connection.execute(delete(Worker).where(Worker.slot == slot))
        events.emit(Event.WORKER_STOPPED, f"{slot} stops", attributes={Attr.WORKER_SLOT: slot})
        telemetry.shutdown()
        # A thread of an interrupted job waits for ever, so that its job does not end; see DbosWorker.
        os._exit(0)


def _beat(engine: Engine, slot: str, instance_id: str) -> None:
    with Session(engine) as session, session.begin():
        worker = session.get(Worker, slot)
        if worker is None or worker.instance_id != instance_id:
            worker = session.merge(
                Worker(
                    slot=slot,
                    instance_id=instance_id,
                    pid=os.getpid(),
                    host=socket.gethostname(),
                    started_at=now(),
                )
            )
        worker.last_seen = now()


def _recover(engine: Engine, queue: DbosQueue, settings: Settings, slot: str, instance_id: str) -> None:
    """Queue jobs again whose worker is gone, and say so in the trace of each."""
    for attempt in release_lost(engine, settings.worker_timeout_seconds, slot, instance_id):
        queue.requeue(attempt.job_id)
        with Session(engine) as session:
            job = session.get_one(Optimization, attempt.job_id)
        with continue_job_trace(job.id, job.traceparent):
            events.emit(
                Event.OPTIMIZATION_LOST,
                f"attempt {attempt.number} lost its worker {attempt.worker_slot}; the job is queued again",
                severity=Severity.WARN,
                attributes={
                    Attr.JOB_ID: job.id,
                    Attr.JOB_ATTEMPT: attempt.number,
                    Attr.WORKER_SLOT: attempt.worker_slot,
                },
            )
    # A worker can also be lost with a job that it has not begun with, or has just handed back.
    with Session(read_only(engine)) as session:
        alive = set(session.scalars(select(Worker.slot).where(Worker.alive(settings.worker_timeout_seconds))))
    for job_id, taker in queue.taken().items():
        if taker not in alive | {slot}:
            queue.requeue(job_id)
