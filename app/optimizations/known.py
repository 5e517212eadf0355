"""What the database knows of a job, in the Job view's terms: all that is left when its telemetry is gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from app.database.models import Attempt, Optimization
from telemetry.contract.names import Attr
from telemetry.jobview.attempts import Attempt as AttemptView
from telemetry.jobview.known import Known
from telemetry.jobview.records import AttributeValue


def known(job: Optimization, attempts: Sequence[Attempt]) -> Known:
    """Return what is known of a job."""
    told: dict[str, AttributeValue | None] = {
        Attr.STRATEGY_NAME: job.strategy,
        Attr.DATASET_NAME: job.dataset,
        Attr.OBJECTIVE_NAME: job.objective,
        Attr.SAMPLER_NAME: job.sampler,
        Attr.JOB_TRIALS_REQUESTED: job.trials,
        Attr.JOB_TRIALS_COMPLETED: job.trials_completed,
        Attr.JOB_TRIALS_FAILED: job.trials_failed,
        Attr.JOB_TRIALS_INFEASIBLE: job.trials_infeasible,
        Attr.JOB_BEST_VALUE: job.best_value,
        Attr.JOB_BEST_TRIAL: job.best_trial,
        Attr.TRIAL_NUMBER: job.best_trial,
        Attr.TRIAL_PARAMETERS: json.dumps(job.best_parameters) if job.best_parameters else None,
        Attr.JOB_OUT_OF_SAMPLE_VALUE: job.out_of_sample_value,
        Attr.JOB_WALK_FORWARD_VALUE: job.walk_forward_value,
        Attr.JOB_DEFLATED_SHARPE: job.deflated_sharpe,
        Attr.BACKTEST_TOTAL_RETURN: job.total_return,
        Attr.BACKTEST_MAX_DRAWDOWN: job.max_drawdown,
        Attr.BACKTEST_TRADES: job.trades,
        Attr.EXCEPTION_TYPE: job.error_type,
        Attr.EXCEPTION_MESSAGE: job.error_message,
    }
    tries = tuple(_attempt(attempt) for attempt in attempts)
    ends = [attempt.last_seen_ns for attempt in tries]
    return Known(
        state=job.state,
        facts={name: value for name, value in told.items() if value is not None},
        attempts=tries,
        start_ns=_ns(job.created_at),
        end_ns=_ns(job.finished_at) if job.finished_at else max(ends, default=_ns(job.created_at)),
    )


def _attempt(attempt: Attempt) -> AttemptView:
    end_ns = _ns(attempt.ended_at) if attempt.ended_at else None
    return AttemptView(
        number=attempt.number,
        instance=attempt.instance_id,
        worker=attempt.worker_slot,
        span_id="",
        start_ns=_ns(attempt.started_at),
        # As told by spans: the end of an attempt whose worker was killed is nobody's to tell.
        end_ns=None if attempt.state == "lost" else end_ns,
        outcome=None if attempt.state == "running" else attempt.state,
        last_seen_ns=end_ns or _ns(attempt.started_at),
    )


def _ns(time: datetime) -> int:
    return round(time.timestamp() * 1e6) * 1000
