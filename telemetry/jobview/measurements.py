"""What the metrics of an attempt's process say about the attempt.

A metric never carries the job's id. What joins it to the job is the process that made it and the time
of the attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from telemetry.contract.names import Attr, Metric, SpanName
from telemetry.jobview.attempts import Attempt, spans_by_attempt
from telemetry.jobview.records import Sample, Span

TRIALS = Metric.OPTIMIZATION_TRIALS.name
# Made by opentelemetry-instrumentation-system-metrics under the semantic conventions' names.
CPU = "process.cpu.utilization"
MEMORY = "process.memory.usage"

# What tells one of these metrics' series of a process from another.
SERIES_ATTRIBUTES = (Attr.STRATEGY_NAME, Attr.DATASET_NAME, Attr.TRIAL_OUTCOME)

# A process exports every second or so, and every minute by the SDK's default; a sample this far outside
# the attempt still says what a counter was when it began and ended.
MARGIN_NS = 90 * 10**9


@dataclass(frozen=True)
class Series:
    """A metric's samples of one process, in time order.

    Attributes:
        metric: the name in the contract.
        attributes: those of the metric that are told from each other here: ``strategy.name``,
            ``dataset.name`` and ``trial.outcome``.
    """

    metric: str
    attributes: Mapping[str, str]
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class AttemptMetrics:
    """What the process of an attempt measured while the attempt ran.

    Attributes:
        attempt: the attempt's number.
        instance: ``service.instance.id`` of its process.
        trials: trials counted, by ``trial.outcome``. A killed worker may have committed more than it
            could still export.
        cpu: share of the machine's processors used, 0 to 1.
        memory: resident bytes.
    """

    attempt: int
    instance: str
    trials: dict[str, int]
    cpu: tuple[Sample, ...]
    memory: tuple[Sample, ...]


def measure(attempt: Attempt, spans: Sequence[Span], series: Iterable[Series]) -> AttemptMetrics:
    """Reduce the series of an attempt's process to what happened during the attempt.

    Trials of other strategies and datasets than the job's are those of the process's other jobs.
    """
    begin, end = _search_window(attempt, spans)
    own = _searched(spans)
    trials: Counter[str] = Counter()
    gauges: dict[str, tuple[Sample, ...]] = {}
    for one in series:
        if one.metric == TRIALS:
            if own and own != (one.attributes.get(Attr.STRATEGY_NAME), one.attributes.get(Attr.DATASET_NAME)):
                continue
            trials[one.attributes.get(Attr.TRIAL_OUTCOME, "")] += round(increase(one.samples, begin, end))
        else:
            during = (s for s in one.samples if attempt.start_ns <= s.time_ns <= attempt.last_seen_ns)
            gauges[one.metric] = (*gauges.get(one.metric, ()), *during)
    return AttemptMetrics(
        attempt=attempt.number,
        instance=attempt.instance,
        trials={outcome: count for outcome, count in sorted(trials.items()) if count},
        cpu=gauges.get(CPU, ()),
        memory=gauges.get(MEMORY, ()),
    )


def increase(samples: Sequence[Sample], begin_ns: int, end_ns: int) -> float:
    """Return by how much a counter of one process grew in a time.

    The counter's value at a time that lies between two samples is the one of the sample before it for
    the begin, 0 when there is none, and of the sample after it for the end, the last when there is none:
    the process was killed, or still runs.
    """
    if not samples:
        return 0.0
    before = [sample.value for sample in samples if sample.time_ns <= begin_ns]
    after = [sample.value for sample in samples if sample.time_ns >= end_ns]
    return (after[0] if after else samples[-1].value) - (before[-1] if before else 0.0)


def _searched(spans: Iterable[Span]) -> tuple[object, object] | None:
    """Return strategy and dataset of the job, which its root tells."""
    for span in spans:
        if span.name == SpanName.OPTIMIZATION_SEND:
            return span.attributes.get(Attr.STRATEGY_NAME), span.attributes.get(Attr.DATASET_NAME)
    return None


def _search_window(attempt: Attempt, spans: Sequence[Span]) -> tuple[int, int]:
    """Return when the attempt's trials can have been committed: from its first chunk to its last.

    The closer the bounds, the less a job that the same process runs right before or after is counted
    in. An attempt that did not close may have gone on after the last chunk that was exported.
    """
    owner = spans_by_attempt(spans)
    chunks = [
        span
        for span in spans
        if span.name == SpanName.OPTIMIZATION_SEARCH_CHUNK and owner.get(span.span_id) == attempt.span_id
    ]
    begin = min((chunk.start_ns for chunk in chunks), default=attempt.start_ns)
    if attempt.end_ns is None or not chunks:
        return begin, attempt.last_seen_ns
    return begin, max(chunk.end_ns for chunk in chunks)
