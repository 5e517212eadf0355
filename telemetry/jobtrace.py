"""The job id is the trace id of everything done for the job.

So the join of a job's spans, logs and exemplars needs no look-up: whoever has the id has the trace.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler, SamplingResult
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes, AttributeValue

_JOB_ID = re.compile(r"[1-9a-f][0-9a-f]{31}")
_next_trace_id: ContextVar[int | None] = ContextVar("next_trace_id", default=None)
_propagator = TraceContextTextMapPropagator()


def new_job_id() -> str:
    """Return a new job id: 8 hex digits of epoch seconds, then 96 random bits; 32 hex digits.

    It sorts by time, its start can be read off it, it never begins with 0 (Tempo's search would drop
    that digit) and its last 56 bits are random, as W3C's random flag asks.
    """
    return f"{int(time.time()):08x}{secrets.token_hex(12)}"


def is_job_id(text: str) -> bool:
    """Tell whether a text has the form of a job id."""
    return _JOB_ID.fullmatch(text) is not None


def job_epoch_seconds(job_id: str) -> int:
    """Return when the job was made, read off its id, in seconds since 1970."""
    return int(job_id[:8], 16)


class JobIdGenerator(RandomIdGenerator):
    """Random ids, but for a job's root span, whose trace id is the job's."""

    def generate_trace_id(self) -> int:
        """Return the trace id asked for by :func:`start_job_trace`, or a random one."""
        return _next_trace_id.get() or super().generate_trace_id()


class JobSampler(Sampler):
    """Samples every job, and leaves all else to another sampler."""

    def __init__(self, otherwise: Sampler) -> None:
        self._otherwise = otherwise

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002
    ) -> SamplingResult:
        """Sample the root of a job's trace; ask the other sampler about any other span."""
        sampler = ALWAYS_ON if _next_trace_id.get() is not None else self._otherwise
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        """Return what this sampler is, for logs."""
        return f"JobSampler({self._otherwise.get_description()})"


@contextmanager
def start_job_trace(
    job_id: str, name: str, attributes: Mapping[str, AttributeValue]
) -> Iterator[tuple[Span, str]]:
    """Start the root span of a job's trace, linked to and from the span that asked for the job.

    Args:
        job_id: becomes the trace id.
        name: the span's name.
        attributes: the span's attributes.

    Yields:
        The span, and the ``traceparent`` to store with the job for :func:`attempt_context`.

    Raises:
        ValueError: the text is not a job id.
    """
    if not is_job_id(job_id):
        raise ValueError(f"{job_id!r} is not a job id: 32 hex digits, the first not 0")
    asking = trace.get_current_span()
    links = [Link(asking.get_span_context())] if asking.get_span_context().is_valid else []
    token = _next_trace_id.set(int(job_id, 16))
    try:
        span = trace.get_tracer("jobscope").start_span(
            name, context=Context(), kind=SpanKind.PRODUCER, attributes=dict(attributes), links=links
        )
    finally:
        _next_trace_id.reset(token)
    asking.add_link(span.get_span_context())
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span, Context()))
    with trace.use_span(span, end_on_exit=True):
        yield span, carrier.get("traceparent", "")


@contextmanager
def continue_job_trace(job_id: str, traceparent: str) -> Iterator[None]:
    """Have spans and events of the block belong to a job's trace, as children of its root."""
    token = context_api.attach(attempt_context(job_id, traceparent))
    try:
        yield
    finally:
        context_api.detach(token)


def attempt_context(job_id: str, traceparent: str) -> Context:
    """Return the context in which a worker continues a job's trace.

    A job stored without telemetry has no ``traceparent``; then the trace goes on under a made-up
    parent, so that the job id stays the trace id.
    """
    context = _propagator.extract({"traceparent": traceparent}, Context())
    span_context = trace.get_current_span(context).get_span_context()
    if span_context.is_valid and f"{span_context.trace_id:032x}" == job_id:
        return context
    parent = SpanContext(
        int(job_id, 16), secrets.randbits(64) or 1, is_remote=True, trace_flags=TraceFlags(1)
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())
