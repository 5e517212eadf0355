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
from statistics import median


@dataclass(frozen=True)
class Market:
    """Prices in ticks of ``1 / per_unit``, and the share of capital that a tick is to a position of 1."""

    ticks: list[int]
    per_unit: int
    tick_value: Fraction

    def head(self, bars: int) -> Market:
        return Market(self.ticks[:bars], self.per_unit, self.tick_value)


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
    return Market(ticks, per_unit, held / 100_000 / per_unit)


def sma_cross(ticks: list[int], fast: int, slow: int) -> list[int]:
    """Compare the two means at each bar that has them."""
    sums = [0, *accumulate(ticks)]
    wanted = []
    for end in range(1, len(sums)):
        if end < slow:
            wanted.append(0)
            continue
        gap = Fraction(sums[end] - sums[end - fast], fast) - Fraction(sums[end] - sums[end - slow], slow)
        wanted.append((gap > 0) - (gap < 0))
    return wanted


def rsi_reversion(ticks: list[int], window: int, lower: float, upper: float) -> list[int]:
    """Open beyond a level, close at 50 and beyond."""
    changes = [0, *(after - before for before, after in pairwise(ticks))]
    low, high = decimal(lower), decimal(upper)
    held, wanted = 0, []
    for bar in range(len(ticks)):
        if bar >= window:
            last = changes[bar - window + 1 : bar + 1]
            up, moved = sum(change for change in last if change > 0), sum(map(abs, last))
            index = Fraction(100 * up, moved) if moved else Fraction(50)
            if index < low:
                held = 1
            elif index > high:
                held = -1
            elif (held == 1 and index >= 50) or (held == -1 and index <= 50):
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
