"""The API and the service as processes: how they end."""

from __future__ import annotations

import signal
import subprocess

import httpx

from tests.unit.cli.command import TIMEOUT, command, environment, free_port, jobscope, running_api


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


def test_service_whose_terminal_is_closed_ends(tmp_path):
    process = subprocess.Popen(
        command("serve"),
        env=environment(tmp_path, JOBSCOPE_PORT=str(free_port())),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert "Ctrl-C stops them" in process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        assert process.wait(TIMEOUT) == 0
