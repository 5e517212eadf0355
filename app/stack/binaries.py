"""Finds the stack's executables."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from app.stack.configs import built_binaries


def find_binary(names: Sequence[str]) -> Path | None:
    """Return the first executable of these names, with links resolved, or None.

    Looked up in ``tools/bin`` of the checkout, in ``JOBSCOPE_STACK_BIN`` (directories, as in PATH), on
    PATH, and where Debian keeps PostgreSQL's programs, newest first.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    places = [
        str(built_binaries()),
        os.environ.get("JOBSCOPE_STACK_BIN", ""),
        os.environ.get("PATH", ""),
        *map(str, debian),
    ]
    path = os.pathsep.join(place for place in places if place)
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return Path(found).resolve()
    return None


def _version(directory: Path) -> int:
    match = re.fullmatch(r"\d+", directory.parent.name)
    return int(match.group()) if match else 0
