"""Follows every request inside of its span: its id, what came of it, and how long a stream lasted."""

from __future__ import annotations

import time

from opentelemetry import context, trace
from opentelemetry.trace import Status, StatusCode
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.requests.facts import facts_of
from app.requests.instruments import DURATION, IN_PROGRESS, OPEN_STREAMS, STREAM_DURATION
from app.requests.outcomes import Attributes, outcome_attributes, tell_outcome
from app.requests.probes import PROBES
from app.requests.problems import problem_of
from app.requests.spans import original_scope
from telemetry import events
from telemetry.contract.names import Attr


class RequestTracking:
    """Follows each request from its first byte to the last of its answer.

    The request's id is returned in ``X-Request-ID``, and its trace in ``X-Trace-ID``. Just inside of the
    instrumentation, whose span is the current one, and outside of all else that can fail: whatever is
    raised within becomes an answer here.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            await _Request(original_scope(scope), send).answer(self._app, receive)
        else:
            await self._app(scope, receive, send)


class _Request:
    """One request while it is answered."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._facts = facts_of(scope)
        self._send = send
        self._span = trace.get_current_span()
        self._counted = scope["path"] not in PROBES
        self._began = time.perf_counter()
        self._status: int | None = None
        self._stream_began: float | None = None

    async def answer(self, app: ASGIApp, receive: Receive) -> None:
        """Have the application answer, and tell what came of it."""
        self._span.set_attribute(Attr.REQUEST_ID, self._facts.id)
        if server := self._scope.get("server"):  # the instrumentation's has the port in it
            self._span.set_attribute(Attr.SERVER_ADDRESS, server[0])
        if self._facts.stranger:
            self._span.add_link(self._facts.stranger)
        token = context.attach(events.bound_context({Attr.REQUEST_ID: self._facts.id}))
        try:
            await app(self._scope, receive, self._send_observed)
        except Exception as error:  # noqa: BLE001 - told, and raised again outside of the instrumentation
            if self._status is None:
                await problem_of(error, self._scope)(self._scope, receive, self._send_observed)
            else:  # raised from here, it would be in the span twice, with all that it says
                self._facts.error = error
                self._facts.broken_off = True
        finally:
            self._end()
            context.detach(token)

    async def _send_observed(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            if self._facts.streams and self._stream_began is None:
                self._begin_stream()
            await self._send(message)
            return
        self._status = int(message["status"])
        headers = MutableHeaders(scope=message)
        headers["X-Request-ID"] = self._facts.id
        if trace_id := self._span.get_span_context().trace_id:
            headers["X-Trace-ID"] = f"{trace_id:032x}"
        await self._send(message)
        # Now: the span ends with the last piece of the answer.
        if self._facts.key_id:
            self._span.set_attribute(Attr.API_KEY_ID, self._facts.key_id)
        self._note_failure()

    def _begin_stream(self) -> None:
        """Count the request as answered with its first byte; the rest takes as long as there is to send."""
        attributes = outcome_attributes(self._scope, self._status)
        IN_PROGRESS.add(-1, {Attr.HTTP_REQUEST_METHOD: attributes[Attr.HTTP_REQUEST_METHOD]})
        DURATION.record(time.perf_counter() - self._began, attributes)
        self._facts.measured = True
        self._stream_began = time.perf_counter()
        OPEN_STREAMS.add(1, self._stream_attributes())

    def _stream_attributes(self) -> Attributes:
        return {Attr.HTTP_ROUTE: self._scope["route"].path_format}

    def _note_failure(self) -> None:
        status, facts = self._status, self._facts
        if status is None or status >= 500 or (facts.error and status < 400):
            facts.failure = {Attr.ERROR_TYPE: facts.error_class or str(status or "NotAnswered")}
            if self._span.is_recording():
                self._span.set_attributes(facts.failure)
                self._span.set_status(Status(StatusCode.ERROR))

    def _end(self) -> None:
        tell_outcome(self._facts, outcome_attributes(self._scope, self._status), counted=self._counted)
        if self._counted:
            self._note_failure()
        if self._stream_began is not None:
            OPEN_STREAMS.add(-1, self._stream_attributes())
            duration = time.perf_counter() - self._stream_began
            STREAM_DURATION.record(duration, self._stream_attributes() | self._facts.failure)
