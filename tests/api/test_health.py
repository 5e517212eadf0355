"""Probes, checks, and what is measured and told of them."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database.clock import now
from app.database.models import Worker
from app.health.checks import Check, Finding, all_checks
from app.health.monitor import HealthMonitor
from app.health.runner import Runner
from telemetry.exporters.delivery import Delivery
from telemetry.exporters.encoding import Encoded
from telemetry.files import FileDestination, RotatedFile

HEALTH = "/api/v1/health"


def monitor_of(api) -> HealthMonitor:
    return api.state.health


def find(api, name):
    return check_of(api, name, api.delivery).find()


def check_of(api, name, delivery):
    (check,) = (check for check in all_checks(api.engine, api.settings, [delivery]) if check.name == name)
    return check


def add_worker(api, seconds_ago=0.0):
    with Session(api.engine) as session, session.begin():
        seen = now() - timedelta(seconds=seconds_ago)
        session.add(Worker(slot=f"w-{seconds_ago}", instance_id="i", pid=1, host="h", last_seen=seen))


def break_database(api):
    with api.engine.begin() as connection:
        connection.execute(text("ALTER TABLE optimizations RENAME TO gone"))


def test_process_lives_whatever_the_database_does(api):
    break_database(api)
    assert api.client().get("/livez").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_probes_can_be_asked_for_their_head(api, path):
    monitor_of(api).run_once()
    response = api.client().request("HEAD", path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")


def test_ready_with_a_database_that_has_its_tables(api):
    assert api.client().get("/readyz").status_code == 503, "nobody has looked yet"
    monitor_of(api).run_once()
    assert api.client().get("/readyz").json() == {"status": "ready"}
    break_database(api)
    monitor_of(api).run_once()
    response = api.client().get("/readyz")
    assert response.status_code == 503
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "gone" not in response.text


def test_health_before_the_first_round_is_unknown(api):
    response = api.client("viewer").get(HEALTH)
    assert (response.status_code, response.json()["status"]) == (200, "warn")
    assert response.json()["checks"]["database:usable"][0]["output"] == "not checked yet"


def test_health_of_a_whole_system(api):
    add_worker(api)
    monitor_of(api).run_once()
    response = api.client("viewer").get(HEALTH)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/health+json"
    body = response.json()
    assert (body["status"], body["serviceId"]) == ("pass", "jobscope")
    assert {name: found[0]["status"] for name, found in body["checks"].items()} == dict.fromkeys(
        ("database:usable", "workers:alive", "disk:free", "telemetry:accepted"), "pass"
    )
    workers = body["checks"]["workers:alive"][0]
    assert (workers["observedValue"], workers["observedUnit"]) == (1, "workers")
    assert workers["ageSeconds"] >= 0
    assert api.telemetry.event_names() == ["api.key.created"]


def test_missing_workers_are_a_warning(api):
    add_worker(api, seconds_ago=api.settings.worker_timeout_seconds + 1)
    monitor_of(api).run_once()
    response = api.client("viewer").get(HEALTH)
    assert (response.status_code, response.json()["status"]) == (200, "warn")
    assert "jobscope worker" in response.json()["checks"]["workers:alive"][0]["output"]


def test_lost_database_is_a_failure(api):
    add_worker(api)
    client = api.client("viewer")
    break_database(api)
    monitor_of(api).run_once()
    response = client.get(HEALTH)
    assert (response.status_code, response.json()["status"]) == (503, "fail")
    assert "no such table" in response.json()["checks"]["database:usable"][0]["output"]
    assert "api.request.failed" not in api.telemetry.event_names(), "to tell the truth is no failure"
    assert api.telemetry.value("api.errors", {"http.response.status_code": 503}) == 1


@pytest.mark.parametrize(
    ("free", "status"),
    [(2**30, "pass"), (2**30 - 1, "warn"), (100 * 2**20, "warn"), (100 * 2**20 - 1, "fail")],
)
def test_disk(api, monkeypatch, free, status):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    finding = find(api, "disk")
    assert (finding.status, finding.value) == (status, free)
    assert bool(finding.output) == (status != "pass")


def export(delivery):
    """Export a request, as the process's own telemetry does all the time."""
    return delivery.deliver(Encoded(b"{}"), 1)


@pytest.fixture
def untried(api):
    return Delivery("logs", FileDestination(RotatedFile(api.settings.telemetry_dir, "logs-new")), 0)


def test_telemetry_of_which_nothing_is_known_is_a_warning(api, untried, monkeypatch):
    monkeypatch.setattr("app.health.checks._FIRST_EXPORT_SECONDS", 0)
    assert check_of(api, "telemetry", untried).find() == Finding("warn", "no telemetry has been exported yet")


