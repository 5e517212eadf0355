"""What commands that work on the database itself, without the API, have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from app.database.engine import open_database
from app.optimizations.service import Optimizations
from app.queue.dbos import DbosQueue
from app.settings import load_settings
from app.telemetry import configure


@contextmanager
def local_engine() -> Iterator[Engine]:
    """Open the database, observed: what a command does is in the telemetry like all else."""
    settings = load_settings()
    telemetry = configure("jobscope-cli", settings)
    engine = open_database(settings)
    try:
        yield engine
    finally:
        engine.dispose()
        telemetry.shutdown()


@contextmanager
def local_optimizations() -> Iterator[Optimizations]:
    """Open the optimizations of the database."""
    with local_engine() as engine:
        queue = DbosQueue(engine)
        try:
            yield Optimizations(engine, queue, load_settings())
        finally:
            queue.close()
