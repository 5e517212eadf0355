"""A service that is left alone keeps every job of the retention time, within its budgets.

Half a day of it, with budgets as much smaller; ``make bench`` has the week.
"""

from __future__ import annotations

import time

import pytest

from telemetry.files.upkeep import DEFAULT_BUDGETS, Budget
from telemetry.jobview.local import LocalReader
from tests.live.week import HOUR_SECONDS, SECOND, SIGNALS, Service, disk_bytes, record, spans_of

HOURS = 12
JOBS = 72
KEPT_HOURS = 8
# The shares of a week, and of its 1,000 jobs, that this test has are about the same.
SHARE = HOURS / (7 * 24)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    return record(tmp_path_factory.mktemp("recorded"), trials=3000)


def test_every_job_of_the_retention_time_can_be_shown_and_the_disk_is_within_its_budget(tmp_path, recorded):
    budgets = {
        signal: Budget(int(budget.max_bytes * SHARE), KEPT_HOURS * HOUR_SECONDS)
        for signal, budget in DEFAULT_BUDGETS.items()
    }
    begin_ns = time.time_ns() - HOURS * HOUR_SECONDS * SECOND
    service = Service(tmp_path, recorded, budgets, begin_ns)

    def within_budgets():
        for signal in SIGNALS:
            assert disk_bytes(tmp_path, f"{signal}-") <= budgets[signal].max_bytes

    service.run(HOURS, JOBS, within_budgets)
    retained_ns = begin_ns + (HOURS - KEPT_HOURS) * HOUR_SECONDS * SECOND
    reader = LocalReader(tmp_path)
    kept = [job_id for job_id, at_ns in service.jobs.items() if at_ns >= retained_ns]
    assert len(kept) == JOBS * KEPT_HOURS // HOURS
    for job_id in kept:
        view = reader.read(job_id)
        assert (view.state, view.notes, view.problems(), view.gaps()) == ("completed", (), (), ())
        assert len(view.spans) == spans_of(recorded)
        assert view.metrics[0].trials["completed"] == view.trials_completed == 3000
    gone = [job_id for job_id, at_ns in service.jobs.items() if at_ns < retained_ns - HOUR_SECONDS * SECOND]
    assert gone
    for job_id in gone:
        view = reader.read(job_id)
        assert (view.state, view.spans, view.events) == ("unknown", (), ())
        assert "it is older than what is kept, the traces from" in view.notes[0]
