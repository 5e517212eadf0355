"""The one directory that everything is kept in."""

from __future__ import annotations

from pathlib import Path

from app.errors import Unavailable


def make_data_dir(path: Path) -> None:
    """Make the data directory where there is none, for its owner alone: keys and all that jobs did are in it.

    Raises:
        Unavailable: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"data directory {path} cannot be made: {error.strerror}; set JOBSCOPE_DATA_DIR to one that can"
        ) from None
