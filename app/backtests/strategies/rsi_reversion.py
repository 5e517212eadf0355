"""Mean reversion on the Relative Strength Index.

The index is Cutler's: plain means of the gains and losses over the window. Wilder's smooths them
recursively, so that his value at a bar depends on where the series began, and cannot be had by running sums.
"""

from __future__ import annotations

import numpy as np

from app.backtests.engine import FloatArray
from app.backtests.strategies.base import Parameter, Parameters, PriceSeries, Strategy

_MIDDLE = 50.0


def relative_strength(series: PriceSeries, window: int) -> FloatArray:
    """Return 100 × gains / (gains + losses) over the last changes, 50 where the price did not change.

    Args:
        series: the prices.
        window: how many changes from bar to bar.

    Returns:
        (bars − window,) values from 0 to 100, for the bars from ``window`` on; none if there are too few.
    """
    if len(series) <= window:
        return np.empty(0)
    # The sums never fall, so a difference is never negative, and exactly 0 where nothing changed.
    gains = series.running_gains[window + 1 :] - series.running_gains[1:-window]
    moves = series.running_losses[window + 1 :] - series.running_losses[1:-window]
    moves += gains
    index = np.full(len(gains), _MIDDLE)
    gains *= 100.0
    np.divide(gains, moves, out=index, where=moves > 0)
    return index


def signal(series: PriceSeries, parameters: Parameters) -> FloatArray:
    """Return 1 from when the index falls below ``lower`` until it is back at 50, −1 the other way round."""
    window = int(parameters["window"])
    positions = np.zeros(len(series))
    index = relative_strength(series, window)
    if not index.size:
        return positions
    # While the index stays on one side of 50, a position opened there is kept. So in each such run of bars
    # the position is the side's own, from the run's first extreme on.
    side = np.sign(_MIDDLE - index)
    extreme = (index < parameters["lower"]) | (index > parameters["upper"])
    bars = np.arange(1, len(index) + 1)
    begins = np.empty(len(index), dtype=bool)
    begins[0] = True
    np.not_equal(side[1:], side[:-1], out=begins[1:])
    run_began = np.maximum.accumulate(bars * begins)
    last_extreme = np.maximum.accumulate(bars * extreme)
    np.multiply(side, last_extreme >= run_began, out=positions[window:])
    return positions


STRATEGY = Strategy(
    name="rsi_reversion",
    description="Mean reversion: long when the price has fallen so much that its Relative Strength Index "
    "(Cutler's, on plain means) is below a threshold, short when it is above another, flat again once the "
    "index is back at 50.",
    parameters=(
        Parameter("window", "int", 2, 60, 1, "Bars of the index."),
        Parameter("lower", "float", 5.0, 45.0, 0.5, "Index below which to go long."),
        Parameter("upper", "float", 55.0, 95.0, 0.5, "Index above which to go short."),
    ),
    signal=signal,
)
