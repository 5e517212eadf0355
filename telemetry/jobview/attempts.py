"""Attempts: the tries of workers at a job, read off its spans and events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from telemetry.contract.names import Attr, SpanName
from telemetry.contract.names import Event as EventName
from telemetry.jobview.records import Event, Span

LOST = "lost"
SUPERSEDED = "superseded"
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Attempt:
    """A try of a worker at the job.

    Attributes:
        number: ``job.attempt``, from 1.
        instance: ``service.instance.id`` of the worker's process.
        worker: ``worker.slot``, which outlives the process.
        span_id: its ``process optimizations`` span.
        start_ns: when it claimed the job, in nanoseconds since 1970.
        end_ns: when it closed; None while it runs and when its worker was killed.
        outcome: the state it left the job in, or ``interrupted`` when its worker was told to stop, or
            ``lost`` when its worker was killed, or ``superseded`` when its worker was only thought to
            be; None while it runs.
        last_seen_ns: end of its last span, or time of its last event.
    """

    number: int
    instance: str
    worker: str
    span_id: str
    start_ns: int
    end_ns: int | None
    outcome: str | None
    last_seen_ns: int


def spans_by_attempt(spans: Iterable[Span]) -> dict[str, str]:
    """Return, for every span below a ``process optimizations`` span, that span's id."""
    by_id = {span.span_id: span for span in spans}
    # None: there is none above.
    owner: dict[str, str | None] = {}
    for span in by_id.values():
        path: dict[str, None] = {}
        at: Span | None = span
        # The path is checked as well: spans that are each other's parent must not hang the view.
        while at is not None and at.span_id not in owner and at.span_id not in path:
            path[at.span_id] = None
            if at.name == SpanName.OPTIMIZATION_PROCESS:
                owner[at.span_id] = at.span_id
            else:
                at = by_id.get(at.parent_span_id or "")
        found = owner.get(at.span_id) if at is not None else None
        owner.update(dict.fromkeys(path, found))
    return {span_id: found for span_id, found in owner.items() if found is not None}


def attempts_of(spans: Sequence[Span], events: Sequence[Event]) -> tuple[Attempt, ...]:
    """Return a job's attempts in the order they began; both arguments sorted by time."""
    owner = spans_by_attempt(spans)
    claims = [span for span in spans if span.name == SpanName.OPTIMIZATION_PROCESS]
    finishes = {
        owner[span.span_id]: span
        for span in spans
        if span.name == SpanName.OPTIMIZATION_FINISH_ATTEMPT and span.span_id in owner
    }
    last_seen: dict[str, int] = {}
    for span in spans:
        if span.span_id in owner:
            attempt = owner[span.span_id]
            last_seen[attempt] = max(last_seen.get(attempt, 0), span.end_ns)
    told = {(event.name, event.attributes.get(Attr.JOB_ATTEMPT)) for event in events}
    attempts = []
    for position, claim in enumerate(claims):
        number = claim.attributes.get(Attr.JOB_ATTEMPT)
        number = number if isinstance(number, int) else position + 1
        finish = finishes.get(claim.span_id)
        outcome: str | None = None
        if finish is not None:
            # An attempt that puts its job back into the queue was interrupted.
            state = str(finish.attributes.get(Attr.JOB_STATE, ""))
            outcome = INTERRUPTED if state == "queued" else state
        elif (EventName.OPTIMIZATION_ATTEMPT_SUPERSEDED, number) in told:
            outcome = SUPERSEDED
        elif (EventName.OPTIMIZATION_LOST, number) in told or position + 1 < len(claims):
            outcome = LOST
        attempts.append(
            Attempt(
                number=number,
                instance=claim.instance,
                worker=str(claim.attributes.get(Attr.WORKER_SLOT, "")),
                span_id=claim.span_id,
                start_ns=claim.start_ns,
                end_ns=finish.end_ns if finish else None,
                outcome=outcome,
                last_seen_ns=last_seen[claim.span_id],
            )
        )
    return _with_events_seen(attempts, events, owner)


def attempt_of_event(event: Event, attempts: Iterable[Attempt], owner: Mapping[str, str]) -> Attempt | None:
    """Return the attempt that emitted an event, or None when none did.

    The span tells, when it is there. A span that was not exported, since it still runs or died with its
    process, leaves the process, the time, and the number that most events carry: a process may try again,
    and its next claim's span be still under way.
    """
    by_span = owner.get(event.span_id or "")
    told = event.attributes.get(Attr.JOB_ATTEMPT)
    candidates = [
        attempt
        for attempt in attempts
        if attempt.span_id == by_span
        or (
            by_span is None
            and attempt.instance == event.instance
            and attempt.start_ns <= event.time_ns
            and told in {None, attempt.number}
        )
    ]
    return max(candidates, key=lambda attempt: attempt.start_ns, default=None)


def _with_events_seen(
    attempts: list[Attempt], events: Iterable[Event], owner: Mapping[str, str]
) -> tuple[Attempt, ...]:
    """Count events as signs of life too: those of a span that never ended are all that is left of it."""
    last_seen = {attempt.span_id: attempt.last_seen_ns for attempt in attempts}
    for event in events:
        attempt = attempt_of_event(event, attempts, owner)
        if attempt is not None and attempt.end_ns is None:
            last_seen[attempt.span_id] = max(last_seen[attempt.span_id], event.time_ns)
    return tuple(replace(attempt, last_seen_ns=last_seen[attempt.span_id]) for attempt in attempts)
