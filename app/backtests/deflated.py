"""The Deflated Sharpe Ratio: is the best of many trials skill, or the luck of having tried many?

After D. H. Bailey and M. López de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias,
Backtest Overfitting, and Non-Normality", Journal of Portfolio Management 40 (5), 2014. All Sharpe ratios
in the formulas are per bar, not annualised, and of all bars searched: the winner's, whose skewness, kurtosis
and length go with it, and the trials', whose variance does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from app.backtests.engine import FloatArray
from app.backtests.figures import BARS_PER_YEAR, ROUNDING, sharpe

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Sample:
    """What the formula needs to know of a series of returns.

    Attributes:
        sharpe: mean / sample standard deviation, per bar.
        bars: how many returns.
        skewness: 0 for a normal distribution.
        kurtosis: 3 for a normal distribution.
    """

    sharpe: float
    bars: int
    skewness: float
    kurtosis: float

    @classmethod
    def of(cls, returns: FloatArray) -> Sample | None:
        """Measure returns; None where they do not vary, and so have no Sharpe ratio."""
        mean = float(np.mean(returns))
        deviations = returns - mean
        squares = deviations * deviations
        spread = math.sqrt(float(np.mean(squares)))
        if spread <= ROUNDING * abs(mean):
            return None
        skewness = float(np.mean(squares * deviations)) / spread**3
        kurtosis = float(np.mean(squares * squares)) / spread**4
        return cls(sharpe(returns) / math.sqrt(BARS_PER_YEAR), len(returns), skewness, kurtosis)


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Return SR₀, the best Sharpe ratio to expect of trials that all have a true one of 0.

    SR₀ = √V × ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N·e))), γ the Euler–Mascheroni constant.

    Args:
        trials: N ≥ 2, how many were tried; correlated trials count as if independent, the strict side.
        variance: V, of the trials' Sharpe ratios, per bar.
    """
    euler = float(np.euler_gamma)
    normal, extreme = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - euler) * normal + euler * extreme)


def deflated_sharpe(returns: FloatArray, sharpes: Sequence[float | None] | FloatArray) -> float | None:
    """Return the probability, 0 to 1, that the winner's true Sharpe ratio exceeds what luck alone gives.

    Args:
        returns: (bars,) the winner's daily returns.
        sharpes: (trials,) annualised Sharpe ratios over the same bars of all trials that gave a value, the
            winner's among them; None for one that is not known.

    Returns:
        The probability; None where there is none: the winner's returns do not vary, fewer than two trials
        were made, all came out alike, or one is not known.
    """
    sample = Sample.of(returns)
    ratios = np.array(sharpes, dtype=np.float64) / math.sqrt(BARS_PER_YEAR)
    # Written so that NaN, which None becomes, does not count as varied.
    if sample is None or len(ratios) < 2 or not np.ptp(ratios) > ROUNDING * np.max(np.abs(ratios)):
        return None
    return probability(sample, len(ratios), float(np.var(ratios, ddof=1)))


def probability(sample: Sample, trials: int, variance: float) -> float:
    """Return the Deflated Sharpe Ratio, Φ((SR − SR₀) √(T − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 · SR²)).

    Args:
        sample: the best trial's returns.
        trials: how many were tried.
        variance: of the trials' Sharpe ratios, per bar.
    """
    excess = sample.sharpe - expected_maximum_sharpe(trials, variance)
    # Never negative, since kurtosis ≥ skewness² + 1; zero only for returns of two values.
    spread = 1 - sample.skewness * sample.sharpe + (sample.kurtosis - 1) / 4 * sample.sharpe**2
    return _NORMAL.cdf(excess * math.sqrt(sample.bars - 1) / math.sqrt(max(spread, 1e-12)))
