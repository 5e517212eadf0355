"""Takes care of jobs that nobody works at: those of lost workers, and those that the queue engine lost.

The jobs' table alone says what is to be done. The queue engine only delivers: what it has of a job is
compared with the job and made anew where it differs, so whatever goes wrong between the two, at a crash or a
lost connection, is mended at the next heartbeat of any worker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, Row, and_, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.database.clock import clock
from app.database.engine import read_only
from app.database.models import Attempt, Optimization, Worker
from app.optimizations.attempts import disown_losses, last_seen
from app.optimizations.instruments import ATTEMPTS, REQUEUES
from app.optimizations.liveness import Watch
from app.queue.port import JobQueue, Place
from telemetry import events
from telemetry.contract.names import Attr, Event
from telemetry.events import Severity
from telemetry.jobtrace import continue_job_trace

# The oldest ones: a job stuck behind them is among them once they are done.
_MOST_COMPARED = 500
_NOTE = ".interrupted"

_log = logging.getLogger(__name__)


class Recovery:
    """What one worker does for all jobs at each of its heartbeats.

    Args:
        engine: the database.
        queue: where jobs wait.
        directory: where processes leave word that they could not hand back their job.
        slot: this worker's slot.
        instance_id: this process.
        in_hand: tells the job this process is working at.
        timeout_seconds: a worker is gone whose heartbeat stood still for so long.
    """

    def __init__(
        self,
        engine: Engine,
        queue: JobQueue,
        directory: Path,
        slot: str,
        instance_id: str,
        in_hand: Callable[[], str | None],
        timeout_seconds: float,
    ) -> None:
        self._engine = engine
        self._reader = read_only(engine)
        self._queue = queue
        self._directory = directory
        self._slot = slot
        self._instance_id = instance_id
        self._in_hand = in_hand
        self._watch = Watch(timeout_seconds)
        self._not_in_hand: set[str] = set()
        for reason in _REASONS:
            # From 0, so that a rate sees the first increment.
            REQUEUES.add(0, {Attr.REQUEUE_REASON: reason})

    def forget(self) -> None:
        """Begin anew with watching, because the database did not answer."""
        self._watch.forget()

    def run(self) -> None:
        """Give up attempts whose worker is gone, and queue every job that waits and is not queued.

        What cannot be done for one job does not keep another from its own; the next heartbeat tries again.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database could not even be read.
        """
        disown_losses(self._engine, self._instance_id)
        with Session(self._reader) as session:
            workers = session.scalars(select(Worker)).all()
        gone = self._watch.silent({worker.instance_id: worker.last_seen for worker in workers})
        gone.discard(self._instance_id)
        self._give_up_lost(gone)
        for job, place, reason in self._stranded(gone):
            with _other_jobs_go_on(job.id):
                self._requeue(job, place, reason)

    def leave(self) -> None:
        """Give up what this process had, because it ends: nothing of that was lost."""
        disown_losses(self._engine, self._instance_id)
        with Session(self._reader) as session:
            mine = session.execute(
                select(Attempt.job_id, Attempt.number).where(
                    Attempt.state == "running", Attempt.instance_id == self._instance_id
                )
            ).all()
        for job_id, number in mine:
            self._give_up(job_id, number, "interrupted")

    def _give_up_lost(self, gone: set[str]) -> None:
        # A slot is held by one process: an attempt of another one is an attempt of nobody.
        held = and_(Worker.slot == Attempt.worker_slot, Worker.instance_id == Attempt.instance_id)
        notes = {note.name.removesuffix(_NOTE): note for note in self._directory.glob(f"*{_NOTE}")}
        of_nobody = or_(
            Worker.slot.is_(None),
            Attempt.worker_slot == self._slot,
            Attempt.instance_id.in_([*gone, *notes]),
        )
        seen = func.coalesce(Worker.last_seen, clock())
        with Session(self._reader) as session:
            found = session.execute(
                select(Attempt.job_id, Attempt.number, Attempt.instance_id, seen)
                .outerjoin(Worker, held)
                .where(Attempt.state == "running", of_nobody)
            ).all()
            cut_off = self._cut_off_at(session)
        # Asked after the database: what we work at now, we did not let go before that.
        in_hand = self._in_hand()
        for job_id, number, instance_id, last_beat in found:
            if instance_id == self._instance_id:
                if job_id == in_hand:
                    continue
                state = "failed"  # it broke off by a fault of the program
            elif instance_id in notes or (instance_id not in gone and last_beat < cut_off):
                state = "interrupted"
            else:
                state = "lost"
            with _other_jobs_go_on(job_id):
                if not self._give_up(job_id, number, state):
                    notes.pop(instance_id, None)  # it is still needed
        for note in notes.values():
            note.unlink(missing_ok=True)

    @staticmethod
    def _cut_off_at(session: Session) -> datetime:
        """Return when all processes last lost their slots at once, and so may live without them."""
        if session.get_bind().dialect.name != "postgresql":
            return datetime.min.replace(tzinfo=UTC)  # never: a file's lock is lost with its process only
        started: datetime = session.execute(text("SELECT pg_postmaster_start_time()")).scalar_one()
        return started

    def _give_up(self, job_id: str, number: int, state: str) -> bool:
        """Give up an attempt; return whether it is settled, by us or by whoever had it meanwhile."""
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            # Who has it now may be frozen with it. The next heartbeat finds it, or finds that it went on.
            job = session.get(Optimization, job_id, with_for_update={"skip_locked": True})
            attempt = session.get(Attempt, (job_id, number)) if job else None
            if job is None or attempt is None:
                return False
            if attempt.state != "running":
                return True
            attempt.state = state
            attempt.ended_at = last_seen(session, attempt)
            if job.attempt == number and job.state == "running":
                job.state = "queued"
        ATTEMPTS.add(1, {Attr.JOB_STATE: "queued"})
        with continue_job_trace(job.id, job.traceparent):
            ours = state == "interrupted"
            events.emit(
                Event.OPTIMIZATION_INTERRUPTED if ours else Event.OPTIMIZATION_LOST,
                f"attempt {number} {_HOW[state]} {attempt.worker_slot}; the job waits again",
                severity=Severity.WARN,
                attributes={
                    Attr.JOB_ID: job.id,
                    Attr.JOB_ATTEMPT: number,
                    Attr.WORKER_SLOT: attempt.worker_slot,
                },
            )
        return True

    def _stranded(self, gone: set[str]) -> Iterator[tuple[Row[str, int, str], Place, str]]:
        """Yield jobs that wait and that no worker would get, each with what the queue engine has of it."""
        waits = Optimization.state == "queued"
        columns = (Optimization.id, Optimization.attempt, Optimization.traceparent)
        with self._reader.connect() as connection:
            waiting = connection.execute(
                select(*columns).where(waits).order_by(Optimization.created_at).limit(_MOST_COMPARED)
            ).all()
        if not waiting:
            return
        # Asked after the jobs: a job and its place are committed together, so what is missing is missing.
        places = self._queue.places([job.id for job in waiting])
        # And the workers last: who took one of these has beaten before.
        with self._reader.connect() as connection:
            alive = set(connection.scalars(select(Worker.slot).where(Worker.instance_id.not_in(gone))))
        suspected, self._not_in_hand = self._not_in_hand, set()
        for job in waiting:
            place = places[job.id]
            if place.state == "taken" and place.slot == self._slot and job.id != self._in_hand():
                # Twice in a row, since between being taken and being in hand is a moment.
                self._not_in_hand.add(job.id)
                if job.id in suspected:
                    yield job, place, "not_in_hand"
            elif place.state == "taken" and place.slot not in alive | {self._slot}:
                yield job, place, "worker_gone"
            elif place.state in {"ended", "missing"} and self._still_waits(job):
                yield job, place, place.state

    def _still_waits(self, job: Row[str, int, str]) -> bool:
        """Whether nobody has taken the job up since: then the queue engine was not right to have ended it."""
        with self._reader.connect() as connection:
            same = select(Optimization.id).where(
                Optimization.id == job.id,
                Optimization.state == "queued",
                Optimization.attempt == job.attempt,
            )
            return connection.execute(same).first() is not None

    def _requeue(self, job: Row[str, int, str], place: Place, reason: str) -> None:
        if not self._queue.requeue(job.id, place):
            return
        REQUEUES.add(1, {Attr.REQUEUE_REASON: reason})
        with continue_job_trace(job.id, job.traceparent):
            events.emit(
                Event.OPTIMIZATION_REQUEUED,
                f"the job waits, and is queued again: {_REASONS[reason]}",
                severity=Severity.INFO if reason == "worker_gone" else Severity.WARN,
                attributes={Attr.JOB_ID: job.id, Attr.REQUEUE_REASON: reason},
            )


_HOW = {"lost": "lost its worker", "failed": "broke off in", "interrupted": "stopped with"}
_REASONS = {
    "worker_gone": "the worker it was handed to is gone",
    "not_in_hand": "the worker it was handed to does not work at it",
    "ended": "the queue engine took it for done",
    "missing": "the queue engine did not have it",
}


@contextmanager
def _other_jobs_go_on(job_id: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        _log.warning("job %s: not taken care of, the next heartbeat tries again: %s", job_id, error)


def leave_note(directory: Path, instance_id: str) -> None:
    """Leave word that this process ends in order, though it cannot hand its job back: no worker is lost."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{instance_id}{_NOTE}").touch()
