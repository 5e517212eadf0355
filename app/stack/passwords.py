"""The stack's passwords: made at random, one file each, never in a configuration file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAMES = ("postgres_password", "database_password", "reader_password", "grafana_password")
"""PostgreSQL's superuser, the app's role, Grafana's read-only role, Grafana's admin."""


def make_passwords(directory: Path, *, file_mode: int = 0o600) -> dict[str, str]:
    """Return the passwords by name, making those that have no file yet.

    Args:
        directory: gets one file per password; only its owner may enter it.
        file_mode: permissions of new files.

    Raises:
        OSError: the directory or a file cannot be written or read.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    passwords = {}
    for name in NAMES:
        path = directory / name
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file_mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(24))
            path.chmod(file_mode)  # the umask may have taken bits away
        passwords[name] = path.read_text(encoding="utf-8").strip()
    return passwords
