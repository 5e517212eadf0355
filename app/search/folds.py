"""Walk-forward folds, and the held-out tail that the search never sees."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from app.errors import BadInput

# About a month of trading days: the Sharpe ratio of less is noise.
SHORTEST_WINDOW = 20


@dataclass(frozen=True, eq=False)
class Folds:
    """How the bars of a dataset are used.

    Attributes:
        borders: (folds + 1,) first bar of each fold, then the end of the last.
        bars: bars of the dataset.
    """

    borders: NDArray[np.intp]
    bars: int

    @property
    def search(self) -> slice:
        """The bars the search may see: all folds."""
        return slice(0, int(self.borders[-1]))

    @property
    def windows(self) -> tuple[slice, ...]:
        """The folds, adjoining, the earliest first; their lengths differ by one bar at most."""
        edges = self.borders.tolist()
        return tuple(slice(first, end) for first, end in pairwise(edges))

    @property
    def holdout(self) -> slice:
        """The tail."""
        return slice(int(self.borders[-1]), self.bars)


def split(bars: int, folds: int = 5, holdout: float = 0.2) -> Folds:
    """Split a dataset into adjoining folds and a tail.

    Signals look back over the borders, never ahead. The first fold begins with the dataset, and so with
    the bars a strategy is still flat in for want of a past.

    Args:
        bars: length of the dataset.
        folds: how many walk-forward windows; five are about six years each of the shipped oil prices.
        holdout: share of the bars that the tail gets.

    Raises:
        BadInput: for ``folds`` or ``holdout``, when a window would be shorter than :data:`SHORTEST_WINDOW`.
    """
    tail = round(bars * holdout)
    searched = bars - tail
    if tail < SHORTEST_WINDOW:
        raise BadInput(
            "holdout",
            f"is {holdout}, which leaves {tail} of {bars} prices for the tail; it needs at least "
            f"{SHORTEST_WINDOW}: hold out more, or take a longer dataset",
        )
    if folds < 1 or searched // folds < SHORTEST_WINDOW:
        most = searched // SHORTEST_WINDOW
        raise BadInput(
            "folds",
            f"is {folds}; {searched} prices outside the tail are enough for {most} of at least "
            f"{SHORTEST_WINDOW}: ask for fewer folds, or take a longer dataset",
        )
    return Folds(np.arange(folds + 1, dtype=np.intp) * searched // folds, bars)
