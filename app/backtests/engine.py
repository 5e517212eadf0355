"""The back-test: from a strategy's signal to daily returns.

Timing is strict next-bar execution, on closing prices:

======  ==========================================================================
bar t   the signal is decided, knowing ``close[0..t]``
bar t+1 the order is filled at ``close[t+1]``, and its costs are paid
bar t+2 the first profit: ``position × (close[t+2] − close[t+1])``
======  ==========================================================================

So no order is filled at a price that helped to decide it. Profit does not compound: the position stays the
same number of units, and returns are shares of the stated capital. That is how a futures position behaves,
and it stays right when a price is zero or negative, where a ratio of prices does not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.prices.series import Prices

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Costs:
    """What trading costs, in basis points of the traded amount |price| × units.

    The defaults, one each, suit a liquid future: a tick of 0.01 is 1.4 bp of oil at 70 USD.

    Attributes:
        fee_bps: the broker's and the exchange's fee.
        slippage_bps: how much worse than the close an order is filled.
    """

    fee_bps: float = 1.0
    slippage_bps: float = 1.0

    @property
    def rate(self) -> float:
        """Both, as a share of the traded amount."""
        return (self.fee_bps + self.slippage_bps) / 10_000


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a signal would have earned.

    Attributes:
        positions: (bars,) position held from this bar's close to the next one's, in −1 … 1.
        traded: (bars,) change of position at this bar's close, absolute.
        costs: (bars,) costs paid at this bar's close, as a share of capital.
        returns: (bars,) profit since the bar before less costs, as a share of capital.
    """

    positions: FloatArray
    traded: FloatArray
    costs: FloatArray
    returns: FloatArray

    def window(self, bars: slice) -> Backtest:
        """Return a part of it; what was held before its first bar still earns on that bar."""
        return Backtest(self.positions[bars], self.traded[bars], self.costs[bars], self.returns[bars])


def run(prices: Prices, signal: FloatArray, costs: Costs) -> Backtest:
    """Back-test a signal; see the module for when it is executed.

    Args:
        prices: what is traded.
        signal: (bars,) position wanted, decided at each bar's close, in −1 … 1.
        costs: of trading.

    Returns:
        Positions, costs and returns per bar.
    """
    bars = len(signal)
    positions = np.empty(bars)
    positions[0] = 0.0  # nothing was decided before the first bar
    positions[1:] = signal[:-1]
    traded = np.empty(bars)
    traded[0] = 0.0
    np.subtract(positions[1:], positions[:-1], out=traded[1:])
    np.abs(traded, out=traded)
    paid = traded * prices.size_of_long
    paid *= costs.rate
    returns = np.empty(bars)
    returns[0] = 0.0
    np.multiply(positions[:-1], prices.returns_of_long[1:], out=returns[1:])
    returns -= paid
    return Backtest(positions, traded, paid, returns)
