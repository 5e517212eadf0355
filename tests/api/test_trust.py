"""Whose trace a request belongs to, and that jobs are sampled whatever a caller says."""

from __future__ import annotations

import pytest
from opentelemetry import baggage

from app.optimizations.service import Optimizations

URL = "/api/v1/optimizations"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRUSTED = {"trusted_callers": ["10.1.0.0/16", "fd00::/8"]}


def headers(flags="01"):
    return {"traceparent": f"00-{TRACE}-{SPAN}-{flags}", "tracestate": "x=1", "baggage": "user=7"}


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::7", "::ffff:10.1.2.3"])
def test_trusted_callers_context_is_the_parent(make_api, address):
    api = make_api(**TRUSTED)
    response = api.client("viewer", address).get(URL, headers=headers())
    (span,) = api.telemetry.spans
    assert (span.trace_id, span.parent_id, span.links) == (TRACE, SPAN, ())
    assert response.headers["X-Trace-ID"] == TRACE


@pytest.mark.parametrize("address", ["10.2.0.1", "127.0.0.1", "fe80::1", "a-name", "", None])
@pytest.mark.parametrize("flags", ["01", "00"])
def test_strangers_context_is_a_link(make_api, address, flags):
    api = make_api(**TRUSTED)
    response = api.client("viewer", address).get(URL, headers=headers(flags))
    (span,) = api.telemetry.spans
    assert span.trace_id != TRACE
    assert span.parent_id is None
    assert [(link.trace_id, link.span_id) for link in span.links] == [(TRACE, SPAN)]
    assert response.headers["X-Trace-ID"] == span.trace_id


@pytest.mark.parametrize(("address", "carried"), [("10.1.2.3", {"user": "7"}), ("10.2.0.1", {})])
def test_only_trusted_callers_can_carry_baggage_in(make_api, monkeypatch, address, carried):
    api = make_api(**TRUSTED)
    seen = []

    def listing(self, **_):
        seen.append(dict(baggage.get_all()))
        return []

    monkeypatch.setattr(Optimizations, "list", listing)
    api.client("viewer", address).get(URL, headers=headers())
    assert seen == [carried]


def test_nobody_is_trusted_unless_told(api):
    api.client("viewer").get(URL, headers=headers())
    (span,) = api.telemetry.spans
    assert span.parent_id is None


@pytest.mark.parametrize("name", ["Traceparent", "TRACEPARENT"])
def test_spelling_of_the_header_does_not_get_through(api, name):
    api.client("viewer").get(URL, headers={name: headers()["traceparent"]})
    (span,) = api.telemetry.spans
    assert span.parent_id is None
    assert [link.trace_id for link in span.links] == [TRACE]


@pytest.mark.parametrize("value", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", "00-" + "x" * 1000])
def test_context_that_is_none_is_ignored(api, value):
    assert api.client("viewer").get(URL, headers={"traceparent": value}).status_code == 200
    (span,) = api.telemetry.spans
    assert (span.parent_id, span.links) == (None, ())


@pytest.mark.parametrize("address", ["10.1.2.3", "10.2.0.1"])
def test_no_caller_can_unsample_a_job(make_api, address):
    api = make_api(**TRUSTED)
    response = api.client("operator", address).post(URL, json={}, headers=headers("00"))
    job_id = response.json()["id"]
    (root,) = api.telemetry.spans_named("send optimizations")
    assert (root.trace_id, root.parent_id) == (job_id, None)
    job_traceparent = api.client("viewer").get(f"{URL}/{job_id}")
    assert job_traceparent.status_code == 200
    # A trusted caller may unsample the span of its own request, and nothing else.
    assert len(api.telemetry.spans_named("POST /api/v1/optimizations")) == (address == "10.2.0.1")


def test_stored_context_of_a_job_is_sampled(make_api):
    api = make_api(**TRUSTED)
    response = api.client("operator", "10.1.2.3").post(URL, json={}, headers=headers("00"))
    job_id = response.json()["id"]
    stored = Optimizations(api.engine, api.queue, api.settings).get(job_id).traceparent
    assert stored.startswith(f"00-{job_id}-")
    assert int(stored[-2:], 16) & 1, "workers continue a sampled trace"
