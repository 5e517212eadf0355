"""What a job asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_TRIALS = 1_000_000


@dataclass(frozen=True)
class JobSpec:
    """What a job asks for; the defaults are a sensible search of the shipped dataset.

    Attributes:
        strategy: name of the strategy.
        dataset: name of the dataset.
        trials: how many parameter sets to try.
        sampler: ``random`` or ``tpe``.
        objective: what is maximised.
        parameters: narrower ranges than the strategy's, such as ``{"fast": {"low": 5, "high": 20}}``.
        seed: makes the search repeatable; drawn at submission when None.
        folds: walk-forward windows the objective is averaged over.
        holdout: share of the dataset, at its end, that the search never sees.
        fee_bps: fee in basis points of the traded amount.
        slippage_bps: slippage in basis points of the traded amount.
    """

    strategy: str = "sma_cross"
    dataset: str = "wti-daily"
    trials: int = 100
    sampler: str = "random"
    objective: str = "sharpe"
    parameters: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    folds: int = 5
    holdout: float = 0.2
    fee_bps: float = 1.0
    slippage_bps: float = 1.0
