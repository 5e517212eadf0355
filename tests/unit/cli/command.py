"""Runs the command as a user does: in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

TIMEOUT = 60


def command(*arguments):
    """Return the command line."""
    return [sys.executable, "-m", "app.cli", *arguments]


def environment(data_dir, **variables):
    """Return the environment without the user's settings, with the data directory and others."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "JOBSCOPE_"))}
    return kept | {"JOBSCOPE_DATA_DIR": str(data_dir)} | variables


def jobscope(data_dir, *arguments, cwd=None, **variables):
    """Run the command to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(data_dir, **variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        cwd=cwd,
    )


def assert_one_line(result, *words):
    """Check that the command failed with one line that has the words."""
    assert result.returncode == 1, result
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("jobscope: ")
    assert "Traceback" not in result.stdout + result.stderr
    for word in words:
        assert word in lines[0]


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_listening(url):
    """Wait until somebody listens: an API does a moment after it has told that it starts."""
    host, port = url.removeprefix("http://").split(":")
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return socket.create_connection((host, int(port))).close()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nobody listens at {url}"
            time.sleep(0.01)


@contextmanager
def running_api(data_dir):
    """Run an API that is ready or about to be; give its process and URL."""
    port = free_port()
    process = subprocess.Popen(
        command("api"),
        env=environment(data_dir, JOBSCOPE_PORT=str(port)),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        told = []
        while "api.started" not in "".join(told):
            told.append(process.stderr.readline())
            assert told[-1], "".join(told)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()
