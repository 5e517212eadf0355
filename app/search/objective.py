"""How good a parameter set is: on the folds while searching, and on the tail in the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.backtests import figures
from app.backtests.deflated import deflated_sharpe
from app.backtests.engine import Backtest, Costs, FloatArray, run
from app.backtests.strategies import PriceSeries, Strategy
from app.backtests.strategies.base import Parameters
from app.errors import JobscopeError
from app.prices.series import Prices
from app.search.folds import Folds


class NotANumber(JobscopeError):
    """The objective came out as NaN or infinite."""


@dataclass(frozen=True)
class Objective:
    """What a search maximises.

    Attributes:
        name: its name.
        description: what it is, with its unit.
        of_windows: from (bars,) daily returns and (windows + 1,) borders to (windows,) values.
    """

    name: str
    description: str
    of_windows: Callable[[FloatArray, NDArray[np.intp]], FloatArray]


OBJECTIVES: dict[str, Objective] = {
    objective.name: objective
    for objective in (
        Objective(
            "sharpe",
            "Annualised Sharpe ratio of the daily returns after costs, as the mean over the folds.",
            figures.sharpe_of_windows,
        ),
    )
}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a parameter set gave on the bars the search may see.

    Attributes:
        value: the objective: the mean of the folds' values.
        fold_values: the objective in each fold, the earliest first.
        sharpe: annualised Sharpe ratio of all bars of the folds at once.
        backtest: over all folds.
    """

    value: float
    fold_values: list[float]
    sharpe: float
    backtest: Backtest

    @property
    def figures(self) -> dict[str, float]:
        """Figures over all folds; computed when asked for, since most trials' are never looked at."""
        return figures.summary(self.backtest)


@dataclass(frozen=True)
class Holdout:
    """What the winner gave where the search never looked, and how far to believe it.

    Attributes:
        out_of_sample_value: the objective on the tail.
        walk_forward_value: mean over the folds but the first of the value, in that fold, of the trial that
            was best on the folds before it; 0.0 with a single fold.
        deflated_sharpe: probability, 0 to 1, that the winner's Sharpe ratio over all bars searched is not
            the luck of having tried many; None where there is none.
        total_return: profit in the tail, as a share of capital.
        max_drawdown: deepest fall from a high in the tail, as a share of capital.
        trades: changes of position in the tail.
    """

    out_of_sample_value: float
    walk_forward_value: float
    deflated_sharpe: float | None
    total_return: float
    max_drawdown: float
    trades: int


class Evaluator:
    """Evaluates parameter sets of one strategy on one dataset.

    Args:
        prices: the dataset.
        strategy: the strategy.
        objective: what to maximise.
        folds: how the dataset's bars are used.
        costs: of trading.
    """

    def __init__(
        self, prices: Prices, strategy: Strategy, objective: Objective, folds: Folds, costs: Costs
    ) -> None:
        self._prices = prices
        self._searched = prices.head(folds.search.stop)
        self._series = PriceSeries(self._searched.close)
        self._strategy = strategy
        self._objective = objective
        self._folds = folds
        self._costs = costs

    def evaluate(self, parameters: Parameters) -> Evaluation:
        """Evaluate a parameter set on the folds; the tail is not even within reach.

        Raises:
            Infeasible: the set makes no sense to the strategy.
            NotANumber: the strategy or the objective is broken.
        """
        signal = self._strategy.signal(self._series, parameters)
        backtest = run(self._searched, signal, self._costs)
        values = self._objective.of_windows(backtest.returns, self._folds.borders)
        fold_values: list[float] = values.tolist()
        value = sum(fold_values) / len(fold_values)
        if not math.isfinite(value):
            raise NotANumber(f"the objective {self._objective.name} came out as {value}")
        return Evaluation(value, fold_values, figures.sharpe(backtest.returns), backtest)

    def holdout(
        self,
        parameters: Parameters,
        sharpes: Sequence[float | None] | FloatArray,
        fold_values: Sequence[Sequence[float]] | FloatArray,
    ) -> Holdout:
        """Evaluate the winner on the tail.

        A position held into the tail stays held: its entry was paid for before.

        Args:
            parameters: the winner's.
            sharpes: (trials,) of all completed trials; None for one that is not known.
            fold_values: (trials, folds) of the same trials.
        """
        signal = self._strategy.signal(PriceSeries(self._prices.close), parameters)
        backtest = run(self._prices, signal, self._costs)
        tail = backtest.window(self._folds.holdout)
        whole = np.array([0, len(tail.returns)])
        return Holdout(
            out_of_sample_value=float(self._objective.of_windows(tail.returns, whole)[0]),
            walk_forward_value=walk_forward_value(np.asarray(fold_values)),
            deflated_sharpe=deflated_sharpe(backtest.returns[self._folds.search], sharpes),
            total_return=figures.total_return(tail.returns),
            max_drawdown=figures.max_drawdown(tail.returns),
            trades=figures.trades(tail),
        )


def walk_forward_value(fold_values: FloatArray) -> float:
    """Return what choosing by the past alone would have given.

    Mean over the folds but the first of the value, in that fold, of the trial that was best on the mean of
    the folds before it (anchored walk-forward over the trials made; where the sampler learnt from all folds,
    which trials were made is not free of hindsight).

    Args:
        fold_values: (trials, folds) values of the completed trials.

    Returns:
        The value; 0.0 with a single fold.
    """
    folds = fold_values.shape[1]
    if folds < 2:
        return 0.0
    # The sum over the folds before chooses the same trial as their mean.
    past = np.cumsum(fold_values[:, :-1], axis=1)
    return float(np.mean(fold_values[np.argmax(past, axis=0), np.arange(1, folds)]))
