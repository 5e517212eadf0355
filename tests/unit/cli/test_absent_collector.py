"""Commands and services whose Collector is away, hangs or refuses: they end all the same, and in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.faults import collector as faults
from tests.faults.collector import FaultyCollector
from tests.unit.cli.command import TIMEOUT, command, environment, free_port, jobscope

# An export may take so long: it is the flush that must end before.
PATIENT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "600"}
# Writes beside the buffers of the output: what was printed and not flushed before comes after it.
TOLD = """
import os
from telemetry.setup import Telemetry
shutdown = Telemetry.shutdown

def told(self):
    os.write(1, b"flushes telemetry\\n")
    os.write(2, b"flushes telemetry\\n")
    shutdown(self)

Telemetry.shutdown = told
from app.cli.main import main
main()
"""


@pytest.fixture(params=["hangs", "drips", "busy", "redirects"])
def collector(request):
    answers = {
        "hangs": faults.hangs,
        "drips": faults.drips,
        # In the midst of a wait before another try.
        "busy": faults.status(503, Retry_After="2"),
        "redirects": faults.status(302, Location="http://elsewhere.test"),
    }
    # Until the end of the test: that a command ends shows that it did not wait for the Collector.
    with FaultyCollector(answers[request.param]).running() as running:
        yield running


def test_command_ends_and_says_what_is_lost(tmp_path, collector):
    url = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    result = jobscope(tmp_path, "key", "create", "me", **PATIENT, **url)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("jsk_")
    assert collector.asked.is_set()
    assert all(line.startswith("jobscope: telemetry ") for line in result.stderr.splitlines())
    assert result.stderr


def test_command_ends_without_anyone_there(tmp_path):
    url = f"http://127.0.0.1:{free_port()}"
    result = jobscope(tmp_path, "key", "create", "me", OTEL_EXPORTER_OTLP_ENDPOINT=url)
    assert result.returncode == 0
    assert f"no Collector answers at {url}: Connection refused\n" in result.stderr
    assert all(line.startswith("jobscope: telemetry ") for line in result.stderr.splitlines())


@pytest.mark.parametrize(
    ("arguments", "stdout", "stderr"),
    [
        (("key", "create", "me", "--role", "viewer"), ["jsk_"], []),
        (("key", "revoke", "nobody's"), [], ["jobscope: "]),
    ],
)
def test_output_comes_before_the_flush(tmp_path, arguments, stdout, stderr):
    result = subprocess.run(
        [sys.executable, "-c", TOLD, *arguments],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    for lines, expected in ((result.stdout.splitlines(), stdout), (result.stderr.splitlines(), stderr)):
        assert lines[-1] == "flushes telemetry"
        assert len(lines) == len(expected) + 1
        assert all(line.startswith(beginning) for line, beginning in zip(lines, expected, strict=False))


def test_command_ends_while_no_name_server_answers(tmp_path):
    # A mock, since there is no name server here that could hang: the system's call does not return.
    hanging = "import socket, threading; socket.getaddrinfo = lambda *_a, **_k: threading.Event().wait()\n"
    result = subprocess.run(
        [sys.executable, "-c", hanging + TOLD, "key", "create", "me"],
        env=environment(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.invalid:4318", **PATIENT),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert result.returncode == 0
    assert "telemetry may be lost: it could not be exported within 0.9 s" in result.stderr


def test_worker_stops_while_the_collector_hangs(tmp_path):
    with FaultyCollector(faults.hangs).running() as collector:
        process = subprocess.Popen(
            command("worker"),
            env=environment(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **PATIENT),
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert any("worker.started" in line for line in process.stderr)
            assert collector.asked.wait(TIMEOUT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(TIMEOUT) == 0


def test_program_ended_by_a_signal_keeps_its_code(tmp_path):
    program = """
import os, signal, sys
from pathlib import Path
from telemetry import events, setup
setup.configure("t", directory=Path(sys.argv[1]), version="1", flush_seconds=0.5)
events.emit("worker.started", "here")
os.kill(os.getpid(), signal.SIGTERM)
"""
    with FaultyCollector(faults.hangs).running() as collector:
        result = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            env=os.environ | PATIENT | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert result.returncode == 128 + signal.SIGTERM
    assert "jobscope: telemetry may be lost: it could not be exported within 0.5 s\n" in result.stderr
    assert all(line.startswith("jobscope: telemetry ") for line in result.stderr.splitlines())
