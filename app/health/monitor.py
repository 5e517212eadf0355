"""Runs the checks again and again, and keeps what they found last."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from opentelemetry.metrics import CallbackOptions, Observation

from app.health.checks import Check
from app.health.instruments import DURATION
from app.health.runner import Outcome, Runner
from telemetry import events
from telemetry.contract.names import Attr, Event, Metric
from telemetry.events import Severity
from telemetry.metrics import observe

_SECONDS_BETWEEN = 5.0


class HealthMonitor:
    """Runs each check in a thread of its own: whatever hangs, who asks is answered, and the others go on.

    Args:
        checks: what to check.
        seconds_between: from the end of a check to its next beginning.
    """

    def __init__(self, checks: Sequence[Check], seconds_between: float = _SECONDS_BETWEEN) -> None:
        self._runners = [Runner(check) for check in checks]
        self._seconds_between = seconds_between
        self._outcomes: dict[str, Outcome] = {}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._run, args=(runner,), name=f"health {runner.check.name}", daemon=True
            )
            for runner in self._runners
        ]
        observe(Metric.HEALTH_CHECK_STATUS, self._observe)

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End with the checks that are running."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def outcomes(self) -> list[tuple[Check, Outcome | None]]:
        """Return each check with what it found last; None when it has not been run yet."""
        return [(runner.check, self._outcomes.get(runner.check.name)) for runner in self._runners]

    def outcome(self, name: str) -> Outcome | None:
        """Return what a check found last; None when it has not been run yet."""
        return self._outcomes.get(name)

    def run_once(self) -> None:
        """Run every check once."""
        for runner in self._runners:
            self._check(runner)

    def _check(self, runner: Runner) -> None:
        name = runner.check.name
        outcome = runner.run()
        DURATION.record(outcome.duration_seconds, {Attr.CHECK_NAME: name})
        before = self._outcomes.get(name)
        self._outcomes[name] = outcome
        # That all is well at the start is no news; that something is not, is.
        if outcome.finding.status != (before.finding.status if before else "pass"):
            _tell_change(name, outcome)

    def _run(self, runner: Runner) -> None:
        self._check(runner)
        while not self._stopping.wait(self._seconds_between):
            self._check(runner)

    def _observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(int(outcome.finding.status == "pass"), {Attr.CHECK_NAME: name})
            for name, outcome in list(self._outcomes.items())
        ]


_SEVERITIES = {"pass": Severity.INFO, "warn": Severity.WARN, "fail": Severity.ERROR}


def _tell_change(name: str, outcome: Outcome) -> None:
    finding = outcome.finding
    events.emit(
        Event.HEALTH_CHECK_CHANGED,
        f"health check {name}: {finding.status}" + (f", {finding.output}" if finding.output else ""),
        severity=_SEVERITIES[finding.status],
        attributes={Attr.CHECK_NAME: name}
        | ({Attr.ERROR_TYPE: outcome.error_type} if outcome.error_type else {}),
    )
