"""How late the event loop is: whatever blocks it delays every request by as much."""

from __future__ import annotations

import asyncio

from app.requests.instruments import EVENT_LOOP_DELAY

_SECONDS_BETWEEN = 0.25


async def watch_event_loop() -> None:
    """Measure, until cancelled, how late a task that is due runs."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _SECONDS_BETWEEN
        await asyncio.sleep(_SECONDS_BETWEEN)
        EVENT_LOOP_DELAY.record(max(0.0, loop.time() - due))
