"""Figures of performance, from daily returns that are shares of a capital and do not compound.

None is NaN or infinite for finite returns: where a ratio has nothing to divide by, it is 0.0, "says nothing".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.backtests.engine import Backtest, FloatArray

BARS_PER_YEAR = 252
# A spread this small beside the mean is what rounding leaves of none at all.
ROUNDING = 1e-12


def sharpe_of_windows(returns: FloatArray, borders: NDArray[np.intp]) -> FloatArray:
    """Return the annualised Sharpe ratio of each of several adjoining windows.

    √252 × mean / sample standard deviation, without a risk-free rate: a futures position ties up margin,
    not cash. 0.0 where returns do not vary.

    Args:
        returns: (bars,) daily returns.
        borders: (windows + 1,) ascending: window i is ``returns[borders[i]:borders[i + 1]]``, two bars or
            more.

    Returns:
        (windows,) ratios.
    """
    lengths = np.diff(borders)
    starts = borders[:-1] - borders[0]
    returns = returns[borders[0] : borders[-1]]
    means = np.add.reduceat(returns, starts) / lengths
    # Two passes: one over squares would lose its digits where the mean is large beside the spread.
    squares = returns - np.repeat(means, lengths)
    squares *= squares
    spreads = np.sqrt(np.add.reduceat(squares, starts) / (lengths - 1))
    # Written so that NaN counts as varied and comes out as NaN: a broken strategy must not look flat.
    varied = ~(spreads <= ROUNDING * np.abs(means))
    ratios = np.zeros(len(lengths))
    np.divide(means, spreads, out=ratios, where=varied)
    return ratios * math.sqrt(BARS_PER_YEAR)


def sharpe(returns: FloatArray) -> float:
    """Return the annualised Sharpe ratio; see :func:`sharpe_of_windows`."""
    bars = len(returns)
    mean = float(np.add.reduce(returns)) / bars
    squares = float(np.add.reduce(returns * returns))
    # One pass, since every trial comes here; it keeps its digits where the mean is small beside the spread.
    if bars * mean * mean >= squares / 2:
        return float(sharpe_of_windows(returns, np.array([0, bars]))[0])
    return mean / math.sqrt((squares - bars * mean * mean) / (bars - 1)) * math.sqrt(BARS_PER_YEAR)


def sortino(returns: FloatArray) -> float:
    """Return the annualised Sortino ratio: √252 × mean / root mean square of the losses; 0.0 without any."""
    losses = np.minimum(returns, 0.0)
    downside = math.sqrt(float(np.mean(losses * losses)))
    return float(np.mean(returns)) / downside * math.sqrt(BARS_PER_YEAR) if downside > 0 else 0.0


def total_return(returns: FloatArray) -> float:
    """Return all profit, as a share of capital."""
    return float(np.sum(returns))


def max_drawdown(returns: FloatArray) -> float:
    """Return the deepest fall from a high, as a share of the stated capital; above 1 it was all lost."""
    equity = np.concatenate(([0.0], np.cumsum(returns)))
    return float(np.max(np.maximum.accumulate(equity) - equity))


def trades(backtest: Backtest) -> int:
    """Return how often the position changed; a turn from long to short is one change."""
    return int(np.count_nonzero(backtest.traded))


def exposure(backtest: Backtest) -> float:
    """Return the share of bars with a position."""
    return int(np.count_nonzero(backtest.positions)) / len(backtest.positions)


def summary(backtest: Backtest) -> dict[str, float]:
    """Return all figures of a back-test, or of a window of one, by name."""
    return {
        "sharpe": sharpe(backtest.returns),
        "sortino": sortino(backtest.returns),
        "total_return": total_return(backtest.returns),
        "max_drawdown": max_drawdown(backtest.returns),
        "trades": trades(backtest),
        "exposure": exposure(backtest),
    }
