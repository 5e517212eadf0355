"""The Deflated Sharpe Ratio: is the best of many trials skill, or the luck of having tried many?

After D. H. Bailey and M. López de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias,
Backtest Overfitting, and Non-Normality", Journal of Portfolio Management 40 (5), 2014. All Sharpe ratios
in the formulas are per bar, not annualised.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from app.backtests.engine import FloatArray

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Sample:
    """What the formula needs to know of a series of returns.

    Attributes:
        sharpe: mean / standard deviation, per bar.
        bars: how many returns.
        skewness: 0 for a normal distribution.
        kurtosis: 3 for a normal distribution.
    """

    sharpe: float
    bars: int
    skewness: float
    kurtosis: float

    @classmethod
    def of(cls, returns: FloatArray) -> Sample:
        """Measure returns; where they do not vary, they count as normal with a Sharpe ratio of 0."""
        mean = float(np.mean(returns))
        deviations = returns - mean
        squares = deviations * deviations
        spread = math.sqrt(float(np.mean(squares)))
        if spread <= 1e-12 * abs(mean):
            return cls(0.0, len(returns), 0.0, 3.0)
        skewness = float(np.mean(squares * deviations)) / spread**3
        kurtosis = float(np.mean(squares * squares)) / spread**4
        return cls(mean / spread, len(returns), skewness, kurtosis)


def expected_maximum_sharpe(trials: int, variance: float) -> float:
    """Return SR₀, the best Sharpe ratio to expect of trials that all have a true one of 0.

    SR₀ = √V × ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N·e))), γ the Euler–Mascheroni constant.

    Args:
        trials: N, how many were tried; correlated trials count as if independent, which is the strict side.
        variance: V, of the trials' Sharpe ratios, per bar.
    """
    if trials < 2:
        return 0.0
    euler = float(np.euler_gamma)
    normal, extreme = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - euler) * normal + euler * extreme)


def deflated_sharpe(sample: Sample, trials: int, variance: float) -> float:
    """Return the probability, 0 to 1, that the true Sharpe ratio exceeds what luck alone gives.

    DSR = Φ((SR − SR₀) √(T − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 · SR²)).

    Args:
        sample: the best trial's returns.
        trials: how many were tried.
        variance: of the trials' Sharpe ratios, per bar.
    """
    excess = sample.sharpe - expected_maximum_sharpe(trials, variance)
    # Never negative, since kurtosis ≥ skewness² + 1; zero only for returns of two values.
    spread = 1 - sample.skewness * sample.sharpe + (sample.kurtosis - 1) / 4 * sample.sharpe**2
    return _NORMAL.cdf(excess * math.sqrt(sample.bars - 1) / math.sqrt(max(spread, 1e-12)))
