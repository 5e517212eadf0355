"""The tables. Times are UTC, by the database's clock: machines differ, and theirs are set while we run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.database.clock import UtcDateTime, clock


class Base(DeclarativeBase):
    """Base of all models."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[float]: JSON}  # noqa: RUF012


class Optimization(Base):
    """A job: what was asked, how far it is, what came out."""

    __tablename__ = "optimizations"
    __table_args__ = (
        Index("optimizations_by_state", "state", "created_at"),
        Index("optimizations_by_time", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default="queued")
    # What was asked.
    strategy: Mapped[str] = mapped_column(String(64))
    dataset: Mapped[str] = mapped_column(String(64))
    objective: Mapped[str] = mapped_column(String(64))
    sampler: Mapped[str] = mapped_column(String(64))
    trials: Mapped[int]
    batch_size: Mapped[int]
    seed: Mapped[int]
    parameters: Mapped[dict[str, Any]]
    folds: Mapped[int]
    holdout: Mapped[float]
    fee_bps: Mapped[float]
    slippage_bps: Mapped[float]
    # Who asked, and the trace that worker attempts continue.
    key_id: Mapped[str | None] = mapped_column(String(32))
    traceparent: Mapped[str] = mapped_column(String(64), default="")
    # How far it is. `attempt` fences: only the attempt whose number is here may commit.
    attempt: Mapped[int] = mapped_column(default=0)
    # Attempts up to this one no longer count against the limit: the job was retried after them.
    retried_after: Mapped[int] = mapped_column(default=0, server_default="0")
    retried_at: Mapped[datetime | None]
    trials_completed: Mapped[int] = mapped_column(default=0)
    trials_failed: Mapped[int] = mapped_column(default=0)
    trials_infeasible: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(default=clock())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    # What came out.
    best_value: Mapped[float | None]
    best_trial: Mapped[int | None]
    best_parameters: Mapped[dict[str, Any] | None]
    out_of_sample_value: Mapped[float | None]
    walk_forward_value: Mapped[float | None]
    deflated_sharpe: Mapped[float | None]
    total_return: Mapped[float | None]
    max_drawdown: Mapped[float | None]
    trades: Mapped[int | None]
    error_type: Mapped[str | None] = mapped_column(String(128))
    error_message: Mapped[str | None]

    @property
    def trials_made(self) -> int:
        """How many trials are committed, whatever came of them."""
        return self.trials_completed + self.trials_failed + self.trials_infeasible


class Attempt(Base):
    """One try of a worker at a job; `instance_id` leads to that process's metrics."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index(
            "attempts_running",
            "job_id",
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "attempts_lost",
            "instance_id",
            sqlite_where=text("state = 'lost'"),
            postgresql_where=text("state = 'lost'"),
        ),
    )

    job_id: Mapped[str] = mapped_column(ForeignKey("optimizations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    worker_slot: Mapped[str] = mapped_column(String(64))
    instance_id: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(default=clock())
    ended_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(16), default="running")


class Trial(Base):
    """One parameter set, and what it gave; written with its checkpoint, once."""

    __tablename__ = "trials"

    job_id: Mapped[str] = mapped_column(ForeignKey("optimizations.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    attempt: Mapped[int]
    parameters: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(16))
    value: Mapped[float | None]
    fold_values: Mapped[list[float]]
    # Of all bars searched; not what is maximised, but what the deflated Sharpe ratio is made of.
    sharpe: Mapped[float | None]
    error: Mapped[str | None]
    duration_seconds: Mapped[float]
    # What the sampler keeps about the trial: without it a resumed search would go another way.
    sampler_state: Mapped[dict[str, Any]]


class Worker(Base):
    """A worker slot and the process that holds it, with its last heartbeat."""

    __tablename__ = "workers"

    slot: Mapped[str] = mapped_column(String(64), primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(64))
    pid: Mapped[int]
    host: Mapped[str] = mapped_column(String(255))
    started_at: Mapped[datetime] = mapped_column(default=clock())
    last_seen: Mapped[datetime] = mapped_column(default=clock())

    @classmethod
    def alive(cls, timeout_seconds: float) -> ColumnElement[bool]:
        """Return the condition that a worker's last heartbeat is no older than the timeout."""
        return cls.last_seen >= clock(timeout_seconds)


class ApiKey(Base):
    """An API key; only a hash of its secret is kept."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    secret_hash: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(default=clock())
    revoked_at: Mapped[datetime | None]
