from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from telemetry.jobview.local import LocalReader
from telemetry.jobview.model import JobView


@pytest.fixture
def copied(recorded, tmp_path: Path):
    """A job's files, in a directory that the test may change."""

    def copy(scenario: str):
        job = recorded(scenario)
        shutil.copytree(job.directory, tmp_path / scenario)
        return tmp_path / scenario, job.job_id

    return copy


def read(directory: Path, job_id: str) -> JobView:
    return LocalReader(directory).read(job_id)


def append(directory: Path, pattern: str, data: bytes) -> str:
    path = next(iter(directory.glob(pattern)))
    with path.open("ab") as file:
        file.write(data)
    return path.name


def test_other_jobs_of_the_same_files_are_left_out(copied, recorded):
    directory, job_id = copied("completed")
    for path in recorded("failed").directory.glob("*.jsonl"):
        append(directory, f"{path.name.split('-')[0]}-*", path.read_bytes())
    assert read(directory, job_id).spans == read(recorded("completed").directory, job_id).spans
    assert read(directory, recorded("failed").job_id).state == "failed"


def test_rotated_files_and_lines_written_twice_change_nothing(copied, recorded):
    directory, job_id = copied("recovered")
    for path in list(directory.glob("*.jsonl")):
        lines = path.read_bytes().splitlines(keepends=True)
        path.with_name(path.name.replace("-jobscope", "-jobscope-rotated")).write_bytes(
            b"".join(lines[: len(lines) // 2 + 1])
        )
        path.write_bytes(b"".join(lines[len(lines) // 2 :]))
    original = read(recorded("recovered").directory, job_id)
    rotated = read(directory, job_id)
    assert (rotated.spans, rotated.events) == (original.spans, original.events)
    assert rotated.metrics == original.metrics


@pytest.mark.parametrize("pattern", ["traces-jobscope-worker-*", "logs-*worker-*", "metrics-*worker-*"])
def test_a_torn_last_line_is_noted_and_the_rest_is_shown(copied, recorded, pattern):
    directory, job_id = copied("running")
    name = append(directory, pattern, b'{"resourceSpans":[{"resource":{"attr')
    view = read(directory, job_id)
    original = read(recorded("running").directory, job_id)
    assert (view.spans, view.events, view.metrics) == (original.spans, original.events, original.metrics)
    assert view.notes == (
        f"A line of {name} breaks off, its process was killed or is writing it: what it holds is not shown.",
    )


def test_a_torn_line_in_a_file_without_the_job_is_not_the_jobs_matter(copied):
    directory, job_id = copied("completed")
    (directory / "traces-jobscope-cli-1.jsonl").write_bytes(b'{"resourceSpans":[{"resou')
    assert read(directory, job_id).notes == ()


def test_a_last_line_without_newline_that_is_whole_is_read(copied):
    directory, job_id = copied("completed")
    path = next(iter(directory.glob("traces-jobscope-worker-*")))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    view = read(directory, job_id)
    assert (len(view.spans), view.notes) == (24, ())


def test_a_damaged_line_is_noted(copied):
    directory, job_id = copied("completed")
    name = append(directory, "logs-jobscope-api-*", f'{{"resourceLogs": {job_id}\n'.encode())
    assert read(directory, job_id).notes == (f"1 line of {name} could not be read: not OTLP/JSON.",)


def test_a_file_that_cannot_be_read_is_noted(copied):
    directory, job_id = copied("completed")
    (directory / "traces-jobscope-worker-9.jsonl").mkdir()
    view = read(directory, job_id)
    assert view.state == "completed"
    assert view.notes == ("traces-jobscope-worker-9.jsonl cannot be read: it is no file.",)


def test_a_directory_that_cannot_be_read_is_noted(copied, monkeypatch):
    directory, job_id = copied("completed")

    def refused(path):  # root, who runs tests, may read any
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refused)
    assert read(directory, job_id).notes == (
        f"{directory} cannot be read: Permission denied.",
        f"Nothing of this job is in {directory}: no such job, or its telemetry went elsewhere.",
    )


def test_a_process_without_an_id_is_measured_by_nobody(copied):
    directory, job_id = copied("completed")
    for path in directory.glob("*-worker-*"):
        path.write_text(path.read_text().replace("service.instance.id", "service.instance"))
    view = read(directory, job_id)
    assert view.attempts[0].instance == ""
    assert view.metrics[0].trials == {}


def test_an_unknown_job_is_noted(copied):
    directory, _ = copied("completed")
    view = read(directory, "7f27e740" + "f" * 24)
    assert (view.state, view.spans, view.events) == ("unknown", (), ())
    assert view.notes == (
        f"Nothing of this job is in {directory}: no such job, or its telemetry went elsewhere.",
    )


def test_a_job_older_than_what_is_kept_is_noted_as_such(copied):
    directory, _ = copied("completed")
    for path in directory.iterdir():
        os.utime(path, (1_790_000_000, 1_790_000_000))
    (note,) = read(directory, "6a27e740" + "f" * 24).notes
    assert note.endswith("it is older than what is kept, the traces from 2026-09-21 14:13:20 UTC on.")


def test_a_missing_directory_is_noted(tmp_path: Path):
    view = read(tmp_path / "none", "6a27e740" + "f" * 24)
    assert view.notes == (f"There is no telemetry directory {tmp_path / 'none'}.",)


@pytest.mark.parametrize(
    ("removed", "note"),
    [
        ("traces", "No spans of this job were found: they are not there yet, or went elsewhere."),
        ("logs", "No log records of this job were found: they are not there yet, or went elsewhere."),
    ],
)
def test_a_missing_signal_is_noted(copied, removed, note):
    directory, job_id = copied("completed")
    for path in directory.glob(f"{removed}-*"):
        path.unlink()
    view = read(directory, job_id)
    assert view.state == "completed"
    assert note in view.notes


def test_missing_metrics_are_noted_with_the_process(copied):
    directory, job_id = copied("completed")
    for path in directory.glob("metrics-*"):
        path.unlink()
    view = read(directory, job_id)
    assert view.notes == (f"No metrics of attempt 1's process {view.attempts[0].instance} were found.",)
    assert view.metrics[0].trials == {}


@pytest.mark.parametrize("text", ["", "1234", "0" * 32, "6A27E740" + "F" * 24, "../../../../etc/passwd"])
def test_what_is_no_job_id_is_refused(tmp_path: Path, text):
    with pytest.raises(ValueError, match="is not a job id: 32 hex digits"):
        read(tmp_path, text)
