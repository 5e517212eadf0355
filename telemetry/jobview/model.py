"""JobView: everything one job did, joined."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from telemetry.contract.names import Attr, SpanName
from telemetry.contract.names import Event as EventName
from telemetry.jobview.attempts import INTERRUPTED, Attempt, attempts_of
from telemetry.jobview.checks import find_gaps, find_problems
from telemetry.jobview.clocks import align
from telemetry.jobview.known import Known
from telemetry.jobview.measurements import AttemptMetrics
from telemetry.jobview.records import Attributes, AttributeValue, Event, Span, unique_events, unique_spans

UNKNOWN = "unknown"
_ENDS = {
    EventName.OPTIMIZATION_COMPLETED: "completed",
    EventName.OPTIMIZATION_FAILED: "failed",
    EventName.OPTIMIZATION_CANCELLED: "cancelled",
}
_LIFE = {
    EventName.OPTIMIZATION_SUBMITTED: "queued",
    EventName.OPTIMIZATION_STARTED: "running",
    EventName.OPTIMIZATION_RECOVERED: "running",
    EventName.OPTIMIZATION_CHECKPOINT_COMMITTED: "running",
    EventName.OPTIMIZATION_LOST: "queued",
    EventName.OPTIMIZATION_RETRIED: "queued",
}


@dataclass(frozen=True)
class Winner:
    """The best trial; a figure is None when nothing tells it (yet).

    Attributes:
        in_sample: its objective value over the folds of the search region.
        out_of_sample: its objective value on the held-out tail.
        walk_forward: mean over folds of the value of the trial that was best on the folds before.
        deflated_sharpe: probability, 0 to 1, that its Sharpe ratio is not the luck of many trials; None where
            there is none.
        total_return: profit on the held-out tail as a share of the stated capital.
        max_drawdown: deepest fall on the held-out tail as a share of the stated capital.
    """

    trial: int | None
    parameters: dict[str, Any] | None
    in_sample: float | None
    out_of_sample: float | None
    walk_forward: float | None
    deflated_sharpe: float | None
    total_return: float | None
    max_drawdown: float | None
    trades: int | None


@dataclass(frozen=True)
class JobView:
    """A job's telemetry, joined by the job's id, and what can be told from it.

    Attributes:
        job_id: the job's id, which is the trace id of all spans and events.
        spans: unique, in time order.
        events: unique, in time order.
        metrics: one for every attempt whose process was measured.
        notes: what is missing, in words.
        known: what is known of the job otherwise; it is told where telemetry does not tell more.
    """

    job_id: str
    spans: tuple[Span, ...]
    events: tuple[Event, ...]
    metrics: tuple[AttemptMetrics, ...] = ()
    notes: tuple[str, ...] = ()
    known: Known | None = None

    @classmethod
    def of(cls, job_id: str, spans: Iterable[Span], events: Iterable[Event], notes: Iterable[str]) -> JobView:
        """Make a view, without metrics, of spans and events as delivered: twice, in any order."""
        return cls(job_id, unique_spans(spans), unique_events(events), notes=tuple(notes))

    def completed(self, metrics: Iterable[AttemptMetrics], notes: Iterable[str]) -> JobView:
        """Return the view with metrics, which are found by the processes' own times, and times put right."""
        spans, events, moved = align(self.spans, self.events)
        return replace(
            self, spans=spans, events=events, metrics=tuple(metrics), notes=(*self.notes, *notes, *moved)
        )

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """The tries of workers at the job, in the order they began."""
        return attempts_of(self.spans, self.events) or (self.known.attempts if self.known else ())

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``completed``, ``failed``, ``cancelled``; ``unknown`` without a trace.

        The last event that ends a job decides, unless it was retried since. Without events, as when logs
        have expired, spans do.
        """
        retried = max((e.time_ns for e in self.events if e.name == EventName.OPTIMIZATION_RETRIED), default=0)
        ends = [_ENDS[e.name] for e in self.events if e.name in _ENDS and e.time_ns >= retried]
        ends = ends or [
            a.outcome
            for a in self.attempts
            if a.outcome and a.outcome in _ENDS.values() and (a.end_ns or 0) >= retried
        ]
        if ends:
            return ends[-1]
        if self.known:
            return self.known.state
        life = [(event.time_ns, _LIFE[event.name]) for event in self.events if event.name in _LIFE]
        life += [(a.start_ns, "running") for a in self.attempts]
        life += [(a.end_ns, "queued") for a in self.attempts if a.end_ns and a.outcome == INTERRUPTED]
        if life:
            return max(life)[1]
        return "queued" if self.spans else UNKNOWN

    @property
    def strategy(self) -> str | None:
        """Name of the strategy whose parameters are searched."""
        return self._text(Attr.STRATEGY_NAME)

    @property
    def dataset(self) -> str | None:
        """Name of the price series."""
        return self._text(Attr.DATASET_NAME)

    @property
    def sampler(self) -> str | None:
        """What proposes the trials."""
        return self._text(Attr.SAMPLER_NAME)

    @property
    def objective(self) -> str | None:
        """What is maximised."""
        return self._text(Attr.OBJECTIVE_NAME)

    @property
    def start_ns(self) -> int | None:
        """When the job was submitted, in nanoseconds since 1970."""
        known = (self.known.start_ns,) if self.known else ()
        return min(
            (*(s.start_ns for s in self.spans), *(e.time_ns for e in self.events), *known), default=None
        )

    @property
    def end_ns(self) -> int | None:
        """The last that is known of the job, in nanoseconds since 1970."""
        known = (self.known.end_ns,) if self.known else ()
        told = (*(span.end_ns for span in self.spans), *(event.time_ns for event in self.events))
        return max((*told, *known), default=None)

    @property
    def duration(self) -> float | None:
        """Seconds from submission to the end; of a job that has not ended, to the last known of it.

        Not ``job.duration``: that counts from the database's row, which is later than the first span, and
        would contradict the times shown beside it.
        """
        if self.start_ns is None or self.end_ns is None:
            return None
        ends = [event.time_ns for event in self.events if event.name in _ENDS]
        ends += [a.end_ns for a in self.attempts if a.end_ns and a.outcome in _ENDS.values()]
        return (max(ends, default=self.end_ns) - self.start_ns) / 1e9

    @property
    def best_curve(self) -> tuple[tuple[int, float], ...]:
        """The best value so far after each checkpoint: nanoseconds since 1970, value."""
        return tuple(
            (event.time_ns, float(value))
            for event in self.events
            if event.name == EventName.OPTIMIZATION_CHECKPOINT_COMMITTED
            and isinstance(value := event.attributes.get(Attr.JOB_BEST_VALUE), int | float)
            and math.isfinite(value)
        )

    @property
    def trials_requested(self) -> int | None:
        """Trials the job asks for."""
        return self._integer(Attr.JOB_TRIALS_REQUESTED)

    @property
    def trials_completed(self) -> int:
        """Trials committed that gave a value."""
        return self._most(Attr.JOB_TRIALS_COMPLETED)

    @property
    def trials_failed(self) -> int:
        """Trials committed that ended with an error."""
        return self._most(Attr.JOB_TRIALS_FAILED)

    @property
    def trials_infeasible(self) -> int:
        """Trials committed whose parameters break a constraint of the strategy."""
        return self._most(Attr.JOB_TRIALS_INFEASIBLE)

    @property
    def winner(self) -> Winner | None:
        """The best trial; None while no trial gave a value."""
        best = [e.attributes for e in self.events if e.name == EventName.OPTIMIZATION_BEST_IMPROVED]
        in_sample = self._number(Attr.JOB_BEST_VALUE)
        trial = self._integer(Attr.JOB_BEST_TRIAL)
        if trial is None:
            trial = self._integer(Attr.TRIAL_NUMBER, only=SpanName.OPTIMIZATION_EVALUATE_HOLDOUT)
        if trial is None and best:
            trial = _as_integer(best[-1].get(Attr.TRIAL_NUMBER))
        if trial is None and in_sample is None:
            return None
        return Winner(
            trial=trial,
            parameters=self._parameters(trial),
            in_sample=in_sample,
            out_of_sample=self._number(Attr.JOB_OUT_OF_SAMPLE_VALUE),
            walk_forward=self._number(Attr.JOB_WALK_FORWARD_VALUE),
            deflated_sharpe=self._number(Attr.JOB_DEFLATED_SHARPE),
            total_return=self._number(Attr.BACKTEST_TOTAL_RETURN),
            max_drawdown=self._number(Attr.BACKTEST_MAX_DRAWDOWN),
            trades=self._integer(Attr.BACKTEST_TRADES),
        )

    def problems(self) -> tuple[str, ...]:
        """Return the integrity faults of the join, in words: none is expected, ever."""
        return find_problems(self.spans, self.events, self.attempts)

    def gaps(self) -> tuple[str, ...]:
        """Return what is not there yet, or died with a killed worker, in words: expected of both."""
        return find_gaps(self.spans, self.events, self.attempts)

    def _parameters(self, trial: int | None) -> dict[str, Any] | None:
        """Return the parameters of a trial, from whatever event or span tells them."""
        for _, attributes in self._latest_first():
            text = attributes.get(Attr.TRIAL_PARAMETERS)
            if trial is not None and attributes.get(Attr.TRIAL_NUMBER) == trial and isinstance(text, str):
                return _parameters(text)
        return None

    def _latest_first(self) -> Iterator[tuple[str, Attributes]]:
        """Yield name and attributes of events, then of spans, the latest first, then what is known."""
        for event in reversed(self.events):
            yield event.name, event.attributes
        for span in sorted(self.spans, key=lambda span: span.end_ns, reverse=True):
            yield span.name, span.attributes
        if self.known:
            yield "", self.known.facts

    def _latest(self, attribute: str, only: str | None = None) -> AttributeValue | None:
        for name, attributes in self._latest_first():
            if attribute in attributes and only in {None, name}:
                return attributes[attribute]
        return None

    def _text(self, attribute: str) -> str | None:
        value = self._latest(attribute)
        return value if isinstance(value, str) else None

    def _number(self, attribute: str) -> float | None:
        value = self._latest(attribute)
        return float(value) if isinstance(value, int | float) else None

    def _integer(self, attribute: str, only: str | None = None) -> int | None:
        return _as_integer(self._latest(attribute, only))

    def _most(self, attribute: str) -> int:
        """Return the highest count told: a count of what is committed never falls."""
        told = (_as_integer(attributes.get(attribute)) for _, attributes in self._latest_first())
        return max((count for count in told if count is not None), default=0)


def _as_integer(value: AttributeValue | None) -> int | None:
    return value if isinstance(value, int) else None


def _parameters(text: str) -> dict[str, Any] | None:
    try:
        parameters = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parameters if isinstance(parameters, dict) else None
