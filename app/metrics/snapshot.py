"""What the database says of the whole system at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, case, func, select

from app.database.clock import clock
from app.database.models import Attempt, Optimization, Worker

# Strategy and dataset; strategy, dataset and objective.
Pair = tuple[str, str]
Triple = tuple[str, str, str]


@dataclass(frozen=True)
class Performance:
    """What the latest completed job of a strategy, dataset and objective came to.

    ``change`` is its best value less the best of all jobs before it; None for the first.
    """

    best_value: float | None
    out_of_sample_value: float | None
    deflated_sharpe: float | None
    change: float | None


@dataclass(frozen=True)
class Snapshot:
    """The system at one moment.

    Attributes:
        jobs: jobs by strategy and dataset, and by state.
        queue_size: jobs that wait for a worker.
        oldest_wait_seconds: how long the one of them waits that waits longest; 0 when none does.
        workers: workers whose heartbeat is fresh.
        performance: by strategy, dataset and objective.
    """

    jobs: Mapping[Pair, Mapping[str, int]] = field(default_factory=dict)
    queue_size: int = 0
    oldest_wait_seconds: float = 0.0
    workers: int = 0
    performance: Mapping[Triple, Performance] = field(default_factory=dict)


def read_snapshot(engine: Engine, worker_timeout_seconds: float, previous: Snapshot | None) -> Snapshot:
    """Read the system's state, in one transaction.

    Args:
        engine: the database.
        worker_timeout_seconds: how old a fresh heartbeat may be.
        previous: the snapshot before; what cannot have changed since is taken from it.
    """
    with engine.connect() as connection:
        jobs = _jobs(connection)
        size, oldest = _queue(connection)
        alive = connection.scalar(select(func.count()).where(Worker.alive(worker_timeout_seconds)))
        # Looks at every completed job, so only when there is another one.
        known = previous is not None and _completed(previous.jobs) == _completed(jobs)
        performance = previous.performance if previous and known else _performance(connection)
    return Snapshot(jobs, size, oldest, alive or 0, performance)


def _jobs(connection: Connection) -> dict[Pair, dict[str, int]]:
    grouped = (Optimization.strategy, Optimization.dataset, Optimization.state)
    jobs: dict[Pair, dict[str, int]] = {}
    for strategy, dataset, state, count in connection.execute(
        select(*grouped, func.count()).group_by(*grouped)
    ):
        jobs.setdefault((strategy, dataset), {})[state] = count
    return jobs


def _completed(jobs: Mapping[Pair, Mapping[str, int]]) -> int:
    return sum(states.get("completed", 0) for states in jobs.values())


def _queue(connection: Connection) -> tuple[int, float]:
    """Return how many jobs wait, and for how many seconds the longest has since it was (again) queued."""
    retried = case((Optimization.attempt == Optimization.retried_after, Optimization.retried_at))
    since = func.coalesce(retried, Attempt.ended_at, Optimization.created_at)
    last_attempt = (Attempt.job_id == Optimization.id) & (Attempt.number == Optimization.attempt)
    size, oldest, now = connection.execute(
        select(func.count(), func.min(since), clock())
        .select_from(Optimization)
        .outerjoin(Attempt, last_attempt)
        .where(Optimization.state == "queued")
    ).one()
    waited = (now - oldest).total_seconds() if size else 0.0
    return size, max(0.0, waited)


def _performance(connection: Connection) -> dict[Triple, Performance]:
    kind = (Optimization.strategy, Optimization.dataset, Optimization.objective)
    best_before = func.max(Optimization.best_value).over(
        partition_by=kind, order_by=(Optimization.finished_at, Optimization.id), rows=(None, -1)
    )
    newest_first = func.row_number().over(
        partition_by=kind, order_by=(Optimization.finished_at.desc(), Optimization.id.desc())
    )
    completed = (
        select(
            *kind,
            Optimization.best_value,
            Optimization.out_of_sample_value,
            Optimization.deflated_sharpe,
            best_before.label("best_before"),
            newest_first.label("place"),
        )
        .where(Optimization.state == "completed")
        .subquery()
    )
    return {
        (row.strategy, row.dataset, row.objective): Performance(
            row.best_value,
            row.out_of_sample_value,
            row.deflated_sharpe,
            None if None in (row.best_value, row.best_before) else row.best_value - row.best_before,
        )
        for row in connection.execute(select(completed).where(completed.c.place == 1))
    }
