"""OpenTelemetry's instrumentation for FastAPI, and what it is shown and measures with.

It makes the span of each request and measures it. Stored as they come, a URL or a header could have a key in
it; so a boundary around it shows it a copy of the request (:mod:`app.requests.spans`), and
:class:`app.requests.tracking.RequestTracking`, just inside, hands the application the request as it came.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from opentelemetry.context import Context
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from opentelemetry.metrics import (
    Histogram,
    Meter,
    NoOpHistogram,
    NoOpMeter,
    NoOpMeterProvider,
    NoOpUpDownCounter,
    UpDownCounter,
)
from opentelemetry.util.types import Attributes
from starlette.types import ASGIApp, Receive, Scope, Send

from app.requests.facts import RequestFacts
from app.requests.instruments import DURATION, IN_PROGRESS
from app.requests.probes import PROBES
from app.requests.spans import shown_scope
from app.requests.trust import Headers, Network, Networks, stranger_of
from telemetry.contract.names import Attr

# What a caller may call his request: printable, short, and harmless in a header, a log or a URL.
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# Not in OpenTelemetry's context: that of a request begins with what its caller sent, and has nothing else.
_FACTS: ContextVar[RequestFacts] = ContextVar("facts")


def instrument(api: FastAPI, trusted: Iterable[Network]) -> ASGIApp:
    """Return an API with its instrumentation, and the boundary around that.

    Args:
        api: the API, with :class:`app.requests.tracking.RequestTracking` as its outermost middleware.
        trusted: networks whose callers' trace context becomes the parent of ours.
    """
    FastAPIInstrumentor.instrument_app(
        api,
        meter_provider=_MeterProvider(),
        # A span for each piece received and sent says nothing that the request's own does not.
        exclude_spans=["send", "receive"],
    )
    return Boundary(api, trusted)


class Boundary:
    """Takes up each request, and shows the instrumentation what it may see of it.

    The request's id is the caller's ``X-Request-ID`` when that is sane, else a new one.

    Args:
        app: the instrumented application.
        trusted: networks whose callers' trace context becomes the parent of ours.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[Network]) -> None:
        self.app = app
        self._trusted = Networks(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        client = scope.get("client")
        trusted = client is not None and client[0] in self._trusted
        facts = RequestFacts(_request_id(headers), stranger=None if trusted else stranger_of(headers))
        shown = shown_scope(scope, headers, trusted=trusted)
        facts.attach(shown)
        token = _FACTS.set(facts)
        try:
            if scope["path"] in PROBES:
                with suppress_http_instrumentation():
                    await self.app(shown, receive, send)
            else:
                await self.app(shown, receive, send)
        finally:
            _FACTS.reset(token)
        if facts.broken_off and facts.error:  # the server must break the connection off
            raise facts.error


def _request_id(headers: Headers) -> str:
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _SANE_ID.fullmatch(given) else secrets.token_hex(10)


class _MeterProvider(NoOpMeterProvider):
    """Has the instrumentation measure with the contract's instruments, and nothing that they have not."""

    def get_meter(
        self,
        name: str,
        version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,  # noqa: ARG002 - the API's signature
    ) -> Meter:
        return _Meter(name, version, schema_url)


class _Meter(NoOpMeter):
    def create_histogram(self, name: str, *args: Any, **options: Any) -> Histogram:
        if name == "http.server.request.duration":
            return _Duration(name)
        return super().create_histogram(name, *args, **options)

    def create_up_down_counter(self, name: str, *args: Any, **options: Any) -> UpDownCounter:
        if name == "http.server.active_requests":
            return _InProgress(name)
        return super().create_up_down_counter(name, *args, **options)


# A stream is measured at its first byte, by RequestTracking; its end is not when its client got an answer.
class _Duration(NoOpHistogram):
    def record(self, amount: float, attributes: Attributes = None, context: Context | None = None) -> None:
        facts = _FACTS.get()
        if not facts.measured:
            DURATION.record(amount, {**(attributes or {}), **facts.failure}, context)


class _InProgress(NoOpUpDownCounter):
    def add(self, amount: float, attributes: Attributes = None, context: Context | None = None) -> None:
        if not _FACTS.get().measured:
            method = (attributes or {})[Attr.HTTP_REQUEST_METHOD]
            IN_PROGRESS.add(amount, {Attr.HTTP_REQUEST_METHOD: method}, context)
