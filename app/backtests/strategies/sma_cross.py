"""Trend following: a fast moving average against a slow one."""

from __future__ import annotations

import numpy as np

from app.backtests.engine import FloatArray
from app.backtests.strategies.base import Constraint, Parameter, Parameters, PriceSeries, Strategy


def signal(series: PriceSeries, parameters: Parameters) -> FloatArray:
    """Return 1 where the fast simple moving average is above the slow one, −1 where it is below.

    0 where both are equal, and until there are enough bars for the slow one.
    """
    fast, slow = int(parameters["fast"]), int(parameters["slow"])
    positions = np.zeros(len(series))
    if len(series) < slow:
        return positions
    sums = series.running_sum
    # Means compared crosswise, sum_fast × slow with sum_slow × fast: exact, where divisions would round. Of
    # int64 this takes 60 × 300 of the 2**15 that are left to strategies.
    fast_sums = sums[slow:] - sums[slow - fast : -fast]
    fast_sums *= slow
    slow_sums = sums[slow:] - sums[:-slow]
    slow_sums *= fast
    np.subtract(fast_sums > slow_sums, fast_sums < slow_sums, out=positions[slow - 1 :], dtype=np.int8)
    return positions


STRATEGY = Strategy(
    name="sma_cross",
    description="Trend following: long while the fast simple moving average of the price is above the slow "
    "one, short while it is below.",
    parameters=(
        Parameter("fast", "int", 2, 60, 1, "Bars of the fast moving average; below slow."),
        Parameter("slow", "int", 20, 300, 1, "Bars of the slow moving average."),
    ),
    rule=signal,
    warm_up="slow",
    constraints=(Constraint("fast", "slow"),),
)
