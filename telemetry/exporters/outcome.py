"""What became of an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan


class Verdict(Enum):
    """How an export ended, as OTLP tells apart."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    """The same request may be accepted later: nobody answered, or who answered is busy."""
    REJECTED = "rejected"
    """The same request would be refused again."""


@dataclass(frozen=True)
class Outcome:
    """How one try at an export ended.

    Attributes:
        verdict: whether it was accepted.
        reason: what is wrong, for people; the same trouble has the same words. Empty when nothing is.
        error_type: ``error.type`` of what was not accepted.
        status_code: what an HTTP server answered.
        rejected: items of an accepted request that were refused all the same: OTLP's partial success.
        retry_after: seconds the other side asks us to wait.
    """

    verdict: Verdict
    reason: str = ""
    error_type: str = ""
    status_code: int | None = None
    rejected: int = 0
    retry_after: float | None = None


class Form(Protocol):
    """How requests are written; raises what the encoder raises when an item cannot be."""

    def spans(self, spans: Sequence[ReadableSpan], /) -> bytes:
        """Return spans as a request."""
        ...

    def logs(self, records: Sequence[ReadableLogRecord], /) -> bytes:
        """Return log records as a request."""
        ...

    def metrics(self, data: MetricsData, /) -> bytes:
        """Return metrics as a request."""
        ...


class Destination(Protocol):
    """Where the requests of one signal go. It keeps nothing: who wraps it decides what to try again."""

    form: Form
    component: str
    """``otel.component.type``, without the signal."""
    attributes: dict[str, str | int]
    """Where it is, for its measurements: ``server.address``, ``server.port``; empty when not on a network."""

    def send(self, data: bytes, timeout_seconds: float) -> Outcome:
        """Try once to bring a request there; raises nothing."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
