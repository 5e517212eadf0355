"""The samplers, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.search.samplers.base import Proposal, Sampler, StoredTrial, TrialResult
from app.search.samplers.random_search import RandomSampler
from app.search.space import SearchSpace


@dataclass(frozen=True)
class SamplerKind:
    """A sampler that jobs can ask for.

    Attributes:
        name: its name.
        description: what it does.
        batch_size: trials asked of it at once; a job stores it, since proposals depend on it.
        make: makes one for a search space and a job's seed.
    """

    name: str
    description: str
    batch_size: int
    make: Callable[[SearchSpace, int], Sampler]


def _make_tpe(space: SearchSpace, seed: int) -> Sampler:
    # Here and not above: the API and the CLI only need the names, and Optuna takes long to import.
    from app.search.samplers.tpe import TpeSampler  # noqa: PLC0415

    return TpeSampler(space, seed)


SAMPLERS: dict[str, SamplerKind] = {
    kind.name: kind
    for kind in (
        SamplerKind(
            "random",
            "Every parameter set is as likely as another. Fast, and hard to beat in few dimensions.",
            # Some hundredths of a second of work, well within a checkpoint.
            batch_size=64,
            make=RandomSampler,
        ),
        SamplerKind(
            "tpe",
            "Tree-structured Parzen estimator (Optuna): proposes near what did well. Takes milliseconds a "
            "trial, more with each trial made; for hundreds to a few thousand trials.",
            # A larger one would learn later, a smaller one commit more often than a checkpoint needs.
            batch_size=10,
            make=_make_tpe,
        ),
    )
}

__all__ = ["SAMPLERS", "Proposal", "Sampler", "SamplerKind", "StoredTrial", "TrialResult"]
