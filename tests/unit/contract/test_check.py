"""What is emitted against the contract is found, each way of it."""

from __future__ import annotations

import copy

import pytest

from telemetry.contract.check import violations
from telemetry.contract.registry import load_registry

REGISTRY = load_registry()
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "jobscope-api"}}]}


def text(key, value):
    return {"key": key, "value": {"stringValue": value}}


SPAN = {"name": "load prices", "kind": 1, "attributes": [text("dataset.name", "wti-daily")]}
REQUEST_SPAN = {"name": "GET /livez", "kind": 2, "attributes": [text("http.route", "/livez")]}
RECORD = {
    "eventName": "worker.started",
    "attributes": [text("log.record.uid", "1"), text("worker.slot", "w")],
}
COUNTER = {
    "name": "optimization.attempts",
    "unit": "{attempt}",
    "sum": {"isMonotonic": True, "dataPoints": [{"attributes": [text("job.state", "completed")]}]},
}


def check(span=None, record=None, metric=None, resource=RESOURCE):
    def request(outer, inner, items, item):
        return [{outer: [{"resource": resource, inner: [{items: [item]}]}]}] if item else []

    return violations(
        request("resourceSpans", "scopeSpans", "spans", span),
        request("resourceLogs", "scopeLogs", "logRecords", record),
        request("resourceMetrics", "scopeMetrics", "metrics", metric),
        REGISTRY,
    )


def test_what_the_contract_names_is_no_violation():
    assert check(SPAN, RECORD, COUNTER) == []
    assert check(REQUEST_SPAN, {"body": {"stringValue": "a library's"}}) == []


def changed(base, **changes):
    return {**copy.deepcopy(base), **changes}


@pytest.mark.parametrize(
    ("emitted", "expected"),
    [
        ({"span": changed(SPAN, name="load price")}, "span 'load price' is not in the contract"),
        (
            {"span": changed(SPAN, kind=3)},
            "span 'load prices' is of kind client; in the contract it is internal",
        ),
        ({"span": changed(SPAN, attributes=[text("worker.slot", "1")])}, "has attribute worker.slot"),
        ({"span": changed(SPAN, events=[{"name": "retry"}])}, "span event 'retry'"),
        (
            {"span": changed(SPAN, events=[{"name": "exception", "attributes": [text("job.id", "1")]}])},
            "has attribute job.id",
        ),
        (
            {"span": changed(REQUEST_SPAN, attributes=[text("http.target", "/livez")])},
            "has attribute http.target",
        ),
        ({"record": changed(RECORD, eventName="worker.up")}, "event worker.up is not in the contract"),
        ({"record": changed(RECORD, attributes=[])}, "event worker.started has no log.record.uid"),
        (
            {"record": changed(RECORD, attributes=[*RECORD["attributes"], text("job.id", "1")])},
            "event worker.started has attribute job.id",
        ),
        ({"record": {"body": {}, "attributes": [text("made.up", "1")]}}, "has attribute made.up"),
        ({"metric": changed(COUNTER, name="x")}, "metric x is not in the contract"),
        ({"metric": changed(COUNTER, unit="1")}, "has unit '1'; in the contract it is '{attempt}'"),
        (
            {"metric": changed(COUNTER, sum={"dataPoints": []})},
            "is a updowncounter; in the contract it is a counter",
        ),
        ({"metric": {"name": "optimization.attempts", "unit": "{attempt}", "gauge": {}}}, "is a gauge"),
        (
            {"metric": {"name": "optimization.attempts", "unit": "{attempt}", "exponentialHistogram": {}}},
            "is a metric of another kind",
        ),
        (
            {
                "metric": changed(
                    COUNTER,
                    sum={
                        "isMonotonic": True,
                        "dataPoints": [{"attributes": [{"key": "job.state", "value": {"intValue": "1"}}]}],
                    },
                )
            },
            "job.state is intValue; the contract says string",
        ),
        (
            {
                "metric": changed(
                    COUNTER,
                    sum={"isMonotonic": True, "dataPoints": [{"attributes": [text("job.state", "done")]}]},
                )
            },
            "job.state is 'done'; the contract says queued or running",
        ),
        (
            {"span": SPAN, "resource": {"attributes": [text("host.name", "h")]}},
            "resource has attribute host.name",
        ),
    ],
)
def test_violation_is_told(emitted, expected):
    found = check(**emitted)
    assert len(found) == 1
    assert expected in found[0]


def test_a_violation_is_told_once():
    assert len(check(changed(SPAN, name="x"))) == 1
    twice = [{"resourceSpans": [{"scopeSpans": [{"spans": [changed(SPAN, name="x")] * 2}]}]}]
    assert violations(twice, [], [], REGISTRY) == ["span 'x' is not in the contract"]
