"""An attempt's life in the database: claimed, fenced checkpoints, ended.

Every write checks that the job's ``attempt`` is still ours. A worker that was taken for dead and comes
back finds it is not, and stops: :class:`Superseded`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, case, func, insert, select, update
from sqlalchemy.orm import Session

from app.database.engine import read_only
from app.database.models import Attempt, Optimization, Trial, Worker, now


class Superseded(Exception):
    """Another attempt has taken the job over."""


@dataclass(frozen=True)
class Claim:
    """A job taken up.

    Attributes:
        job: the job as it was claimed.
        number: this attempt's number, from 1.
        lost: attempts before this one whose worker was lost.
        waited_seconds: since the job was submitted, or since its last attempt's worker was last seen.
    """

    job: Optimization
    number: int
    lost: int
    waited_seconds: float


def claim(engine: Engine, job_id: str, slot: str, instance_id: str) -> Claim | None:
    """Take a job up as its next attempt; None when it has ended already."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        job = session.get(Optimization, job_id, with_for_update=True)
        if job is None or job.state not in {"queued", "running"}:
            return None
        started = now()
        previous = session.get(Attempt, (job_id, job.attempt)) if job.attempt else None
        waiting_since = (previous.ended_at or _last_seen(session, previous)) if previous else job.created_at
        # Our own was not lost: the database did not answer, and we try again.
        ours = Attempt.instance_id == instance_id
        session.execute(
            update(Attempt)
            .where(Attempt.job_id == job_id, Attempt.state == "running")
            .values(state=case((ours, "interrupted"), else_="lost"), ended_at=waiting_since)
        )
        lost = session.scalar(select(func.count()).where(Attempt.job_id == job_id, Attempt.state == "lost"))
        job.attempt += 1
        job.state = "running"
        job.started_at = job.started_at or started
        session.add(
            Attempt(
                job_id=job_id,
                number=job.attempt,
                worker_slot=slot,
                instance_id=instance_id,
                started_at=started,
            )
        )
        return Claim(job, job.attempt, lost or 0, max(0.0, (started - waiting_since).total_seconds()))


def _last_seen(session: Session, attempt: Attempt) -> datetime:
    """Return when the worker of an attempt last beat or committed; the attempt's start when it never did."""
    seen = session.scalar(
        select(Worker.last_seen).where(
            Worker.slot == attempt.worker_slot, Worker.instance_id == attempt.instance_id
        )
    )
    return max(seen, attempt.started_at) if seen else attempt.started_at


def stored_trials(engine: Engine, job_id: str) -> Sequence[Trial]:
    """Return all trials committed so far, by number."""
    # A million rows take seconds, in which others write.
    with Session(read_only(engine)) as session:
        return session.scalars(select(Trial).where(Trial.job_id == job_id).order_by(Trial.number)).all()


def commit_checkpoint(
    engine: Engine, job_id: str, attempt: int, trials: Sequence[dict[str, Any]], progress: dict[str, Any]
) -> bool:
    """Write a checkpoint's trials and the job's progress in one transaction.

    Args:
        engine: the database.
        job_id: the job.
        attempt: the attempt that commits.
        trials: rows of the trials table.
        progress: columns of the job.

    Returns:
        Whether a user asked to cancel the job.

    Raises:
        Superseded: another attempt has taken the job over; nothing was written.
    """
    with engine.begin() as connection:
        requested = connection.execute(
            update(Optimization)
            .where(
                Optimization.id == job_id, Optimization.attempt == attempt, Optimization.state == "running"
            )
            .values(**progress)
            .returning(Optimization.cancel_requested_at)
        ).first()
        if requested is None:
            raise Superseded
        if trials:
            connection.execute(insert(Trial), trials)
        # A sign of life, as a heartbeat is: a worker that dies now was lost now.
        mine = select(Attempt.instance_id).where(Attempt.job_id == job_id, Attempt.number == attempt)
        connection.execute(
            update(Worker).where(Worker.instance_id == mine.scalar_subquery()).values(last_seen=now())
        )
    return requested[0] is not None


def end_attempt(
    engine: Engine, job_id: str, attempt: int, state: str, outcome: dict[str, Any] | None = None
) -> None:
    """End an attempt, and the job with it unless the state is ``queued``.

    Args:
        engine: the database.
        job_id: the job.
        attempt: the attempt that ends.
        state: the job's state from now on; ``queued`` for an attempt that was interrupted.
        outcome: further columns of the job.

    Raises:
        Superseded: another attempt has taken the job over; nothing was written.
    """
    ended = now()
    finished = {} if state == "queued" else {"finished_at": ended}
    with engine.begin() as connection:
        mine = connection.execute(
            update(Optimization)
            .where(
                Optimization.id == job_id, Optimization.attempt == attempt, Optimization.state == "running"
            )
            .values(state=state, **finished, **(outcome or {}))
        )
        if mine.rowcount == 0:
            raise Superseded
        connection.execute(
            update(Attempt)
            .where(Attempt.job_id == job_id, Attempt.number == attempt)
            .values(state="interrupted" if state == "queued" else state, ended_at=ended)
        )


def release_lost(engine: Engine, timeout_seconds: float, slot: str, instance_id: str) -> Sequence[Attempt]:
    """Give up attempts whose worker is gone; their jobs wait again.

    A worker is gone when its last heartbeat is older than the timeout, or when this process holds its slot.

    Returns:
        The attempts given up; the caller must requeue their jobs.
    """
    silent = ~Worker.alive(timeout_seconds)
    replaced = (Attempt.worker_slot == slot) & (Attempt.instance_id != instance_id)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        lost = session.scalars(
            select(Attempt)
            .join(Worker, Worker.slot == Attempt.worker_slot)
            .where(Attempt.state == "running", silent | replaced)
            .with_for_update(of=Attempt, skip_locked=True)
        ).all()
        for attempt in lost:
            attempt.state = "lost"
            attempt.ended_at = _last_seen(session, attempt)
            session.execute(
                update(Optimization)
                .where(
                    Optimization.id == attempt.job_id,
                    Optimization.attempt == attempt.number,
                    Optimization.state == "running",
                )
                .values(state="queued")
            )
        return lost
