"""Whether the database can be written: a disk that is full can still be read."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError


def write_problem(engine: Engine) -> str | None:
    """Write what changes nothing, and say why that failed, else None.

    On SQLite the number in the file's header that is the application's to use, on PostgreSQL the one row that
    says which revision the tables have; both stay what they are.

    Args:
        engine: the database, without a pool: waiting for one of its connections would say nothing of it.

    Raises:
        OperationalError: the database does not answer at all.
    """
    with engine.connect() as connection:
        try:
            if engine.dialect.name == "sqlite":
                _write_header(connection)
            else:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
                connection.commit()
        except DBAPIError as error:
            return None if _is_being_written(error.orig) else str(error.orig).partition("\n")[0]
    return None


def _write_header(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    if raw is None:
        raise TypeError("a connection that is open has one beneath")
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        raw.execute("BEGIN IMMEDIATE")
        (version,) = raw.execute("PRAGMA user_version").fetchone()
        raw.execute(f"PRAGMA user_version = {version:d}")
        raw.execute("COMMIT")
    except sqlite3.Error as error:
        raise DBAPIError("write", None, error) from error


def _is_being_written(error: BaseException | None) -> bool:
    """Tell whether somebody else is writing just now: nothing is wrong then."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY
