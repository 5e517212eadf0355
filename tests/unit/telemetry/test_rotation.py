"""Files that several processes write, compress, remove and read at once: no line is lost, none read twice."""

from __future__ import annotations

import fcntl
import gzip
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from telemetry.files.damage import Damage
from telemetry.files.index import INDEX_NAME
from telemetry.files.reading import TelemetryFiles
from telemetry.files.rotation import MAX_FILE_BYTES, RotatedFile
from telemetry.files.upkeep import Budget, Upkeep, kept_files

TRACE = "6a27e740000000000000000000000001"
PLENTY = {"traces": Budget(10**9, 10**9)}
TIMEOUT = 120


def line(number: int, writer: int = 0, trace: str = TRACE) -> bytes:
    return f'{{"traceId":"{trace}","endTimeUnixNano":"{number}","writer":{writer}}}'.encode()


def read(directory: Path, trace: str = TRACE) -> list[bytes]:
    damage = Damage()
    found = [one.data for one in TelemetryFiles(directory, damage).find_lines("traces", [trace])]
    assert list(damage.notes()) == []
    return found


def write(directory: Path, lines: list[bytes], **options) -> None:
    """Write lines as a process does that ends then."""
    file = RotatedFile(directory, "traces-x", **options)
    for one in lines:
        file.write(one)


def test_a_full_file_and_an_old_one_are_followed_by_another(tmp_path):
    write(tmp_path, [line(0), line(1)], max_bytes=1)
    assert len(list(tmp_path.iterdir())) == 2
    rotations = []
    file = RotatedFile(tmp_path, "traces-y", max_seconds=0, on_rotation=lambda: rotations.append(1))
    file.rotate_when_old()
    assert rotations == [], "there is no file yet"
    file.write(line(2))
    file.rotate_when_old()
    file.write(line(3))
    assert rotations == [1]
    assert len(list(tmp_path.glob("traces-y-*"))) == 2
    assert sorted(read(tmp_path)) == [line(number) for number in range(4)]


def test_what_nobody_writes_is_compressed_and_read_the_same(tmp_path):
    lines = [line(number) for number in range(5000)]
    write(tmp_path, lines, max_bytes=100_000)
    living = RotatedFile(tmp_path, "traces-living")
    living.write(line(-1))
    size = sum(path.stat().st_size for path in tmp_path.glob("traces-x-*"))
    Upkeep(tmp_path, PLENTY).run()
    assert {path.suffix for path in tmp_path.glob("traces-x-*")} == {".gz"}
    assert sum(path.stat().st_size for path in tmp_path.glob("traces-x-*")) < size / 5
    assert [path.suffix for path in tmp_path.glob("traces-living-*")] == [".jsonl"]
    assert sorted(read(tmp_path)) == sorted([*lines, line(-1)])
    # Other programs read it as well: it is a gzip file like any.
    unpacked = b"".join(gzip.decompress(path.read_bytes()) for path in sorted(tmp_path.glob("traces-x-*")))
    assert unpacked.splitlines() == lines
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


@pytest.mark.parametrize("limit", ["size", "age"])
def test_the_oldest_go_first_by_size_and_by_age_and_each_signal_for_itself(tmp_path, limit):
    for number in range(20):
        write(tmp_path, [line(number)])
        (path,) = tmp_path.glob("traces-x-*.jsonl")
        os.utime(path, (1000 + number, 1000 + number))
        Upkeep(tmp_path, PLENTY, lambda: 1020).run()
    write_other = RotatedFile(tmp_path, "logs-x")
    write_other.write(line(99))
    compressed = max(path.stat().st_size for path in tmp_path.glob("*.gz"))
    budget = Budget(6 * compressed, 10**9) if limit == "size" else Budget(10**9, 6.5)
    Upkeep(tmp_path, {"traces": budget, "logs": PLENTY["traces"]}, lambda: 1020).run()
    assert sorted(read(tmp_path)) == [line(number) for number in range(14, 20)]
    assert len(list(tmp_path.glob("logs-*"))) == 1


def test_a_file_of_a_living_process_is_never_removed(tmp_path):
    living = RotatedFile(tmp_path, "traces-living")
    living.write(line(1))
    (path,) = tmp_path.glob("traces-*")
    os.utime(path, (0, 0))
    write(tmp_path, [line(2)])
    Upkeep(tmp_path, {"traces": Budget(0, 0)}).run()
    living.write(line(3))
    assert sorted(read(tmp_path)) == [line(1), line(3)]


