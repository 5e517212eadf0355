"""Opens the database: SQLite in WAL mode, or PostgreSQL."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from dbos import run_dbos_database_migrations
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from app.database.migrations import migrate
from app.errors import BadInput, Unavailable
from app.settings import Settings

UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout)
"""Errors by which a database says that it does not answer, for now: what failed can be tried again."""

# Seconds to connect, and until a connection is given up whose other end is gone without a word. By default
# both are minutes, in which a worker could neither beat nor stop.
_POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}

_DRIVERS = ("sqlite", "postgresql+psycopg")


def database_url(settings: Settings) -> str:
    """Return the database's URL, with the password of the password file in it.

    Raises:
        BadInput: the URL is malformed, or the password file cannot be read.
    """
    try:
        url = make_url(settings.sqlalchemy_url)
    except ArgumentError:
        raise BadInput(
            "JOBSCOPE_DATABASE_URL", "is not a database URL such as sqlite:////path/file.db"
        ) from None
    if url.drivername not in _DRIVERS:
        raise BadInput(
            "JOBSCOPE_DATABASE_URL",
            f"begins with {url.drivername}://; it must begin with sqlite:// or postgresql+psycopg://",
        )
    if settings.database_password_file:
        try:
            password = settings.database_password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadInput("JOBSCOPE_DATABASE_PASSWORD_FILE", f"cannot be read: {error.strerror}") from None
        url = url.set(password=password)
    return url.render_as_string(hide_password=False)


def open_database(settings: Settings) -> Engine:
    """Open the database, making its directory, and bringing our tables and the queue engine's up to date.

    Raises:
        BadInput: the settings name no usable database.
        Unavailable: it does not answer or cannot be written; says which and why.
    """
    url = database_url(settings)
    _make_directory(settings.data_dir)
    engine = _engine(make_url(url), pool_pre_ping=True)
    try:
        migrate(engine)
        # The queue engine lives in the same database: a job and its place in the queue are one transaction.
        logging.getLogger("dbos").setLevel(logging.WARNING)
        run_dbos_database_migrations(url)
    except OperationalError as error:
        raise Unavailable(f"database {engine.url.render_as_string()} cannot be used: {error.orig}") from None
    return engine


def unpooled(engine: Engine) -> Engine:
    """Return an engine of the same database that has no pool: nobody who waits there keeps it waiting."""
    return _engine(engine.url, poolclass=NullPool)


def _engine(url: URL, **options: Any) -> Engine:
    ours = _POSTGRESQL if url.drivername.startswith("postgresql") else {}
    connect_args = {name: value for name, value in ours.items() if name not in url.query}
    # hide_parameters: an error would show what was to be stored, to whoever reads logs.
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin)
    return engine


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"data directory {path} cannot be made: {error.strerror}; set JOBSCOPE_DATA_DIR to one that can"
        ) from None


def _configure_sqlite(connection: Any, _record: object) -> None:
    # SQLAlchemy begins transactions itself, below; sqlite3's own way would begin them too late.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",  # readers never wait for the writer; lasts in the file
        "synchronous=NORMAL",  # safe with WAL against a killed process; a power cut may cost the last commits
        "busy_timeout=30000",  # milliseconds; several processes write
        "foreign_keys=ON",  # off by default in SQLite
    ):
        connection.execute(f"PRAGMA {pragma}")


def read_only(engine: Engine) -> Engine:
    """Return the engine for transactions that only read: on SQLite these and the writers never wait."""
    return engine.execution_options(jobscope_read_only=True)


def _begin(connection: Connection) -> None:
    # Taken at once, the write lock waits its turn; taken at the first write, it fails when another has it.
    reads = connection.get_execution_options().get("jobscope_read_only")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
