"""Progress by server-sent events."""

from __future__ import annotations

import json
import threading

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from app.optimizations import progress
from app.optimizations.service import Optimizations

URL = "/api/v1/optimizations"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(progress, "_POLL_SECONDS", 0.01)


def events(text):
    """Return the events of a stream as (id, data)."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            assert fields["event"] == "progress"
            found.append((fields["id"], json.loads(fields["data"])))
    return found


def test_ended_job_is_told_once_and_the_stream_ends(api):
    job = api.add_job(
        trials=10,
        state="completed",
        attempt=1,
        trials_completed=7,
        trials_failed=1,
        trials_infeasible=2,
        best_value=4,
        best_trial=8,
    )
    response = api.client("viewer").get(f"{URL}/{job.id}/events")
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert events(response.text) == [
        (
            "1.10.completed",
            {
                "id": job.id,
                "state": "completed",
                "attempt": 1,
                "progress": 1.0,
                "trials": 10,
                "trials_completed": 7,
                "trials_failed": 1,
                "trials_infeasible": 2,
                "best_value": 4,
                "best_trial": 8,
            },
        )
    ]


def follow(api, url, job, seen, headers=None, opened=lambda: None):
    """Follow a job over a socket; hand each event to ``seen`` when it comes."""
    headers = {"Authorization": f"Bearer {api.key('viewer')}"} | (headers or {})
    with httpx.stream("GET", f"{url}{URL}/{job.id}/events", headers=headers, timeout=30) as stream:
        opened()
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen(json.loads(line.removeprefix("data: ")))


def test_each_change_is_told_as_it_comes(api):
    job = api.add_job()
    told = []
    changes = [
        {"state": "running", "attempt": 1},
        {"trials_completed": 5},
        {"trials_completed": 8, "trials_failed": 1, "trials_infeasible": 1},
        {"state": "completed"},
    ]

    def seen(data):
        told.append((data["state"], round(data["progress"] * data["trials"])))
        if changes:
            api.change(job, **changes.pop(0))

    with api.served() as url:
        follow(api, url, job, seen)
    assert told == [("queued", 0), ("running", 0), ("running", 5), ("running", 10), ("completed", 10)]


@pytest.mark.parametrize("last", ["1.4.running", "nonsense", ""])
def test_client_that_comes_back_is_told_what_it_lacks(api, last):
    job = api.add_job(state="running", attempt=1, trials_completed=5)
    told = []

    def seen(data):
        told.append((data["state"], data["trials_completed"]))
        if data["state"] == "running":
            api.change(job, state="failed")

    with api.served() as url:
        follow(api, url, job, seen, {"Last-Event-ID": last})
    assert told == [("running", 5), ("failed", 5)]


def test_client_that_lacks_nothing_is_told_the_next_change(api):
    job = api.add_job(state="running", attempt=1, trials_completed=5)
    told = []
    with api.served() as url:
        follow(
            api,
            url,
            job,
            told.append,
            {"Last-Event-ID": "1.5.running"},
            opened=lambda: api.change(job, state="failed"),
        )
    assert [data["state"] for data in told] == ["failed"]


def test_client_that_knows_the_end_is_told_not_to_come_back(api):
    job = api.add_job(state="cancelled", attempt=1)
    client = api.client("viewer")
    ((event_id, _),) = events(client.get(f"{URL}/{job.id}/events").text)
    response = client.get(f"{URL}/{job.id}/events", headers={"Last-Event-ID": event_id})
    assert (response.status_code, response.content) == (204, b"")


def test_silence_is_broken_by_comments(api, monkeypatch):
    monkeypatch.setattr(progress, "_HEARTBEAT_SECONDS", 0.0)
    job = api.add_job(state="running")
    lines = []
    key = {"Authorization": f"Bearer {api.key('viewer')}"}
    with api.served() as url, httpx.stream("GET", f"{url}{URL}/{job.id}/events", headers=key) as stream:
        for line in stream.iter_lines():
            lines.append(line)
            if lines.count(": still here") == 3:
                break
    assert len([line for line in lines if line.startswith("data: ")]) == 1


def test_lost_database_does_not_end_the_stream(api, monkeypatch):
    job = api.add_job(state="running")
    real, calls = Optimizations.get, []

    def unsteady(self, job_id):
        calls.append(job_id)
        if len(calls) == 2:
            raise OperationalError("SELECT 1", {}, RuntimeError("gone"))
        if len(calls) == 3:
            api.change(job, state="completed")
        return real(self, job_id)

    monkeypatch.setattr(Optimizations, "get", unsteady)
    response = api.client("viewer").get(f"{URL}/{job.id}/events")
    assert ": the database does not answer" in response.text
    assert [data["state"] for _, data in events(response.text)] == ["running", "completed"]


def test_client_that_leaves_is_no_error(api):
    job = api.add_job(state="running")
    key = {"Authorization": f"Bearer {api.key('viewer')}"}
    with api.served() as url:
        with httpx.stream("GET", f"{url}{URL}/{job.id}/events", headers=key) as stream:
            next(stream.iter_lines())
        # The stream's thread notices; the server, which waits for it, then ends.
    assert api.telemetry.value("api.requests", {"http.response.status_code": 200}) >= 1
    assert "api.request.failed" not in api.telemetry.event_names()


def test_server_that_stops_does_not_wait_for_watchers(api):
    job = api.add_job(state="running")
    began = threading.Event()
    ended = []

    def watch(url):
        try:
            follow(api, url, job, lambda _: began.set())
        except httpx.TransportError as error:
            ended.append(error)

    with api.served() as url:
        watcher = threading.Thread(target=watch, args=(url,))
        watcher.start()
        assert began.wait(30)
    watcher.join(30)
    assert not watcher.is_alive()
    assert ended


def test_stream_is_no_slow_request(api):
    job = api.add_job(state="running")
    route = {"http.route": URL + "/{job_id}/events"}
    waited = []

    def durations():
        points = api.telemetry.points("api.request.duration")
        return [point for point in points if point.attributes.items() >= route.items()]

    def seen(data):
        if data["state"] != "running":
            return
        # The first byte has come: from now on it is a stream, and no request that waits for its answer.
        (request,) = durations()
        assert (request.count, request.attributes["http.response.status_code"]) == (1, 200)
        waited.append(request.value)
        assert api.telemetry.value("api.requests.in_progress", {"http.request.method": "GET"}) == 0
        assert api.telemetry.value("api.streams.open", route) == 1
        assert api.telemetry.points("api.stream.duration") == []
        api.change(job, state="completed")

    with api.served() as url:
        follow(api, url, job, seen)
    (stream,) = api.telemetry.points("api.stream.duration")
    assert (stream.count, stream.attributes) == (1, route)
    (request,) = durations()
    assert (request.count, request.value) == (1, waited[0]), "what came later was no waiting"
    assert api.telemetry.value("api.streams.open", route) == 0
    assert api.telemetry.value("api.requests", route) == 1
