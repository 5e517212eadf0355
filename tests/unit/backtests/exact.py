"""The product's figures once more: in exact arithmetic, bar by bar, with no code of the product.

Prices are whole numbers of a tick, returns whole numbers of a unit of capital; only a figure's last steps, a
root and a quotient, are rounded. So what differs by more than the product's own rounding is a mistake.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import NormalDist, median, stdev


@dataclass(frozen=True)
class Market:
    """Prices in ticks, and the share of capital that a tick is to a position of 1."""

    ticks: list[int]
    tick_value: Fraction


def decimal(number: float) -> Fraction:
    """Return the decimal number that a number's shortest text says."""
    return Fraction(str(number))


def read_market(path: Path, units: int | None = None) -> Market:
    """Read a dataset; a position of 1 is so many units on 100,000, or what those buy at the median."""
    with path.open(newline="") as file:
        prices = [Fraction(row["Price"]) for row in csv.DictReader(file)]
    per_unit = math.lcm(*(price.denominator for price in prices))
    ticks = [int(price * per_unit) for price in prices]
    typical = median(abs(price) for price in prices)
    held = Fraction(100_000) / typical if units is None else Fraction(units)
    return Market(ticks, held / 100_000 / per_unit)


def sma_cross(ticks: list[int], fast: int, slow: int) -> list[int]:
    """Compare the two means at each bar that has them."""
    sums = [0, *accumulate(ticks)]
    wanted = []
    for end in range(1, len(sums)):
        if end < slow:
            wanted.append(0)
            continue
        quick, calm = (sums[end] - sums[end - fast]) * slow, (sums[end] - sums[end - slow]) * fast
        wanted.append((quick > calm) - (quick < calm))
    return wanted


def rsi_reversion(ticks: list[int], window: int, lower: float, upper: float) -> list[int]:
    """Open beyond a level, close at 50 and beyond."""
    changes = [after - before for before, after in pairwise(ticks)]
    gains = [0, *accumulate(max(change, 0) for change in changes)]
    moves = [0, *accumulate(map(abs, changes))]
    low, high = decimal(lower) / 100, decimal(upper) / 100
    held, wanted = 0, []
    for bar in range(len(ticks)):
        if bar >= window:
            # The index is 100 × up / moved, and 50 where nothing moved.
            up, moved = gains[bar] - gains[bar - window], moves[bar] - moves[bar - window]
            if moved and up * low.denominator < moved * low.numerator:
                held = 1
            elif moved and up * high.denominator > moved * high.numerator:
                held = -1
            elif (held == 1 and 2 * up >= moved) or (held == -1 and 2 * up <= moved):
                held = 0
        wanted.append(held)
    return wanted


SIGNALS = {"sma_cross": sma_cross, "rsi_reversion": rsi_reversion}


@dataclass(frozen=True)
class Ledger:
    """What a signal earned: (bars,) positions, changes of them, and returns in shares of ``unit``."""

    positions: list[int]
    turns: list[int]
    returns: list[int]
    unit: Fraction

    def part(self, first: int, end: int) -> Ledger:
        return Ledger(self.positions[first:end], self.turns[first:end], self.returns[first:end], self.unit)

    def sharpe(self) -> float:
        """Return the Sharpe ratio per bar, with the sample's deviation; 0 where returns do not vary."""
        bars, total = len(self.returns), sum(self.returns)
        spread = bars * sum(value * value for value in self.returns) - total * total
        if spread == 0:
            return 0.0
        return math.copysign(math.sqrt(Fraction(total * total * (bars - 1), bars * spread)), total)

    def deflated_sharpe(self, sharpes: list[float]) -> float | None:
        """Return the Deflated Sharpe Ratio of these returns, the best of trials with such ratios per bar."""
        bars, total, trials = len(self.returns), sum(self.returns), len(sharpes)
        apart = [bars * value - total for value in self.returns]
        second, third, fourth = (sum(value**power for value in apart) for power in (2, 3, 4))
        if second == 0 or trials < 2 or min(sharpes) == max(sharpes):
            return None
        skewness = third / second * math.sqrt(Fraction(bars, second))
        kurtosis = float(Fraction(fourth * bars, second * second))
        normal = NormalDist()
        gamma = 0.577215664901532860606512
        luck = stdev(sharpes) * (
            (1 - gamma) * normal.inv_cdf(1 - 1 / trials) + gamma * normal.inv_cdf(1 - 1 / (trials * math.e))
        )
        ratio = self.sharpe()
        error = math.sqrt((1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2) / (bars - 1))
        return normal.cdf((ratio - luck) / error)

    def total_return(self) -> float:
        return float(sum(self.returns) * self.unit)

    def max_drawdown(self) -> float:
        worth = [0, *accumulate(self.returns)]
        return float(
            max(high - now for high, now in zip(accumulate(worth, max), worth, strict=True)) * self.unit
        )

    def trades(self) -> int:
        return sum(turn != 0 for turn in self.turns)


def account(market: Market, wanted: list[int], cost_bps: Fraction) -> Ledger:
    """Fill what is wanted at a bar's close at the next one's; pay for each change; earn from then on."""
    rate = cost_bps / 10_000
    held, positions, turns, returns = 0, [], [], []
    for bar, tick in enumerate(market.ticks):
        change = tick - market.ticks[bar - 1] if bar else 0
        earned = held * change
        now = wanted[bar - 1] if bar else 0
        paid = abs(now - held) * abs(tick)
        returns.append(earned * rate.denominator - paid * rate.numerator)
        positions.append(now)
        turns.append(abs(now - held))
        held = now
    return Ledger(positions, turns, returns, market.tick_value / rate.denominator)