def test_a_writer_whose_new_file_is_removed_before_it_is_locked_takes_another(tmp_path, monkeypatch):
    real = fcntl.flock

    def interrupted(descriptor, operation):
        if operation == fcntl.LOCK_SH:
            monkeypatch.setattr(fcntl, "flock", real)
            Upkeep(tmp_path, PLENTY).run()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", interrupted)
    file = RotatedFile(tmp_path, "traces-x")
    file.write(line(1))
    file.write(line(2))
    assert sorted(read(tmp_path)) == [line(1), line(2)]


def test_an_upkeep_that_was_killed_in_the_middle_is_made_good(tmp_path):
    write(tmp_path, [line(1)])
    (path,) = tmp_path.glob("traces-*")
    content = path.read_bytes()
    Upkeep(tmp_path, PLENTY).run()
    path.write_bytes(content)  # as before the last step
    (tmp_path / "traces-x-9-9.jsonl.gz.part").write_bytes(b"half")
    assert read(tmp_path) == [line(1)]
    Upkeep(tmp_path, PLENTY).run()
    assert read(tmp_path) == [line(1)]
    assert sorted(path.suffix for path in tmp_path.glob("traces-*")) == [".gz"]


def test_a_disk_that_is_full_loses_no_line_and_still_has_the_oldest_removed(tmp_path):
    write(tmp_path, [line(number, writer=number**9) for number in range(500)])
    write(tmp_path, [line(-1)])
    oldest = min(tmp_path.glob("traces-*"))
    os.utime(oldest, (0, 0))
    with file_size_limit(100), pytest.raises(OSError, match="File too large"):
        Upkeep(tmp_path, {"traces": Budget(10**9, 10**6)}).run()
    assert not oldest.exists()
    assert read(tmp_path) == [line(-1)]
    Upkeep(tmp_path, PLENTY).run()
    assert read(tmp_path) == [line(-1)]


@contextmanager
def file_size_limit(size):
    """Stand for a disk that is full: the system writes no file beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def sealed(directory: Path, jobs: int = 40) -> list[str]:
    """Make compressed files with a line of each of many jobs; return the jobs' ids."""
    ids = [f"{number:032x}" for number in range(1, jobs + 1)]
    write(directory, [line(number, trace=job) for number, job in enumerate(ids)], max_bytes=1000)
    Upkeep(directory, PLENTY).run()
    return ids


def test_an_index_that_is_removed_is_made_again(tmp_path):
    ids = sealed(tmp_path)
    (tmp_path / INDEX_NAME).unlink()
    assert [read(tmp_path, job) for job in ids] == [[line(n, trace=job)] for n, job in enumerate(ids)]
    assert (tmp_path / INDEX_NAME).exists()


def change(directory, statement):
    connection = sqlite3.connect(directory / INDEX_NAME)
    with connection:
        connection.execute(statement)
    connection.close()


def flip_bits(path):
    path.write_bytes(bytes(byte ^ (at % 97 == 0) for at, byte in enumerate(path.read_bytes())))


@pytest.mark.parametrize(
    "damage",
    [
        lambda directory: (directory / INDEX_NAME).write_bytes(b"no database" * 1000),
        lambda directory: (directory / INDEX_NAME).write_bytes(b""),
        lambda directory: (directory / INDEX_NAME).write_bytes(
            bytes(
                byte ^ (position % 97 == 0)
                for position, byte in enumerate((directory / INDEX_NAME).read_bytes())
            )
        ),
        lambda directory: change(directory, "DROP TABLE file"),
        lambda directory: change(directory, "UPDATE file SET places = x'00'"),
        lambda directory: change(directory, "UPDATE file SET places = 3"),
        lambda directory: change(directory, "UPDATE file SET size = size + 1"),
        lambda directory: change(directory, "ALTER TABLE file RENAME COLUMN places TO other"),
        lambda directory: change(directory, "PRAGMA user_version = 99"),
    ],
    ids=["text", "empty", "flipped bits", "table", "places", "type", "size", "column", "version"],
)
def test_a_damaged_index_loses_nothing(tmp_path, damage):
    ids = sealed(tmp_path)
    damage(tmp_path)
    assert [read(tmp_path, job) for job in ids] == [[line(n, trace=job)] for n, job in enumerate(ids)]


def test_a_locked_index_is_done_without(tmp_path, monkeypatch):
    ids = sealed(tmp_path)
    monkeypatch.setattr("telemetry.files.index._TIMEOUT_SECONDS", 0.01)
    connection = sqlite3.connect(tmp_path / INDEX_NAME)
    connection.execute("BEGIN EXCLUSIVE")
    assert read(tmp_path, ids[3]) == [line(3, trace=ids[3])]
    connection.close()
    assert read(tmp_path, ids[3]) == [line(3, trace=ids[3])]


