"""Mean reversion on the Relative Strength Index.

The index is Cutler's: plain means of the gains and losses over the window. Wilder's smooths them
recursively, so that his value at a bar depends on where the series began, and cannot be had by running sums.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import numpy as np

from app.backtests.engine import FloatArray
from app.backtests.strategies.base import Parameter, Parameters, PriceSeries, Strategy, Value

# Up to here whole numbers are exact, as int64 and as doubles.
_HIGHEST = 2**53


def signal(series: PriceSeries, parameters: Parameters) -> FloatArray:
    """Return 1 from when the index falls below ``lower`` until it is back at 50, −1 the other way round.

    The index is 100 × gains / (gains + losses) over the last ``window`` changes from bar to bar, 50 where the
    price did not change.
    """
    window = int(parameters["window"])
    positions = np.zeros(len(series))
    if len(series) <= window:
        return positions
    gains = series.running_gains[window + 1 :] - series.running_gains[1:-window]
    moves = series.running_moves[window + 1 :] - series.running_moves[1:-window]
    # While the index stays on one side of 50, a position opened there is kept. So in each such run of bars
    # the position is the side's own, from the run's first extreme on.
    side = np.sign(moves - 2 * gains).astype(np.int8)
    lower, upper = _share(parameters["lower"]), _share(parameters["upper"])
    if max(1, int(moves.max())) * max(lower.denominator, upper.denominator) > _HIGHEST:
        # Python's integers have no limit, and take ten times as long.
        gains, moves = (sums.astype(np.int64).astype(object) for sums in (gains, moves))
    extreme = gains * lower.denominator < moves * lower.numerator
    extreme |= gains * upper.denominator > moves * upper.numerator
    bars = np.arange(1, len(side) + 1)
    begins = np.empty(len(side), dtype=bool)
    begins[0] = True
    np.not_equal(side[1:], side[:-1], out=begins[1:])
    run_began = np.maximum.accumulate(bars * begins)
    last_extreme = np.maximum.accumulate(bars * extreme)
    np.multiply(side, last_extreme >= run_began, out=positions[window:], dtype=np.int8)
    return positions


@lru_cache(maxsize=1024)
def _share(index: Value) -> Fraction:
    """Return a value of the index as a share of gains in moves, exactly.

    It is the decimal number that its shortest text says, as a price is: 30.1, not the double just above it.
    """
    return Fraction(str(index)) / 100


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
    rule=signal,
    warm_up="window",
)
