"""Datasets of daily prices: the shipped ones and the user's own."""

from app.prices.datasets import DatasetInfo, available, load
from app.prices.series import Prices

__all__ = ["DatasetInfo", "Prices", "available", "load"]