def test_a_damaged_compressed_file_is_noted_and_the_others_are_read(tmp_path):
    ids = sealed(tmp_path)
    first = min(tmp_path.glob("traces-*"))
    first.write_bytes(first.read_bytes()[:-20] + b"x" * 20)
    damage = Damage()
    files = TelemetryFiles(tmp_path, damage)
    found = [one for job in ids for one in files.find_lines("traces", [job])]
    assert 0 < len(found) < len(ids)
    (note,) = damage.notes()
    assert note.startswith(f"{first.name} cannot be read: ")


WRITER = """
import os, random, sys
from pathlib import Path
from telemetry.files.rotation import RotatedFile
from telemetry.files.upkeep import Budget, Upkeep
directory, writer, count, seed, budget = Path(sys.argv[1]), *map(int, sys.argv[2:])
chance = random.Random(seed)
upkeep = Upkeep(directory, {"traces": Budget(budget, 10**9)})
file = RotatedFile(directory, "traces-x", max_bytes=2000, on_rotation=upkeep.run)
for number in range(count):
    file.write(b'{"traceId":"%s","endTimeUnixNano":"%d","writer":%d}' % (b"TRACE", number, writer))
    if chance.random() < 0.01:
        upkeep.run()
    if chance.random() < 0.002:  # as when the process ends and another begins
        file = RotatedFile(directory, "traces-x", max_bytes=2000, on_rotation=upkeep.run)
"""


@pytest.mark.parametrize("budget", [10**9, 20_000], ids=["all are kept", "the newest are kept"])
def test_processes_that_write_compress_remove_and_read_at_once_lose_nothing(tmp_path, budget):
    count, writers = 700, 4
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER.replace("TRACE", TRACE), str(tmp_path)]
            + [str(argument) for argument in (writer, count, writer, budget)]
        )
        for writer in range(writers)
    ]
    deadline = time.monotonic() + TIMEOUT
    reads = 0
    written: Counter[bytes] = Counter()
    while any(process.poll() is None for process in processes):
        assert time.monotonic() < deadline
        before, written = written, Counter(read(tmp_path))
        assert set(written.values()) <= {1}, "no line is read twice"
        if budget == 10**9:
            assert before <= written, "no line that was there is missed"
        if random.random() < 0.2:
            (tmp_path / INDEX_NAME).unlink(missing_ok=True)
        reads += 1
    assert [process.returncode for process in processes] == [0] * writers
    assert reads > 3
    kept = read(tmp_path)
    everything = {line(number, writer) for number in range(count) for writer in range(writers)}
    if budget == 10**9:
        assert sorted(kept) == sorted(everything)
        return
    assert len(kept) == len(set(kept))
    Upkeep(tmp_path, {"traces": Budget(budget, 10**9)}).run()
    kept = read(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.glob("traces-*")) <= budget
    assert len(kept) < len(everything)
    assert any(line(count - 1, writer) in kept for writer in range(writers))


def test_a_file_that_is_full_is_compressed_while_the_process_lives(tmp_path):
    files = kept_files(tmp_path, "x", {"traces": Budget(10**9, 10**9)})
    large = line(1)[:-1] + b',"x":"' + b"x" * MAX_FILE_BYTES + b'"}'
    files["traces"].write(large)
    files["traces"].write(line(2))
    deadline = time.monotonic() + TIMEOUT
    while not list(tmp_path.glob("*.gz")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert sorted(read(tmp_path)) == sorted([large, line(2)])


def test_readers_at_once_make_one_index(tmp_path):
    ids = sealed(tmp_path)
    (tmp_path / INDEX_NAME).unlink()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda job: read(tmp_path, job), ids * 4))
    assert found == [[line(n, trace=job)] for n, job in enumerate(ids)] * 4


def test_measurements_are_found_by_process_and_time_and_those_written_otherwise_as_well(tmp_path):
    ours = (
        '{{"attributes":[{{"key":"service.instance.id","value":{{"stringValue":"a"}}}}],"timeUnixNano":"{}"}}'
    )
    theirs = (
        '{{"attributes":[{{"value":{{"stringValue":"a"}},"key":"service.instance.id"}}],"timeUnixNano":"{}"}}'
    )
    file = RotatedFile(tmp_path, "metrics-x", max_bytes=1)
    for time_ns in (100, 200, 300):
        file.write(ours.format(time_ns).encode())
        file.write(theirs.format(time_ns + 1).encode())
    file.rotate_when_old()
    del file
    Upkeep(tmp_path, {"metrics": Budget(10**9, 10**9)}).run()
    assert not list(tmp_path.glob("*.jsonl"))
    files = TelemetryFiles(tmp_path, Damage())
    found = [one.data.decode() for one in files.find_lines("metrics", ["a"], [(150, 250)])]
    assert sorted(found) == sorted([ours.format(200), theirs.format(201)])
    assert len(list(files.find_lines("metrics", ["a"]))) == 6
