"""Trouble of the telemetry itself, told to people on stderr: telemetry is what is in trouble."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

# Trouble that stays is told again after so long; a service's log is read by people who came later.
_SECONDS_BETWEEN = 600.0
_lock = threading.Lock()
_told: dict[str, float] = {}


def tell(kind: str, message: str) -> None:
    """Print a line, unless one of this kind was printed within ten minutes.

    Not through logging: that would come back as another record to export.
    """
    now = time.monotonic()
    with _lock:
        if now - _told.get(kind, -_SECONDS_BETWEEN) < _SECONDS_BETWEEN:
            return
        _told[kind] = now
    with suppress(OSError):  # stderr is closed
        os.write(2, f"jobscope: {message}\n".encode(errors="replace"))
