"""Prices as whole numbers of ticks, so that sums and comparisons of them are exact.

A price is the decimal number that its shortest text says: 25.56, not the double nearest to it. The tick is
the largest power of ten that every price is a whole number of, 0.01 for 25.56. Whole numbers add up without
rounding, whatever the order; doubles do not, and a mean that equals another then looks above or below it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Leaves a strategy 2**15 of int64 to multiply a difference of two prices with. Far below 2**53, too, above
# which a double does not tell a whole number from the next.
MOST_TICKS = 2**47
# 10**22 is the last power of ten that is a double, so that a division by it is rounded once.
_EXACT_DECIMALS = 22
# 10**308 is the last power of ten that is finite.
_MOST_DECIMALS = 308

Ticks = NDArray[np.int64]


def to_ticks(close: NDArray[np.float64]) -> tuple[Ticks, int]:
    """Return prices as whole numbers of a power of ten.

    Exact where the highest price has at most 14 digits, counted down to the last decimal that any of the
    prices has: for prices of up to a million with eight decimals, and for every price with two. Where there
    are more, as from adjusting prices for splits, the rest is rounded away: a price then is off by less
    than 1e-13 of the highest one.

    Args:
        close: (bars,) finite prices, up to 1e12 in size.

    Returns:
        (bars,) numbers of ticks, at most :data:`MOST_TICKS` in size, and the decimals of a tick, which is
        ``10 ** -decimals``.
    """
    highest = float(np.max(np.abs(close), initial=0.0))
    if highest == 0:
        return np.zeros(len(close), dtype=np.int64), 0
    most = min(_MOST_DECIMALS, math.floor(math.log10(MOST_TICKS) - math.log10(highest)))
    for decimals in range(min(most, _EXACT_DECIMALS)):
        ticks = np.rint(close * 10.0**decimals)
        if np.array_equal(ticks / 10.0**decimals, close):
            return ticks.astype(np.int64), decimals
    return np.rint(close * 10.0**most).astype(np.int64), most
