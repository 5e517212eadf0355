"""Whether PostgreSQL can be written is told by writing."""

from __future__ import annotations

import pytest

from app.database.engine import unpooled
from app.health.writes import write_problem

pytestmark = pytest.mark.stack


def test_database_that_is_read_only_is_told(server, engine):
    apart = unpooled(engine)
    assert write_problem(apart) is None
    server.execute("ALTER DATABASE jobscope SET default_transaction_read_only = on")
    assert "read-only transaction" in (write_problem(apart) or "")
    server.execute("ALTER DATABASE jobscope SET default_transaction_read_only = off")
    assert write_problem(apart) is None
