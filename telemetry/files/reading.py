"""Finds lines of telemetry files by a text in them, without looking at the others one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from telemetry.files.damage import Damage

_PIECE_BYTES = 4 * 2**20
# Many times what an export has: a line that is longer was not written by an exporter.
MAX_LINE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Line:
    """A line of a file, without its line feed, which only a torn one lacks."""

    file: str
    data: bytes
    torn: bool = False


def find_lines(directory: Path, signal: str, texts: Iterable[str], damage: Damage) -> Iterator[Line]:
    """Yield the lines of a signal's files that hold one of some texts.

    A torn line may have lost the text, so it counts as soon as others of its file have it.

    Args:
        directory: holds ``<signal>-*.jsonl``.
        signal: ``traces``, ``logs`` or ``metrics``.
        texts: what is looked for.
        damage: told of files that cannot be read, and of lines between those found that are no objects.
    """
    wanted = [text.encode() for text in texts]
    for path in sorted(directory.glob(f"{signal}-*.jsonl")):
        mentioned = False
        try:
            for block in _blocks(path, damage):
                mentioned = mentioned or any(text in block for text in wanted)
                if mentioned:
                    yield from _lines(block, path.name, wanted, damage)
        except OSError as error:
            damage.unreadable[path.name] = error.strerror or str(error)


def _lines(block: bytes, name: str, wanted: list[bytes], damage: Damage) -> Iterator[Line]:
    *whole, last = block.split(b"\n")
    for line in whole:
        if any(text in line for text in wanted):
            yield Line(name, line)
        elif not _is_object(line):
            damage.lines[name] += 1
    if last:
        yield Line(name, last, torn=True)


def _is_object(line: bytes) -> bool:
    return (line.startswith(b"{") and line.endswith(b"}")) or not line.strip()


def _blocks(path: Path, damage: Damage) -> Iterator[bytes]:
    """Yield a file in blocks of whole lines; only the last may end without a line feed."""
    pieces: list[bytes] = []
    skipping = False
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            end = piece.rfind(b"\n") + 1
            if not end:
                pieces.append(piece)
                if sum(map(len, pieces)) > MAX_LINE_BYTES:
                    pieces, skipping = [], True
                continue
            if skipping:
                damage.lines[path.name] += 1
                begin, pieces, skipping = piece.index(b"\n") + 1, [], False
            else:
                begin = 0
            yield b"".join((*pieces, piece[begin:end]))
            pieces = [piece[end:]]
    if skipping:
        damage.lines[path.name] += 1
    elif last := b"".join(pieces):
        yield last
