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


class BodyTooLarge(HTTPException):
    """The body is larger than we read; raised as soon as that is known."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body is larger than {limit:,} bytes, which is the most that is read")


class BodyLimit:
    """Refuses a body over the limit: at once when its length is declared, else when that much has come.

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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        # Of a number too long to convert, the length is enough to know.
        if len(declared) > 18 or (declared.isdecimal() and int(declared) > self._limit):
            raise BodyTooLarge(self._limit)
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooLarge(self._limit)
            return message

        await self._app(scope, receive_within_limit, send)
