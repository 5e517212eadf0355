"""Instruments made from the contract."""

from __future__ import annotations

import threading

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from telemetry.contract.names import Metric
from telemetry.metrics import counter, flush, histogram
from telemetry.testing import captured


class Stuck(InMemoryMetricReader):
    """A reader whose exporter waits for a Collector that is away."""

    def __init__(self):
        super().__init__()
        self.asked, self.freed, self.ended = threading.Event(), threading.Event(), threading.Event()

    def force_flush(self, timeout_millis=10_000):
        self.asked.set()
        self.freed.wait(10)
        self.ended.set()
        return True


def test_flush_goes_on_without_a_collector_that_is_away():
    reader = Stuck()
    with captured(reader):
        flush(0.01)
        assert reader.asked.is_set()
        assert not reader.ended.is_set()
        reader.freed.set()
        assert reader.ended.wait(10)


def test_instrument_of_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"export\.file\.size is a histogram"):
        counter(Metric.EXPORT_FILE_SIZE)
    with pytest.raises(ValueError, match=r"optimization\.trials is a counter"):
        histogram(Metric.OPTIMIZATION_TRIALS, (1,))
