"""The API as a process: how it ends."""

from __future__ import annotations

import httpx

from tests.unit.cli.command import TIMEOUT, jobscope, running_api


def test_api_that_is_watched_ends_in_order(tmp_path):
    job_id = jobscope(tmp_path, "job", "submit").stdout.strip()
    key = jobscope(tmp_path, "key", "create", "me").stdout.strip()
    # Retries: it listens a moment after it has told that it starts.
    client = httpx.Client(
        transport=httpx.HTTPTransport(retries=8), headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT
    )
    with running_api(tmp_path) as (process, url), client:
        with client.stream("GET", f"{url}/api/v1/optimizations/{job_id}/events") as stream:
            lines = stream.iter_lines()  # kept: without it, the stream would be closed
            assert next(lines).startswith("id: ")
            process.terminate()
            # While the stream is open, and no worker will ever end its job.
            process.wait(TIMEOUT)
    records = "".join(path.read_text() for path in tmp_path.glob("telemetry/logs-jobscope-api-*.jsonl"))
    assert '"api.stopped"' in records
