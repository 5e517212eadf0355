"""How the API is served: uvicorn, with an end to requests that do not come to one."""

from __future__ import annotations

import asyncio
import secrets
import sys
from http import HTTPStatus

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.requests.facts import RequestFacts
from app.requests.limits import MAX_HEAD_BYTES, REQUEST_SECONDS
from app.requests.outcomes import Attributes, tell_outcome
from app.requests.problems import Problem
from telemetry.contract.names import Attr

# Who follows a job by server-sent events does so for as long as it runs, and uvicorn would wait for them: the
# API would be killed, and what it had not exported yet be lost.
_LAST_ANSWERS_SECONDS = 5


def server_config(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """Return how the API is served: in production, and in the tests that need a server.

    Args:
        app: the API.
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Protocol,
        # Nobody speaks it here; what asks for it is answered as the plain request it is.
        ws="none",
        # Records go through our own telemetry; uvicorn's set-up would keep them from it.
        log_config=None,
        access_log=False,
        # Who the client is, ForwardedClient says: uvicorn's own believes every program of this machine.
        proxy_headers=False,
        # Strangers need not know what to look up weaknesses of.
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
    )


class Protocol(HttpToolsProtocol):
    """HTTP on one connection; closes it when a request is not whole in time, and tells errors as problems.

    uvicorn limits only how long a connection may idle between requests: one that sends a byte a minute it
    would keep, and with it a file descriptor, for ever.
    """

    _deadline: asyncio.TimerHandle | None = None
    _begun = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_whole_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a request's head may be only so long."""
        super().data_received(data)
        if self._begun and self._head_bytes >= 0:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431, f"the request's line and headers are longer than {MAX_HEAD_BYTES:,} bytes")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._begun, self._head_bytes = True, 0
        if self._deadline is None:
            self._await_whole_request()

    def on_headers_complete(self) -> None:
        """Pass a request on; its body is the application's to wait for."""
        self._head_bytes = -1
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the wait: the request is whole."""
        self._begun = False
        self._stop_waiting()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's does not say what is wrong
        """Say what is wrong with what is no HTTP."""
        error = sys.exc_info()[1]
        self._refuse(400, f"this is not an HTTP request: {error or 'it cannot be parsed'}")

    def _await_whole_request(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._end_slow_request)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end_slow_request(self) -> None:
        if self._begun:
            self._refuse(408, f"the request was not whole within {REQUEST_SECONDS:g} s")
        else:
            self.transport.close()

    def _refuse(self, status: int, detail: str) -> None:
        """Answer what never becomes a request of the application's, and close."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        cycle: RequestResponseCycle | None = self.cycle
        # In the middle of another answer, this one would be taken for a part of it.
        if cycle is None or cycle.response_complete or not cycle.response_started:
            facts = RequestFacts(secrets.token_hex(10), detail=detail)
            phrase = HTTPStatus(status).phrase
            facts.error_type = phrase.title().replace(" ", "")
            problem = Problem(title=phrase, status=status, detail=detail, request_id=facts.id)
            self.transport.write(_answer(status, problem))
            if self._head_bytes >= 0:
                attributes: Attributes = {
                    Attr.HTTP_REQUEST_METHOD: "_OTHER",
                    Attr.HTTP_RESPONSE_STATUS_CODE: status,
                }
                tell_outcome(facts, attributes, counted=True)
            elif cycle is not None:
                cycle.disconnected = (
                    True  # the application has the request, and counts it; its answer is late
                )
        self.transport.close()


def _answer(status: int, problem: Problem) -> bytes:
    body = problem.model_dump_json(exclude_none=True).encode()
    head = (
        f"content-type: application/problem+json\r\nx-request-id: {problem.request_id}\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return STATUS_LINE[status] + head.encode() + body
