"""Brings a signal's requests to where they go, tries again what may be accepted later, keeps the score."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime

from telemetry.contract.names import Attr, Metric
from telemetry.exporters.cleaning import text_of
from telemetry.exporters.encoding import Encoded
from telemetry.exporters.otlphttp import Signal
from telemetry.exporters.outcome import Destination, Outcome, Verdict
from telemetry.exporters.telling import tell
from telemetry.metrics import REQUEST_SECONDS, counter, histogram, up_down_counter

_ITEM = {"traces": "span", "logs": "log", "metrics": "metric"}
_ITEMS = {"traces": "spans", "logs": "log records", "metrics": "measurements"}
_EXPORTED = {
    "traces": counter(Metric.OTEL_SDK_EXPORTER_SPAN_EXPORTED),
    "logs": counter(Metric.OTEL_SDK_EXPORTER_LOG_EXPORTED),
    "metrics": counter(Metric.OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED),
}
_INFLIGHT = {
    "traces": up_down_counter(Metric.OTEL_SDK_EXPORTER_SPAN_INFLIGHT),
    "logs": up_down_counter(Metric.OTEL_SDK_EXPORTER_LOG_INFLIGHT),
    "metrics": up_down_counter(Metric.OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT),
}
_DURATION = histogram(Metric.OTEL_SDK_EXPORTER_OPERATION_DURATION, REQUEST_SECONDS)

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
# A try that has taken so long is trouble, though it has not failed yet.
_SLOW_SECONDS = 3.0


class Delivery:
    """Brings the requests of one signal to their destination, one after the other.

    Args:
        signal: the signal.
        destination: where its requests go.
        seconds: how long a request is tried again that may be accepted later; at 0, it is tried once.
    """

    def __init__(self, signal: Signal, destination: Destination, seconds: float) -> None:
        self.form = destination.form
        self._signal = signal
        self._destination = destination
        self._seconds = seconds
        component = f"{destination.component}_{_ITEM[signal]}_exporter"
        self._attributes = destination.attributes | {
            Attr.OTEL_COMPONENT_TYPE: component,
            Attr.OTEL_COMPONENT_NAME: f"{component}/0",
        }
        self._hurried = threading.Event()
        self._hurried_until = float("inf")
        # What became of it; written by the one thread that exports, read by whoever asks.
        self._accepted_at: datetime | None = None
        self._failures = 0
        self._reason = ""
        self._trying_since: float | None = None

    @property
    def tried(self) -> bool:
        """Whether a try has ended, so that something is known."""
        return self._accepted_at is not None or self._failures > 0

    def trouble(self) -> str | None:
        """Say what is wrong, judged by what became of the last try; None when nothing is or is known."""
        since = self._trying_since
        if since is not None and (seconds := time.monotonic() - since) > _SLOW_SECONDS:
            return f"no answer to {self._signal} for {seconds:.0f} s"
        if not self._failures:
            return None
        last = f"{self._accepted_at:%Y-%m-%d %H:%M:%S} UTC" if self._accepted_at else "never"
        return f"{self._reason} ({self._signal}: {self._failures} in a row, last accepted: {last})"

    def deliver(self, encoded: Encoded, items: int) -> bool:
        """Bring a request to its destination, and tell whether it was accepted.

        Args:
            encoded: the request.
            items: how many spans, log records or data points it was made of.
        """
        if encoded.error:
            self._count(encoded.lost, type(encoded.error).__name__)
            self._tell_loss(encoded.lost, f"they cannot be encoded: {text_of(encoded.error)}")
        items -= encoded.lost
        if items <= 0:
            return False
        on_network = bool(self._destination.attributes)
        began = time.perf_counter()
        if on_network:
            _INFLIGHT[self._signal].add(items, self._attributes)
        outcome = self._try(encoded.data)
        if on_network:
            _INFLIGHT[self._signal].add(-items, self._attributes)
            self._measure(time.perf_counter() - began, outcome)
        lost = outcome.rejected if outcome.verdict is Verdict.ACCEPTED else items
        self._count(items - lost)
        if lost:
            self._count(lost, outcome.error_type)
            self._tell_loss(lost, outcome.reason)
        return outcome.verdict is Verdict.ACCEPTED

    def hurry(self, until: float) -> None:
        """Have nothing take longer than until then, by the monotonic clock, and what waits try at once."""
        self._hurried_until = until
        self._hurried.set()

    def take_time(self) -> None:
        """End the hurry."""
        self._hurried_until = float("inf")
        self._hurried.clear()

    def close(self) -> None:
        """Let go of connections."""
        self._destination.close()

    def _try(self, data: bytes) -> Outcome:
        """Try until it is accepted or refused for good, or the time is over."""
        deadline = time.monotonic() + self._seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            outcome = self._try_once(data, min(deadline, self._hurried_until) - time.monotonic())
            if outcome.verdict is not Verdict.RETRY:
                return outcome
            if not self._wait(pause * random.uniform(0.8, 1.2), outcome.retry_after or 0, deadline):
                return outcome
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _wait(self, pause: float, asked_for: float, deadline: float) -> bool:
        """Wait before another try; return False when there is no time for one.

        In a hurry not for as long as the other side asks us to: what waits for that is lost.
        """
        hurried = self._hurried.is_set()
        seconds = pause if hurried else max(pause, asked_for)
        if time.monotonic() + seconds >= min(deadline, self._hurried_until):
            return False
        if hurried:
            time.sleep(seconds)
        else:
            self._hurried.wait(seconds)
        return True

    def _try_once(self, data: bytes, seconds: float) -> Outcome:
        if seconds <= 0 and self._destination.attributes:  # not even begun on a network
            return Outcome(Verdict.RETRY, self._reason or "no time was left to export it", "Timeout")
        self._trying_since = time.monotonic()
        outcome = self._destination.send(data, seconds)
        self._trying_since = None
        if outcome.verdict is Verdict.ACCEPTED:
            self._accepted_at = datetime.now(UTC)
        self._failures = self._failures + 1 if outcome.reason else 0
        self._reason = outcome.reason
        return outcome

    def _count(self, items: int, error_type: str | None = None) -> None:
        error = {Attr.ERROR_TYPE: error_type} if error_type else {}
        _EXPORTED[self._signal].add(items, {**self._attributes, **error})

    def _measure(self, seconds: float, outcome: Outcome) -> None:
        attributes = dict(self._attributes)
        if outcome.status_code:
            attributes[Attr.HTTP_RESPONSE_STATUS_CODE] = outcome.status_code
        if outcome.error_type:
            attributes[Attr.ERROR_TYPE] = outcome.error_type
        _DURATION.record(seconds, attributes)

    def _tell_loss(self, items: int, reason: str) -> None:
        # By its reason: what befalls all signals alike is said once.
        tell(reason, f"telemetry is lost ({_ITEMS[self._signal]}: {items} just now): {reason}")
