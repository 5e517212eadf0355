"""Metrics of requests beside those of the HTTP instrumentation."""

from __future__ import annotations

from telemetry.contract.names import Metric
from telemetry.metrics import counter

REQUESTS = counter(Metric.API_REQUESTS)
ERRORS = counter(Metric.API_ERRORS)
