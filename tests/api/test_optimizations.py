"""Submit, list, read, cancel; the trials of a job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.database.models import Optimization

CREATED = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
URL = "/api/v1/optimizations"


def test_submit_stores_and_queues_what_was_asked(api):
    wanted = {
        "strategy": "rsi_reversion",
        "trials": 40,
        "sampler": "tpe",
        "parameters": {"window": {"low": 5, "high": 30}},
        "seed": 7,
        "folds": 3,
        "holdout": 0.25,
        "fee_bps": 2,
        "slippage_bps": 0.5,
    }
    response = api.client("operator").post(URL, json=wanted)
    assert response.status_code == 201
    job = response.json()
    assert response.headers["Location"] == job["links"]["self"] == f"{URL}/{job['id']}"
    assert {name: job[name] for name in wanted} == wanted
    assert (job["dataset"], job["objective"], job["state"], job["progress"]) == (
        "wti-daily",
        "sharpe",
        "queued",
        0,
    )
    assert api.queue.queued == [job["id"]]
    with Session(api.engine) as session:
        stored = session.get_one(Optimization, job["id"])
    assert (stored.seed, stored.parameters, stored.key_id) == (
        7,
        wanted["parameters"],
        api.key("operator").split("_")[1],
    )


def test_submit_needs_nothing_but_draws_a_seed(api):
    first, second = (api.client("operator").post(URL, json={}).json() for _ in range(2))
    assert (first["strategy"], first["trials"]) == ("sma_cross", 100)
    assert first["seed"] != second["seed"]


def test_submit_starts_the_jobs_trace_linked_with_the_requests(api):
    job_id = api.client("operator").post(URL, json={}).json()["id"]
    (server,) = api.telemetry.spans_named("POST /api/v1/optimizations")
    (root,) = api.telemetry.spans_named("send optimizations")
    assert (root.trace_id, root.parent_id) == (job_id, None)
    assert server.trace_id != job_id
    assert [(link.trace_id, link.span_id) for link in root.links] == [(server.trace_id, server.span_id)]
    assert [(link.trace_id, link.span_id) for link in server.links] == [(job_id, root.span_id)]
    assert server.attributes["job.id"] == job_id
    (event,) = api.telemetry.events_named("optimization.submitted")
    assert (event.trace_id, event.span_id) == (job_id, root.span_id)


def test_list_is_paged_newest_first(api):
    jobs = [api.add_job(created_at=CREATED + timedelta(seconds=number)) for number in range(5)]
    newest_first = [job.id for job in reversed(jobs)]
    client, path, seen, pages = api.client("viewer"), f"{URL}?limit=2", [], 0
    while path:
        page = client.get(path).json()
        seen += [job["id"] for job in page["items"]]
        path, pages = page["next"], pages + 1
    assert seen == newest_first
    assert pages == 3


def test_page_that_is_just_full_is_the_last(api):
    for number in range(2):
        api.add_job(created_at=CREATED + timedelta(seconds=number))
    assert api.client("viewer").get(f"{URL}?limit=2").json()["next"] is None


def test_list_filters_by_state_on_every_page(api):
    for number in range(6):
        state = ("completed", "failed")[number % 2]
        api.add_job(state=state, created_at=CREATED + timedelta(seconds=number))
    client = api.client("viewer")
    first = client.get(f"{URL}?state=failed&limit=2").json()
    second = client.get(first["next"]).json()
    assert [job["state"] for job in first["items"] + second["items"]] == ["failed"] * 3


def test_before_is_understood_in_any_zone(api):
    api.add_job(created_at=CREATED)
    later = api.add_job(created_at=CREATED + timedelta(hours=1))
    response = api.client("viewer").get(URL, params={"before": "2026-11-24T06:30:00+02:00"})
    assert [job["created_at"] for job in response.json()["items"]] == ["2026-11-24T04:00:00Z"]
    assert later.id not in response.text


def test_read_shows_progress_and_attempts(api):
    job = api.add_job(
        trials=10,
        state="running",
        attempt=2,
        trials_completed=3,
        trials_failed=1,
        trials_infeasible=1,
        best_value=1.5,
    )
    api.add_attempt(job, number=1, state="lost", ended_at=CREATED + timedelta(seconds=5))
    api.add_attempt(job, number=2, instance_id="i-2", started_at=CREATED + timedelta(seconds=9))
    shown = api.client("viewer").get(f"{URL}/{job.id}").json()
    assert (shown["progress"], shown["best_value"], shown["state"]) == (0.5, 1.5, "running")
    assert [
        (attempt["number"], attempt["state"], attempt["instance_id"]) for attempt in shown["attempts"]
    ] == [
        (1, "lost", "i-1"),
        (2, "running", "i-2"),
    ]
    assert shown["attempts"][0]["ended_at"] == "2026-11-24T04:00:05Z"
    client = api.client("viewer")
    for name in ("self", "trials", "events", "export"):
        if name != "events":
            assert client.get(shown["links"][name]).status_code == 200, name


def test_reading_a_job_is_linked_with_its_trace(api):
    job = api.add_job(traceparent="")
    api.client("viewer").get(f"{URL}/{job.id}")
    (span,) = api.telemetry.spans_named("GET /api/v1/optimizations/{job_id}")
    assert span.attributes["job.id"] == job.id
    assert [link.trace_id for link in span.links] == [job.id]


def test_cancel_of_a_waiting_job_is_immediate(api):
    job_id = api.client("operator").post(URL, json={}).json()["id"]
    response = api.client("operator").post(f"{URL}/{job_id}/cancel")
    assert response.status_code == 202
    assert response.json()["state"] == "cancelled"
    assert api.queue.cancelled == [job_id]
    (requested,) = api.telemetry.events_named("optimization.cancel.requested")
    (cancelled,) = api.telemetry.events_named("optimization.cancelled")
    assert requested.attributes["job.id"] == job_id
    assert requested.trace_id != job_id
    assert cancelled.trace_id == job_id


def test_cancel_of_a_running_job_is_asked_of_its_worker(api):
    job = api.add_job(state="running", attempt=1)
    response = api.client("operator").post(f"{URL}/{job.id}/cancel")
    assert response.status_code == 202
    assert response.json()["state"] == "running"
    assert response.json()["cancel_requested_at"] is not None
    assert api.queue.cancelled == []


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
def test_cancel_of_a_job_that_has_ended_is_a_conflict(api, state):
    job = api.add_job(state=state)
    response = api.client("operator").post(f"{URL}/{job.id}/cancel")
    assert response.status_code == 409
    assert "cannot be cancelled" in response.json()["detail"]


def test_failed_job_is_retried(api):
    job = api.add_job(state="failed", error_type="TooManyAttempts", attempt=5)
    response = api.client("operator").post(f"{URL}/{job.id}/retry")
    assert response.status_code == 202
    assert (response.json()["state"], response.json()["error_type"]) == ("queued", None)
    assert api.queue.queued == [job.id]
    again = api.client("operator").post(f"{URL}/{job.id}/retry")
    assert again.status_code == 409
    assert "is queued; only one that failed can be retried" in again.json()["detail"]


def test_pages_of_jobs_of_the_same_moment_skip_none(api):
    made = {api.add_job(created_at=CREATED).id for _ in range(5)}
    client, url, seen = api.client("viewer"), f"{URL}?limit=2", []
    while url:
        page = client.get(url).json()
        seen += [job["id"] for job in page["items"]]
        url = page["next"]
    assert sorted(seen) == sorted(made)


def test_trials_by_number_are_paged(api):
    job = api.add_job(trials=5)
    client, path, seen = api.client("viewer"), f"{URL}/{job.id}/trials?limit=2", []
    while path:
        page = client.get(path).json()
        seen += page["items"]
        path = page["next"]
    assert [trial["number"] for trial in seen] == [0, 1, 2, 3, 4]
    assert seen[1] == {
        "number": 1,
        "outcome": "completed",
        "value": 0.5,
        "parameters": {"fast": 6, "slow": 50},
        "fold_values": [0.5, 0.5],
        "sharpe": 0.25,
        "error": None,
        "attempt": 1,
        "duration_seconds": 0.001,
    }
    assert (seen[4]["outcome"], seen[4]["value"]) == ("failed", None)
    assert seen[4]["error"] == "ZeroDivisionError: division by zero"


def test_best_trials_come_first_without_failed_ones(api):
    job = api.add_job(trials=5)
    page = api.client("viewer").get(f"{URL}/{job.id}/trials?order=best&limit=3").json()
    assert [trial["number"] for trial in page["items"]] == [3, 2, 1]
    assert page["next"] is None


def test_best_trials_cannot_be_paged(api):
    job = api.add_job(trials=5)
    response = api.client("viewer").get(f"{URL}/{job.id}/trials?order=best&after=2")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "after"


def test_strategies_and_datasets_are_listed(api):
    client = api.client("viewer")
    strategies = {item["name"]: item for item in client.get("/api/v1/strategies").json()["items"]}
    assert {"sma_cross", "rsi_reversion"} <= strategies.keys()
    assert strategies["sma_cross"]["constraints"] == ["fast < slow"]
    assert strategies["rsi_reversion"]["constraints"] == []
    assert strategies["sma_cross"]["parameters"][0] == {
        "name": "fast",
        "kind": "int",
        "low": 2,
        "high": 60,
        "step": 1,
        "description": "Bars of the fast moving average; below slow.",
    }
    (dataset,) = client.get("/api/v1/datasets").json()["items"]
    assert (dataset["name"], dataset["rows"], dataset["non_positive_rows"]) == ("wti-daily", 10226, 1)


def test_dataset_that_cannot_be_used_is_listed_with_the_reason(api):
    folder = api.settings.data_dir / "datasets"
    folder.mkdir()
    (folder / "broken.csv").write_text("Date,Price\n2020-01-02,1\n2020-01-01,1\n")
    items = {item["name"]: item for item in api.client("viewer").get("/api/v1/datasets").json()["items"]}
    assert items["broken"]["rows"] == 0
    assert "line 3" in items["broken"]["error"]
    assert items["wti-daily"]["error"] is None
