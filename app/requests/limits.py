"""How large a request may be, how it may be written, and how long it may take to come."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A job's description is some hundred bytes; a megabyte of it is a mistake.
MAX_BODY_BYTES = 2**20
MAX_HEAD_BYTES = 2**16
_MAX_URL_BYTES = 2**13
# From a connection's or request's first byte to the last of its body.
REQUEST_SECONDS = 30.0
# Before the server breaks the connection off, so that there is an answer.
_BODY_SECONDS = REQUEST_SECONDS - 5
_WITH_BODY = {"POST", "PUT", "PATCH"}


class BodyTooLarge(HTTPException):
    """The body is larger than we read; raised as soon as that is known."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit:,} bytes, which is the most that is read")


class RequestLimits:
    """Refuses requests that are too long, come too slowly, or have a body in an encoding that we do not read.

    A body over the limit is refused before its first byte when its length is declared, else when it is over.
    Nothing beyond the limit is kept; what a client goes on to send is read and thrown away by the server.
    FastAPI has a limit of its own, which answers in plain text and, where a length was declared, from outside
    of our error handling.

    Args:
        app: the application.
        limit: of the body, in bytes.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        _require_short_head(scope)
        # Of other methods nobody reads a body: there, to receive is to wait for the client to leave.
        if scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared, received = _declared_length(headers), 0
        deadline = asyncio.get_running_loop().time() + _BODY_SECONDS
        whole = False

        async def receive_within_limits() -> Message:
            nonlocal received, whole
            # Told here, not above: by now it is known whose body it is, and telemetry says so.
            _require_plain(headers)
            if declared > self._limit:
                raise BodyTooLarge(self._limit)
            if whole:  # what comes next is the client's leaving, and that may take as long as it likes
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(
                    408, f"the body was not whole within {_BODY_SECONDS:g} s", {"Connection": "close"}
                ) from None
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > self._limit:
                raise BodyTooLarge(self._limit)
            return message

        await self._app(scope, receive_within_limits, send)


def _require_short_head(scope: Scope) -> None:
    if len(scope["raw_path"]) + len(scope["query_string"]) > _MAX_URL_BYTES:
        raise HTTPException(414, f"the URL is longer than {_MAX_URL_BYTES:,} bytes")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD_BYTES:
        raise HTTPException(431, f"the headers are longer than {MAX_HEAD_BYTES:,} bytes")


def _require_plain(headers: Headers) -> None:
    encoding = headers.get("content-encoding", "identity")
    if encoding.lower() not in {"", "identity"}:
        raise HTTPException(
            415,
            "a body with Content-Encoding is not read; send it as it is, without that header",
            {"Accept-Encoding": "identity"},
        )


def _declared_length(headers: Headers) -> int:
    """Return the declared length in bytes, 0 for none or nonsense, which the server refuses itself."""
    declared = headers.get("content-length", "")
    # Of a number too long to convert, the length is enough to know.
    return int(declared[:18]) if declared.isdecimal() else 0
