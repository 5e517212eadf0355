"""What commands that work on the database itself, without the API, have in common."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.database.engine import open_database, read_only
from app.database.models import Attempt, Optimization
from app.datadir import make_data_dir
from app.errors import BadInput, NotFound, Unavailable, quoted
from app.optimizations.known import known
from app.optimizations.service import Optimizations
from app.queue.dbos import DbosQueue
from app.settings import Settings, load_settings
from app.telemetry import COMMAND_FLUSH_SECONDS, configure
from telemetry.jobtrace import is_job_id
from telemetry.jobview import Known

# As an id begins; shorter ones are typed by mistake.
_BEGINNING = re.compile(r"[1-9a-f][0-9a-f]{3,31}")


def require_data_dir(settings: Settings) -> None:
    """Make the data directory.

    Raises:
        Unavailable: files cannot be written there.
    """
    make_data_dir(settings.data_dir)
    try:
        tempfile.TemporaryFile(dir=settings.data_dir).close()
    except OSError as error:
        raise Unavailable(
            f"data directory {settings.data_dir} cannot be written: {error.strerror}; "
            "set JOBSCOPE_DATA_DIR to one that can"
        ) from None


def full_id(text: str) -> str:
    """Return a job's id, given it or, as with commits, so much of its beginning that no other begins so.

    Raises:
        BadInput: it is neither, or more than one job's id begins so.
        NotFound: no job's id begins so.
    """
    beginning = text.lower()
    if is_job_id(beginning):
        return beginning
    if not _BEGINNING.fullmatch(beginning):
        raise BadInput(
            "job_id",
            f"{quoted(text)} is not a job id: 32 hex digits, the first not 0, or at least 4 to begin with",
        )
    engine = open_database(load_settings())
    with Session(read_only(engine)) as session:
        ids = session.scalars(select(Optimization.id).where(Optimization.id.startswith(beginning))).all()
    engine.dispose()
    if not ids:
        raise NotFound(f"there is no optimization whose id begins with {quoted(beginning)}")
    if len(ids) > 1:
        raise BadInput("job_id", f"{quoted(beginning)} begins the ids of {len(ids)} jobs; give more digits")
    return ids[0]


def known_job(settings: Settings, job_id: str) -> Known | None:
    """Return what the database knows of a job; None when it has no such job, or there is none yet."""
    # To look at telemetry makes no database.
    if settings.database_url is None and not (settings.data_dir / "jobscope.db").exists():
        return None
    engine = open_database(settings)
    with Session(read_only(engine)) as session:
        job = session.get(Optimization, job_id)
        attempts = session.scalars(
            select(Attempt).where(Attempt.job_id == job_id).order_by(Attempt.number)
        ).all()
        found = known(job, attempts) if job else None
    engine.dispose()
    return found


@contextmanager
def local_engine() -> Iterator[Engine]:
    """Open the database, observed: what a command does is in the telemetry like all else.

    Its telemetry is flushed when the process ends, after all that the command prints.
    """
    settings = load_settings()
    configure("jobscope-cli", settings, flush_seconds=COMMAND_FLUSH_SECONDS)
    engine = open_database(settings)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def local_optimizations() -> Iterator[Optimizations]:
    """Open the optimizations of the database."""
    with local_engine() as engine:
        queue = DbosQueue(engine)
        try:
            yield Optimizations(engine, queue, load_settings())
        finally:
            queue.close()
