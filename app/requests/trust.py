"""Whose trace our spans may belong to.

A trusted caller's ``traceparent`` becomes the parent of the request's span. Anyone else's becomes a link:
a stranger must not choose our trace ids, nor have spans unsampled, nor put baggage on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# Not tracestate: it would be stored with our spans, whatever is in it, and we call nobody to hand it on to.
TRACEPARENT, BAGGAGE = b"traceparent", b"baggage"
_LONGEST_ADDRESS = 64

Network = IPv4Network | IPv6Network
Headers = Mapping[bytes, bytes]


class Networks:
    """Networks, and whether a caller is in one of them.

    Args:
        networks: the networks.
    """

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)
        self._has = lru_cache(maxsize=4096)(self._find)

    def __contains__(self, address: str) -> bool:
        # Longer ones are no addresses, and would only fill the cache.
        return bool(self._networks) and len(address) <= _LONGEST_ADDRESS and self._has(address)

    def _find(self, text: str) -> bool:
        address = address_of(text)
        return address is not None and any(address in network for network in self._networks)


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address a text is; None of a name, of a socket's path and of all else."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def stranger_of(headers: Headers) -> SpanContext | None:
    """Return the span that a caller names as the one that asks, None for none.

    Args:
        headers: of the request, names in lower case.
    """
    if TRACEPARENT not in headers:
        return None
    carrier = {TRACEPARENT.decode(): headers[TRACEPARENT].decode("latin-1")}
    told = TraceContextTextMapPropagator().extract(carrier, Context())
    stranger = trace.get_current_span(told).get_span_context()
    return stranger if stranger.is_valid else None
