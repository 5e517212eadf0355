"""Where in the compressed files a job's lines, or a process's, are: one SQLite file beside them.

It can be removed at any time: who looks for a job then reads the files whole, once, and makes it anew. A
damaged one, or one that says something else than the files, is the same as none.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

INDEX_NAME = "index.db"
# Of another version of its format, an index is none.
_VERSION = 1
# Longer, and reading the files is quicker than waiting for who writes the index.
_TIMEOUT_SECONDS = 1.0
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS file (
        name TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
        places BLOB NOT NULL, checksum INTEGER NOT NULL
    ) WITHOUT ROWID
"""
# What keeps a sound index from being used.
_SURROUNDINGS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
}
# Digest of what is looked for, the block's offset and length, time of its first and of its last record.
_PLACE = struct.Struct("<8sQIQQ")
_TRACE_ID = re.compile(rb'"traceId"\s*:\s*"([0-9a-f]{32})"')
_INSTANCE = re.compile(rb'"service\.instance\.id"\s*,\s*"value"\s*:\s*\{\s*"stringValue"\s*:\s*"([^"\\]+)"')
_TIME = re.compile(rb'"(?:timeUnixNano|endTimeUnixNano)"\s*:\s*"?(\d{1,19})')
# Stands for whatever instance: the block has lines that do not tell theirs as ours do.
_ANY = b""

Place = tuple[int, int]


class Index:
    """The index of a directory of telemetry files.

    Args:
        directory: the directory.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / INDEX_NAME

    def load(self, files: Mapping[str, os.stat_result]) -> dict[str, bytes]:
        """Return the places of those of the files that it knows as they are now."""
        known: dict[str, bytes] = {}
        if not files or not self._path.exists():
            return known
        query = "SELECT name, size, mtime_ns, places, checksum FROM file WHERE name BETWEEN ? AND ?"
        with self._tolerant(), closing(self._connect()) as connection:
            for name, size, mtime_ns, places, checksum in connection.execute(query, (min(files), max(files))):
                status = files.get(name)
                if (
                    status is not None
                    and (status.st_size, status.st_mtime_ns) == (size, mtime_ns)
                    and isinstance(places, bytes)
                    and zlib.crc32(places) == checksum
                ):
                    known[name] = places
        return known

    def store(self, files: Mapping[str, tuple[os.stat_result, bytes]]) -> None:
        """Keep the places of files; when that cannot be done, they are found again by reading the files."""
        if not files:
            return
        rows = [
            (name, status.st_size, status.st_mtime_ns, places, zlib.crc32(places))
            for name, (status, places) in files.items()
        ]
        with self._tolerant(), closing(self._connect()) as connection, connection:
            connection.executemany("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)", rows)

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Drop the places of files that are gone."""
        with self._tolerant(), closing(self._connect()) as connection, connection:
            gone = {name for (name,) in connection.execute("SELECT name FROM file")} - set(names)
            connection.executemany("DELETE FROM file WHERE name = ?", [(name,) for name in gone])

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_TIMEOUT_SECONDS)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                connection.execute("DROP TABLE IF EXISTS file")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                with suppress(OSError):  # removed again by someone else
                    self._path.chmod(0o600)
            connection.execute(_SCHEMA)
            # Nothing is lost with it, so it need not be on the disk before work goes on.
            connection.execute("PRAGMA synchronous = OFF")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _tolerant(self) -> Iterator[None]:
        """Go on without the index when it cannot be used, and remove it when it is damaged."""
        try:
            yield
        except sqlite3.Error as error:
            # The low byte is the kind; the rest only says more.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _SURROUNDINGS:
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)


def places_of(name: str, block: bytes, offset: int, length: int) -> bytes:
    """Return what the index keeps of a block of a file.

    Args:
        name: the file's, which begins with the signal.
        block: whole lines.
        offset: where the compressed block begins in its file.
        length: bytes that it is compressed.
    """
    times = [int(time) for time in _TIME.findall(block)] or [0]
    begin, end = min(times), max(times)
    if name.startswith("metrics-"):
        lines = [line for line in block.split(b"\n") if line.strip()]
        told = [_INSTANCE.search(line) for line in lines]
        keys = {match.group(1) if match else _ANY for match in told}
    else:
        keys = set(_TRACE_ID.findall(block))
    return b"".join(_PLACE.pack(_digest(key), offset, length, begin, end) for key in sorted(keys))


def find_places(places: bytes, texts: Iterable[bytes], windows: Iterable[tuple[int, int]]) -> list[Place]:
    """Return offset and length of the blocks that hold one of some texts, within one of some times if any.

    Args:
        places: what the index keeps of a file.
        texts: job ids, or ids of processes.
        windows: begin and end, in nanoseconds since 1970.
    """
    windows = list(windows)
    found = {
        (offset, length)
        for text in (*texts, _ANY)
        for offset, length, begin, end in _with_key(places, _digest(text))
        if not windows or any(begin <= last and first <= end for first, last in windows)
    }
    return sorted(found)


def _with_key(places: bytes, digest: bytes) -> Iterator[tuple[int, int, int, int]]:
    at = places.find(digest)
    while at >= 0:
        if at % _PLACE.size == 0:
            _, *place = _PLACE.unpack_from(places, at)
            yield tuple(place)
        at = places.find(digest, at + 1)


def _digest(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=8).digest()
