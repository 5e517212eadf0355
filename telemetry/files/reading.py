"""Finds lines of telemetry files by a text in them, without looking at the others one by one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from telemetry.files.damage import Damage
from telemetry.files.index import Index, find_places, places_of
from telemetry.files.rotation import SEALED_SUFFIX, SUFFIX
from telemetry.files.sealing import members, read_member

_PIECE_BYTES = 4 * 2**20
# Many times what an export has: a line that is longer was not written by an exporter.
MAX_LINE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Line:
    """A line of a file, without its line feed, which only a torn one lacks."""

    file: str
    data: bytes
    torn: bool = False


class TelemetryFiles:
    """The files of a directory, which other processes write, compress and remove meanwhile.

    What was written before a search began is found exactly once, unless it is removed before it is reached:
    a file keeps its name but for the suffix, and has one of the two at any time.

    Args:
        directory: holds ``<signal>-*.jsonl`` and ``<signal>-*.jsonl.gz``.
        damage: told of files that cannot be read, and of lines between those found that are no objects.
    """

    def __init__(self, directory: Path, damage: Damage) -> None:
        self._directory = directory
        self._damage = damage
        self._index = Index(directory)

    def find_lines(
        self, signal: str, texts: Iterable[str], windows: Iterable[tuple[int, int]] = ()
    ) -> Iterator[Line]:
        """Yield the lines of a signal's files that hold one of some texts.

        A torn line may have lost the text, so it counts as soon as others of its file have it.

        Args:
            signal: ``traces``, ``logs`` or ``metrics``.
            texts: job ids, or, for metrics, ids of processes.
            windows: times, in nanoseconds since 1970, outside of which compressed lines need not be found.
        """
        wanted = [text.encode() for text in texts]
        windows = list(windows)
        files = self._list(signal)
        plain = {name for name in files if name.endswith(SUFFIX)}
        # Of a file that is there as both, the plain one is read.
        sealed = {
            name: status
            for name, status in files.items()
            if name not in plain and name.removesuffix(SEALED_SUFFIX) + SUFFIX not in plain
        }
        known = self._index.load(sealed)
        unknown: dict[str, tuple[os.stat_result, bytes]] = {}
        for name in sorted({*plain, *sealed}):
            try:
                if name in plain:
                    try:
                        yield from self._search_plain(name, wanted)
                        continue
                    except FileNotFoundError:  # compressed since, or removed
                        name = name.removesuffix(SUFFIX) + SEALED_SUFFIX  # noqa: PLW2901
                if name not in known:
                    unknown[name] = self._read_places(name)
                places = known[name] if name in known else unknown[name][1]
                yield from self._search_sealed(name, wanted, find_places(places, wanted, windows))
            except FileNotFoundError:
                continue
            except OSError as error:
                self._damage.unreadable[name] = error.strerror or str(error)
        if unknown:
            self._index.store(unknown)

    def oldest_end(self, signal: str) -> float | None:
        """Return when the file that ended first had its last line, in seconds since 1970; None without files.

        Files go in the order they ended: what ended before may have been removed, what ended later was not.
        """
        return min((status.st_mtime for status in self._list(signal).values()), default=None)

    def _list(self, signal: str) -> dict[str, os.stat_result]:
        """Return the names of a signal's files, by two looks at the directory.

        A file that is compressed during one look may be missed in it under either name: the old one is gone
        when its turn comes, the new one was not there yet. That happens to a file once.
        """
        found: dict[str, os.stat_result] = {}
        try:
            for _ in range(2):
                with os.scandir(self._directory) as entries:
                    for entry in entries:
                        self._add(entry, signal, found)
        except OSError as error:
            self._damage.unreadable[str(self._directory)] = error.strerror or str(error)
        return found

    def _add(self, entry: os.DirEntry[str], signal: str, found: dict[str, os.stat_result]) -> None:
        name = entry.name
        if name in found or not (name.startswith(f"{signal}-") and name.endswith((SUFFIX, SEALED_SUFFIX))):
            return
        with suppress(FileNotFoundError):
            if entry.is_file():
                found[name] = entry.stat()
            else:
                self._damage.unreadable[name] = "it is no file"

    def _read_places(self, name: str) -> tuple[os.stat_result, bytes]:
        """Read a compressed file whole, to find in it what the index does not tell."""
        with (self._directory / name).open("rb") as file:
            status = os.fstat(file.fileno())
            places = (places_of(name, block, offset, length) for offset, length, block in members(file))
            return status, b"".join(places)

    def _search_plain(self, name: str, wanted: list[bytes]) -> Iterator[Line]:
        mentioned = False
        for block in self._blocks(name):
            mentioned = mentioned or any(text in block for text in wanted)
            if mentioned:
                yield from self._lines(block, name, wanted)

    def _search_sealed(self, name: str, wanted: list[bytes], places: list[tuple[int, int]]) -> Iterator[Line]:
        if places:
            with (self._directory / name).open("rb") as file:
                for offset, length in places:
                    yield from self._lines(read_member(file, offset, length), name, wanted)

    def _lines(self, block: bytes, name: str, wanted: list[bytes]) -> Iterator[Line]:
        *whole, last = block.split(b"\n")
        for line in whole:
            if any(text in line for text in wanted):
                yield Line(name, line)
            elif not _is_object(line):
                self._damage.lines[name] += 1
        if last:
            yield Line(name, last, torn=True)

    def _blocks(self, name: str) -> Iterator[bytes]:
        """Yield a plain file in blocks of whole lines; only the last may end without a line feed."""
        pieces: list[bytes] = []
        skipping = False
        with (self._directory / name).open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                end = piece.rfind(b"\n") + 1
                if not end:
                    pieces.append(piece)
                    if sum(map(len, pieces)) > MAX_LINE_BYTES:
                        pieces, skipping = [], True
                    continue
                if skipping:
                    self._damage.lines[name] += 1
                    begin, pieces, skipping = piece.index(b"\n") + 1, [], False
                else:
                    begin = 0
                yield b"".join((*pieces, piece[begin:end]))
                pieces = [piece[end:]]
        if skipping:
            self._damage.lines[name] += 1
        elif last := b"".join(pieces):
            yield last


def _is_object(line: bytes) -> bool:
    line = line.strip()
    return not line or (line.startswith(b"{") and line.endswith(b"}"))
