"""How large a request's body may be.

FastAPI has a limit of its own, which answers in plain text and, where a length was declared, from outside
of our error handling.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A job's description is some hundred bytes; a megabyte of it is a mistake.
MAX_BODY_BYTES = 2**20
_WITH_BODY = {"POST", "PUT", "PATCH"}


class BodyTooLarge(HTTPException):
    """The body is larger than we read; raised as soon as that is known."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit:,} bytes, which is the most that is read")


class BodyLimit:
    """Refuses a body over the limit: before its first byte when its length is declared, else when it is over.

    Nothing beyond the limit is kept; what a client goes on to send is read and thrown away by the server.

    Args:
        app: the application.
        limit: bytes.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # Of other methods nobody reads a body: there, to receive is to wait for the client to leave.
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        declared, received = _declared_length(scope), 0

        async def receive_within_limit() -> Message:
            nonlocal received
            # Told here, not above: by now it is known whose body it is, and telemetry says so.
            if declared > self._limit:
                raise BodyTooLarge(self._limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge(self._limit)
            return message

        await self._app(scope, receive_within_limit, send)


def _declared_length(scope: Scope) -> int:
    """Return the declared length in bytes, 0 for none or nonsense, which the server refuses itself."""
    declared = Headers(scope=scope).get("content-length", "")
    # Of a number too long to convert, the length is enough to know.
    return int(declared[:18]) if declared.isdecimal() else 0
