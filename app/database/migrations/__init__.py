"""Brings a database's tables to the form that this release knows; Alembic, one revision a change.

A new revision is a file ``versions/rNNNN_what.py`` after the last one. Each must work on SQLite and on
PostgreSQL, and may not use the models: they go on changing, a revision does not.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from app.errors import Unavailable

_VERSIONS = Path(__file__).parent / "versions"
# Any number, the same in all processes; apart from those of the worker slots.
_LOCK = 0x6A6F62736368
# What the releases before the first revision made is what the first revision makes.
_BEFORE_REVISIONS = "0001"


def newest_revision() -> str:
    """Return the revision that this release's models describe."""
    return max(path.name for path in _VERSIONS.glob("r*.py"))[1:5]


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision, making them where there are none; all of it or nothing.

    Several processes may do so at once: one does it, the others wait.

    Raises:
        Unavailable: the database is of a newer release than this one.
        sqlalchemy.exc.DBAPIError: it cannot be read or written.
    """
    with engine.connect() as connection:
        if _revision(connection) == newest_revision():
            return
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's transactions wait for each other anyway
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return _BEFORE_REVISIONS if "optimizations" in tables else None


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - takes longer to import than most commands take
    from alembic.config import Config  # noqa: PLC0415

    revision = _revision(connection)
    if revision is not None and revision > newest_revision():
        raise Unavailable(
            f"the database is of a newer release (revision {revision}, this one knows {newest_revision()}); "
            "install that release"
        )
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if revision == _BEFORE_REVISIONS:
        command.stamp(config, _BEFORE_REVISIONS)
    command.upgrade(config, "head")
