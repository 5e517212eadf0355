"""Flushing in time: all signals at once, and no longer than the process can wait."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from telemetry.exporters.cleaning import text_of
from telemetry.exporters.delivery import Delivery
from telemetry.exporters.telling import tell


class Ending:
    """Makes calls that flush, each in a thread of its own, and waits for them for so long.

    The threads are there from the start: a process that ends can start none, from Python 3.12 on.

    Args:
        deliveries: those of spans, log records and measurements.
        seconds: how long a flush may take.
    """

    def __init__(self, deliveries: Sequence[Delivery], seconds: float) -> None:
        self._deliveries = deliveries
        self._seconds = seconds
        self._start()
        os.register_at_fork(after_in_child=self._start)

    def _start(self) -> None:
        self._asked: list[SimpleQueue[tuple[Callable[[], object], threading.Event]]] = []
        for _ in self._deliveries:
            asked: SimpleQueue[tuple[Callable[[], object], threading.Event]] = SimpleQueue()
            self._asked.append(asked)
            threading.Thread(target=_make_calls, args=(asked,), name="telemetry-flush", daemon=True).start()

    def flush(self, *calls: Callable[[], object]) -> None:
        """Make a call for each delivery, at the same time.

        But the last, for measurements, which count what the others have delivered: it comes after them, or
        when half of the time is over.
        """
        began = time.monotonic()
        until = began + self._seconds
        for delivery in self._deliveries:
            delivery.hurry(until)
        *first, last = [threading.Event() for _ in calls]
        for asked, call, done in zip(self._asked[:-1], calls[:-1], first, strict=True):
            asked.put((call, done))
        _await(first, began + self._seconds / 2)
        self._asked[-1].put((calls[-1], last))
        if not _await([*first, last], until):
            tell("end", f"telemetry may be lost: it could not be exported within {self._seconds:g} s")
        for delivery in self._deliveries:
            delivery.take_time()


def _make_calls(asked: SimpleQueue[tuple[Callable[[], object], threading.Event]]) -> None:
    while True:
        call, done = asked.get()
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the SDK's own trouble; the work is done, and goes on
            tell("flush", f"telemetry may be lost: {text_of(error)}")
        done.set()


def _await(events: Sequence[threading.Event], until: float) -> bool:
    return all(event.wait(max(0.0, until - time.monotonic())) for event in events)
