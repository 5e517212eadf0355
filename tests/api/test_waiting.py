"""Who waits for the database keeps nobody else waiting."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from app.requests import writes
from tests.faults.locked import write_lock

URL = "/api/v1/optimizations"
SUBMISSIONS = 45


def test_submissions_that_wait_for_a_lock_delay_no_probe_and_no_reader(api):
    job = api.add_job()
    api.state.health.run_once()
    keys = {role: {"Authorization": f"Bearer {api.key(role)}"} for role in ("operator", "viewer")}

    def submit(url):
        return httpx.post(url + URL, json={}, headers=keys["operator"], timeout=120, trust_env=False)

    with api.served() as url, ThreadPoolExecutor(SUBMISSIONS) as clients:
        with write_lock(api.settings.data_dir / "jobscope.db"):
            submitted = [clients.submit(submit, url) for _ in range(SUBMISSIONS)]
            limiter = api.state.writes._limiter
            while limiter.statistics().tasks_waiting < SUBMISSIONS - writes._THREADS:
                threading.Event().wait(0.01)
            with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
                for path in ("/livez", "/readyz"):
                    assert client.get(path).status_code == client.head(path).status_code == 200
                api.state.health.run_once()
                assert client.get("/readyz").status_code == 200, "that somebody writes is no trouble"
                assert client.get(f"{URL}/{job.id}", headers=keys["viewer"]).status_code == 200
                assert client.get("/api/v1/health", headers=keys["viewer"]).status_code == 200
            assert not any(future.done() for future in submitted), "all of this was while they waited"
        assert {future.result().status_code for future in submitted} == {201}


def test_more_submissions_than_can_wait_are_told_so(api, monkeypatch):
    monkeypatch.setattr(writes, "_MOST_WAITING", 0)
    response = api.client("operator").post(URL, json={})
    assert (response.status_code, response.json()["title"]) == (503, "Service Unavailable")
    assert "try again later" in response.json()["detail"]
    assert api.queue.queued == []
