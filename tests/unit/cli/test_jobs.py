"""What ``jobscope job`` prints can be used: ids are whole, and can be typed."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from app.database.engine import open_database
from app.database.models import Optimization
from app.optimizations.spec import JobSpec
from app.settings import Settings
from tests.unit.cli.command import TIMEOUT, assert_one_line, command, environment, jobscope

IDS = ["6a5b0000" + "1" * 24, "6a5b0001" + "2" * 24, "6a5c0000" + "3" * 24]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp("data")
    engine = open_database(Settings(data_dir=directory))
    spec = JobSpec()
    with Session(engine) as session, session.begin():
        session.add_all(
            Optimization(
                id=job_id,
                state="cancelled",
                strategy="rsi_reversion",
                dataset="a" * 64,
                objective=spec.objective,
                sampler=spec.sampler,
                trials=20_000,
                batch_size=10,
                seed=1,
                parameters={},
                folds=2,
                holdout=0.2,
                fee_bps=1,
                slippage_bps=1,
                created_at=datetime(2026, 11, 24, 22, 24, tzinfo=UTC),
                trials_completed=19_989,
                trials_failed=9,
                trials_infeasible=1,
                best_value=1.25,
            )
            for job_id in IDS
        )
    engine.dispose()
    return directory


def on_terminal(data_dir, width, *arguments):
    """Run the command on a terminal, and return what that shows, line by line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    variables = environment(data_dir, TERM="xterm")
    variables.pop("COLUMNS", None)
    process = subprocess.Popen(command(*arguments), env=variables, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # how Linux tells that the other side is closed
        pass
    os.close(ours)
    assert process.wait(TIMEOUT) == 0, shown
    return re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (40, "id state"),
        (80, "id state done submitted strategy"),
        (100, "id state done submitted strategy best out-of-sample"),
        (170, "id state done submitted strategy best out-of-sample dataset"),
    ],
)
def test_list_has_as_many_columns_as_there_is_room_for(data_dir, width, columns):
    header, *rows = on_terminal(data_dir, width, "job", "list")
    assert header.split() == columns.split()
    assert [row.split()[:2] for row in rows] == [[job_id, "cancelled"] for job_id in reversed(IDS)]
    # Of the narrowest, the terminal itself makes two lines.
    assert max(map(len, rows)) <= max(width, 43)
    if width >= 80:
        assert rows[0].split()[2:5] == ["99%", "11-24", "22:24"]


def test_nothing_is_cut_in_a_pipe(data_dir):
    lines = jobscope(data_dir, "job", "list", COLUMNS="40").stdout.splitlines()
    assert "dataset" in lines[0]
    assert all("a" * 64 in line for line in lines[1:])


@pytest.mark.parametrize("text", [IDS[2].upper(), "6a5c", "6A5C00"])
def test_job_is_found_by_upper_case_and_by_its_first_digits(data_dir, tmp_path, text):
    target = tmp_path / "job.json"
    result = jobscope(data_dir, "job", "export", text, "--to", str(target))
    assert result.returncode == 0, result.stderr
    assert json.loads(target.read_text())["optimization"]["id"] == IDS[2]
    assert_one_line(jobscope(data_dir, "job", "cancel", text), f"{IDS[2]} has already been cancelled")


def test_first_digits_of_two_jobs_are_refused(data_dir):
    assert_one_line(jobscope(data_dir, "job", "show", "6a5b"), "6a5b", "2 jobs", "more digits")


def test_a_job_whose_telemetry_is_gone_is_shown_as_the_database_knows_it(data_dir):
    shutil.rmtree(data_dir / "telemetry", ignore_errors=True)  # that of the commands of other tests
    result = jobscope(data_dir, "job", "show", IDS[1], COLUMNS="200")
    assert result.returncode == 0, result.stderr
    for told in (
        f"Job {IDS[1]}  cancelled",
        f"rsi_reversion on {'a' * 64}, sharpe maximised, sampler random",
        "2026-11-24 22:24:00 UTC",
        "19,999 of 20,000, 9 of them failed",
        "in sample 1.250",
        "There is no telemetry directory",
    ):
        assert told in result.stdout
    document = json.loads(jobscope(data_dir, "job", "show", IDS[1], "--json").stdout)
    assert (document["state"], document["trials"]["completed"]) == ("cancelled", 19_989)


def test_a_job_that_nobody_knows_is_not_found_and_makes_no_database(tmp_path):
    assert_one_line(jobscope(tmp_path, "job", "show", IDS[0]), f"no telemetry of job {IDS[0]} was found")
    assert not (tmp_path / "jobscope.db").exists()
