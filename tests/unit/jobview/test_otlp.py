from __future__ import annotations

import math

import pytest

from telemetry.files.damage import Damage
from telemetry.jobview.fields import identifier
from telemetry.jobview.otlp import decode_events, decode_spans, decode_value

JOB_ID = "6a27e740000000000000000000000001"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"stringValue": "x"}, "x"),
        ({"intValue": "9007199254740993"}, 9007199254740993),
        ({"intValue": 7}, 7),
        ({"doubleValue": 1}, 1.0),
        ({"doubleValue": "-Infinity"}, -math.inf),
        ({"boolValue": True}, True),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}]}}, (1, "a")),
        ({"arrayValue": {}}, ()),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": False}}]}}, {"k": False}),
        ({}, ""),
    ],
)
def test_values_keep_their_type(value, expected):
    decoded = decode_value(value)
    assert (type(decoded), decoded) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("6A27E740000000000000000000000001", 16, JOB_ID),
        ("aifnQAAAAAAAAAAAAAAAAQ==", 16, JOB_ID),
        ("00f067aa0ba902b7", 8, "00f067aa0ba902b7"),
        ("APBnqgupArc=", 8, "00f067aa0ba902b7"),
    ],
)
def test_ids_are_read_in_hex_and_in_base64(text, size, expected):
    assert identifier(text, size) == expected


def span(**fields: object) -> dict[str, object]:
    times = {"startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    return {"traceId": JOB_ID, "spanId": "00f067aa0ba902b7", "name": "trial", **times, **fields}


@pytest.mark.parametrize(
    ("fields", "kind", "status", "parent"),
    [
        ({"kind": 4, "status": {"code": 2, "message": "no"}}, "producer", "error", None),
        ({"kind": "SPAN_KIND_CONSUMER", "status": {"code": "STATUS_CODE_OK"}}, "consumer", "ok", None),
        ({"parentSpanId": ""}, "internal", "unset", None),
        ({"parentSpanId": "0000000000000000"}, "internal", "unset", None),
        ({"parentSpanId": "APBnqgupArc=", "kind": 99}, "internal", "unset", "00f067aa0ba902b7"),
    ],
)
def test_enums_and_parents_in_all_their_forms(fields, kind, status, parent):
    (decoded,) = decode_spans([{"scopeSpans": [{"spans": [span(**fields)]}]}], JOB_ID, Damage())
    assert (decoded.kind, decoded.status, decoded.parent_span_id) == (kind, status, parent)
    assert (decoded.service, decoded.instance) == ("", "")


def test_spans_of_other_traces_are_left_out():
    request = [{"scopeSpans": [{"spans": [span(), span(traceId="1" * 32)]}]}]
    assert len(list(decode_spans(request, JOB_ID, Damage()))) == 1


def test_a_log_record_that_is_no_event_of_ours():
    record = {"traceId": JOB_ID, "observedTimeUnixNano": "5", "body": {"stringValue": "careful"}}
    request = [{"scopeLogs": [{"logRecords": [record, record]}]}]
    first, second = decode_events(request, JOB_ID, Damage())
    assert (first.time_ns, first.name, first.body, first.span_id) == (5, "", "careful", None)
    # It has no uid of its own; a made-up one tells it from others, and twice the same from each other.
    assert first.uid == second.uid != ""


def test_the_collectors_copy_of_the_event_name_is_no_attribute():
    attributes = [
        {"key": "event.name", "value": {"stringValue": "optimization.lost"}},
        {"key": "log.record.uid", "value": {"stringValue": "5f0c"}},
        {"key": "worker.slot", "value": {"stringValue": ""}},
        {"key": "job.attempt", "value": {"intValue": "2"}},
    ]
    record = {"traceId": JOB_ID, "timeUnixNano": "5", "attributes": attributes}
    (event,) = decode_events([{"scopeLogs": [{"logRecords": [record]}]}], JOB_ID, Damage())
    assert (event.name, event.uid, event.attributes) == ("optimization.lost", "5f0c", {"job.attempt": 2})
