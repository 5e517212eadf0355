"""An API whose disk is full says so, and what it says of the workers is true."""

from __future__ import annotations

import sys
import time

import httpx
import pytest

from tests.unit.cli.command import TIMEOUT, await_listening, jobscope, running_api

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process that runs")


def test_full_disk_is_seen_while_it_is_full(tmp_path):
    from tests.faults.full_disk import full_disk

    key = jobscope(tmp_path, "key", "create", "me", "--role", "operator").stdout.strip()
    headers = {"Authorization": f"Bearer {key}"}
    with running_api(tmp_path) as (process, url):
        with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False) as client:

            def await_status(status):
                deadline = time.monotonic() + TIMEOUT
                while client.get("/readyz").status_code != status:
                    assert time.monotonic() < deadline, f"/readyz never gave {status}"
                    time.sleep(0.1)

            await_listening(url)
            await_status(200)
            with full_disk(process.pid):
                await_status(503)
                refused = client.post("/api/v1/optimizations", json={})
                assert (refused.status_code, refused.json()["title"]) == (503, "Service Unavailable")
                assert client.get("/api/v1/optimizations").json()["items"] == [], "what is there can be read"
                checks = client.get("/api/v1/health").json()["checks"]
                assert "can be read but not written" in checks["database:usable"][0]["output"]
                deadline = time.monotonic() + TIMEOUT
                while "is not known" not in (told := checks["workers:alive"][0]["output"]):
                    assert time.monotonic() < deadline, told
                    checks = client.get("/api/v1/health").json()["checks"]
                assert "workers cannot write that they are" in told
            await_status(200)
            assert client.post("/api/v1/optimizations", json={}).status_code == 201
