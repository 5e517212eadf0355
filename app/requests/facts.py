"""What is found out about a request while it is answered."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.trace import SpanContext

_KEY = "jobscope.request"


@dataclass
class RequestFacts:
    """What whoever answers a request notes for the telemetry about it.

    Attributes:
        id: the request's id.
        stranger: the span that a caller who is not trusted named as the one that asks.
        key_id: public id of the API key used.
        fields: the fields that were refused.
        error: what the request ended with, when not as asked.
        detail: what the caller was told about it.
        error_type: the error's class in telemetry; the exception's, where this is None.
        failure: attributes of a request that failed by our fault, or that was not answered; else none.
        broken_off: whether the error came when the answer had begun, so that there can be no other.
        streams: whether the answer lasts as long as there is to send: a download, or a job that is followed.
        measured: whether its duration has been recorded: a stream's is with its first byte.
    """

    id: str
    stranger: SpanContext | None = None
    key_id: str | None = None
    fields: tuple[str, ...] = ()
    error: Exception | None = None
    detail: str = ""
    error_type: str | None = None
    failure: dict[str, str | int] = field(default_factory=dict)
    broken_off: bool = False
    streams: bool = False
    measured: bool = False

    @property
    def error_class(self) -> str | None:
        """The error's class in telemetry: one of a few, whatever callers send; None without an error."""
        return self.error_type or (type(self.error).__name__ if self.error else None)

    def attach(self, scope: MutableMapping[str, Any]) -> None:
        """Make these the facts of a request; whoever copies the scope shares them."""
        scope[_KEY] = self


def facts_of(scope: MutableMapping[str, Any]) -> RequestFacts:
    """Return the facts of a request that :class:`app.requests.instrumentation.Boundary` has taken up."""
    facts = scope[_KEY]
    if not isinstance(facts, RequestFacts):
        raise TypeError(f"{_KEY} is taken")
    return facts
