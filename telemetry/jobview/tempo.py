"""Reads a job's spans from Tempo."""

from __future__ import annotations

import httpx

from telemetry.jobview.otlp import decode_spans
from telemetry.jobview.records import Span


def read_spans(client: httpx.Client, url: str, job_id: str) -> tuple[list[Span], str]:
    """Return the spans of the job's trace, none when Tempo has no such trace, and what Tempo warns of.

    Without a time range: Tempo finds a trace by its id in every block, by their bloom filters.

    Raises:
        httpx.HTTPError: Tempo does not answer, or answers with an error.
        ValueError: the answer is not what Tempo's API gives.
    """
    response = client.get(f"{url}/api/v2/traces/{job_id}")
    if response.status_code == httpx.codes.NOT_FOUND:
        return [], ""
    response.raise_for_status()
    answer = response.json()
    trace = answer.get("trace") or {}
    # Tempo gives a part of a trace that is larger than it is told to give, or that a block failed.
    warning = f"Tempo gave only part of the trace: {answer.get('message', '')}"
    partial = answer.get("status") in {"PARTIAL", 1}
    return list(decode_spans(trace.get("resourceSpans", ()), job_id)), warning if partial else ""
