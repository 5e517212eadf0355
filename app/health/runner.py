"""Runs a check within its time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from app.database.clock import now
from app.health.checks import Check, Finding


@dataclass(frozen=True)
class Outcome:
    """What a check found, when, and how long it took."""

    finding: Finding
    at: datetime
    duration_seconds: float
    error_type: str | None = None


class Runner:
    """Runs one check, never twice at a time.

    A thread that hangs (a network file system, a locked database) cannot be stopped in Python. So it is left
    alone, and the check counts as failed until it comes back.

    Args:
        check: the check.
    """

    def __init__(self, check: Check) -> None:
        self.check = check
        self._lock = threading.Lock()
        self._running: Future[Outcome] | None = None

    def run(self) -> Outcome:
        """Run the check, and return its outcome no later than its time allows."""
        began = time.perf_counter()
        try:
            return self._begin().result(self.check.timeout_seconds)
        except TimeoutError:
            slow = Finding("fail", f"no answer within {self.check.timeout_seconds:g} s")
            return Outcome(slow, now(), time.perf_counter() - began, "Timeout")

    def _begin(self) -> Future[Outcome]:
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                # A daemon, so that a check that hangs does not keep the process from ending.
                threading.Thread(target=self._find, args=(self._running,), daemon=True).start()
            return self._running

    def _find(self, future: Future[Outcome]) -> None:
        began = time.perf_counter()
        error_type = None
        try:
            finding = self.check.find()
        except Exception as error:  # noqa: BLE001 - whatever a check raises is what it found
            finding, error_type = Finding("fail", str(error).partition("\n")[0]), type(error).__name__
        future.set_result(Outcome(finding, now(), time.perf_counter() - began, error_type))
