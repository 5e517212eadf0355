"""Jobs on a PostgreSQL server of the tests' own; nothing is a mock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database.engine import open_database
from app.settings import Settings
from tests.live.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with running_postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def settings(server: Postgres, tmp_path: Path) -> Settings:
    """Settings with an empty database."""
    server.execute("DROP DATABASE IF EXISTS jobscope WITH (FORCE)", "CREATE DATABASE jobscope")
    return Settings(
        data_dir=tmp_path, database_url=server.url("jobscope"), database_password_file=server.password_file
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_database(settings)
    yield engine
    engine.dispose()
