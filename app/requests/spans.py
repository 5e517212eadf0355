"""What is stored of a request in its span: nothing that has the form of a key, and no more than helps."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_network

from opentelemetry.util.types import AttributeValue
from starlette.types import Scope

from app.requests.trust import Headers, address_of
from telemetry.contract.names import Attr
from telemetry.redaction import bounded, redact_url, told

_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "QUERY"}
)
_LONGEST_URL_PART = 1024
_LONGEST_USER_AGENT = 256
_LONGEST_METHOD = 32
# As much of a client's address as tells one network from the next, and no person.
_PREFIXES = {4: 24, 6: 48}


def method_of(scope: Scope) -> str:
    """Return the request's method as telemetry has it: one of those there are, or ``_OTHER``."""
    method: str = scope["method"]
    return method if method in _METHODS else "_OTHER"


def request_attributes(scope: Scope, headers: Headers) -> dict[str, AttributeValue]:
    """Return the semantic conventions' attributes of a request's span, as known before it is answered.

    Args:
        scope: the request's.
        headers: its headers, names in lower case.
    """
    method = method_of(scope)
    attributes: dict[str, AttributeValue] = {
        Attr.HTTP_REQUEST_METHOD: method,
        Attr.URL_SCHEME: scope["scheme"],
        Attr.URL_PATH: bounded(redact_url(scope["path"]), _LONGEST_URL_PART),
        Attr.NETWORK_PROTOCOL_VERSION: scope["http_version"],
    }
    if method == "_OTHER":
        attributes[Attr.HTTP_REQUEST_METHOD_ORIGINAL] = told(scope["method"], _LONGEST_METHOD)
    if scope["query_string"]:
        query = scope["query_string"].decode("latin-1")
        attributes[Attr.URL_QUERY] = bounded(redact_url(query), _LONGEST_URL_PART)
    if b"user-agent" in headers:
        agent = headers[b"user-agent"].decode("latin-1")
        attributes[Attr.USER_AGENT_ORIGINAL] = told(agent, _LONGEST_USER_AGENT)
    server, client = scope.get("server"), scope.get("client")
    if server:
        attributes[Attr.SERVER_ADDRESS] = server[0]
        if server[1]:
            attributes[Attr.SERVER_PORT] = server[1]
    network = _network_of(client[0]) if client else None
    if network:
        attributes[Attr.CLIENT_ADDRESS] = network
    return attributes


@lru_cache(maxsize=4096)
def _network_of(text: str) -> str | None:
    address = address_of(text)
    if address is None:
        return None
    return str(ip_network((address, _PREFIXES[address.version]), strict=False))
