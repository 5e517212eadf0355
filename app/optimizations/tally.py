"""What an attempt's trials came to, those of attempts before included, in a few bytes a trial."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.backtests.engine import FloatArray

OUTCOMES = ("completed", "failed", "infeasible")


@dataclass(frozen=True)
class Best:
    """The best trial so far."""

    number: int
    value: float
    parameters: dict[str, Any]


class Tally:
    """Counts, and the figures of completed trials.

    Attributes:
        made: trials by outcome.
        best: the best trial; who adds trials says which it is.
        first_error: why the first trial that gave no value gave none.
    """

    def __init__(self, folds: int) -> None:
        self.made = dict.fromkeys(OUTCOMES, 0)
        self.best: Best | None = None
        self.first_error = ""
        self._folds = folds
        # A list of lists of Python's numbers would take ten times as much.
        self._fold_values = array("d")
        self._sharpes = array("d")

    def add(
        self,
        outcome: str,
        value: float | None,
        fold_values: Sequence[float],
        sharpe: float | None,
        error: str | None,
    ) -> None:
        """Add a trial, the next by number.

        Args:
            outcome: one of :data:`OUTCOMES`.
            value: what it gave; None unless it completed.
            fold_values: (folds,) values.
            sharpe: Sharpe ratio over the search region; None when it is not known.
            error: why it gave no value.
        """
        self.made[outcome] += 1
        if value is None:
            self.first_error = self.first_error or error or ""
            return
        self._fold_values.extend(fold_values)
        self._sharpes.append(math.nan if sharpe is None else sharpe)

    @property
    def done(self) -> int:
        """Trials made."""
        return sum(self.made.values())

    @property
    def fold_values(self) -> FloatArray:
        """(completed trials, folds) values."""
        return np.array(self._fold_values).reshape(-1, self._folds)

    @property
    def sharpes(self) -> FloatArray:
        """(completed trials,) Sharpe ratios over the search region; NaN for one that is not known."""
        return np.array(self._sharpes)
