"""Times that a jump of the machine's clock does not tear apart.

The SDK reads the wall clock at a span's start and again at its end: set forward two hours in between, it
makes the span two hours long; set back, the span ends before it began. So what a process does of a trace has
one clock, as in OpenTelemetry's SDK for Java (``AnchoredClock``): the wall clock is read when the first of
its spans begins, and from there on time is what the monotonic clock says.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor


@dataclass(frozen=True)
class _Anchor:
    """What the wall clock said at a time of the monotonic clock, both in nanoseconds."""

    wall_ns: int
    monotonic_ns: int

    def now_ns(self) -> int:
        return self.wall_ns + time.monotonic_ns() - self.monotonic_ns


# A span's is its parent's, when that is of this process; it lasts as long as any span that has it.
_anchors: WeakKeyDictionary[trace.Span, _Anchor] = WeakKeyDictionary()
_given: ContextVar[bool] = ContextVar("given", default=False)


def now_ns(context: Context | None = None) -> int:
    """Return the time in nanoseconds since 1970, by the clock of the current span when there is one."""
    anchor = _anchors.get(trace.get_current_span(context))
    return anchor.now_ns() if anchor else time.time_ns()


@contextmanager
def given_times() -> Iterator[None]:
    """Leave spans that start or end in the block the times they are given, which are of :func:`now_ns`."""
    token = _given.set(True)
    try:
        yield
    finally:
        _given.reset(token)


class SteadyClockProcessor(SpanProcessor):
    """Gives spans times of their trace's clock; must come before the exporting processor."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Take the parent's clock, or begin one."""
        anchor = _anchors.get(trace.get_current_span(parent_context))
        if anchor is None:
            anchor = _Anchor(time.time_ns(), time.monotonic_ns())
        elif not _given.get():
            span._start_time = anchor.now_ns()  # noqa: SLF001 - the SDK has no other way to give a clock
        _anchors[span] = anchor

    def _on_ending(self, span: Span) -> None:
        """Set the end: what the SDK calls when it has one, and the span can still be changed."""
        anchor = _anchors.get(span)
        if anchor is not None and not _given.get():
            span._end_time = max(anchor.now_ns(), span.start_time or 0)  # noqa: SLF001

    def on_end(self, span: ReadableSpan) -> None:
        """Do nothing: the end is set."""
