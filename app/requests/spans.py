"""What the instrumentation is shown of a request: nothing that has the form of a key, and no more than helps.

It stores what it is shown as it is, and a span that has ended can no more be changed.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from opentelemetry.util.http import sanitize_method
from starlette.types import Scope

from app.requests.trust import BAGGAGE, TRACEPARENT, Headers, address_of
from telemetry.redaction import bounded, redact_url, told

_ORIGINAL = "jobscope.original"
_LONGEST_URL_PART = 1024
_LONGEST_USER_AGENT = 256
_LONGEST_METHOD = 32
# As much of a client's address as tells one network from the next, and no person.
_PREFIXES = {4: 24, 6: 48}


def method_of(scope: Scope) -> str:
    """Return the request's method as telemetry has it: one of those there are, or ``_OTHER``."""
    return sanitize_method(scope["method"])


def shown_scope(scope: Scope, headers: Headers, *, trusted: bool) -> Scope:
    """Return a request as the instrumentation is shown it.

    Args:
        scope: the request's.
        headers: its headers, names in lower case.
        trusted: whether the caller's trace context is shown, too.
    """
    client = scope.get("client")
    network = _network_of(client[0]) if client else None
    query = redact_url(scope["query_string"].decode("latin-1"))
    shown = []
    if b"user-agent" in headers:
        agent = headers[b"user-agent"].decode("latin-1")
        shown.append((b"user-agent", told(agent, _LONGEST_USER_AGENT).encode()))
    if trusted:
        shown += [(name, headers[name]) for name in (TRACEPARENT, BAGGAGE) if name in headers]
    return {
        **scope,
        "method": told(scope["method"], _LONGEST_METHOD),
        "path": bounded(redact_url(scope["path"]), _LONGEST_URL_PART),
        "query_string": bounded(query, _LONGEST_URL_PART).encode(),
        "headers": shown,
        "client": (network, None) if network else None,
        _ORIGINAL: scope,
    }


def original_scope(shown: Scope) -> Scope:
    """Return a request as it came, with what has been added to :func:`shown_scope` since."""
    return {**shown, **shown[_ORIGINAL]}


@lru_cache(maxsize=4096)
def _network_of(text: str) -> str | None:
    address = address_of(text)
    if address is None:
        return None
    return str(ip_network((address, _PREFIXES[address.version]), strict=False))
