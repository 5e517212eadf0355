"""What blocks the event loop is measured."""

from __future__ import annotations

import asyncio
import time

from app.requests.eventloop import watch_event_loop
from telemetry.testing import captured


def test_delay_of_the_event_loop_is_measured():
    with captured() as telemetry:
        asyncio.run(asyncio.wait_for(measured_once(telemetry), 60))
        (point,) = telemetry.points("api.event_loop.delay")
        assert telemetry.contract_violations() == []
    # The measurement began before the loop was blocked for 0.6 s, and wants to be woken after 0.25 s.
    assert point.value > 0.3


async def measured_once(telemetry):
    watch = asyncio.create_task(watch_event_loop())
    await asyncio.sleep(0)  # the task begins
    time.sleep(0.6)  # noqa: ASYNC251 - what is measured
    while not telemetry.points("api.event_loop.delay"):  # noqa: ASYNC110 - nothing announces a measurement
        await asyncio.sleep(0)
    watch.cancel()
