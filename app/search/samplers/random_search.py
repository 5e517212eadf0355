"""Random search, addressed by trial number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from app.search.samplers.base import Proposal, StoredTrial, TrialResult
from app.search.space import SearchSpace

# Ranges are cut so that every second draw or more keeps a constraint. Where several leave less, what still
# breaks one after so many draws is a trial that is infeasible.
_DRAWS = 100


class RandomSampler:
    """Draws evenly from all feasible sets; trial n's set depends on the seed and n alone.

    Args:
        space: where to look.
        seed: the job's, not negative.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = space
        self._seed = seed

    def ask(self, first_number: int, count: int) -> list[Proposal]:
        """Return the proposals with these numbers."""
        return [self._propose(number) for number in range(first_number, first_number + count)]

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Learn nothing."""

    def restore(self, stored: Iterable[StoredTrial]) -> None:
        """Need nothing."""

    def _propose(self, number: int) -> Proposal:
        generator = np.random.default_rng((self._seed, number))
        for _ in range(_DRAWS):
            shares = generator.random(len(self._space.parameters)).tolist()
            drawn = zip(self._space.parameters, shares, strict=True)
            parameters = {parameter.name: parameter.at(share) for parameter, share in drawn}
            if self._space.feasible(parameters):
                break
        return Proposal(number, parameters, {})
