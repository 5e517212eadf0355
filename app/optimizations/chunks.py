"""Spans of the search: one a chunk, and one for each trial of it that is worth seeing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.trace import StatusCode
from opentelemetry.util.types import AttributeValue

from app.backtests.strategies import Infeasible
from app.database.models import Optimization
from telemetry import events
from telemetry.clock import given_times
from telemetry.contract.names import Attr, Event, SpanName
from telemetry.events import Severity

# With at most three trial spans each, 80 chunks make 320 spans, however many trials a job has.
_CHUNKS_PER_JOB = 80

_tracer = trace.get_tracer("jobscope")


@dataclass(frozen=True)
class Finished:
    """A trial that was made; `start_ns` is since 1970, `value` None when it failed or was infeasible."""

    number: int
    parameters: dict[str, Any]
    value: float | None
    fold_values: list[float]
    sharpe: float | None
    sampler_state: dict[str, Any]
    start_ns: int
    seconds: float
    exception: Exception | None

    @property
    def outcome(self) -> str:
        """``completed``, ``failed`` or ``infeasible``."""
        if self.exception is None:
            return "completed"
        return "infeasible" if isinstance(self.exception, Infeasible) else "failed"

    @property
    def error(self) -> str:
        """Why there is no value; empty when there is one."""
        return f"{type(self.exception).__name__}: {self.exception}" if self.exception else ""


class Chunk:
    """A chunk's span, current in the block, with its trials' spans made when it ends.

    Args:
        number: the chunk's number in its attempt, from 0.
        first_trial: number of its first trial.
        job: the job.
    """

    def __init__(self, number: int, first_trial: int, job: Optimization) -> None:
        self._number = number
        self._first = first_trial
        self._job = job
        self._trials = 0
        self._checkpoints = 0
        self._best: Finished | None = None
        self._slowest: Finished | None = None
        self._failed: Finished | None = None
        self._span: trace.Span = trace.INVALID_SPAN

    @property
    def full(self) -> bool:
        """Whether the chunk has its share of the job's trials."""
        return self._trials * _CHUNKS_PER_JOB >= self._job.trials

    def add(self, trials: Sequence[Finished], new_best: int | None) -> None:
        """Add a checkpoint's trials, and the number of the one that became the best so far."""
        self._checkpoints += 1
        self._trials += len(trials)
        for trial in trials:
            if trial.number == new_best:
                self._best = trial
            if trial.outcome == "failed" and self._failed is None:
                self._failed = trial
            if self._slowest is None or trial.seconds > self._slowest.seconds:
                self._slowest = trial

    def __enter__(self) -> Self:
        """Start the span."""
        self._scope = _tracer.start_as_current_span(
            SpanName.OPTIMIZATION_SEARCH_CHUNK,
            attributes={
                Attr.JOB_ID: self._job.id,
                Attr.CHUNK_NUMBER: self._number,
                Attr.CHUNK_FIRST_TRIAL: self._first,
            },
            record_exception=False,
            set_status_on_exception=False,  # an interruption is no error; a real one is told where it ends
        )
        self._span = self._scope.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the span, after those of its trials."""
        self._trial_spans()
        self._span.set_attributes(
            {Attr.CHUNK_TRIALS: self._trials, Attr.CHUNK_CHECKPOINTS: self._checkpoints}
        )
        if self._best and self._best.value is not None:
            self._span.set_attribute(Attr.JOB_BEST_VALUE, self._best.value)
        self._scope.__exit__(kind, error, traceback)

    def _trial_spans(self) -> None:
        worth_seeing = {"best": self._best, "failed": self._failed, "slowest": self._slowest}
        seen: set[int] = set()
        for reason, trial in worth_seeing.items():
            if trial is None or trial.number in seen:
                continue
            seen.add(trial.number)
            attributes: dict[str, AttributeValue] = {
                Attr.JOB_ID: self._job.id,
                Attr.TRIAL_NUMBER: trial.number,
                Attr.TRIAL_PARAMETERS: json.dumps(trial.parameters),
                Attr.TRIAL_OUTCOME: trial.outcome,
                Attr.TRIAL_REASON: reason,
            }
            with given_times():
                span = _tracer.start_span(
                    SpanName.OPTIMIZATION_TRIAL, start_time=trial.start_ns, attributes=attributes
                )
            if trial.value is not None:
                span.set_attribute(Attr.TRIAL_VALUE, trial.value)
            if trial.outcome == "failed":
                self._tell_failure(span, trial)
            with given_times():
                span.end(trial.start_ns + int(trial.seconds * 1e9))

    def _tell_failure(self, span: trace.Span, trial: Finished) -> None:
        span.set_status(StatusCode.ERROR, trial.error)
        span.set_attribute(Attr.ERROR_TYPE, type(trial.exception).__name__)
        with trace.use_span(span):
            events.emit(
                Event.OPTIMIZATION_TRIAL_FAILED,
                f"trial {trial.number} failed: {trial.error}",
                severity=Severity.WARN,
                attributes={
                    Attr.JOB_ID: self._job.id,
                    Attr.TRIAL_NUMBER: trial.number,
                    Attr.TRIAL_PARAMETERS: json.dumps(trial.parameters),
                },
                exception=trial.exception,
            )
