"""The strategies, by name."""

from app.backtests.strategies import rsi_reversion, sma_cross
from app.backtests.strategies.base import Constraint, Infeasible, Parameter, PriceSeries, Strategy

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy for strategy in (sma_cross.STRATEGY, rsi_reversion.STRATEGY)
}

__all__ = ["STRATEGIES", "Constraint", "Infeasible", "Parameter", "PriceSeries", "Strategy"]