def test_telemetry_of_a_new_process_is_judged_by_its_first_export(api, untried, monkeypatch):
    monkeypatch.setattr("app.health.checks._FIRST_EXPORT_SECONDS", 60)
    threading.Timer(0.1, export, [untried]).start()
    assert check_of(api, "telemetry", untried).find() == Finding("pass")


def test_telemetry_files_that_cannot_be_written_are_a_warning(api):
    assert export(api.delivery)
    assert find(api, "telemetry") == Finding("pass")
    shutil.rmtree(api.settings.telemetry_dir)
    assert not export(api.delivery)
    finding = find(api, "telemetry")
    assert finding.status == "warn"
    assert "telemetry cannot be written" in finding.output
    assert "No such file or directory" in finding.output
    api.settings.telemetry_dir.mkdir()
    assert export(api.delivery)
    assert find(api, "telemetry") == Finding("pass")


def steered(status):
    """Return a check that finds what the list's last element says."""
    return Check("database", "reachable", "datastore", lambda: Finding(status[-1], "why"))


def test_status_and_duration_are_measured(api):
    found = ["pass"]
    monitor = HealthMonitor([steered(found)])
    for status, value in (("pass", 1), ("warn", 0), ("fail", 0), ("pass", 1)):
        found.append(status)
        monitor.run_once()
        # The API's own monitor has run nothing, so all there is comes from this one.
        assert [(found.finding.status, value) for _, found in monitor.outcomes() if found] == [
            (status, value)
        ]
        assert [observation.value for observation in monitor._observe(None)] == [value]
    (duration,) = api.telemetry.points("health.check.duration")
    assert (duration.count, duration.attributes) == (4, {"check.name": "database"})


def test_status_of_each_check_is_a_metric(api):
    add_worker(api)
    monitor_of(api).run_once()
    measured = {
        point.attributes["check.name"]: point.value for point in api.telemetry.points("health.check.status")
    }
    assert measured == {"database": 1, "workers": 1, "disk": 1, "telemetry": 1}
    break_database(api)
    monitor_of(api).run_once()
    assert api.telemetry.value("health.check.status", {"check.name": "database"}) == 0
    assert api.telemetry.value("health.check.status", {"check.name": "disk"}) == 1


def test_changes_are_told_and_nothing_else(api):
    found = ["pass"]
    monitor = HealthMonitor([steered(found)])
    for status in ("pass", "pass", "fail", "fail", "warn", "pass"):
        found.append(status)
        monitor.run_once()
    events = api.telemetry.events_named("health.check.changed")
    assert [(event.severity, event.body) for event in events] == [
        ("ERROR", "health check database: fail, why"),
        ("WARN", "health check database: warn, why"),
        ("INFO", "health check database: pass, why"),
    ]
    assert {event.attributes["check.name"] for event in events} == {"database"}


def test_trouble_at_the_start_is_told(api):
    HealthMonitor([steered(["fail"])]).run_once()
    assert api.telemetry.event_names() == ["health.check.changed"]


def test_check_that_raises_has_failed(api):
    def find():
        raise RuntimeError("first line\nsecond line")

    monitor = HealthMonitor([Check("disk", "free", "system", find)])
    monitor.run_once()
    (event,) = api.telemetry.events_named("health.check.changed")
    assert event.body == "health check disk: fail, first line"
    assert event.attributes["error.type"] == "RuntimeError"


def test_check_that_hangs_has_failed_and_is_not_begun_again():
    release, begun = threading.Event(), []

    def find():
        begun.append(1)
        release.wait()
        return Finding("pass")

    runner = Runner(Check("disk", "free", "system", find, timeout_seconds=0.01))
    for _ in range(3):
        outcome = runner.run()
        assert (outcome.finding.status, outcome.error_type) == ("fail", "Timeout")
        assert "no answer within 0.01 s" in outcome.finding.output
    assert len(begun) == 1
    release.set()
    patient = Runner(Check("disk", "free", "system", find))
    assert patient.run().finding.status == "pass"


def test_service_checks_itself_while_it_runs(api):
    add_worker(api)
    key = {"Authorization": f"Bearer {api.key('viewer')}"}
    checked = threading.Semaphore(0)
    monitor = monitor_of(api)
    once = monitor._check

    def counted(runner):
        once(runner)
        checked.release()

    monitor._check = counted
    with api.served() as url:
        assert all(checked.acquire(timeout=30) for _ in monitor.outcomes())
        assert httpx.get(url + HEALTH, headers=key).json()["status"] == "pass"
    assert api.telemetry.event_names() == ["api.key.created", "api.started", "api.stopped"]
    assert not any(thread.is_alive() for thread in monitor._threads)
