"""A database of before there were revisions, on PostgreSQL; its jobs go on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from app.database.clock import clock
from app.database.engine import open_database
from app.optimizations.flow import Flow
from app.optimizations.recovery import Recovery
from app.optimizations.service import Optimizations
from app.queue.dbos import DbosQueue
from app.security.keys import authenticate
from tests.live.differences import differences

pytestmark = pytest.mark.stack
BEFORE = Path(__file__).parents[1] / "unit/database/before/postgres.sql"
OPERATOR = "jsk_9492901892fd_d951528c1741697fa7c626cc273fed9a5815382f55e24b40e40d7f7dd706be23"


def test_database_of_before_revisions_migrates_and_works(server, settings):
    server.execute(BEFORE.read_text(encoding="utf-8"), database="jobscope")
    engine = open_database(settings)
    assert differences(engine) == []
    assert authenticate(engine, OPERATOR).role == "operator"
    queue = DbosQueue(engine)
    optimizations = Optimizations(engine, queue, settings)
    (running,) = optimizations.list(state="running")
    assert running.trials_completed == 8
    Recovery(engine, queue, settings.data_dir, "worker-0", "we", lambda: None, 30).run()
    Flow(engine, settings, "worker-0", "we", threading.Event()).run(running.id)
    job = optimizations.get(running.id)
    assert (job.state, job.trials_completed + job.trials_failed) == ("completed", job.trials)
    # The server was started after that worker beat last, so it may have lived on without its slot.
    assert [attempt.state for attempt in optimizations.attempts(job.id)] == ["interrupted", "completed"]
    queue.close()
    engine.dispose()


def test_clock_is_the_servers(engine):
    with engine.connect() as connection:
        ago, now = connection.execute(select(clock(60).label("ago"), clock().label("now"))).one()
    assert 59.9 < (now - ago).total_seconds() < 60.1
