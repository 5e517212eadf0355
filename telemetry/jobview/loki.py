"""Reads a job's events from Loki.

Loki keeps everything of an OTLP log record but its body as labels: names with underscores for dots, all
values text, those of the record and of its resource side by side. The contract gives names and types
back; what it does not name is left out, since it may be the resource's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from telemetry.contract.names import ATTRIBUTE_TYPES, Attr
from telemetry.jobview.otlp import facts_of, record_uid
from telemetry.jobview.records import AttributeValue, Event

# Loki's default for max_entries_limit_per_query: it refuses to give more at once.
PAGE = 5_000
# Loki's default for max_query_length is 30d1h: it refuses to look at more at once.
MAX_RANGE_NS = 30 * 24 * 3600 * 10**9

# A record's labels are its resource's as well; no event has attributes of these.
RESOURCE_PREFIXES = ("service.", "process.", "telemetry.")

_NAMES = {name.replace(".", "_"): name for name in ATTRIBUTE_TYPES if not name.startswith(RESOURCE_PREFIXES)}
# Has Loki tell a stream's labels from a record's, which else are merged and may hide one another.
_HEADERS = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}


def read_events(client: httpx.Client, url: str, job_id: str, start_ns: int, end_ns: int) -> list[Event]:
    """Return the job's events from a time range, in nanoseconds since 1970; the end is not included.

    Raises:
        httpx.HTTPError: Loki does not answer, or answers with an error.
        ValueError: the answer is not what Loki's API gives.
    """
    events: dict[str, Event] = {}
    while start_ns < end_ns:
        page = _page(client, url, job_id, start_ns, end_ns)
        events.update((event.uid, event) for event in page)
        if len(page) < PAGE:
            break
        # The page may have cut between records of one time, so that time is asked for again, unless
        # it fills a page alone.
        latest = max(event.time_ns for event in page)
        start_ns = latest if latest > start_ns else latest + 1
    return list(events.values())


def _page(client: httpx.Client, url: str, job_id: str, start_ns: int, end_ns: int) -> list[Event]:
    response = client.get(
        f"{url}/loki/api/v1/query_range",
        params={
            "query": f'{{service_namespace="jobscope"}} | trace_id="{job_id}"',
            "start": start_ns,
            "end": end_ns,
            "limit": PAGE,
            "direction": "forward",
        },
        headers=_HEADERS,
    )
    response.raise_for_status()
    return [
        decode_event(stream["stream"], value)
        for stream in response.json()["data"]["result"]
        for value in stream["values"]
    ]


def decode_event(stream: Mapping[str, str], value: list[Any]) -> Event:
    """Return a record of Loki's answer: ``[time, line, {"structuredMetadata": {…}}]``."""
    time_ns, body = int(value[0]), str(value[1])
    labels = {**stream, **(value[2].get("structuredMetadata", {}) if len(value) > 2 else {})}
    attributes = {
        _NAMES[label]: restore(text, ATTRIBUTE_TYPES[_NAMES[label]])
        for label, text in labels.items()
        if label in _NAMES
    }
    span_id = labels.get("span_id")
    return Event(
        uid=record_uid(attributes, time_ns, span_id, body),
        name=str(attributes.get(Attr.EVENT_NAME, "")),
        time_ns=time_ns,
        severity_text=labels.get("severity_text", ""),
        severity_number=int(labels.get("severity_number", 0)),
        body=body,
        attributes=facts_of(attributes),
        span_id=span_id,
        service=labels.get("service_name", ""),
        instance=labels.get("service_instance_id", ""),
    )


def restore(text: str, kind: str) -> AttributeValue:
    """Return a value with the type that the contract gives it; text that is no such value stays text."""
    try:
        match kind:
            case "int":
                return int(text)
            case "double":
                return float(text)
            case "boolean":
                return {"true": True, "false": False}.get(text, text)
    except ValueError:
        return text
    return text
