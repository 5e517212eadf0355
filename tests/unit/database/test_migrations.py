"""Databases of every age come to the present form; here on SQLite, tests/postgres has the other."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.orm import Session

from app.database import migrations
from app.database.engine import open_database
from app.database.models import Optimization, Trial
from app.errors import Unavailable
from app.optimizations.service import Optimizations
from app.queue.dbos import DbosQueue
from app.security.keys import authenticate, list_keys
from app.settings import Settings
from tests.live.differences import differences

BEFORE = Path(__file__).parent / "before" / "sqlite.sql"
OPERATOR = "jsk_a0954bacb951_f1e5635607fe504855e26016a46c8fa5bbd7a01e4b19d88ee0b433c3523dcc0c"


def settings_with_database_of_before(directory):
    database = sqlite3.connect(directory / "jobscope.db")
    database.executescript(BEFORE.read_text(encoding="utf-8"))
    database.close()
    return Settings(data_dir=directory)


def test_new_database_is_what_the_models_say(tmp_path):
    engine = open_database(Settings(data_dir=tmp_path))
    assert differences(engine) == []


def test_a_model_without_its_revision_is_noticed(tmp_path):
    engine = open_database(Settings(data_dir=tmp_path))
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE workers DROP COLUMN host"))
    assert [difference[0] for difference in differences(engine)] == ["add_column"]


def test_database_of_before_revisions_migrates_and_works(tmp_path):
    settings = settings_with_database_of_before(tmp_path)
    engine = open_database(settings)
    assert differences(engine) == []
    assert [key.role for key in list_keys(engine)] == ["viewer", "operator", "admin"]
    assert authenticate(engine, OPERATOR).name == "operator of before"
    queue = DbosQueue(engine)
    optimizations = Optimizations(engine, queue, settings)
    jobs = {job.state: job for job in optimizations.list()}
    assert set(jobs) == {"completed", "failed", "cancelled", "queued", "running"}
    assert len(optimizations.trials(jobs["running"].id)) == jobs["running"].trials_completed == 8
    queue.close()


def test_deflated_ratio_of_another_formula_is_not_kept(tmp_path):
    settings = settings_with_database_of_before(tmp_path)
    with sqlite3.connect(tmp_path / "jobscope.db") as database:
        assert database.execute("SELECT count(deflated_sharpe) FROM optimizations").fetchone()[0] > 0
    database.close()
    engine = open_database(settings)
    with Session(engine) as session:
        jobs = session.scalars(select(Optimization)).all()
        assert {(job.deflated_sharpe, job.trials_infeasible) for job in jobs} == {(None, 0)}
        assert {trial.sharpe for trial in session.scalars(select(Trial))} == {None}


def test_newest_revision_is_the_one_that_alembic_would_reach(tmp_path):
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.newest_revision()]


def test_database_of_a_newer_release_is_left_alone(tmp_path):
    settings = Settings(data_dir=tmp_path)
    engine = open_database(settings)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="of a newer release"):
        open_database(settings)


def test_failed_migration_leaves_nothing_half_done(tmp_path):
    settings = settings_with_database_of_before(tmp_path)
    # What the second revision wants to make is there already, and is something else.
    with sqlite3.connect(tmp_path / "jobscope.db") as database:
        database.execute("CREATE TABLE optimizations_by_time (id)")
    with pytest.raises(Unavailable, match="optimizations_by_time"):
        open_database(settings)
    columns = inspect(create_engine(settings.sqlalchemy_url)).get_columns("optimizations")
    assert "retried_after" not in [column["name"] for column in columns]


def test_processes_that_start_together_migrate_once(tmp_path):
    settings = settings_with_database_of_before(tmp_path)
    failures: list[Exception] = []

    def open_one():
        try:
            open_database(settings).dispose()
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
