"""Metrics of requests beside those of the HTTP instrumentation."""

from __future__ import annotations

from telemetry.contract.names import Metric
from telemetry.metrics import counter, histogram

REQUESTS = counter(Metric.API_REQUESTS)
ERRORS = counter(Metric.API_ERRORS)
# From what a busy machine's scheduler adds to a loop that nothing blocks.
EVENT_LOOP_DELAY = histogram(
    Metric.API_EVENT_LOOP_DELAY, (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
)
