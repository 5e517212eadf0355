"""Metrics of requests."""

from __future__ import annotations

from telemetry.contract.names import Metric
from telemetry.metrics import JOB_SECONDS, REQUEST_SECONDS, counter, histogram, up_down_counter

REQUESTS = counter(Metric.API_REQUESTS)
ERRORS = counter(Metric.API_ERRORS)
DURATION = histogram(Metric.API_REQUEST_DURATION, REQUEST_SECONDS)
IN_PROGRESS = up_down_counter(Metric.API_REQUESTS_IN_PROGRESS)
# A followed job's stream lasts as long as the job.
STREAM_DURATION = histogram(Metric.API_STREAM_DURATION, JOB_SECONDS)
OPEN_STREAMS = up_down_counter(Metric.API_STREAMS_OPEN)
# From what a busy machine's scheduler adds to a loop that nothing blocks.
EVENT_LOOP_DELAY = histogram(
    Metric.API_EVENT_LOOP_DELAY, (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
)
