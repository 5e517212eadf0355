"""Opening a database, and who waits for whom on SQLite."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError

from app.database.engine import open_database, read_only
from app.database.models import Worker
from app.errors import BadInput
from app.settings import Settings

WORKER = {"slot": "worker-0", "instance_id": "i", "pid": 1, "host": "h"}


@pytest.fixture
def engine(tmp_path):
    engine = open_database(Settings(data_dir=tmp_path))
    yield engine
    engine.dispose()


def at_once(connection):
    """Have a connection fail where it would wait."""
    connection.execute(text("PRAGMA busy_timeout = 0"))
    connection.rollback()


def test_reader_and_writer_do_not_wait_for_each_other(engine):
    with read_only(engine).connect() as reader, engine.connect() as writer:
        at_once(reader)
        at_once(writer)
        writer.execute(insert(Worker), WORKER)
        assert reader.execute(select(Worker)).all() == []
        writer.commit()
        assert reader.execute(select(Worker)).all() == [], "a reader sees one state of things"
        reader.rollback()
        assert len(reader.execute(select(Worker)).all()) == 1


def test_writers_wait_for_each_other(engine):
    with engine.connect() as one, engine.connect() as other:
        at_once(other)
        one.execute(insert(Worker), WORKER)
        with pytest.raises(OperationalError, match="locked"):
            other.execute(select(Worker))


@pytest.mark.parametrize("url", ["postgres://h/d", "mysql://h/d", "postgresql://h/d", "oracle+x://h/d"])
def test_database_of_another_make_is_refused_without_its_password(tmp_path, url):
    with pytest.raises(BadInput, match=r"must begin with sqlite:// or postgresql\+psycopg://") as caught:
        open_database(Settings(data_dir=tmp_path, database_url=url.replace("h/", "me:secret@h/")))
    assert caught.value.field == "JOBSCOPE_DATABASE_URL"
    assert "secret" not in caught.value.message
