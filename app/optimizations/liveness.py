"""Which workers are gone: those whose heartbeat stands still while we watch.

No two clocks are compared, neither machines' nor the database's, and one that jumps changes nothing: it is
counted how long this process, by its monotonic clock, has seen the same heartbeat. While it cannot look
(the database is away, the process was stopped), it has seen nothing, and what it saw before does not count:
an outage in which nobody could beat is nobody's death.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime


class Watch:
    """Watches heartbeats.

    Args:
        timeout_seconds: a worker is gone whose heartbeat stood still for so long.
        monotonic: seconds that never jump.
    """

    def __init__(self, timeout_seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._timeout_seconds = timeout_seconds
        self._monotonic = monotonic
        self._since: dict[str, tuple[datetime, float]] = {}
        self._looked_at = monotonic()

    def silent(self, beats: Mapping[str, datetime]) -> set[str]:
        """Look at each process's last heartbeat, by its instance id; return those that are gone."""
        now = self._monotonic()
        # Who looks too seldom cannot tell a worker that is gone from one that could not beat either.
        if now - self._looked_at > self._timeout_seconds / 2:
            self._since.clear()
        self._looked_at = now
        before = self._since
        self._since = {
            one: before[one] if one in before and before[one][0] == beat else (beat, now)
            for one, beat in beats.items()
        }
        return {one for one, (_, since) in self._since.items() if now - since >= self._timeout_seconds}

    def forget(self) -> None:
        """Begin anew, because the database did not answer."""
        self._since.clear()
