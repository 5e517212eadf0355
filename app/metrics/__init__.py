"""Metrics of the whole system, which one process owns: docs/adr/0006-owner-of-system-wide-metrics.md."""

from app.metrics.system import register

__all__ = ["register"]
