"""Follows every request: its id, its span, its measurements, and how it ended.

Not OpenTelemetry's own instrumentation for FastAPI: it stores a URL as it is, takes a stream for one slow
request, and costs as much as the answer; see ADR 15.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable

from opentelemetry import context, trace
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.requests.facts import RequestFacts
from app.requests.instruments import DURATION, IN_PROGRESS, OPEN_STREAMS, STREAM_DURATION
from app.requests.outcomes import Attributes, outcome_attributes, tell_outcome
from app.requests.probes import PROBES
from app.requests.problems import problem_of
from app.requests.spans import request_attributes
from app.requests.trust import Headers, Network, Networks, context_of
from telemetry import events
from telemetry.contract.names import Attr

# What a caller may call his request: printable, short, and harmless in a header, a log or a URL.
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class RequestTracking:
    """Follows each request from its first byte to the last of its answer.

    The request's id is the caller's ``X-Request-ID`` when that is sane, else a new one; it is returned in
    that header and is on every log record of the request, with ``X-Trace-ID`` beside it. Outside of all that
    can fail: whatever is raised within becomes an answer here.

    Args:
        app: the application.
        trusted: networks whose callers' trace context becomes the parent of ours.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[Network] = ()) -> None:
        self._app = app
        self._trusted = Networks(trusted)
        self._tracer = trace.get_tracer("jobscope")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        facts = RequestFacts(_request_id(headers))
        facts.attach(scope)
        if scope["path"] in PROBES:
            request = _Request(scope, facts, send, trace.INVALID_SPAN, counted=False)
            await request.answer(self._app, receive)
            return
        client = scope.get("client")
        trusted = client is not None and client[0] in self._trusted
        parent, stranger = context_of(headers, trusted=trusted)
        span = self._tracer.start_span(
            "request",  # until its route is known
            parent,
            SpanKind.SERVER,
            request_attributes(scope, headers) | {Attr.REQUEST_ID: facts.id},
            [Link(stranger)] if stranger else (),
        )
        bound = events.bound_context({Attr.REQUEST_ID: facts.id}, parent)
        token = context.attach(trace.set_span_in_context(span, bound))
        try:
            await _Request(scope, facts, send, span, counted=True).answer(self._app, receive)
        finally:
            context.detach(token)
            span.end()


class _Request:
    """One request while it is answered."""

    def __init__(self, scope: Scope, facts: RequestFacts, send: Send, span: Span, *, counted: bool) -> None:
        self._scope = scope
        self._facts = facts
        self._send = send
        self._span = span
        self._counted = counted
        self._began = time.perf_counter()
        self._status: int | None = None
        self._stream_began: float | None = None
        self._in_progress = outcome_attributes(scope, None)

    async def answer(self, app: ASGIApp, receive: Receive) -> None:
        """Have the application answer, and tell what came of it."""
        if self._counted:
            IN_PROGRESS.add(1, self._in_progress)
        try:
            await app(self._scope, receive, self._send_observed)
        except Exception as error:
            self._facts.error = error
            if self._status is not None:  # too late for another answer: the server breaks the connection off
                raise
            await problem_of(error, self._scope)(self._scope, receive, self._send_observed)
        finally:
            self._end()

    async def _send_observed(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._facts.id
            if trace_id := self._span.get_span_context().trace_id:
                headers["X-Trace-ID"] = f"{trace_id:032x}"
        elif self._facts.streams and self._stream_began is None:
            self._begin_stream()
        await self._send(message)

    def _begin_stream(self) -> None:
        """Count the request as answered with its first byte; the rest takes as long as there is to send."""
        self._measure(outcome_attributes(self._scope, self._status))
        self._stream_began = time.perf_counter()
        OPEN_STREAMS.add(1, self._stream_attributes())

    def _measure(self, attributes: Attributes) -> None:
        IN_PROGRESS.add(-1, self._in_progress)
        DURATION.record(time.perf_counter() - self._began, attributes)

    def _stream_attributes(self) -> Attributes:
        return {Attr.HTTP_ROUTE: self._scope["route"].path_format}

    def _end(self) -> None:
        attributes = outcome_attributes(self._scope, self._status)
        tell_outcome(self._facts, attributes, counted=self._counted)
        if not self._counted:
            return
        status, error = self._status, Attributes()
        if status is None or status >= 500 or (self._facts.error and status < 400):
            error = {Attr.ERROR_TYPE: self._facts.error_class or str(status or "NotAnswered")}
            self._span.set_status(Status(StatusCode.ERROR))
        if self._stream_began is None:
            self._measure(attributes | error)
        else:
            OPEN_STREAMS.add(-1, self._stream_attributes())
            STREAM_DURATION.record(
                time.perf_counter() - self._stream_began, self._stream_attributes() | error
            )
        if self._facts.key_id:
            self._span.set_attribute(Attr.API_KEY_ID, self._facts.key_id)
        self._span.set_attributes(attributes | error)
        method = attributes[Attr.HTTP_REQUEST_METHOD]
        method = "HTTP" if method == "_OTHER" else method
        self._span.update_name(f"{method} {attributes.get(Attr.HTTP_ROUTE, '')}".rstrip())


def _request_id(headers: Headers) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _SANE_ID.fullmatch(given) else secrets.token_hex(10)
