"""The observed service: a trading-strategy optimization API and its workers."""
