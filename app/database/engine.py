"""Opens the database: SQLite in WAL mode, or PostgreSQL."""

from __future__ import annotations

import logging
from typing import Any

from dbos import run_dbos_database_migrations
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

from app.database import sqlite
from app.database.migrations import migrate
from app.datadir import make_data_dir
from app.errors import BadInput, Unavailable
from app.settings import Settings

# InternalError: as of a standby that has not taken over yet, which only reads.
UNREACHABLE = (OperationalError, InterfaceError, InternalError, PoolTimeout)
"""Errors by which a database says that it does not answer, for now: what failed can be tried again."""

# Seconds to connect, and until a connection is given up whose other end is gone without a word. By default
# both are minutes, in which a worker could neither beat nor stop.
_POSTGRESQL = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
    # The server's side of the same: a process that froze in a transaction, or whose machine is gone, would
    # keep its locks for two hours, and whoever needs them would wait. Milliseconds, and seconds.
    "options": "-c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000 "
    "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
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
        Unavailable: it does not answer, cannot be written, or is none of ours; says which and why.
    """
    url = database_url(settings)
    make_data_dir(settings.data_dir)
    engine = _engine(make_url(url), pool_pre_ping=True)
    try:
        if file := sqlite.file_of(engine.url):
            sqlite.make_private(file, ours=settings.database_url is None)
            sqlite.require_ours(file)
        migrate(engine)
        # The queue engine lives in the same database: a job and its place in the queue are one transaction.
        logging.getLogger("dbos").setLevel(logging.WARNING)
        run_dbos_database_migrations(url)
    except OSError as error:
        raise Unavailable(f"database {engine.url.database} cannot be made: {error.strerror}") from None
    except DatabaseError as error:
        raise Unavailable(database_problem(engine.url, error)) from None
    return engine


def database_problem(url: URL, error: DatabaseError) -> str:
    """Return which database cannot be used, why, and what to do about it."""
    named = sqlite.file_of(url) or url.render_as_string()  # without its password
    return f"database {named} cannot be used: {error.orig}{sqlite.advice(error)}"


def unpooled(engine: Engine) -> Engine:
    """Return an engine of the same database that has no pool: nobody who waits there keeps it waiting."""
    return _engine(engine.url, poolclass=NullPool)


def _engine(url: URL, **options: Any) -> Engine:
    ours = _POSTGRESQL if url.drivername.startswith("postgresql") else {}
    connect_args = {name: value for name, value in ours.items() if name not in url.query}
    # hide_parameters: an error would show what was to be stored, to whoever reads logs.
    engine = create_engine(url, hide_parameters=True, connect_args=connect_args, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", sqlite.configure)
        event.listen(engine, "begin", _begin)
    return engine


def read_only(engine: Engine) -> Engine:
    """Return the engine for transactions that only read: on SQLite these and the writers never wait."""
    return engine.execution_options(jobscope_read_only=True)


def _begin(connection: Connection) -> None:
    # Taken at once, the write lock waits its turn; taken at the first write, it fails when another has it.
    reads = connection.get_execution_options().get("jobscope_read_only")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
