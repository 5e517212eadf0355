"""From a job's id to its dashboard, with the job's own time range."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

CREATED = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def view(api, job_id, path="/api/v1/optimizations/{}/view"):
    return api.client().get(path.format(job_id))


def ranged(response):
    query = parse_qs(urlsplit(response.headers["Location"]).query)
    return query["var-job_id"], query["from"], query["to"]


@pytest.mark.parametrize("path", ["/api/v1/optimizations/{}/view", "/jobs/{}/view"])
@pytest.mark.parametrize("base", ["http://127.0.0.1:3001", "http://127.0.0.1:3001/"])
def test_ended_job_leads_to_its_own_time(make_api, base, path):
    api = make_api(grafana_url=base)
    job = api.add_job(state="completed", finished_at=CREATED + timedelta(minutes=40))
    response = view(api, job.id, path)
    assert response.status_code == 303
    assert response.headers["Location"].startswith("http://127.0.0.1:3001/d/job?")
    start, end = CREATED - timedelta(seconds=10), CREATED + timedelta(minutes=40, seconds=10)
    assert ranged(response) == (
        [job.id],
        [str(int(start.timestamp() * 1000))],
        [str(int(end.timestamp() * 1000))],
    )


def test_dashboards_links_lead_back_to_this_api(make_api):
    api = make_api(grafana_url="http://127.0.0.1:3001", host="0.0.0.0", port=8123)
    location = view(api, api.add_job().id).headers["Location"]
    assert parse_qs(urlsplit(location).query)["var-api"] == ["http://127.0.0.1:8123"]


def test_running_job_leads_up_to_now(make_api):
    api = make_api(grafana_url="http://127.0.0.1:3001")
    running = api.add_job(state="running")
    just_ended = api.add_job(state="completed", finished_at=datetime.now(UTC))
    for job in (running, just_ended):
        assert ranged(view(api, job.id))[2] == ["now"]


def test_without_grafana_the_command_is_told(api):
    job = api.add_job()
    response = view(api, job.id)
    assert response.status_code == 404
    assert f"jobscope job show {job.id}" in response.json()["detail"]
