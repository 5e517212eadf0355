"""Checks of the join: what of a job's trace does not hang together, and whether that is expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from telemetry.contract.names import Attr, SpanName
from telemetry.contract.names import Event as EventName
from telemetry.jobview.attempts import LOST, Attempt, attempt_of_event, spans_by_attempt
from telemetry.jobview.records import Event, Span

# Processes export apart from each other: what is not there so long after has been lost.
_LATE_NS = 5 * 10**9


def find_problems(
    spans: Sequence[Span], events: Sequence[Event], attempts: Sequence[Attempt]
) -> tuple[str, ...]:
    """Return faults: a trace without one root, spans without parent, events without span."""
    problems = []
    roots = [span for span in spans if span.parent_span_id is None]
    if spans and not roots and not _root_may_come(spans):
        problems.append("The trace has no root span.")
    if len(roots) > 1:
        problems.append(f"The trace has {len(roots)} root spans: {_names(roots)}.")
    pending = {span.span_id for span in _pending(spans, attempts)}
    faulty = [span for span in _orphans(spans) if span.span_id not in pending]
    if faulty:
        problems.append(f"{_count(faulty, 'span')} without a parent in the trace: {_names(faulty)}.")
    without = [
        event
        for event, attempt in _events_without_span(spans, events, attempts)
        if (_is_lost(event, spans, events) if attempt is None else attempt.end_ns is not None)
    ]
    if spans and without:
        names = _counted(event.name or "(no name)" for event in without)
        problems.append(f"{_count(without, 'event')} of a span that is not in the trace: {names}.")
    return tuple(problems)


def find_gaps(spans: Sequence[Span], events: Sequence[Event], attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """Return what is missing for a good reason: spans are exported when they end, or never after a kill."""
    gaps = []
    if _root_may_come(spans):
        gaps.append("The root span is not there yet.")
    pending = [span for span in _pending(spans, attempts) if span.name != SpanName.OPTIMIZATION_PROCESS]
    if pending:
        gaps.append(f"{_count(pending, 'span')} of the running attempt: the parent has not ended yet.")
    by_attempt: dict[Attempt, list[Event]] = {}
    early: list[Event] = []
    for event, attempt in _events_without_span(spans, events, attempts):
        if attempt is None and not _is_lost(event, spans, events):
            early.append(event)
        elif attempt is not None and attempt.end_ns is None:
            by_attempt.setdefault(attempt, []).append(event)
    if spans and early:
        gaps.append(f"{_count(early, 'event')} in a span that is not there yet, or died with its process.")
    for attempt, missing in by_attempt.items():
        why = "that died with its worker" if attempt.outcome == LOST else "that has not ended yet"
        gaps.append(f"{_count(missing, 'event')} of attempt {attempt.number} in a span {why}.")
    return tuple(gaps)


def _root_may_come(spans: Sequence[Span]) -> bool:
    """Tell whether the root is only not there yet: a worker may export its claim before the API the root."""
    if not _orphans(spans) or any(span.parent_span_id is None for span in spans):
        return False
    return max(span.end_ns for span in spans) - min(span.start_ns for span in spans) <= _LATE_NS


def _pending(spans: Sequence[Span], attempts: Sequence[Attempt]) -> list[Span]:
    """Return the spans whose parent may still come: of running attempts, and claims ahead of the root."""
    owner = spans_by_attempt(spans)
    root_may_come = _root_may_come(spans)
    return [
        span
        for span in _orphans(spans)
        if (root_may_come and span.name == SpanName.OPTIMIZATION_PROCESS)
        or (
            (attempt := _attempt_of_span(span, owner, attempts)) is not None
            and attempt.outcome is None
            and attempt.span_id != span.span_id
        )
    ]


def _is_lost(event: Event, spans: Sequence[Span], events: Sequence[Event]) -> bool:
    """Tell whether an event that no attempt has is of a span that should be there.

    A process exports spans in the order they end, and log records apart from them: its events may come first,
    and be all that is left of it when it was killed. A span of it that began after the event says that the
    event's own was lost; so does, of a process that nobody saw die, a trace that has gone on for long.
    """
    if any(span.instance == event.instance and span.start_ns > event.time_ns for span in spans):
        return True
    number = event.attributes.get(Attr.JOB_ATTEMPT)
    killed = number is not None and any(
        other.name == EventName.OPTIMIZATION_LOST and other.attributes.get(Attr.JOB_ATTEMPT) == number
        for other in events
    )
    return not killed and max((span.end_ns for span in spans), default=0) - event.time_ns > _LATE_NS


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


def _attempt_of_span(span: Span, owners: Mapping[str, str], attempts: Sequence[Attempt]) -> Attempt | None:
    """Return the attempt of a span whose parent is missing: by process and time, for lack of the path."""
    owner = owners.get(span.span_id)
    candidates = [
        attempt
        for attempt in attempts
        if attempt.span_id == owner
        or (owner is None and attempt.instance == span.instance and attempt.start_ns <= span.start_ns)
    ]
    return max(candidates, key=lambda attempt: attempt.start_ns, default=None)


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _names(spans: Sequence[Span]) -> str:
    return _counted(span.name for span in spans)


def _counted(names: object) -> str:
    """Name things once each with their number, the most frequent first, at most five."""
    counts = Counter(names)  # type: ignore[call-overload]
    most = [f"{name} × {count}" if count > 1 else name for name, count in counts.most_common(5)]
    return ", ".join([*most, "…"] if len(counts) > len(most) else most)
