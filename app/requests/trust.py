"""Whose trace our spans may belong to.

A trusted caller's ``traceparent`` becomes the parent of the request's span. Anyone else's becomes a link:
a stranger must not choose our trace ids, nor have spans unsampled, nor put baggage on them.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

_PROPAGATED = {b"traceparent", b"tracestate", b"baggage"}
_LINK = "jobscope.untrusted_context"


class TrustBoundary:
    """Takes the trace context off requests of callers that are not trusted; the outermost middleware.

    Args:
        app: the application, with the instrumentation that would believe the headers.
        trusted: networks whose callers are believed.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[IPv4Network | IPv6Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if "headers" in scope and not self._trusts(scope.get("client")):
            taken = [header for header in scope["headers"] if header[0].lower() in _PROPAGATED]
            kept = [header for header in scope["headers"] if header[0].lower() not in _PROPAGATED]
            scope = {**scope, "headers": kept, _LINK: _context_of(taken)}
        await self._app(scope, receive, send)

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        try:
            address = ip_address(client[0]) if client else None
        except ValueError:  # a name, or a socket's path
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return address is not None and any(address in network for network in self._trusted)


def link_untrusted(span: Span, scope: MutableMapping[str, Any]) -> None:
    """Link a request's span to the context that was taken off; a hook of the instrumentation."""
    context = scope.get(_LINK)
    if isinstance(context, SpanContext) and context.is_valid:
        span.add_link(context)


def _context_of(headers: Iterable[tuple[bytes, bytes]]) -> SpanContext:
    carrier = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    extracted = TraceContextTextMapPropagator().extract(carrier, Context())
    return trace.get_current_span(extracted).get_span_context()
