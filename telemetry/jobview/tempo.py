"""Reads a job's spans from Tempo."""

from __future__ import annotations

import httpx

from telemetry.files.damage import Damage
from telemetry.jobview.otlp import decode_spans
from telemetry.jobview.records import Span


def read_spans(client: httpx.Client, url: str, job_id: str) -> tuple[list[Span], list[str]]:
    """Return the spans of the job's trace, none when Tempo has no such trace, and what is to be noted.

    Without a time range: Tempo finds a trace by its id in every block, by their bloom filters.

    Raises:
        httpx.HTTPError: Tempo does not answer, or answers with an error.
        ValueError: the answer is not what Tempo's API gives.
    """
    response = client.get(f"{url}/api/v2/traces/{job_id}")
    if response.status_code == httpx.codes.NOT_FOUND:
        return [], []
    response.raise_for_status()
    answer = response.json()
    trace = answer.get("trace") or {}
    damage = Damage()
    spans = list(decode_spans(trace.get("resourceSpans"), job_id, damage))
    notes = [f"Of Tempo's answer: {note}" for note in damage.notes()]
    # Tempo gives a part of a trace that is larger than it is told to give, or that a block failed.
    if answer.get("status") in {"PARTIAL", 1}:
        notes.append(f"Tempo gave only part of the trace: {answer.get('message', '')}")
    return spans, notes
