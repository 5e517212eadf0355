"""Compresses files that are not written any more, in blocks that can be read apart from each other."""

from __future__ import annotations

import fcntl
import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from telemetry.files.index import places_of
from telemetry.files.rotation import SEALED_SUFFIX

PART_SUFFIX = ".part"
# Large enough to compress well, small enough that reading a job does not decompress much of others.
_BLOCK_BYTES = 256 * 2**10
_PIECE_BYTES = 2**20
# A block that someone else compressed; more of it would be too much to hold.
_MAX_BLOCK_BYTES = 512 * 2**20


def seal(path: Path, indexed: dict[str, tuple[os.stat_result, bytes]]) -> bool:
    """Put a compressed file in a file's place, unless a process still writes it; return whether it was done.

    The compressed file is whole when it gets its name, and has it before the other goes: a reader always
    finds at least one of the two. It is a gzip file of many members, each of whole lines.

    Args:
        path: the file.
        indexed: given what the index is to keep of the compressed file.

    Raises:
        OSError: it cannot be read, or the other not be written.
    """
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        status = os.fstat(file.fileno())
        sealed = path.with_name(path.name.removesuffix(".jsonl") + SEALED_SUFFIX)
        # It is there already when who sealed the file was killed in the middle.
        if status.st_size and not sealed.exists():
            part = sealed.with_name(sealed.name + PART_SUFFIX)
            places = _compress(file, part)
            # Its age is that of its last line.
            os.utime(part, ns=(status.st_atime_ns, status.st_mtime_ns))
            part.rename(sealed)
            indexed[sealed.name] = (sealed.stat(), places)
        path.unlink(missing_ok=True)
    return True


def _compress(file: BinaryIO, part: Path) -> bytes:
    """Write a file's lines to a compressed one; return its places for the index."""
    places = b""
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
        offset = 0
        for block in _cut(file):
            member = gzip.compress(block, mtime=0)
            output.write(member)
            places += places_of(part.name, block, offset, len(member))
            offset += len(member)
        output.flush()
        os.fsync(output.fileno())
    return places


def _cut(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in blocks of whole lines; all together are the file."""
    lines: list[bytes] = []
    size = 0
    for line in file:
        lines.append(line)
        size += len(line)
        if size >= _BLOCK_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    if lines:
        yield b"".join(lines)


def members(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield offset, compressed length and content of each member of a gzip file.

    Raises:
        OSError: it is damaged.
    """
    offset = 0
    rest = b""
    while rest := rest or file.read(_PIECE_BYTES):
        decompressor = zlib.decompressobj(wbits=31)
        content: list[bytes] = []
        size = length = 0
        while True:
            try:
                piece = decompressor.decompress(rest)
            except zlib.error as error:
                raise OSError(f"damaged after {offset} bytes: {error}") from None
            length += len(rest)
            size += len(piece)
            content.append(piece)
            if decompressor.eof:
                break
            if size > _MAX_BLOCK_BYTES:
                raise OSError(f"more than {_MAX_BLOCK_BYTES} bytes in one block")
            rest = file.read(_PIECE_BYTES)
            if not rest:
                raise OSError(f"breaks off after {offset} bytes")
        rest = decompressor.unused_data
        length -= len(rest)
        yield offset, length, b"".join(content)
        offset += length


def read_member(file: BinaryIO, offset: int, length: int) -> bytes:
    """Return the content of a member.

    Raises:
        OSError: there is none.
    """
    file.seek(offset)
    try:
        return gzip.decompress(file.read(length))
    except (EOFError, zlib.error) as error:
        raise OSError(f"damaged after {offset} bytes: {error}") from None
