"""Whatever is wrong, the command line says so in one line, exits with 1 and leaves nothing half done."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def jobscope(data_dir, *arguments, **variables):
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "JOBSCOPE_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=environment | {"JOBSCOPE_DATA_DIR": str(data_dir)} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_one_line(result, *words):
    assert result.returncode == 1, result
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("jobscope: ")
    assert "Traceback" not in result.stdout + result.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["job", "submit", "--strategy", "magic"], ["strategy", "magic", "sma_cross"]),
        (["job", "submit", "--dataset", "gold"], ["dataset", "gold", "wti-daily"]),
        (["job", "submit", "--sampler", "luck"], ["sampler", "random", "tpe"]),
        (["job", "submit", "--trials", "0"], ["trials", "0", "1"]),
        (["job", "submit", "--parameters", '{"fast": {"low": 1}}'], ["parameters.fast.low", "2", "60"]),
        (["job", "submit", "--parameters", '{"fats": {}}'], ["parameters.fats", "fast, slow"]),
        (["job", "submit", "--parameters", "{"], ["parameters", "JSON"]),
        (["job", "list", "--state", "lost"], ["state", "queued"]),
        (["job", "show", "xyz"], ["job_id", "32 hex digits"]),
        (["job", "show", "a" * 32], ["no telemetry"]),
        (["job", "cancel", "a" * 32], ["no optimization"]),
        (["job", "export", "a" * 32, "--to", "x.txt"], ["to", ".csv or .json"]),
        (["key", "create", "me", "--role", "king"], ["role", "viewer"]),
        (["key", "revoke", "nobody"], ["nobody"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments(tmp_path, arguments, words):
    assert_one_line(jobscope(tmp_path, *arguments), *words)


def test_export_of_an_unknown_job_leaves_no_file(tmp_path):
    target = tmp_path / "trials.csv"
    assert_one_line(jobscope(tmp_path, "job", "export", "a" * 32, "--to", str(target)), "no optimization")
    assert list(tmp_path.glob("trials*")) == []


@pytest.mark.parametrize("command", [["demo"], ["serve"], ["worker"], ["api"], ["job", "list"]], ids=" ".join)
def test_data_directory_that_cannot_be_made(tmp_path, command):
    (tmp_path / "file").touch()
    result = jobscope(tmp_path / "file" / "data", *command)
    assert_one_line(result, "data", "JOBSCOPE_DATA_DIR")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full to stand for a full disk")
def test_full_disk(tmp_path):
    (tmp_path / "jobscope.db").symlink_to("/dev/full")
    assert_one_line(jobscope(tmp_path, "job", "list"), "database")


@pytest.mark.parametrize("command", ["api", "serve"])
def test_port_in_use(tmp_path, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_one_line(jobscope(tmp_path, command, JOBSCOPE_PORT=port), port, "JOBSCOPE_PORT")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("JOBSCOPE_PORT", "many"), ("JOBSCOPE_DATABASE_URL", "nonsense"), ("JOBSCOPE_CHECKPOINT_SECONDS", "-1")],
)
def test_bad_settings(tmp_path, variable, value):
    assert_one_line(jobscope(tmp_path, "job", "list", **{variable: value}), variable)


def test_absent_collector_is_said_and_no_obstacle(tmp_path):
    # Port 9 (discard) of loopback: refused at once.
    result = jobscope(tmp_path, "job", "list", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert result.returncode == 0
    assert "Traceback" not in result.stderr


def test_reset_removes_only_what_is_ours(tmp_path):
    (tmp_path / "thesis.txt").touch()
    assert_one_line(jobscope(tmp_path, "reset", "--yes"), "does not look like")
    assert (tmp_path / "thesis.txt").exists()
    ours = tmp_path / "ours"
    assert jobscope(ours, "job", "list").returncode == 0
    assert jobscope(ours, "reset", "--yes").returncode == 0
    assert not ours.exists()
