"""Checks of the join: what of a job's trace does not hang together, and whether that is expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from telemetry.jobview.attempts import LOST, Attempt, attempt_of_event, spans_by_attempt
from telemetry.jobview.records import Event, Span


def find_problems(
    spans: Sequence[Span], events: Sequence[Event], attempts: Sequence[Attempt]
) -> tuple[str, ...]:
    """Return faults: a trace without one root, spans without parent, events without span."""
    problems = []
    roots = [span for span in spans if span.parent_span_id is None]
    if spans and not roots:
        problems.append("The trace has no root span.")
    if len(roots) > 1:
        problems.append(f"The trace has {len(roots)} root spans: {_names(roots)}.")
    faulty = [span for span in _orphans(spans) if not _is_running(_attempt_of_span(span, spans, attempts))]
    if faulty:
        problems.append(f"{_count(faulty, 'span')} without a parent in the trace: {_names(faulty)}.")
    without = [event for event, attempt in _events_without_span(spans, events, attempts) if _closed(attempt)]
    if spans and without:
        names = _counted(event.name or "(no name)" for event in without)
        problems.append(f"{_count(without, 'event')} of a span that is not in the trace: {names}.")
    return tuple(problems)


def find_gaps(spans: Sequence[Span], events: Sequence[Event], attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """Return what is missing for a good reason: spans are exported when they end, or never after a kill."""
    gaps = []
    pending = [span for span in _orphans(spans) if _is_running(_attempt_of_span(span, spans, attempts))]
    if pending:
        gaps.append(f"{_count(pending, 'span')} of the running attempt: the parent has not ended yet.")
    by_attempt: dict[Attempt, list[Event]] = {}
    for event, attempt in _events_without_span(spans, events, attempts):
        if attempt is not None and not _closed(attempt):
            by_attempt.setdefault(attempt, []).append(event)
    for attempt, missing in by_attempt.items():
        why = "that died with its worker" if attempt.outcome == LOST else "that has not ended yet"
        gaps.append(f"{_count(missing, 'event')} of attempt {attempt.number} in a span {why}.")
    return tuple(gaps)


def _orphans(spans: Sequence[Span]) -> list[Span]:
    ids = {span.span_id for span in spans}
    return [span for span in spans if span.parent_span_id is not None and span.parent_span_id not in ids]


def _events_without_span(
    spans: Sequence[Span], events: Sequence[Event], attempts: Sequence[Attempt]
) -> list[tuple[Event, Attempt | None]]:
    ids = {span.span_id for span in spans}
    owner = spans_by_attempt(spans)
    return [
        (event, attempt_of_event(event, attempts, owner))
        for event in events
        if event.span_id is not None and event.span_id not in ids
    ]


def _attempt_of_span(span: Span, spans: Sequence[Span], attempts: Sequence[Attempt]) -> Attempt | None:
    """Return the attempt of a span whose parent is missing: by process and time, for lack of the path."""
    owner = spans_by_attempt(spans).get(span.span_id)
    candidates = [
        attempt
        for attempt in attempts
        if attempt.span_id == owner
        or (owner is None and attempt.instance == span.instance and attempt.start_ns <= span.start_ns)
    ]
    return max(candidates, key=lambda attempt: attempt.start_ns, default=None)


def _is_running(attempt: Attempt | None) -> bool:
    return attempt is not None and attempt.outcome is None


def _closed(attempt: Attempt | None) -> bool:
    return attempt is None or attempt.end_ns is not None


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _names(spans: Sequence[Span]) -> str:
    return _counted(span.name for span in spans)


def _counted(names: object) -> str:
    """Name things once each with their number, the most frequent first, at most five."""
    counts = Counter(names)  # type: ignore[call-overload]
    most = [f"{name} × {count}" if count > 1 else name for name, count in counts.most_common(5)]
    return ", ".join([*most, "…"] if len(counts) > len(most) else most)
