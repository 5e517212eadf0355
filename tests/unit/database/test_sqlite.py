"""SQLite's file: who may read it, and what is said of one that is none."""

from __future__ import annotations

import os
import sqlite3
import stat

import pytest
from sqlalchemy import select

from app.database.engine import open_database
from app.database.models import Optimization
from app.errors import Unavailable
from app.settings import Settings


def overwrite(path):
    path.write_bytes(os.urandom(5000))


def truncate(path):
    with path.open("r+b") as file:
        file.truncate(9000)


def replace_by_a_directory(path):
    path.unlink()
    path.mkdir()


def replace_by_anothers(path):
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.close()


LOST = "restore it from a copy, or move it away"


def content(folder):
    """Return what is in a folder's files, without what SQLite needs to read one of ours."""
    files = [path for path in folder.iterdir() if path.is_file() and path.suffix == ".db"]
    return {path.name: path.read_bytes() for path in files}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_database_and_its_directory_are_the_owners_alone(tmp_path):
    os.umask(before := os.umask(0))
    assert before & 0o077 != 0o077, "else this test could not fail"
    settings = Settings(data_dir=tmp_path / "data")
    engine = open_database(settings)
    with engine.begin() as connection:  # the log is there while somebody is connected
        connection.execute(select(Optimization))
        files = {path.name: mode(path) for path in settings.data_dir.glob("jobscope.db*")}
    engine.dispose()
    assert mode(settings.data_dir) == 0o700
    assert files == {"jobscope.db": 0o600, "jobscope.db-wal": 0o600, "jobscope.db-shm": 0o600}


@pytest.mark.parametrize("named", [True, False])
def test_database_of_before_becomes_private_where_nobody_has_named_it(tmp_path, named):
    path = tmp_path / "jobscope.db"
    open_database(Settings(data_dir=tmp_path)).dispose()
    path.chmod(0o644)
    open_database(Settings(data_dir=tmp_path, database_url=f"sqlite:///{path}" if named else None)).dispose()
    assert mode(path) == (0o644 if named else 0o600)


@pytest.mark.parametrize(
    ("ruin", "told"),
    [
        (overwrite, f"file is not a database; {LOST}"),
        (truncate, f"database disk image is malformed; {LOST}"),
        (replace_by_a_directory, "is a directory; JOBSCOPE_DATA_DIR or"),
        (replace_by_anothers, "is another program's: it has tables, and none of ours"),
    ],
)
def test_what_is_no_database_of_ours_is_named_with_what_to_do(tmp_path, ruin, told):
    settings = Settings(data_dir=tmp_path)
    open_database(settings).dispose()
    ruin(tmp_path / "jobscope.db")
    before = content(tmp_path)
    with pytest.raises(Unavailable) as caught:
        open_database(settings)
    assert f"database {tmp_path / 'jobscope.db'} " in str(caught.value)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content(tmp_path) == before, "nothing is made or changed"


def test_stored_values_are_not_in_errors(tmp_path):
    engine = open_database(Settings(data_dir=tmp_path))
    with (
        pytest.raises(Exception, match="hidden due to hide_parameters") as caught,
        engine.begin() as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM nothing WHERE x = ?", ("s3cret",))
    engine.dispose()
    assert "s3cret" not in str(caught.value)
