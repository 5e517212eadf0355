"""Writes the inventory of a program: the metrics it really serves, with types and labels.

::

    python -m telemetry.contract.inventories.capture loki 3.7.8 http://127.0.0.1:3100/metrics > loki.yaml

Several URLs are merged, and with ``--merge`` what an earlier capture has seen is kept: some metrics come
into being only under load or with the first failure. See README.md for how each inventory came about.
"""

from __future__ import annotations

import argparse
import re
import sys
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from telemetry.contract.inventories import MetricShape, load_inventory

_TIMEOUT_SECONDS = 10.0
# What makes a bucket or a quantile of one series is not a label of the metric.
_STRUCTURAL = {"histogram": {"le"}, "summary": {"quantile"}}
# Tempo's metrics generator writes one, which the parser refuses and nobody queries.
_INTERNAL_LABEL = re.compile(r'\b__\w+="[^"]*",?')


@dataclass
class _Seen:
    """What a metric was seen to be."""

    type: str
    labels: set[str] = field(default_factory=set)


def read_metrics(expositions: Iterable[str], without: frozenset[str] = frozenset()) -> dict[str, MetricShape]:
    """Return the metrics of texts in Prometheus' exposition format, by name.

    Args:
        expositions: the texts, as ``/metrics`` or ``/federate`` answer.
        without: labels to leave out: those that a scrape adds.
    """
    seen: dict[str, _Seen] = {}
    for text in expositions:
        for family in text_string_to_metric_families(_INTERNAL_LABEL.sub("", text)):
            for sample in family.samples:
                # A histogram or summary is listed once, by its base name; a counter as it is queried.
                name = family.name if family.type in _STRUCTURAL else sample.name
                metric = seen.setdefault(name, _Seen(family.type))
                metric.labels |= set(sample.labels) - _STRUCTURAL.get(family.type, set()) - without
    _name_types(seen)
    return {name: MetricShape(metric.type, tuple(sorted(metric.labels))) for name, metric in seen.items()}


def _name_types(seen: dict[str, _Seen]) -> None:
    """Tell by their names the types that /federate does not say."""
    for bucket in [name for name in seen if name.endswith("_bucket") and seen[name].type == "unknown"]:
        base = bucket.removesuffix("_bucket")
        seen[base] = _Seen("histogram", seen.pop(bucket).labels - {"le"})
        for suffix in ("_sum", "_count"):
            seen.pop(base + suffix, None)
    for name, metric in seen.items():
        if metric.type == "unknown":
            metric.type = "counter" if name.endswith("_total") else "gauge"


def render(program: str, version: str, metrics: dict[str, MetricShape]) -> str:
    """Return the text of an inventory file."""
    lines = [
        f"# Metrics of {program} {version}; written by telemetry.contract.inventories.capture, do not edit.",
        f"program: {program}",
        f'version: "{version}"',
        "metrics:",
    ]
    lines += [
        f"  {name}: {{type: {shape.type}, labels: [{', '.join(shape.labels)}]}}"
        for name, shape in sorted(metrics.items())
    ]
    return "\n".join(lines) + "\n"


def merged(old: dict[str, MetricShape], new: dict[str, MetricShape]) -> dict[str, MetricShape]:
    """Return the metrics of both, each with the labels of both."""
    result = dict(old)
    for name, shape in new.items():
        labels = {*shape.labels, *(old[name].labels if name in old else ())}
        result[name] = MetricShape(shape.type, tuple(sorted(labels)))
    return result


def main() -> None:
    """Read the URLs and print the inventory."""
    parser = argparse.ArgumentParser(description="Print the inventory of a program's metrics.")
    parser.add_argument("program")
    parser.add_argument("version")
    parser.add_argument("url", nargs="+", help="where it serves its metrics")
    parser.add_argument("--merge", type=Path, help="keep what this inventory has besides")
    parser.add_argument("--without", action="append", default=[], help="a label to leave out")
    arguments = parser.parse_args()
    metrics = read_metrics(map(_fetch, arguments.url), frozenset(arguments.without))
    if arguments.merge and arguments.merge.exists():
        metrics = merged(load_inventory(arguments.merge).metrics, metrics)
    sys.stdout.write(render(arguments.program, arguments.version, metrics))


def _fetch(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise SystemExit(f"{url}: not an http URL")
    # A proxy of the environment's is not the way to a program of this machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=_TIMEOUT_SECONDS) as response:
        return str(response.read(), "utf-8")


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        raise SystemExit(f"cannot be captured: {error}") from None
