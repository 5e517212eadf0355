"""Measurements are written when work is counted, and else rarely."""

from __future__ import annotations

import math

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, PeriodicExportingMetricReader

from telemetry.files.idle import IDLE_SECONDS, IdleMetricExporter


class Written(MetricExporter):
    """Counts collections."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def export(self, metrics_data, timeout_millis=0, **kwargs):
        self.count += 1
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis=0):
        return True

    def shutdown(self, timeout_millis=0, **kwargs):
        pass


@pytest.fixture
def process():
    """A process whose clock is moved by hand: what it wrote, its meter, its clock, and a collection."""
    written, clock = Written(), [1000.0]
    reader = PeriodicExportingMetricReader(
        IdleMetricExporter(written, lambda: clock[0]), export_interval_millis=math.inf
    )
    provider = MeterProvider([reader], shutdown_on_exit=False)

    def collect(seconds):
        clock[0] += seconds
        provider.force_flush()
        return written.count

    yield provider.get_meter("t"), collect
    provider.shutdown()


def test_an_idle_process_is_written_once_a_minute(process):
    meter, collect = process
    memory = meter.create_gauge("process.memory.usage")
    attempts = meter.create_counter("optimization.attempts")
    attempts.add(0)
    for second in range(int(3 * IDLE_SECONDS)):
        memory.set(second)  # what changes all the time is no work
        count = collect(1)
    assert count == 3


@pytest.mark.parametrize("kind", ["counter", "histogram"])
def test_a_process_that_works_is_written_each_time(process, kind):
    meter, collect = process
    measure = (
        meter.create_counter("optimization.trials").add
        if kind == "counter"
        else meter.create_histogram("optimization.checkpoint.duration").record
    )
    measure(1)
    assert collect(1) == 1
    for expected in range(2, 10):
        measure(1)
        assert collect(1) == expected
    assert collect(1) == 9, "and not after the last"
