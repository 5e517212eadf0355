"""What a worker does with a job: one attempt, from claim to outcome.

The shape of its trace is in DESIGN: nothing that matters sits in a span that ends after an hour, so a
running job shows what it has done, and a killed worker leaves no orphans.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.util.types import AttributeValue
from sqlalchemy import Engine

from app.database.engine import UNREACHABLE
from app.database.models import Optimization
from app.optimizations import attempts
from app.optimizations.attempts import Claim, Superseded
from app.optimizations.instruments import (
    ATTEMPTS,
    JOB_DURATION,
    QUEUE_WAIT,
    Progress,
)
from app.optimizations.run import Search
from app.optimizations.service import messaging_attributes
from app.prices import Prices, load
from app.queue.dbos import Interrupted
from app.settings import Settings
from telemetry import events
from telemetry.contract.names import Attr, Event, SpanName
from telemetry.events import Severity
from telemetry.jobtrace import attempt_context
from telemetry.metrics import flush

_tracer = trace.get_tracer("jobscope")
# Many times what a Collector takes that is there.
_LONGEST_FLUSH_SECONDS = 1.0


class TooManyAttempts(Exception):
    """The job has taken so many workers with it that it is not tried again."""


class NoResult(Exception):
    """No trial gave a value, so there is no winner."""


class Flow:
    """Runs jobs in this worker.

    Args:
        engine: the database.
        settings: data directory, checkpoint length, attempt limit.
        slot: the worker's slot.
        instance_id: ``service.instance.id`` of this process, by which its metrics are found.
        stopping: when set, the running job stops at its next checkpoint.
    """

    def __init__(
        self, engine: Engine, settings: Settings, slot: str, instance_id: str, stopping: threading.Event
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._slot = slot
        self._instance_id = instance_id
        self._stopping = stopping
        self._claimed = 0.0
        self._progress = Progress()
        for state in (*_TERMINAL_EVENTS, "queued"):
            # From 0, so that a rate sees the first increment.
            ATTEMPTS.add(0, {Attr.JOB_STATE: state})

    def run(self, job_id: str) -> None:
        """Make one attempt at a job; one that has ended already is left alone.

        Raises:
            Interrupted: the worker is to stop; the job is queued again.
            sqlalchemy.exc.OperationalError: the database does not answer; the attempt can be made again.
        """
        if self._stopping.is_set():
            raise Interrupted
        self._claimed = time.monotonic()
        claim = attempts.claim(self._engine, job_id, self._slot, self._instance_id)
        if claim is None:
            return
        consumer = self._consumer_span(claim)
        with trace.use_span(consumer, record_exception=False, set_status_on_exception=False):
            try:
                self._attempt(claim)
            except Superseded:
                events.emit(
                    Event.OPTIMIZATION_ATTEMPT_SUPERSEDED,
                    f"attempt {claim.number} stops: another has taken the job over",
                    severity=Severity.WARN,
                    attributes={Attr.JOB_ID: job_id, Attr.JOB_ATTEMPT: claim.number},
                )
            finally:
                self._progress.clear()

    def _consumer_span(self, claim: Claim) -> Span:
        """Record the claim as a span that has ended already: it must outlive a kill of this worker."""
        job = claim.job
        attributes: dict[str, AttributeValue] = {
            Attr.JOB_ID: job.id,
            Attr.JOB_ATTEMPT: claim.number,
            Attr.JOB_QUEUE_WAIT: claim.waited_seconds,
            Attr.JOB_TRIALS_COMPLETED: job.trials_completed,
            Attr.JOB_TRIALS_FAILED: job.trials_failed,
            Attr.JOB_TRIALS_INFEASIBLE: job.trials_infeasible,
            Attr.WORKER_SLOT: self._slot,
        }
        span = _tracer.start_span(
            SpanName.OPTIMIZATION_PROCESS,
            context=attempt_context(job.id, job.traceparent),
            kind=SpanKind.CONSUMER,
            attributes={**messaging_attributes("process", job.id), **attributes},
            # Not a time read before: the clock may have been set since.
            start_time=time.time_ns() - int((time.monotonic() - self._claimed) * 1e9),
        )
        with trace.use_span(span, end_on_exit=True):
            QUEUE_WAIT.record(claim.waited_seconds, {Attr.JOB_ID: job.id})
            recovered = claim.number > 1
            events.emit(
                Event.OPTIMIZATION_RECOVERED if recovered else Event.OPTIMIZATION_STARTED,
                f"attempt {claim.number} by {self._slot}"
                + (f" goes on after trial {job.trials_made} of {job.trials}" if recovered else " begins"),
                severity=Severity.WARN if claim.lost else Severity.INFO,
                attributes=attributes,
            )
        return span

    def _attempt(self, claim: Claim) -> None:
        search: Search | None = None
        try:
            if claim.job.cancel_requested_at is not None:
                self._finish(claim, "cancelled", _progress_of(claim.job), {})
                return
            self._require_attempts_left(claim)
            prices = self._load_prices(claim.job)
            search = Search(self._engine, self._settings, claim, prices, self._progress, self._stopping)
            cancelled = search.run()
            if cancelled:
                self._finish(claim, "cancelled", search.progress(), {})
            else:
                self._finish(claim, "completed", search.progress(), self._holdout(claim.job, search))
        except Interrupted:
            self._hand_back(claim, search.progress() if search else _progress_of(claim.job))
            raise
        except (Superseded, *UNREACHABLE):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a strategy or dataset throws is the job's failure
            progress = search.progress() if search else _progress_of(claim.job)
            self._finish(claim, "failed", progress, {}, error)

    def _require_attempts_left(self, claim: Claim) -> None:
        if claim.lost >= self._settings.max_attempts:
            raise TooManyAttempts(f"{claim.lost} attempts ended with the loss of their worker")

    def _load_prices(self, job: Optimization) -> Prices:
        with _internal_span(SpanName.OPTIMIZATION_LOAD_PRICES, job, {Attr.DATASET_NAME: job.dataset}) as span:
            prices = load(job.dataset, self._settings.data_dir)
            rows = {Attr.DATASET_ROWS: len(prices.close)}
            non_positive = prices.non_positive_rows
            span.set_attributes({**rows, Attr.DATASET_NON_POSITIVE_ROWS: non_positive})
            named = {Attr.JOB_ID: job.id, Attr.DATASET_NAME: job.dataset}
            events.emit(
                Event.DATASET_LOADED,
                f"{len(prices.close)} prices of {job.dataset} read",
                attributes={**named, **rows},
            )
            if non_positive:
                events.emit(
                    Event.DATASET_PRICE_NON_POSITIVE,
                    f"{job.dataset} has {non_positive} price(s) at or below zero, the first "
                    f"{prices.first_non_positive}; profit is position × price change on stated capital",
                    severity=Severity.WARN,
                    attributes={
                        **named,
                        Attr.DATASET_NON_POSITIVE_ROWS: non_positive,
                        Attr.DATASET_FIRST_NON_POSITIVE: prices.first_non_positive or "",
                    },
                )
        return prices

    def _holdout(self, job: Optimization, search: Search) -> dict[str, Any]:
        """Evaluate the winner where the search never looked; return columns of the job."""
        if search.best is None:
            raise NoResult(f"none of {job.trials} trials gave a value; the first: {search.first_error}")
        with _internal_span(SpanName.OPTIMIZATION_EVALUATE_HOLDOUT, job, {}) as span:
            holdout = search.evaluate_holdout()
            values = {
                Attr.TRIAL_NUMBER: search.best.number,
                Attr.JOB_BEST_VALUE: search.best.value,
                Attr.JOB_OUT_OF_SAMPLE_VALUE: holdout.out_of_sample_value,
                Attr.JOB_WALK_FORWARD_VALUE: holdout.walk_forward_value,
            }
            deflated = "none"
            if holdout.deflated_sharpe is not None:
                values[Attr.JOB_DEFLATED_SHARPE] = holdout.deflated_sharpe
                deflated = f"{holdout.deflated_sharpe:.3f}"
            figures = {
                Attr.BACKTEST_TOTAL_RETURN: holdout.total_return,
                Attr.BACKTEST_MAX_DRAWDOWN: holdout.max_drawdown,
                Attr.BACKTEST_TRADES: holdout.trades,
            }
            span.set_attributes({**values, **figures})
            events.emit(
                Event.OPTIMIZATION_HOLDOUT_EVALUATED,
                f"trial {search.best.number}: {search.best.value:.3f} in-sample, "
                f"{holdout.out_of_sample_value:.3f} out-of-sample, "
                f"deflated Sharpe {deflated}",
                attributes={Attr.JOB_ID: job.id, **values},
            )
        return {
            "out_of_sample_value": holdout.out_of_sample_value,
            "walk_forward_value": holdout.walk_forward_value,
            "deflated_sharpe": holdout.deflated_sharpe,
            "total_return": holdout.total_return,
            "max_drawdown": holdout.max_drawdown,
            "trades": holdout.trades,
        }

    def _hand_back(self, claim: Claim, progress: dict[str, Any]) -> None:
        """End an attempt at its checkpoint because this worker is to stop; the job waits again."""
        attempts.end_attempt(self._engine, claim.job.id, claim.number, "queued")
        reached = {Attr.JOB_STATE: "queued", **_reached(claim, progress)}
        with _internal_span(SpanName.OPTIMIZATION_FINISH_ATTEMPT, claim.job, reached):
            ATTEMPTS.add(1, {Attr.JOB_STATE: "queued"})
            events.emit(
                Event.OPTIMIZATION_INTERRUPTED,
                f"attempt {claim.number} stops with {self._slot}; the job is queued again",
                attributes={Attr.JOB_ID: claim.job.id, **_reached(claim, progress)},
            )
            _measure_before_the_end()

    def _finish(
        self,
        claim: Claim,
        state: str,
        progress: dict[str, Any],
        outcome: dict[str, Any],
        error: Exception | None = None,
    ) -> None:
        """Store the outcome, then tell it: what telemetry says is in the database already."""
        job = claim.job
        failure = {"error_type": type(error).__name__, "error_message": str(error)} if error else {}
        with _internal_span(SpanName.OPTIMIZATION_STORE_RESULTS, job, {Attr.JOB_STATE: state}):
            attempts.end_attempt(self._engine, job.id, claim.number, state, {**outcome, **failure})
        # Of the two clocks that know, the one that does not jump as soon as it can tell.
        duration = claim.age_seconds + time.monotonic() - self._claimed
        reached = _reached(claim, progress)
        ended = {Attr.JOB_STATE: state, **reached}
        with _internal_span(SpanName.OPTIMIZATION_FINISH_ATTEMPT, job, ended) as span:
            if error:
                span.set_status(StatusCode.ERROR, str(error))
                span.set_attribute(Attr.ERROR_TYPE, type(error).__name__)
            ATTEMPTS.add(1, {Attr.JOB_STATE: state})
            JOB_DURATION.record(
                duration,
                {
                    Attr.STRATEGY_NAME: job.strategy,
                    Attr.DATASET_NAME: job.dataset,
                    Attr.JOB_STATE: state,
                    Attr.JOB_ID: job.id,
                },
            )
            facts = {Attr.JOB_ID: job.id, Attr.JOB_DURATION: duration, **reached}
            if state == "completed":
                facts[Attr.JOB_BEST_TRIAL] = progress["best_trial"]
                facts[Attr.JOB_OUT_OF_SAMPLE_VALUE] = outcome["out_of_sample_value"]
                if outcome["deflated_sharpe"] is not None:
                    facts[Attr.JOB_DEFLATED_SHARPE] = outcome["deflated_sharpe"]
            events.emit(
                _TERMINAL_EVENTS[state],
                _sentence(state, job, progress, error),
                severity=Severity.ERROR if error else Severity.INFO,
                attributes=facts,
                exception=error,
            )
            _measure_before_the_end()


_TERMINAL_EVENTS = {
    "completed": Event.OPTIMIZATION_COMPLETED,
    "failed": Event.OPTIMIZATION_FAILED,
    "cancelled": Event.OPTIMIZATION_CANCELLED,
}


def _measure_before_the_end() -> None:
    """Export measurements while the attempt's last span is open.

    Time alone tells what an attempt counted from what the process's next one will, and even an attempt
    that is shorter than the export interval has then been measured once.
    """
    flush(_LONGEST_FLUSH_SECONDS)


def _sentence(state: str, job: Optimization, progress: dict[str, Any], error: Exception | None) -> str:
    done = progress["trials_completed"] + progress["trials_failed"] + progress["trials_infeasible"]
    if error:
        return f"failed after {done} of {job.trials} trials: {type(error).__name__}: {error}"
    return f"{state} after {done} of {job.trials} trials"


def _reached(claim: Claim, progress: dict[str, Any]) -> dict[str, Any]:
    """Return how far an attempt came, as attributes."""
    reached = {
        Attr.JOB_ATTEMPT: claim.number,
        Attr.JOB_TRIALS_COMPLETED: progress["trials_completed"],
        Attr.JOB_TRIALS_FAILED: progress["trials_failed"],
        Attr.JOB_TRIALS_INFEASIBLE: progress["trials_infeasible"],
    }
    if progress["best_value"] is not None:
        reached[Attr.JOB_BEST_VALUE] = progress["best_value"]
    return reached


def _progress_of(job: Optimization) -> dict[str, Any]:
    return {
        "trials_completed": job.trials_completed,
        "trials_failed": job.trials_failed,
        "trials_infeasible": job.trials_infeasible,
        "best_value": job.best_value,
        "best_trial": job.best_trial,
    }


@contextmanager
def _internal_span(name: str, job: Optimization, attributes: dict[str, Any]) -> Iterator[Span]:
    """Start an INTERNAL span that notes an error's type; the error's event has message and stack."""
    attributes = {Attr.JOB_ID: job.id, **attributes}
    with _tracer.start_as_current_span(name, attributes=attributes, record_exception=False) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute(Attr.ERROR_TYPE, type(error).__name__)
            raise
