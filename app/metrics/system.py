"""Observable instruments of the whole system, read from the database when they are collected."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from opentelemetry.metrics import CallbackOptions, Observation
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.backtests.strategies import STRATEGIES
from app.database.engine import read_only
from app.metrics.snapshot import Performance, Snapshot, read_snapshot
from app.prices.datasets import names
from app.settings import Settings
from telemetry.contract.names import Attr, Metric, MetricDefinition
from telemetry.metrics import observe

# All instruments of a collection see one snapshot, and so do two readers that collect together; the next
# collection, a second later, sees a new one.
_FRESH_SECONDS = 0.5

_JOBS = {
    Metric.OPTIMIZATION_JOBS_COMPLETED: "completed",
    Metric.OPTIMIZATION_JOBS_FAILED: "failed",
    Metric.OPTIMIZATION_JOBS_CANCELLED: "cancelled",
}
_SYSTEM: dict[MetricDefinition, Callable[[Snapshot], float]] = {
    Metric.OPTIMIZATION_QUEUE_SIZE: lambda snapshot: snapshot.queue_size,
    Metric.OPTIMIZATION_QUEUE_OLDEST_WAIT: lambda snapshot: snapshot.oldest_wait_seconds,
    Metric.OPTIMIZATION_WORKERS: lambda snapshot: snapshot.workers,
}
_PERFORMANCE: dict[MetricDefinition, Callable[[Performance], float | None]] = {
    Metric.STRATEGY_BEST_VALUE: lambda performance: performance.best_value,
    Metric.STRATEGY_OUT_OF_SAMPLE_VALUE: lambda performance: performance.out_of_sample_value,
    Metric.STRATEGY_DEFLATED_SHARPE: lambda performance: performance.deflated_sharpe,
    Metric.STRATEGY_BEST_VALUE_CHANGE: lambda performance: performance.change,
}


def register(engine: Engine, settings: Settings) -> None:
    """Make the instruments; once in a process, and in one process of the system.

    Args:
        engine: the database.
        settings: where the datasets are, and when a worker is taken for dead.
    """
    snapshots = _Snapshots(engine, settings)
    _watch(snapshots, Metric.OPTIMIZATION_JOBS, partial(_jobs, settings, None))
    for metric, state in _JOBS.items():
        _watch(snapshots, metric, partial(_jobs, settings, state))
    for metric, value in _SYSTEM.items():
        _watch(snapshots, metric, partial(_system, value))
    for metric, figure in _PERFORMANCE.items():
        _watch(snapshots, metric, partial(_performance, figure))


def _watch(
    snapshots: _Snapshots, metric: MetricDefinition, observations: Callable[[Snapshot], list[Observation]]
) -> None:
    def callback(_options: CallbackOptions) -> Iterable[Observation]:
        snapshot = snapshots.latest()
        # Without a database there is nothing to say: no point, rather than an old or a made-up one.
        return [] if snapshot is None else observations(snapshot)

    observe(metric, callback)


class _Snapshots:
    """The latest snapshot; read anew when it is no longer fresh, and no sooner after a failure either."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = read_only(engine)
        self._worker_timeout_seconds = settings.worker_timeout_seconds
        self._lock = threading.Lock()
        self._read_at = -math.inf
        self._failed = False
        self._snapshot: Snapshot | None = None

    def latest(self) -> Snapshot | None:
        """Return the latest snapshot; None while the database cannot be read."""
        with self._lock:
            if time.monotonic() - self._read_at >= _FRESH_SECONDS:
                try:
                    self._snapshot = read_snapshot(self._engine, self._worker_timeout_seconds, self._snapshot)
                    self._failed = False
                except SQLAlchemyError:  # the health check of the database says so
                    self._failed = True
                self._read_at = time.monotonic()
            return None if self._failed else self._snapshot


def _jobs(settings: Settings, state: str | None, snapshot: Snapshot) -> list[Observation]:
    """Count jobs in a state, or all; 0 for what has none, so that its first is seen as an increase."""
    pairs = {(strategy, dataset) for strategy in STRATEGIES for dataset in names(settings.data_dir)}
    pairs |= snapshot.jobs.keys()
    observations = []
    for strategy, dataset in sorted(pairs):
        states = snapshot.jobs.get((strategy, dataset), {})
        count = sum(states.values()) if state is None else states.get(state, 0)
        labels: dict[str, Any] = {Attr.STRATEGY_NAME: strategy, Attr.DATASET_NAME: dataset}
        observations.append(Observation(count, labels))
    return observations


def _system(value: Callable[[Snapshot], float], snapshot: Snapshot) -> list[Observation]:
    return [Observation(value(snapshot))]


def _performance(figure: Callable[[Performance], float | None], snapshot: Snapshot) -> list[Observation]:
    return [
        Observation(
            value,
            {Attr.STRATEGY_NAME: strategy, Attr.DATASET_NAME: dataset, Attr.OBJECTIVE_NAME: objective},
        )
        for (strategy, dataset, objective), performance in snapshot.performance.items()
        if (value := figure(performance)) is not None
    ]
