"""Gives every request an id, counts it, and tells in events how it was refused or failed."""

from __future__ import annotations

import re
import secrets
from collections.abc import MutableMapping
from typing import Any

from opentelemetry import context, trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.requests.facts import RequestFacts
from app.requests.instruments import ERRORS, REQUESTS
from app.requests.probes import PROBES
from app.requests.problems import problem_of
from telemetry import events
from telemetry.contract.names import Attr, Event
from telemetry.events import Severity

# What a caller may call his request: printable, short, and harmless in a header, a log or a URL.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "QUERY"}
)
_LONGEST_FIELDS = 256


class RequestTracking:
    """Follows each request from its first byte to the last of its answer.

    The request's id is the caller's ``X-Request-ID`` when that is sane, else a new one; it is returned in
    that header and is on every log record of the request, with ``X-Trace-ID`` beside it. Inside of the
    HTTP instrumentation, whose span is the current one, and outside of all else that can fail.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        facts = RequestFacts(_request_id(scope))
        facts.attach(scope)
        span = trace.get_current_span()
        span.set_attribute(Attr.REQUEST_ID, facts.id)
        trace_id = span.get_span_context().trace_id
        status: int | None = None

        async def send_with_ids(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = facts.id
                if trace_id:
                    headers["X-Trace-ID"] = f"{trace_id:032x}"
            await send(message)

        token = context.attach(events.bound_context({Attr.REQUEST_ID: facts.id}))
        try:
            await self._app(scope, receive, send_with_ids)
        except Exception as error:
            if status is not None:  # too late for another answer; the server must break the connection off
                facts.error = error
                raise
            await problem_of(error, scope)(scope, receive, send_with_ids)
        finally:
            _tell(scope, facts, status)
            context.detach(token)


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else secrets.token_hex(10)


def _tell(scope: Scope, facts: RequestFacts, status: int | None) -> None:
    """Count a request, and emit an event when it was not answered as asked."""
    attributes = _attributes(scope, status)
    refused = status is not None and 400 <= status < 500
    failed = status is None or status >= 500 or (facts.error is not None and not refused)
    if scope["path"] not in PROBES:
        REQUESTS.add(1, attributes)
        if failed or refused:
            ERRORS.add(1, attributes | {Attr.ERROR_TYPE: facts.error_class or str(status or "NotAnswered")})
    if refused:
        _tell_refusal(facts, attributes)
    elif failed and (facts.error is not None or status is None):
        # An answer of 503 without an error is a check's true result.
        _tell_failure(facts, attributes)


def _tell_failure(facts: RequestFacts, attributes: dict[str, str | int]) -> None:
    why = repr(facts.error) if facts.error else "it was not answered"
    events.emit(
        Event.API_REQUEST_FAILED,
        f"{_title(attributes)} failed: {why}",
        severity=Severity.ERROR,
        attributes=attributes,
        exception=facts.error,
    )


def _tell_refusal(facts: RequestFacts, attributes: dict[str, str | int]) -> None:
    refused = attributes | {Attr.ERROR_TYPE: facts.error_class or ""}
    if facts.fields:
        refused[Attr.VALIDATION_FIELDS] = ",".join(facts.fields)[:_LONGEST_FIELDS]
    if facts.key_id:
        refused[Attr.API_KEY_ID] = facts.key_id
    events.emit(
        Event.API_REQUEST_REJECTED,
        f"{_title(attributes)} refused: {facts.detail}",
        severity=Severity.WARN,
        attributes=refused,
    )


def _title(attributes: dict[str, str | int]) -> str:
    return f"{attributes[Attr.HTTP_REQUEST_METHOD]} {attributes.get(Attr.HTTP_ROUTE, '(no such path)')}"


def _attributes(scope: MutableMapping[str, Any], status: int | None) -> dict[str, str | int]:
    method = scope["method"]
    attributes: dict[str, str | int] = {Attr.HTTP_REQUEST_METHOD: method if method in _METHODS else "_OTHER"}
    # The template of the matched route: a path would be a new time series for every job.
    route = getattr(scope.get("route"), "path_format", None)
    if route:
        attributes[Attr.HTTP_ROUTE] = route
    if status is not None:
        attributes[Attr.HTTP_RESPONSE_STATUS_CODE] = status
    return attributes
