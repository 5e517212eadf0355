"""Metrics of health checks; their status is observed by :mod:`app.health.monitor`."""

from __future__ import annotations

from telemetry.contract.names import Metric
from telemetry.metrics import REQUEST_SECONDS, histogram

DURATION = histogram(Metric.HEALTH_CHECK_DURATION, REQUEST_SECONDS)
