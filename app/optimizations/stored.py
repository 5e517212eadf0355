"""Trials committed before, read back piece by piece: a job can have a million."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, Row, select

from app.database.engine import read_only
from app.database.models import Trial
from app.search.samplers import StoredTrial

_PIECE = 2000


def stored_outcomes(engine: Engine, job_id: str) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield outcome, value, fold values, Sharpe ratio and error of each trial, by number."""
    columns = (Trial.outcome, Trial.value, Trial.fold_values, Trial.sharpe, Trial.error)
    return _rows(engine, job_id, columns)


def stored_proposals(engine: Engine, job_id: str) -> Iterator[StoredTrial]:
    """Yield each trial as a sampler wants it back, by number; asks the database when the first is taken."""
    columns = (Trial.number, Trial.parameters, Trial.value, Trial.sampler_state)
    for row in _rows(engine, job_id, columns):
        yield StoredTrial(*row)


def _rows(engine: Engine, job_id: str, columns: tuple[Any, ...]) -> Iterator[Row[*tuple[Any, ...]]]:
    query = select(*columns).where(Trial.job_id == job_id).order_by(Trial.number)
    # Others write meanwhile, so the transaction is one that only reads.
    with read_only(engine).connect() as connection:
        yield from connection.execution_options(yield_per=_PIECE).execute(query)
