"""The worker's instruments.

The histograms' measurements are given ``job.id`` too: it stays with their exemplars, and is no label.
"""

from __future__ import annotations

from collections.abc import Iterable

from opentelemetry.metrics import CallbackOptions, Observation

from telemetry.contract.names import Attr, Metric
from telemetry.metrics import JOB_SECONDS, REQUEST_SECONDS, counter, histogram, observe

TRIALS = counter(Metric.OPTIMIZATION_TRIALS)
REQUEUES = counter(Metric.OPTIMIZATION_REQUEUES)
ATTEMPTS = counter(Metric.OPTIMIZATION_ATTEMPTS)
CHECKPOINT_DURATION = histogram(Metric.OPTIMIZATION_CHECKPOINT_DURATION, REQUEST_SECONDS)
JOB_DURATION = histogram(Metric.OPTIMIZATION_JOB_DURATION, JOB_SECONDS)
QUEUE_WAIT = histogram(Metric.OPTIMIZATION_QUEUE_WAIT, JOB_SECONDS)


class Progress:
    """Progress of the job this worker is at, observed by a gauge; nothing while it is at none."""

    def __init__(self) -> None:
        self._now: Observation | None = None
        observe(Metric.OPTIMIZATION_JOB_PROGRESS, self._observe)

    def set(self, share: float, strategy: str, dataset: str) -> None:
        """Note the share of the requested trials that is committed, 0 to 1."""
        self._now = Observation(share, {Attr.STRATEGY_NAME: strategy, Attr.DATASET_NAME: dataset})

    def clear(self) -> None:
        """Note that no job is running."""
        self._now = None

    def _observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        return [self._now] if self._now else []
