"""``jobscope reset`` removes what is jobscope's, all of it, and nothing else."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path

import psutil
import pytest

from tests.unit.cli.command import assert_one_line, jobscope, running_api


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A data directory that a command has used."""
    directory = tmp_path_factory.mktemp("used")
    assert jobscope(directory, "job", "list").returncode == 0
    return directory


@pytest.fixture
def ours(tmp_path, used):
    return Path(shutil.copytree(used, tmp_path / "ours"))


def test_all_of_it_goes(tmp_path, ours):
    (ours / "demo.log").touch()
    (ours / "run").mkdir()
    (ours / "run" / "worker-0.lock").touch()
    (ours / "stack" / "secrets").mkdir(parents=True)
    (ours / "stack" / "lock").touch()
    result = jobscope(ours, "reset", "--yes")
    assert (result.returncode, result.stdout) == (0, f"removed {ours}\n")
    assert list(tmp_path.iterdir()) == []


def test_what_the_user_put_there_stays(ours):
    theirs = ["datasets/gold.csv", "telemetry/setup.py", "jobscope.db.backup", "stack/pancakes.txt"]
    for name in theirs:
        (ours / name).parent.mkdir(exist_ok=True)
        (ours / name).touch()
    result = jobscope(ours, "reset", "--yes")
    assert result.returncode == 0
    assert "kept: datasets, jobscope.db.backup, stack, telemetry" in result.stdout
    assert sorted(str(path.relative_to(ours)) for path in ours.rglob("*.*")) == sorted(theirs)


@pytest.mark.parametrize("names", [[], ["thesis.txt"], ["telemetry/setup.py", "stack/pancakes.txt"]])
def test_foreign_directory_is_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert_one_line(jobscope(tmp_path, "reset", "--yes"), str(tmp_path), "does not look like")
    assert all((tmp_path / name).exists() for name in names)


def test_empty_variable_is_not_the_present_directory(tmp_path, ours):
    result = jobscope("", "reset", "--yes", cwd=ours, PYTHONPATH=str(Path.cwd()), XDG_DATA_HOME=str(tmp_path))
    assert (result.returncode, result.stdout) == (
        0,
        f"nothing to remove: {tmp_path / 'jobscope'} does not exist\n",
    )
    assert (ours / "jobscope.db").exists()


def test_question_names_the_resolved_directory(tmp_path, ours):
    (tmp_path / "link").symlink_to(ours)
    result = jobscope("link", "reset", cwd=tmp_path, PYTHONPATH=str(Path.cwd()))
    assert f" {ours}?" in result.stdout
    assert (ours / "jobscope.db").exists()


def test_link_to_the_directory_can_be_used_again(tmp_path, ours):
    (tmp_path / "link").symlink_to(ours)
    assert jobscope(tmp_path / "link", "reset", "--yes").returncode == 0
    assert list(ours.iterdir()) == []
    assert jobscope(tmp_path / "link", "job", "list").returncode == 0


def test_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "file").touch()
    assert_one_line(jobscope(tmp_path / "file", "reset", "--yes"), "does not look like")


def test_what_cannot_be_removed_is_named(ours):
    # A folder in a file's place, since root may remove from any directory.
    (ours / "jobscope.db-wal").mkdir()
    assert_one_line(
        jobscope(ours, "reset", "--yes"), "jobscope.db-wal cannot be removed", "JOBSCOPE_DATA_DIR"
    )
    assert (ours / "jobscope.db").exists(), "so that it is known for ours the next time"


def test_directory_of_a_worker_is_refused(ours):
    (ours / "run").mkdir()
    with (ours / "run" / "worker-3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = sorted(ours.rglob("*"))
        assert_one_line(jobscope(ours, "reset", "--yes"), "stop jobscope serve first")
    assert sorted(ours.rglob("*")) == before


def test_directory_of_an_api_is_refused(ours):
    with running_api(ours):
        assert_one_line(jobscope(ours, "reset", "--yes"), "stop jobscope serve first")
    assert (ours / "jobscope.db").exists()
    assert jobscope(ours, "reset", "--yes").returncode == 0


def test_directory_of_a_stack_is_refused(ours):
    run_file = ours / "stack" / "run" / "postgres.json"
    run_file.parent.mkdir(parents=True)
    (ours / "stack" / "lock").touch()
    us = psutil.Process()
    run_file.write_text(json.dumps({"name": "postgres", "pid": us.pid, "started": us.create_time()}))
    assert_one_line(jobscope(ours, "reset", "--yes"), "postgres", "jobscope stack down first")
    run_file.write_text(json.dumps({"name": "postgres", "pid": us.pid, "started": 0}))  # of an earlier boot
    assert jobscope(ours, "reset", "--yes").returncode == 0
