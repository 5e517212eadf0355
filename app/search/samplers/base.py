"""What a sampler is: asked for parameter sets in batches, told what they gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.backtests.strategies.base import Value


@dataclass(frozen=True)
class Proposal:
    """A parameter set to try.

    Attributes:
        number: the trial's number, from 0.
        parameters: by name.
        sampler_state: what the sampler must be given back in :meth:`Sampler.restore`; fit for JSON.
    """

    number: int
    parameters: dict[str, Value]
    sampler_state: dict[str, Any]


@dataclass(frozen=True)
class TrialResult:
    """What a trial gave; `value` is None when it failed or was infeasible."""

    number: int
    value: float | None


@dataclass(frozen=True)
class StoredTrial:
    """A trial made before, as the database has it; `value` is None when it failed or was infeasible."""

    number: int
    parameters: dict[str, Any]
    value: float | None
    sampler_state: dict[str, Any]


class Sampler(Protocol):
    """Proposes parameter sets.

    What it proposes is a function of the job's seed, the batch's first trial number and the results told
    before, and of nothing else: a sampler restored at a batch's border goes on as if never interrupted.
    """

    def ask(self, first_number: int, count: int) -> list[Proposal]:
        """Return a batch of proposals, for the trials from ``first_number`` on."""
        ...

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Take the results of the whole batch last asked for."""
        ...

    def restore(self, stored: Iterable[StoredTrial]) -> None:
        """Take all trials made before, by number from 0; only on a new sampler. Who needs none takes none."""
        ...
