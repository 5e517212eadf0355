"""Imported inventories: the metrics of programs that are not ours, as they really serve them.

One file a program, written by :mod:`telemetry.contract.inventories.capture`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

DIRECTORY = Path(__file__).parent
# The one in C, where PyYAML was built with it, takes a tenth of the time.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class MetricShape:
    """What a metric looks like in Prometheus.

    Attributes:
        type: ``counter``, ``gauge``, ``histogram``, ``summary`` or ``unknown``.
        labels: its labels, without those a scrape adds and without ``le`` and ``quantile``.
    """

    type: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Inventory:
    """One program's metrics by name; a histogram or summary by its base name."""

    program: str
    version: str
    metrics: dict[str, MetricShape]


def load_inventory(path: Path) -> Inventory:
    """Read one file."""
    raw = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - a safe loader
    metrics = {
        name: MetricShape(shape["type"], tuple(shape["labels"])) for name, shape in raw["metrics"].items()
    }
    return Inventory(raw["program"], raw["version"], metrics)


@cache
def load_inventories(directory: Path = DIRECTORY) -> tuple[Inventory, ...]:
    """Read every file of a directory, in the order of their names."""
    return tuple(load_inventory(path) for path in sorted(directory.glob("*.yaml")))
