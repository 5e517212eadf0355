"""Reads what an attempt's process measured from Prometheus."""

from __future__ import annotations

import json
from typing import Any

import httpx

from telemetry.jobview.attempts import Attempt
from telemetry.jobview.measurements import CPU, MARGIN_NS, MEMORY, SERIES_ATTRIBUTES, TRIALS, Series
from telemetry.jobview.records import Sample

# The names that Prometheus gives OTLP metrics: underscores, the unit, `_total` for a counter.
_NAMES = {
    "optimization_trials_total": TRIALS,
    "process_cpu_utilization_ratio": CPU,
    "process_memory_usage_bytes": MEMORY,
}


def read_series(client: httpx.Client, url: str, attempt: Attempt) -> list[Series]:
    """Return the samples of an attempt's process from around the attempt.

    A range selector at one instant gives the samples as they were stored; a range query would give
    them interpolated at its own steps, and a counter's value between two of them.

    Raises:
        httpx.HTTPError: Prometheus does not answer, or answers with an error.
        ValueError: the answer is not what Prometheus' API gives.
    """
    end_ms = (attempt.last_seen_ns + MARGIN_NS) // 10**6
    length_ms = end_ms - (attempt.start_ns - MARGIN_NS) // 10**6
    labels = f'__name__=~"{"|".join(_NAMES)}",service_instance_id={json.dumps(attempt.instance)}'
    response = client.post(
        f"{url}/api/v1/query",
        data={
            "query": f"{{{labels}}}[{length_ms}ms]",
            "time": f"{end_ms / 1000:.3f}",
        },
    )
    response.raise_for_status()
    return [decode_series(raw) for raw in response.json()["data"]["result"]]


def decode_series(raw: dict[str, Any]) -> Series:
    """Return a series of Prometheus' answer: ``{"metric": {…}, "values": [[seconds, text], …]}``."""
    labels = raw["metric"]
    samples = (Sample(round(seconds * 1000) * 10**6, float(text)) for seconds, text in raw["values"])
    told = {
        name: labels[name.replace(".", "_")] for name in SERIES_ATTRIBUTES if name.replace(".", "_") in labels
    }
    return Series(_NAMES[labels["__name__"]], told, tuple(samples))
