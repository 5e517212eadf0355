"""Puts right the times of processes whose clocks do not agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telemetry.contract.names import Attr, SpanName
from telemetry.jobview.attempts import attempt_of_event, attempts_of, spans_by_attempt
from telemetry.jobview.durations import duration_text
from telemetry.jobview.records import Event, Span, unique_events, unique_spans

# Machines that keep time by NTP differ by less.
_TOLERANCE_NS = 10**9


def align(
    spans: Sequence[Span], events: Sequence[Event]
) -> tuple[tuple[Span, ...], tuple[Event, ...], list[str]]:
    """Move attempts that, by their times, began before what they wait for, and say so.

    A job cannot be claimed before it was submitted. When the clock of the claim's process is behind that of
    the submission's, or was set back in between, the attempt began when the wait that it tells was over.
    Clocks that are ahead cannot be told from a longer wait.

    Args:
        spans: unique, in time order.
        events: unique, in time order.
    """
    by_id = {span.span_id: span for span in spans}
    shifts: dict[str, int] = {}
    notes = []
    for span in spans:
        parent = by_id.get(span.parent_span_id or "")
        if span.name != SpanName.OPTIMIZATION_PROCESS or parent is None:
            continue
        if span.start_ns >= parent.start_ns - _TOLERANCE_NS:
            continue
        waited = span.attributes.get(Attr.JOB_QUEUE_WAIT)
        begin_ns = parent.end_ns + int(waited * 1e9 if isinstance(waited, int | float) and waited > 0 else 0)
        shifts[span.span_id] = begin_ns - span.start_ns
        notes.append(
            f"By its clock, process {span.instance} began {duration_text(parent.start_ns - span.start_ns)} "
            "before the job was submitted: the clock was wrong or was set; its times are shown moved."
        )
    if not shifts:
        return tuple(spans), tuple(events), []
    owner = spans_by_attempt(spans)
    attempts = attempts_of(spans, events)
    moved_events = []
    for event in events:
        attempt = attempt_of_event(event, attempts, owner)
        shift = shifts.get(attempt.span_id, 0) if attempt else 0
        moved_events.append(replace(event, time_ns=event.time_ns + shift))
    moved_spans = []
    for span in spans:
        shift = shifts.get(owner.get(span.span_id, ""), 0)
        moved_spans.append(replace(span, start_ns=span.start_ns + shift, end_ns=span.end_ns + shift))
    return unique_spans(moved_spans), unique_events(moved_events), notes
