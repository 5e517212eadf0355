"""``jobscope reset``: removes what jobscope has made in the data directory, and nothing else."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.errors import Conflict, JobscopeError, Unavailable
from app.settings import Settings, load_settings
from app.stack.process import read_record

# Any of them is there as soon as jobscope has used a directory, and nobody else has files so named.
_MARKS = (
    "jobscope.db",
    "stack/lock",
    "telemetry/*-jobscope-*.jsonl",
    "telemetry/*-jobscope-*.jsonl.gz",
)
# The database comes last: when something cannot be removed, the directory is still known for ours.
_FILES = (
    "telemetry/*.jsonl",
    "telemetry/*.jsonl.gz*",
    "telemetry/index.db*",
    "telemetry/upkeep.lock",
    "run/*.lock",
    "run/*.interrupted",
    "demo.log",
    "jobscope.db-*",
    "jobscope.db",
)


def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove jobs, keys, telemetry and the stack's data from the data directory; your datasets stay."""
    path = load_settings().data_dir
    if not path.exists():
        print(f"nothing to remove: {path} does not exist")
        return
    try:
        if not any(_matches(path, *_MARKS)):
            raise JobscopeError(f"{path} does not look like a jobscope data directory; nothing was removed")
        if not yes:
            typer.confirm(
                f"Remove jobs, keys, telemetry and the stack's data from {path.resolve()}?", abort=True
            )
        _require_unused(path)
        _remove(path)
    except OSError as error:
        raise Unavailable(
            f"{error.filename or path} cannot be removed: {error.strerror or error}; see JOBSCOPE_DATA_DIR"
        ) from None


@contextmanager
def kept_from_reset(settings: Settings) -> Iterator[None]:
    """Keep the data directory from being reset until the block or the process ends.

    The API's; a worker is known by its slot's lock.
    """
    directory = settings.data_dir / "run"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "api.lock").open("w", encoding="utf-8")
    except OSError:
        # A directory that cannot be written cannot be reset either, and not every API needs one that can.
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)  # with the APIs of other ports
        yield


def _require_unused(path: Path) -> None:
    for lock in path.glob("run/*.lock"):
        with lock.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(
                    f"the API or a worker uses {path}; stop jobscope serve first, nothing was removed"
                ) from None
    for run_file in path.glob("stack/run/*.json"):
        record = read_record(run_file)
        if record and record.process():
            raise Conflict(f"{record.name} runs in {path}; stop it with jobscope stack down first")


def _remove(path: Path) -> None:
    if (path / "stack" / "lock").exists():
        shutil.rmtree(path / "stack")
    for pattern in _FILES:
        for file in _matches(path, pattern):
            file.unlink()
    for folder in (path / "telemetry", path / "run", path):
        # A link is how the user wants it.
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()
    kept = ", ".join(sorted(entry.name for entry in path.iterdir())) if path.exists() else ""
    print(f"removed what jobscope made in {path}; kept: {kept}" if kept else f"removed {path}")


def _matches(path: Path, *patterns: str) -> list[Path]:
    return [found for pattern in patterns for found in path.glob(pattern)]
