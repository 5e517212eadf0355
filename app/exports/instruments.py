"""Metrics of exports."""

from __future__ import annotations

from telemetry.contract.names import Metric
from telemetry.metrics import FILE_BYTES, counter, histogram

OPERATIONS = counter(Metric.EXPORT_OPERATIONS)
COMPLETED = counter(Metric.EXPORT_OPERATIONS_COMPLETED)
FAILED = counter(Metric.EXPORT_OPERATIONS_FAILED)
SIZE = histogram(Metric.EXPORT_FILE_SIZE, FILE_BYTES)
