"""What is SQLite's alone: its file, who may read it, and what can be wrong with it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError

from app.errors import Unavailable

_LOST = "; restore it from a copy, or move it away to begin with an empty one"
_ELSEWHERE = "; JOBSCOPE_DATA_DIR or JOBSCOPE_DATABASE_URL can name another"
# What is wrong in another way may pass.
_ADVICE = {
    sqlite3.SQLITE_NOTADB: _LOST,
    sqlite3.SQLITE_CORRUPT: _LOST,
    sqlite3.SQLITE_CANTOPEN: _ELSEWHERE,
    sqlite3.SQLITE_READONLY: _ELSEWHERE,
}


def file_of(url: URL) -> Path | None:
    """Return the file of a database; None of PostgreSQL, and of one in memory."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith((":", "file:")):
        return None
    return Path(url.database)


def make_private(path: Path, *, ours: bool) -> None:
    """Make a database's file, for its owner alone, where there is none; SQLite gives its log the same mode.

    Args:
        path: the file.
        ours: whether a file that is there is to be made private too: not where a user has put it on purpose.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    if ours:
        for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            with suppress(OSError):  # it is not there, or somebody else's
                if file.is_file():
                    file.chmod(0o600)


def configure(connection: Any, _record: object) -> None:
    """Prepare a new connection; a listener of SQLAlchemy's."""
    # SQLAlchemy begins transactions itself, see app.database.engine; sqlite3 would begin them too late.
    connection.isolation_level = None
    try:
        for pragma in (
            "journal_mode=WAL",  # readers never wait for the writer; lasts in the file
            # Safe with WAL against a killed process; a power cut may cost the last commits.
            "synchronous=NORMAL",
            "busy_timeout=30000",  # milliseconds; several processes write
            "foreign_keys=ON",  # off by default in SQLite
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error as error:
        raise _as_sqlalchemys(error) from error


def require_ours(path: Path) -> None:
    """Refuse a database of another program's, which ours would be mixed into; to look changes nothing in it.

    Raises:
        Unavailable: it has tables, and none of ours, or is no file.
        sqlalchemy.exc.DatabaseError: it cannot be read.
    """
    if path.is_dir():
        raise Unavailable(f"database {path} is a directory{_ELSEWHERE}")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    except sqlite3.Error as error:
        raise _as_sqlalchemys(error) from error
    tables = {name for (name,) in rows}
    if tables and "optimizations" not in tables:
        raise Unavailable(
            f"database {path} is another program's: it has tables, and none of ours{_ELSEWHERE}"
        )


def _as_sqlalchemys(error: sqlite3.Error) -> DatabaseError:
    """Return an error as SQLAlchemy would, had it been told of it."""
    return DatabaseError("PRAGMA", None, error)


def advice(error: DatabaseError) -> str:
    """Return what to do about an error, to be put behind it; empty when nothing is known to help."""
    # What an extended code is a kind of, its last byte says.
    return _ADVICE.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF, "")
