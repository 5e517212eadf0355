"""Optimizations as the API takes and shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

from app.backtests.strategies import STRATEGIES
from app.database.models import Attempt, Optimization, Trial
from app.optimizations.spec import MAX_TRIALS, JobSpec
from app.search.objective import OBJECTIVES
from app.search.samplers import SAMPLERS

State = Literal["queued", "running", "completed", "failed", "cancelled"]

# Checked by the search space, which knows each strategy's parameters and says what would be right.
Ranges = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"low": {"type": "number"}, "high": {"type": "number"}},
                "additionalProperties": False,
            },
        }
    ),
]

_EXAMPLES: list[JsonValue] = [
    {"strategy": "sma_cross", "trials": 2000},
    {
        "strategy": "rsi_reversion",
        "dataset": "wti-daily",
        "trials": 500,
        "sampler": "tpe",
        "parameters": {"window": {"low": 5, "high": 30}},
        "seed": 7,
    },
]


class OptimizationRequest(BaseModel):
    """What to optimize; everything has a default."""

    # strict: "100" is not 100, nor is true 1; guessing what was meant hides mistakes.
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": _EXAMPLES})

    # Bounds and choices are for the document only: what checks them says in words what would be right.
    strategy: str = Field(
        JobSpec.strategy,
        description="The strategy; see /api/v1/strategies.",
        json_schema_extra={"enum": [*sorted(STRATEGIES)]},
    )
    dataset: str = Field(JobSpec.dataset, description="The prices; see /api/v1/datasets.")
    trials: int = Field(
        JobSpec.trials,
        description="How many parameter sets to try.",
        json_schema_extra={"minimum": 1, "maximum": MAX_TRIALS},
    )
    sampler: str = Field(
        JobSpec.sampler, description="What proposes them.", json_schema_extra={"enum": [*sorted(SAMPLERS)]}
    )
    objective: str = Field(
        JobSpec.objective, description="What is maximised.", json_schema_extra={"enum": [*sorted(OBJECTIVES)]}
    )
    parameters: Ranges = Field(
        default_factory=dict, description="Narrower ranges than the strategy's, by parameter."
    )
    seed: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": 2**31 - 1})] | None = Field(
        None, description="Makes the search repeatable; drawn when not given."
    )
    folds: int = Field(
        JobSpec.folds,
        description="Walk-forward windows to average over.",
        json_schema_extra={"minimum": 2, "maximum": 50},
    )
    holdout: float = Field(
        JobSpec.holdout,
        description="Share of the prices, the last ones, that the search never sees.",
        json_schema_extra={"minimum": 0.05, "maximum": 0.5},
    )
    fee_bps: float = Field(
        JobSpec.fee_bps,
        description="Fee in basis points of the traded amount.",
        json_schema_extra={"minimum": 0, "maximum": 1000},
    )
    slippage_bps: float = Field(
        JobSpec.slippage_bps,
        description="Slippage in basis points of the traded amount.",
        json_schema_extra={"minimum": 0, "maximum": 1000},
    )

    def to_spec(self) -> JobSpec:
        """Return what is asked for."""
        return JobSpec(**self.model_dump())


class AttemptOut(BaseModel):
    """One try of a worker at the job."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    state: str
    worker_slot: str
    instance_id: str = Field(description="service.instance.id of the worker's metrics.")
    started_at: datetime
    ended_at: datetime | None


class OptimizationOut(BaseModel):
    """An optimization: what was asked, how far it is, what came out."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="Also its trace id.", examples=["6a23f0a1c3b2e4d5f60718293a4b5c6d"])
    state: State
    strategy: str
    dataset: str
    objective: str
    sampler: str
    trials: int
    seed: int
    parameters: dict[str, Any]
    folds: int
    holdout: float
    fee_bps: float
    slippage_bps: float
    attempt: int = Field(description="Tries of workers so far.")
    trials_completed: int
    trials_failed: int
    trials_infeasible: int = Field(description="Trials whose parameters break a constraint of the strategy.")
    progress: float = Field(description="Share of the trials that is done, 0 to 1.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    best_value: float | None
    best_trial: int | None
    best_parameters: dict[str, Any] | None
    out_of_sample_value: float | None
    walk_forward_value: float | None
    deflated_sharpe: float | None = Field(
        description="Probability, 0 to 1, that the winner's Sharpe ratio over all bars searched is not the "
        "luck of having tried many; null where there is none, as for returns that do not vary."
    )
    total_return: float | None
    max_drawdown: float | None
    trades: int | None
    error_type: str | None
    error_message: str | None
    links: dict[str, str] = Field(description="Where to go from here, by what is there.")

    @classmethod
    def of(cls, job: Optimization, prefix: str = "") -> OptimizationOut:
        """Return a job as the API shows it, with links under a prefix."""
        return cls.model_validate(_fields(job, prefix))


class OptimizationDetail(OptimizationOut):
    """An optimization with its attempts."""

    attempts: list[AttemptOut]

    @classmethod
    def with_attempts(
        cls, job: Optimization, attempts: Sequence[Attempt], prefix: str = ""
    ) -> OptimizationDetail:
        """Return a job with its attempts as the API shows it, with links under a prefix."""
        shown = [AttemptOut.model_validate(attempt) for attempt in attempts]
        return cls.model_validate({**_fields(job, prefix), "attempts": shown})


class OptimizationsOut(BaseModel):
    """A page of optimizations, the newest first."""

    items: list[OptimizationOut]
    next: str | None = Field(description="The next page; null on the last.")


class TrialOut(BaseModel):
    """A parameter set, and what it gave."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    outcome: Literal["completed", "failed", "infeasible"]
    value: float | None
    parameters: dict[str, Any]
    fold_values: list[float]
    sharpe: float | None = Field(description="Annualised Sharpe ratio of all bars searched.")
    error: str | None = Field(description="Why there is no value.")
    attempt: int
    duration_seconds: float

    @classmethod
    def of(cls, trial: Trial) -> TrialOut:
        """Return a trial as the API shows it."""
        return cls.model_validate(trial)


class TrialsOut(BaseModel):
    """A page of trials."""

    items: list[TrialOut]
    next: str | None = Field(description="The next page; null on the last, and always for order=best.")


def progress_of(job: Optimization) -> float:
    """Return the share of the requested trials that is done, 0 to 1."""
    return job.trials_made / job.trials


def path_of(job_id: str, prefix: str = "") -> str:
    """Return where the API, published under a prefix, has a job."""
    return f"{prefix}/api/v1/optimizations/{job_id}"


def _fields(job: Optimization, prefix: str) -> dict[str, Any]:
    columns = {column.key: getattr(job, column.key) for column in Optimization.__table__.columns}
    path = path_of(job.id, prefix)
    links = {"self": path} | {
        name: f"{path}/{name}" for name in ("trials", "events", "export", "view", "cancel", "retry")
    }
    return {**columns, "progress": progress_of(job), "links": links}
