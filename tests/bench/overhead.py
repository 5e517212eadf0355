"""Trials per second with telemetry over trials per second without, on the demo's workload."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

from rich.console import Console
from rich.progress import track

PAIRS = 9
TRIALS = 50_000


def measure_overhead(console: Console) -> None:
    """Run pairs in turn, each in a process of its own, and print the ratios."""
    ratios, exporting, rates = [], [], {"false": [], "true": []}
    cpu: dict[str, list[float]] = {"false": [], "true": []}
    for pair in track(range(PAIRS), "with and without telemetry, in turn", console=console, transient=True):
        result = {}
        # Who goes first changes, so that a drift of the machine's speed cancels out.
        for disabled in ("false", "true") if pair % 2 else ("true", "false"):
            result[disabled] = run(disabled)
            rates[disabled].append(result[disabled]["trials_per_second"])
            cpu[disabled].append(result[disabled]["cpu_seconds"])
        exporting.append(result["false"]["exporting_seconds"] / result["false"]["cpu_seconds"])
        ratios.append(result["false"]["trials_per_second"] / result["true"]["trials_per_second"])
    console.print(
        f"[bold]overhead[/bold] of telemetry, {PAIRS} interleaved pairs of {TRIALS} trials, all sampled"
    )
    console.print(f"  trials/s with telemetry     {spread(rates['false'], '.0f')}")
    console.print(f"  trials/s without            {spread(rates['true'], '.0f')}")
    console.print(f"  ratio, pair by pair         {spread(ratios, '.3f')}   goal ≥ 0.99")
    console.print(f"  of all CPU, exporting took  {spread(exporting, '.4f')}")
    console.print(f"  CPU seconds with telemetry  {spread(cpu['false'], '.2f')}")
    console.print(f"  CPU seconds without         {spread(cpu['true'], '.2f')}")


def run(disabled: str) -> dict[str, float]:
    """Make one job in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    output = subprocess.run(
        [sys.executable, "-m", "tests.bench.one_job", str(TRIALS)],
        env=environment | {"OTEL_SDK_DISABLED": disabled},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    result: dict[str, float] = json.loads(output)
    if result.pop("state") != "completed":
        raise RuntimeError("the job did not complete")
    return result


def spread(values: list[float], form: str) -> str:
    """Return minimum, median and maximum as text."""
    return f"median {statistics.median(values):{form}}  (min {min(values):{form}}, max {max(values):{form}})"
