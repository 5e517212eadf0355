"""An attempt's life in the database: claimed, fenced checkpoints, ended.

Every write checks that the job's ``attempt`` is still ours. A worker that was taken for dead and comes
back finds it is not, and stops: :class:`Superseded`.

One order of locks, here and in :mod:`app.optimizations.recovery`: the job, then its attempts, then its
trials, then a worker. Two transactions that keep it can wait for each other, but never both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.orm import Session

from app.database.clock import clock
from app.database.models import Attempt, Optimization, Trial, Worker


class Superseded(Exception):
    """Another attempt has taken the job over."""


@dataclass(frozen=True)
class Claim:
    """A job taken up.

    Attributes:
        job: the job as it was claimed.
        number: this attempt's number, from 1.
        lost: attempts before this one whose worker was lost, since the job was last retried.
        age_seconds: since the job was submitted, or last retried.
        waited_seconds: since then, or since its last attempt's worker was last seen.
    """

    job: Optimization
    number: int
    lost: int
    age_seconds: float
    waited_seconds: float


def claim(engine: Engine, job_id: str, slot: str, instance_id: str) -> Claim | None:
    """Take a job up as its next attempt.

    Args:
        engine: the database.
        job_id: the job.
        slot: the slot that this process holds.
        instance_id: this process.

    Returns:
        None when the job has ended already, or runs elsewhere: whether that worker is gone is for
        :mod:`app.optimizations.recovery` to find out.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        job = session.get(Optimization, job_id, with_for_update=True)
        if job is None or job.state not in {"queued", "running"}:
            return None
        previous = session.get(Attempt, (job_id, job.attempt)) if job.attempt else None
        if previous and previous.state == "running":
            if previous.instance_id != instance_id:
                return None
            # The database did not answer, and we try again.
            previous.state = "interrupted"
            previous.ended_at = last_seen(session, previous)
        started = session.execute(select(clock())).scalar_one()
        asked_at = job.retried_at or job.created_at
        waiting_since = previous.ended_at if previous and job.attempt > job.retried_after else asked_at
        lost = session.scalar(
            select(func.count()).where(
                Attempt.job_id == job_id,
                # Those that failed, and not the job with them, broke off by a fault of the program.
                Attempt.state.in_(("lost", "failed")),
                Attempt.number > job.retried_after,
            )
        )
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
        return Claim(
            job,
            job.attempt,
            lost or 0,
            max(0.0, (started - asked_at).total_seconds()),
            max(0.0, (started - (waiting_since or started)).total_seconds()),
        )


def last_seen(session: Session, attempt: Attempt) -> datetime:
    """Return when the worker of an attempt last beat or committed; the attempt's start when it never did."""
    seen = session.scalar(
        select(Worker.last_seen).where(
            Worker.slot == attempt.worker_slot, Worker.instance_id == attempt.instance_id
        )
    )
    return max(seen, attempt.started_at) if seen else attempt.started_at


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
        cancel_requested_at = _write_fenced(connection, job_id, attempt, progress)
        if trials:
            connection.execute(insert(Trial), trials)
        # A sign of life, as a heartbeat is: a worker that dies now was lost now.
        mine = select(Attempt.instance_id).where(Attempt.job_id == job_id, Attempt.number == attempt)
        connection.execute(
            update(Worker).where(Worker.instance_id == mine.scalar_subquery()).values(last_seen=clock())
        )
    return cancel_requested_at is not None


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
    finished = {} if state == "queued" else {"finished_at": clock()}
    with engine.begin() as connection:
        _write_fenced(connection, job_id, attempt, {"state": state, **finished, **(outcome or {})})
        connection.execute(
            update(Attempt)
            .where(Attempt.job_id == job_id, Attempt.number == attempt)
            .values(state="interrupted" if state == "queued" else state, ended_at=clock())
        )


def _write_fenced(
    connection: Connection, job_id: str, attempt: int, columns: dict[str, Any]
) -> datetime | None:
    """Write columns of a job that an attempt still has; return when a user asked to cancel it."""
    written = connection.execute(
        update(Optimization)
        .where(Optimization.id == job_id, Optimization.attempt == attempt, Optimization.state == "running")
        .values(**columns)
        .returning(Optimization.cancel_requested_at)
    ).first()
    if written is None:
        raise Superseded
    requested: datetime | None = written[0]
    return requested


def disown_losses(engine: Engine, instance_id: str) -> None:
    """Note of attempts given up for lost that their process, this one, lives: they do not count as losses."""
    # Takes no lock but theirs, so it has no part in the order of locks.
    with engine.begin() as connection:
        connection.execute(
            update(Attempt)
            .where(Attempt.instance_id == instance_id, Attempt.state == "lost")
            .values(state="superseded")
        )
