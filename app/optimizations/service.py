"""What can be asked of optimizations: submit, read, cancel. The API and the CLI both come here."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from opentelemetry import trace
from opentelemetry.util.types import AttributeValue
from sqlalchemy import Engine, bindparam, func, literal, select, tuple_, update
from sqlalchemy.orm import Session

from app.backtests.strategies import STRATEGIES
from app.database.clock import UtcDateTime, clock
from app.database.engine import UNREACHABLE, read_only
from app.database.models import Attempt, Optimization, Trial
from app.errors import BadInput, Conflict, NotFound, quoted
from app.optimizations.spec import MAX_TRIALS, JobSpec
from app.prices import load
from app.queue.port import OPTIMIZATIONS, JobQueue
from app.search.folds import split
from app.search.objective import OBJECTIVES
from app.search.samplers import SAMPLERS
from app.search.space import SearchSpace
from app.settings import Settings
from telemetry import events
from telemetry.contract.names import Attr, Event, SpanName
from telemetry.jobtrace import continue_job_trace, new_job_id, start_job_trace

# Of tables, not of models: what is only read needs no session, which costs several times the query.
_JOB = select(Optimization.__table__).where(Optimization.id == bindparam("job_id"))
_ATTEMPTS = select(Attempt.__table__).where(Attempt.job_id == bindparam("job_id")).order_by(Attempt.number)

_log = logging.getLogger(__name__)

FINAL_STATES = frozenset({"completed", "failed", "cancelled"})
STATES = ("queued", "running", "completed", "failed", "cancelled")


class Optimizations:
    """The optimizations of one database.

    Args:
        engine: the database.
        queue: where jobs wait for workers.
        settings: where the datasets are.
    """

    def __init__(self, engine: Engine, queue: JobQueue, settings: Settings) -> None:
        self._engine = engine
        self._reader = read_only(engine)
        self._queue = queue
        self._settings = settings

    def submit(self, spec: JobSpec, key_id: str | None = None) -> Optimization:
        """Queue a job; when this returns, it survives any crash.

        Raises:
            BadInput: a field has a value it cannot have; names the field.
        """
        self._validate(spec)
        job_id = new_job_id()
        attributes: dict[str, AttributeValue] = {
            Attr.JOB_ID: job_id,
            Attr.STRATEGY_NAME: spec.strategy,
            Attr.DATASET_NAME: spec.dataset,
            Attr.OBJECTIVE_NAME: spec.objective,
            Attr.SAMPLER_NAME: spec.sampler,
            Attr.JOB_TRIALS_REQUESTED: spec.trials,
        }
        with start_job_trace(job_id, SpanName.OPTIMIZATION_SEND, attributes) as (span, traceparent):
            span.set_attributes(messaging_attributes("send", job_id))
            fields = asdict(spec)
            if fields["seed"] is None:
                fields["seed"] = secrets.randbits(31)
            job = Optimization(
                id=job_id,
                **fields,
                batch_size=SAMPLERS[spec.sampler].batch_size,
                key_id=key_id,
                traceparent=traceparent,
            )
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                session.add(job)
                session.flush()
                self._queue.enqueue(session.connection(), job_id)
            events.emit(
                Event.OPTIMIZATION_SUBMITTED,
                f"{spec.trials} trials of {spec.strategy} on {spec.dataset} queued",
                attributes=attributes,
            )
        return job

    def get(self, job_id: str) -> Optimization:
        """Return a job.

        Raises:
            NotFound: there is none with this id.
        """
        with self._reader.connect() as connection:
            row = connection.execute(_JOB, {"job_id": job_id}).mappings().one_or_none()
        if row is None:
            raise NotFound(f"there is no optimization with id {quoted(job_id)}")
        return Optimization(**row)

    def list(
        self,
        *,
        state: str | None = None,
        before: datetime | None = None,
        before_id: str = "",
        limit: int = 50,
    ) -> Sequence[Optimization]:
        """Return jobs, the newest first.

        Args:
            state: only those in this state.
            before: only those submitted before.
            before_id: of those submitted at ``before``, only those whose id is smaller.
            limit: at most so many.
        """
        newest_first = (Optimization.created_at.desc(), Optimization.id.desc())
        query = select(Optimization).order_by(*newest_first).limit(limit)
        if state:
            query = query.where(Optimization.state == state)
        if before:
            query = query.where(
                tuple_(Optimization.created_at, Optimization.id)
                < tuple_(literal(before, UtcDateTime()), literal(before_id))
            )
        with Session(self._reader) as session:
            return session.scalars(query).all()

    def cancel(self, job_id: str) -> Optimization:
        """Cancel a job: at once when it waits, within one checkpoint when it runs.

        Raises:
            NotFound: there is none with this id.
            Conflict: it has ended already.
        """
        job = self.get(job_id)
        with Session(self._engine) as session, session.begin():
            requested = session.execute(select(clock())).scalar_one()
            asked = session.execute(
                update(Optimization)
                .where(Optimization.id == job_id, Optimization.state.not_in(FINAL_STATES))
                .values(cancel_requested_at=func.coalesce(Optimization.cancel_requested_at, requested))
                .returning(Optimization.id)
            ).first()
            waiting = session.execute(
                update(Optimization)
                .where(Optimization.id == job_id, Optimization.state == "queued")
                .values(state="cancelled", finished_at=requested)
                .returning(Optimization.id)
            ).first()
        if asked is None:
            ended = _ENDED[self.get(job_id).state]
            raise Conflict(f"optimization {job_id} has already {ended}; it cannot be cancelled")
        trace.get_current_span().set_attribute(Attr.JOB_ID, job_id)
        events.emit(
            Event.OPTIMIZATION_CANCEL_REQUESTED,
            f"cancellation of optimization {job_id} requested",
            attributes={Attr.JOB_ID: job_id},
        )
        if waiting:
            # Who is handed an ended job leaves it alone.
            self._at_once(self._queue.cancel, job_id)
            with continue_job_trace(job_id, job.traceparent):
                events.emit(
                    Event.OPTIMIZATION_CANCELLED,
                    "cancelled while it waited for a worker",
                    attributes={
                        Attr.JOB_ID: job_id,
                        Attr.JOB_DURATION: (requested - job.created_at).total_seconds(),
                        Attr.JOB_TRIALS_COMPLETED: job.trials_completed,
                        Attr.JOB_TRIALS_FAILED: job.trials_failed,
                        Attr.JOB_TRIALS_INFEASIBLE: job.trials_infeasible,
                    },
                )
        return self.get(job_id)

    def _at_once(self, change: Callable[[str], object], job_id: str) -> None:
        """Change what the queue has of a job, which already is what it should be in our tables."""
        try:
            change(job_id)
        except UNREACHABLE as error:
            _log.warning("job %s: the queue could not be told at once: %s", job_id, error)

    def retry(self, job_id: str) -> Optimization:
        """Try a failed job again; it goes on from the trials it has, and its lost workers no longer count.

        Raises:
            NotFound: there is none with this id.
            Conflict: it has not failed.
        """
        job = self.get(job_id)
        with Session(self._engine) as session, session.begin():
            retried = session.execute(
                update(Optimization)
                .where(Optimization.id == job_id, Optimization.state == "failed")
                .values(
                    state="queued",
                    retried_after=Optimization.attempt,
                    retried_at=clock(),
                    finished_at=None,
                    cancel_requested_at=None,
                    error_type=None,
                    error_message=None,
                )
                .returning(Optimization.id)
            ).first()
        if retried is None:
            state = self.get(job_id).state
            raise Conflict(f"optimization {job_id} is {state}; only one that failed can be retried")
        with continue_job_trace(job_id, job.traceparent):
            events.emit(
                Event.OPTIMIZATION_RETRIED,
                f"tried again, after {job.trials_made} of {job.trials} trials",
                attributes={
                    Attr.JOB_ID: job_id,
                    Attr.JOB_TRIALS_COMPLETED: job.trials_completed,
                    Attr.JOB_TRIALS_FAILED: job.trials_failed,
                    Attr.JOB_TRIALS_INFEASIBLE: job.trials_infeasible,
                },
            )
        # The next heartbeat of any worker would do it as well.
        self._at_once(self._queue.requeue, job_id)
        return self.get(job_id)

    def trials(
        self, job_id: str, *, after: int = -1, limit: int = 100, best_first: bool = False
    ) -> Sequence[Trial]:
        """Return trials of a job by number, or the best first.

        Args:
            job_id: the job.
            after: only those with a greater number.
            limit: at most so many.
            best_first: order by value instead, trials without one left out.

        Raises:
            NotFound: there is no such job.
        """
        self.get(job_id)
        query = select(Trial).where(Trial.job_id == job_id, Trial.number > after).limit(limit)
        if best_first:
            query = query.where(Trial.value.is_not(None)).order_by(Trial.value.desc(), Trial.number)
        else:
            query = query.order_by(Trial.number)
        with Session(self._reader) as session:
            return session.scalars(query).all()

    def attempts(self, job_id: str) -> Sequence[Attempt]:
        """Return a job's attempts, the first first."""
        with self._reader.connect() as connection:
            rows = connection.execute(_ATTEMPTS, {"job_id": job_id}).mappings()
            return [Attempt(**row) for row in rows]

    def _validate(self, spec: JobSpec) -> None:
        strategies = ", ".join(sorted(STRATEGIES))
        if spec.strategy not in STRATEGIES:
            raise BadInput(
                "strategy", f"there is no strategy {quoted(spec.strategy)}; there are: {strategies}"
            )
        prices = load(spec.dataset, self._settings.data_dir)
        if spec.sampler not in SAMPLERS:
            raise BadInput(
                "sampler",
                f"there is no sampler {quoted(spec.sampler)}; there are: {', '.join(sorted(SAMPLERS))}",
            )
        if spec.objective not in OBJECTIVES:
            raise BadInput(
                "objective",
                f"there is no objective {quoted(spec.objective)}; there are: {', '.join(sorted(OBJECTIVES))}",
            )
        _require_between("trials", spec.trials, 1, MAX_TRIALS)
        _require_between("folds", spec.folds, 2, 50)
        _require_between("holdout", spec.holdout, 0.05, 0.5)
        _require_between("fee_bps", spec.fee_bps, 0, 1000)
        _require_between("slippage_bps", spec.slippage_bps, 0, 1000)
        if spec.seed is not None:
            _require_between("seed", spec.seed, 0, 2**31 - 1)
        # As the worker does again: a dataset can change until then.
        strategy = STRATEGIES[spec.strategy]
        space = SearchSpace.of(strategy, spec.parameters)
        folds = split(len(prices.close), spec.folds, spec.holdout)
        space.require_history(strategy, folds.search.stop)


_ENDED = {"completed": "completed", "failed": "failed", "cancelled": "been cancelled"}


def messaging_attributes(operation: str, job_id: str) -> dict[str, str]:
    """Return the semantic conventions' attributes of a span that sends or processes a job."""
    return {
        Attr.MESSAGING_SYSTEM: "dbos",
        Attr.MESSAGING_OPERATION_NAME: operation,
        Attr.MESSAGING_OPERATION_TYPE: operation,
        Attr.MESSAGING_DESTINATION_NAME: OPTIMIZATIONS,
        Attr.MESSAGING_MESSAGE_ID: job_id,
    }


def _require_between(field: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadInput(field, f"is {value}; it must be from {low} to {high}")
