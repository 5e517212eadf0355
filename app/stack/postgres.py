"""PostgreSQL's extras: it refuses to run as root, and wants a data directory and roles made first."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg

from app.errors import Unavailable

# Written last: a directory without it was never used, and is made anew.
_MARKER = "roles-made"


def as_unprivileged(command: Sequence[str], directory: Path) -> list[str]:
    """Return the command that runs ``command`` as a user PostgreSQL accepts, and give it the directory.

    As anyone but root that is the command itself. Root uses the user ``postgres``, who may have no way
    into root's directories: then the one capability to get there goes along.

    Raises:
        Unavailable: root has no such user or no ``setpriv``.
    """
    if os.geteuid() != 0:
        return list(command)
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise Unavailable(
            "PostgreSQL does not run as root and there is no user postgres: add one, or run as another user"
        ) from None
    if shutil.which("setpriv") is None:
        raise Unavailable("PostgreSQL does not run as root: install setpriv (util-linux)")
    shutil.chown(directory, user.pw_uid, user.pw_gid)
    become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    if not _reachable(directory, user):
        become += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*become, "--", *command]


def _reachable(directory: Path, user: pwd.struct_passwd) -> bool:
    """Whether the user may enter every parent of the directory, by its mode bits."""
    for parent in directory.resolve().parents:
        status = parent.stat()
        shift = 6 if status.st_uid == user.pw_uid else 3 if status.st_gid == user.pw_gid else 0
        if not status.st_mode >> shift & 1:
            return False
    return True


def make_cluster(binary: Path, directory: Path, password: str) -> None:
    """Make the data directory, unless it has been made and its roles too.

    Args:
        binary: the ``postgres`` executable; ``initdb`` is beside it.
        directory: gets ``data/``.
        password: the superuser's.

    Raises:
        Unavailable: ``initdb`` failed; has its output.
    """
    if (directory / _MARKER).exists():
        return
    data = directory / "data"
    shutil.rmtree(data, ignore_errors=True)
    password_file = directory / "initial-password"
    command = as_unprivileged(
        [
            *(str(binary.with_name("initdb")), "--pgdata", str(data), "--username", "postgres"),
            *("--auth", "scram-sha-256", "--pwfile", str(password_file), "--encoding", "UTF8"),
            # The same order of text everywhere, whatever locales the host has.
            *("--no-locale", "--data-checksums"),
        ],
        directory,
    )
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(password_file, directory.stat().st_uid)
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )
    finally:
        password_file.unlink()
    if result.returncode:
        raise Unavailable(f"PostgreSQL's data directory {data} could not be made: {result.stderr.strip()}")


def is_ready(port: int, password: str) -> bool:
    """Whether the server takes queries."""
    try:
        with psycopg.connect(
            host="127.0.0.1",
            port=port,
            user="postgres",
            password=password,
            dbname="postgres",
            connect_timeout=2,
        ):
            return True
    except psycopg.OperationalError:
        return False


def make_roles(binary: Path, directory: Path, sql: Path, port: int, passwords: dict[str, str]) -> None:
    """Make the app's database and the roles, once.

    Args:
        binary: the ``postgres`` executable; ``psql`` is beside it.
        directory: the one given to ``make_cluster``.
        sql: ``roles.sql``.
        port: where the server listens.
        passwords: as ``make_passwords`` returns them.

    Raises:
        Unavailable: a statement failed; has psql's output.
    """
    marker = directory / _MARKER
    if marker.exists():
        return
    result = subprocess.run(
        [
            *(str(binary.with_name("psql")), "--no-psqlrc", "--quiet", "--file", str(sql)),
            *("--host", "127.0.0.1", "--port", str(port), "--username", "postgres"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "PGPASSWORD": passwords["postgres_password"],
            "APP_PASSWORD": passwords["database_password"],
            "READER_PASSWORD": passwords["reader_password"],
        },
    )
    if result.returncode:
        raise Unavailable(f"PostgreSQL's roles could not be made: {result.stderr.strip()}")
    marker.touch()
