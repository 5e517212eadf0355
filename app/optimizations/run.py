"""The search of one attempt: trials in batches, committed in checkpoints, shown in chunks.

A batch has a fixed, stored size: a sampler's proposals depend on its borders, so a resumed job proposes
what an undisturbed one would. A checkpoint is whole batches that took a time, and bounds what a cancel or
a kill costs. A chunk is whole checkpoints under one span, so few that a job of any length stays under
500 spans.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from opentelemetry import trace
from sqlalchemy import Engine

from app.backtests.engine import Costs
from app.backtests.strategies import STRATEGIES
from app.optimizations import attempts
from app.optimizations.attempts import Claim
from app.optimizations.chunks import Chunk, Finished
from app.optimizations.instruments import CHECKPOINT_DURATION, TRIALS, Progress
from app.optimizations.stored import stored_outcomes, stored_proposals
from app.optimizations.tally import OUTCOMES, Best, Tally
from app.prices import Prices
from app.queue.dbos import Interrupted
from app.search.folds import split
from app.search.objective import OBJECTIVES, Evaluator, Holdout
from app.search.samplers import SAMPLERS, Proposal, TrialResult
from app.search.space import SearchSpace
from app.settings import Settings
from telemetry import events
from telemetry.clock import now_ns
from telemetry.contract.names import Attr, Event, SpanName

_tracer = trace.get_tracer("jobscope")
# Reading back a million trials takes longer than a user waits without a word.
_SECONDS_BETWEEN_WORDS = 2.0

T = TypeVar("T")


class Search:
    """One attempt's search, from the last checkpoint on.

    Args:
        engine: the database.
        settings: how long a checkpoint is.
        claim: the job and the attempt.
        prices: the job's dataset.
        progress: told of each checkpoint.
        stopping: when set, the search stops at its next checkpoint.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        claim: Claim,
        prices: Prices,
        progress: Progress,
        stopping: threading.Event,
    ) -> None:
        job = claim.job
        strategy = STRATEGIES[job.strategy]
        self._engine = engine
        self._checkpoint_seconds = settings.checkpoint_seconds
        self._job = job
        self._attempt = claim.number
        self._gauge = progress
        self._stopping = stopping
        self._labels = {Attr.STRATEGY_NAME: job.strategy, Attr.DATASET_NAME: job.dataset}
        folds = split(len(prices.close), job.folds, job.holdout)
        space = SearchSpace.of(strategy, job.parameters)
        space.require_history(strategy, folds.search.stop)
        self._evaluator = Evaluator(
            prices,
            strategy,
            OBJECTIVES[job.objective],
            folds,
            Costs(job.fee_bps, job.slippage_bps),
        )
        self._sampler = SAMPLERS[job.sampler].make(space, job.seed)
        self._tally = Tally(job.folds)
        self._checkpoints = 0
        if job.trials_made:
            self._restore()
        for outcome in OUTCOMES:
            # From 0, so that a rate sees the first increment.
            TRIALS.add(0, {**self._labels, Attr.TRIAL_OUTCOME: outcome})

    def _restore(self) -> None:
        job = self._job
        with _tracer.start_as_current_span(
            SpanName.OPTIMIZATION_RESTORE_TRIALS,
            attributes={Attr.JOB_ID: job.id},
            record_exception=False,
            set_status_on_exception=False,  # an interruption is no error; a real one is told where it ends
        ) as span:
            self._sampler.restore(self._watched(stored_proposals(self._engine, job.id)))
            for outcome in self._watched(stored_outcomes(self._engine, job.id)):
                self._tally.add(*outcome)
            span.set_attribute(Attr.JOB_TRIALS_RESTORED, self._done)
        if job.best_trial is not None and job.best_value is not None:
            self._tally.best = Best(job.best_trial, job.best_value, job.best_parameters or {})

    def _watched(self, stored: Iterable[T]) -> Iterator[T]:
        """Pass stored trials on; say how many these are while that takes long, and stop when told to."""
        said = time.monotonic()
        for number, trial in enumerate(stored, start=1):
            yield trial
            if time.monotonic() - said < _SECONDS_BETWEEN_WORDS:
                continue
            if self._stopping.is_set():
                raise Interrupted
            said = time.monotonic()
            events.emit(
                Event.OPTIMIZATION_TRIALS_RESTORED,
                f"{number} of {self._job.trials_made} trials read back",
                attributes={
                    Attr.JOB_ID: self._job.id,
                    Attr.JOB_ATTEMPT: self._attempt,
                    Attr.JOB_TRIALS_RESTORED: number,
                },
            )

    def progress(self) -> dict[str, Any]:
        """Return how far the search is, as columns of the job."""
        return {
            **{f"trials_{outcome}": count for outcome, count in self._tally.made.items()},
            "best_value": self.best.value if self.best else None,
            "best_trial": self.best.number if self.best else None,
            "best_parameters": self.best.parameters if self.best else None,
        }

    @property
    def best(self) -> Best | None:
        """The best trial so far."""
        return self._tally.best

    @property
    def first_error(self) -> str:
        """Why the first trial that gave no value gave none; empty when each gave one."""
        return self._tally.first_error

    @property
    def _done(self) -> int:
        return self._tally.done

    def run(self) -> bool:
        """Search until all trials are made; return whether a user cancelled the job meanwhile.

        Raises:
            Superseded: another attempt has taken the job over.
            Interrupted: the worker is to stop.
        """
        number = 0
        while self._done < self._job.trials:
            with Chunk(number, self._done, self._job) as chunk:
                while self._done < self._job.trials and not chunk.full:
                    if self._checkpoint(chunk):
                        return True
                    if self._stopping.is_set():
                        raise Interrupted
            number += 1
        return False

    def _checkpoint(self, chunk: Chunk) -> bool:
        """Make and commit trials for about a checkpoint's time; return whether to cancel."""
        began = time.perf_counter()
        best_before = self.best
        trials: list[Finished] = []
        while self._done < self._job.trials and time.perf_counter() - began < self._checkpoint_seconds:
            trials += self._batch()
        progress = self.progress()
        cancel = attempts.commit_checkpoint(
            self._engine, self._job.id, self._attempt, [self._row(trial) for trial in trials], progress
        )
        seconds = time.perf_counter() - began
        improved = self.best if self.best is not best_before else None
        chunk.add(trials, improved.number if improved else None)
        self._tell(trials, seconds, improved)
        return cancel

    def _batch(self) -> list[Finished]:
        first = self._done
        # The batch's border is where the stored size puts it, also when an attempt begins inside it.
        count = min(self._job.batch_size - first % self._job.batch_size, self._job.trials - first)
        finished = [self._try(proposal) for proposal in self._sampler.ask(first, count)]
        self._sampler.tell([TrialResult(trial.number, trial.value) for trial in finished])
        for trial in finished:
            self._tally.add(trial.outcome, trial.value, trial.fold_values, trial.sharpe, trial.error)
            if trial.value is not None and (self.best is None or trial.value > self.best.value):
                self._tally.best = Best(trial.number, trial.value, trial.parameters)
        return finished

    def _try(self, proposal: Proposal) -> Finished:
        start = now_ns()
        began = time.perf_counter()
        value: float | None = None
        folds: list[float] = []
        sharpe: float | None = None
        exception: Exception | None = None
        try:
            evaluation = self._evaluator.evaluate(proposal.parameters)
        except Exception as error:  # noqa: BLE001 - whatever a strategy throws fails its trial, not the job
            exception = error
        else:
            value, folds, sharpe = evaluation.value, evaluation.fold_values, evaluation.sharpe
        return Finished(
            proposal.number,
            proposal.parameters,
            value,
            folds,
            sharpe,
            proposal.sampler_state,
            start,
            time.perf_counter() - began,
            exception,
        )

    def _row(self, trial: Finished) -> dict[str, Any]:
        return {
            "job_id": self._job.id,
            "number": trial.number,
            "attempt": self._attempt,
            "parameters": trial.parameters,
            "outcome": trial.outcome,
            "value": trial.value,
            "fold_values": trial.fold_values,
            "sharpe": trial.sharpe,
            "error": trial.error or None,
            "duration_seconds": trial.seconds,
            "sampler_state": trial.sampler_state,
        }

    def _tell(self, trials: list[Finished], seconds: float, improved: Best | None) -> None:
        """Report a checkpoint that is committed: metrics, events."""
        job = self._job
        for outcome, count in Counter(trial.outcome for trial in trials).items():
            TRIALS.add(count, {**self._labels, Attr.TRIAL_OUTCOME: outcome})
        CHECKPOINT_DURATION.record(seconds, {**self._labels, Attr.JOB_ID: job.id})
        share = self._done / job.trials
        self._gauge.set(share, job.strategy, job.dataset)
        facts: dict[str, Any] = {
            Attr.JOB_ID: job.id,
            Attr.JOB_ATTEMPT: self._attempt,
            Attr.CHECKPOINT_NUMBER: self._checkpoints,
            Attr.CHECKPOINT_TRIALS: len(trials),
            Attr.CHECKPOINT_DURATION: seconds,
            Attr.JOB_TRIALS_COMPLETED: self._tally.made["completed"],
            Attr.JOB_TRIALS_FAILED: self._tally.made["failed"],
            Attr.JOB_TRIALS_INFEASIBLE: self._tally.made["infeasible"],
            Attr.JOB_PROGRESS: share,
        }
        self._checkpoints += 1
        if self.best:
            facts[Attr.JOB_BEST_VALUE] = self.best.value
        if improved:
            events.emit(
                Event.OPTIMIZATION_BEST_IMPROVED,
                f"trial {improved.number} is the best so far: {improved.value:.4f}",
                attributes={
                    Attr.JOB_ID: job.id,
                    Attr.TRIAL_NUMBER: improved.number,
                    Attr.TRIAL_VALUE: improved.value,
                    Attr.TRIAL_PARAMETERS: json.dumps(improved.parameters),
                },
            )
        events.emit(
            Event.OPTIMIZATION_CHECKPOINT_COMMITTED,
            f"{self._done} of {job.trials} trials done",
            attributes=facts,
        )

    def evaluate_holdout(self) -> Holdout:
        """Evaluate the best trial on the held-out tail; there must be one."""
        if self.best is None:
            raise ValueError("there is no completed trial")
        return self._evaluator.holdout(self.best.parameters, self._tally.sharpes, self._tally.fold_values)
