"""Counts requests, and tells in events how one was refused or failed."""

from __future__ import annotations

from starlette.types import Scope

from app.requests.facts import RequestFacts
from app.requests.instruments import ERRORS, REQUESTS
from app.requests.spans import method_of
from telemetry import events
from telemetry.contract.names import Attr, Event
from telemetry.events import Severity

_LONGEST_FIELDS = 256

Attributes = dict[str, str | int]


def outcome_attributes(scope: Scope, status: int | None) -> Attributes:
    """Return what a request is counted by: its method, the template of its route, its status.

    The template, not the path: that would be a new time series for every job.
    """
    attributes: Attributes = {Attr.HTTP_REQUEST_METHOD: method_of(scope)}
    route = getattr(scope.get("route"), "path_format", None)
    if route:
        attributes[Attr.HTTP_ROUTE] = route
    if status is not None:
        attributes[Attr.HTTP_RESPONSE_STATUS_CODE] = status
    return attributes


def tell_outcome(facts: RequestFacts, attributes: Attributes, *, counted: bool) -> None:
    """Count a request, and emit an event when it was not answered as asked.

    Args:
        facts: what was found out about it.
        attributes: its :func:`outcome_attributes`.
        counted: False for what a machine asks every few seconds.
    """
    status = attributes.get(Attr.HTTP_RESPONSE_STATUS_CODE)
    refused = isinstance(status, int) and 400 <= status < 500
    failed = not refused and (status is None or int(status) >= 500 or facts.error is not None)
    if counted:
        REQUESTS.add(1, attributes)
        if failed or refused:
            ERRORS.add(1, attributes | {Attr.ERROR_TYPE: facts.error_class or str(status or "NotAnswered")})
    if refused:
        _tell_refusal(facts, attributes)
    elif failed and (facts.error is not None or status is None):
        # An answer of 503 without an error is a check's true result.
        _tell_failure(facts, attributes)


def _tell_failure(facts: RequestFacts, attributes: Attributes) -> None:
    why = repr(facts.error) if facts.error else "it was not answered"
    events.emit(
        Event.API_REQUEST_FAILED,
        f"{_title(attributes)} failed: {why}",
        severity=Severity.ERROR,
        attributes=attributes,
        exception=facts.error,
    )


def _tell_refusal(facts: RequestFacts, attributes: Attributes) -> None:
    refused = attributes | {Attr.ERROR_TYPE: facts.error_class or ""}
    if facts.fields:
        refused[Attr.VALIDATION_FIELDS] = ",".join(facts.fields)[:_LONGEST_FIELDS]
    if facts.key_id:
        refused[Attr.API_KEY_ID] = facts.key_id
    events.emit(
        Event.API_REQUEST_REJECTED,
        f"{_title(attributes)} refused: {facts.detail}",
        severity=Severity.WARN,
        attributes=refused,
    )


def _title(attributes: Attributes) -> str:
    return f"{attributes[Attr.HTTP_REQUEST_METHOD]} {attributes.get(Attr.HTTP_ROUTE, '(no such path)')}"
