"""What a proxy in front of us changes: who the client is, and where below a host we are.

Both are settings. Nothing a request says of itself is believed, unless a declared proxy hands it on: anyone
can write ``X-Forwarded-For``, and ``Host`` too. ``Forwarded`` (RFC 7239) is not read: a proxy that writes the
one header passes the other on as the client wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from app.requests.trust import Network, Networks, address_of

_SCHEMES = {"http", "https"}


class ForwardedClient:
    """Takes the client's address and scheme from the headers of declared proxies.

    The client is the first, from the right, that is not itself a declared proxy: each proxy appends who
    called it, and what stands further left was written by that client. Where that is no address, nobody
    knows who the client is, and it has none.

    Args:
        app: the application.
        proxies: networks of the proxies.
    """

    def __init__(self, app: ASGIApp, proxies: Iterable[Network]) -> None:
        self._app = app
        self._proxies = Networks(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        client = scope.get("client")
        if scope["type"] == "http" and client and client[0] in self._proxies:
            hops = self._told(scope, b"x-forwarded-for")
            if hops:
                scope["client"] = self._client_of(hops)
            scheme = self._told(scope, b"x-forwarded-proto")[-1:]
            if scheme and scheme[0].lower() in _SCHEMES:
                scope["scheme"] = scheme[0].lower()
        await self._app(scope, receive, send)

    @staticmethod
    def _told(scope: Scope, header: bytes) -> list[str]:
        """Return a list's members in order; a header that is there twice is one list."""
        values = [value.decode("latin-1") for name, value in scope["headers"] if name == header]
        return [member.strip() for member in ",".join(values).split(",")] if values else []

    def _client_of(self, hops: list[str]) -> tuple[str, int] | None:
        for hop in reversed(hops):
            if (address := _without_port(hop)) not in self._proxies:
                return (address, 0) if address_of(address) else None
        return _without_port(hops[0]), 0


class PathPrefix:
    """Takes the path under which the API is published off a request's path, where the proxy has left it on.

    Args:
        app: the application.
        prefix: such as ``/jobscope``.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"].startswith(f"{self._prefix}/"):
            scope["path"] = scope["path"].removeprefix(self._prefix)
            scope["raw_path"] = scope["raw_path"].removeprefix(self._prefix.encode())
        await self._app(scope, receive, send)


def _without_port(hop: str) -> str:
    if hop.startswith("["):  # [::1]:80
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
