"""``jobscope demo`` that is interrupted, also behind other jobs."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest

from tests.unit.cli.command import TIMEOUT, command, environment, jobscope


@pytest.mark.parametrize(
    ("others", "shown_first"), [(0, r"searching.* best -?\d"), (1, r"behind 1 other job\(s\)")]
)
def test_ctrl_c_leaves_no_job_behind(tmp_path, others, shown_first):
    before = [
        jobscope(tmp_path, "job", "submit", "--trials", "1000000").stdout.strip() for _ in range(others)
    ]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
    variables = environment(tmp_path, TERM="xterm")
    variables.pop("COLUMNS", None)
    process = subprocess.Popen(
        command("demo", "--trials", "1000000"),
        env=variables,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    too_late = threading.Timer(TIMEOUT, os.killpg, (process.pid, signal.SIGTERM))
    too_late.start()
    shown = ""
    try:
        while not re.search(shown_first, shown):
            shown += os.read(ours, 4096).decode(errors="replace")
        # As a terminal does: to the demo and all it has started.
        os.killpg(process.pid, signal.SIGINT)
        while piece := os.read(ours, 4096):
            shown += piece.decode(errors="replace")
    except OSError:  # how Linux tells that the other side is closed
        pass
    finally:
        os.close(ours)
        code = process.wait()
        too_late.cancel()
    jobs = {job["id"]: job["state"] for job in json.loads(jobscope(tmp_path, "job", "list", "--json").stdout)}
    own = next(job_id for job_id in jobs if job_id not in before)
    assert (code, jobs) == (130, dict.fromkeys(before, "queued") | {own: "cancelled"}), shown
    assert f"interrupted; job {own} was cancelled" in shown
    assert "Traceback" not in shown
