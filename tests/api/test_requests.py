"""What happens to every request: ids, counters, events, one span and one duration each."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.exc import OperationalError

from app.optimizations.service import Optimizations

URL = "/api/v1/optimizations"


def points(api, metric):
    """Return a metric's measurements as {(method, route, status): value or count}."""
    return {
        (
            point.attributes["http.request.method"],
            point.attributes.get("http.route"),
            point.attributes.get("http.response.status_code"),
        ): point.value if point.count is None else point.count
        for point in api.telemetry.points(metric)
    }


def break_reading(monkeypatch, error):
    def broken(self, **_):
        raise error

    monkeypatch.setattr(Optimizations, "list", broken)


def test_one_server_span_one_duration_and_one_count_for_each_request(api):
    client = api.client("viewer")
    job = api.add_job()
    client.get(URL)
    client.get(URL)
    client.get(f"{URL}/{job.id}")
    client.get("/nothing/here")
    client.get("/nothing/there")
    client.delete(URL)
    client.request("BREW", URL)
    client.get("/openapi.json")
    expected = {
        ("GET", URL, 200): 2,
        ("GET", URL + "/{job_id}", 200): 1,
        ("GET", None, 404): 2,
        ("DELETE", URL, 405): 1,
        ("_OTHER", URL, 405): 1,
        ("GET", "/openapi.json", 200): 1,
    }
    assert points(api, "api.requests") == expected
    assert points(api, "api.request.duration") == expected
    spans = api.telemetry.spans
    assert len(spans) == 8
    assert {span.kind for span in spans} == {"server"}
    # FastAPI's own telemetry is off, and no instrumentation has found it.
    for metric in ("http.server.request.duration", "http.server.active_requests"):
        assert api.telemetry.points(metric) == [], metric
    assert points(api, "api.requests.in_progress") == {
        ("GET", None, None): 0,
        ("DELETE", None, None): 0,
        ("_OTHER", None, None): 0,
    }


def test_request_counts_as_in_progress_while_it_is_answered(api, monkeypatch):
    seen = []

    def listing(self, **_):
        seen.append(api.telemetry.value("api.requests.in_progress", {"http.request.method": "GET"}))
        return []

    monkeypatch.setattr(Optimizations, "list", listing)
    api.client("viewer").get(URL)
    assert seen == [1]


def test_errors_are_counted_by_type(api):
    client = api.client("viewer")
    client.get(URL + "?limit=0")
    client.get("/nothing")
    client.post(URL, json={})
    api.client().get(URL)
    assert {
        (point.attributes["error.type"], point.attributes["http.response.status_code"]): point.value
        for point in api.telemetry.points("api.errors")
    } == {("BadInput", 422): 1, ("NotFound", 404): 1, ("Forbidden", 403): 1, ("Unauthorized", 401): 1}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_are_neither_traced_nor_counted(api, path):
    response = api.client().get(path)
    assert response.headers["X-Request-ID"]
    assert api.telemetry.spans == []
    for metric in ("api.requests", "api.errors", "api.request.duration", "api.requests.in_progress"):
        assert api.telemetry.points(metric) == [], metric


def test_what_only_looks_like_a_probe_is_traced(api):
    for url in ("/api/v1/strategies/livez", "/livez/more"):
        api.client().get(url)
    api.client().get("/api/v1/strategies", headers={"Host": "livez"})
    api.client().get("/api/v1/strategies", headers={"Host": "x/livez"})
    assert len(api.telemetry.spans) == 4


@pytest.mark.parametrize("given", ["r-1", "a.B_9-", "x" * 64])
def test_sane_request_id_is_kept(api, given):
    assert api.client().get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "<script>", "é".encode("latin-1"), "a,b"])
def test_other_request_id_is_replaced(api, given):
    returned = api.client().get("/livez", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{20}", returned)


def test_ids_of_request_and_trace_are_on_answers_spans_and_logs(api):
    # The endpoint runs in a thread of a pool: the id must get there too.
    response = api.client("operator").post(URL, json={}, headers={"X-Request-ID": "r-1"})
    (span,) = api.telemetry.spans_named("POST /api/v1/optimizations")
    assert response.headers["X-Trace-ID"] == span.trace_id
    assert span.attributes["request.id"] == "r-1"
    (event,) = api.telemetry.events_named("optimization.submitted")
    assert event.attributes["request.id"] == "r-1"


def test_ids_of_requests_do_not_mix(api):
    for number in range(3):
        api.client().get(f"/nothing/{number}", headers={"X-Request-ID": f"r-{number}"})
    events = api.telemetry.events_named("api.request.rejected")
    assert [event.attributes["request.id"] for event in events] == ["r-0", "r-1", "r-2"]
    assert len({event.trace_id for event in events}) == 3


def test_refusal_is_a_warning_in_the_requests_trace(api):
    api.client("operator").post(URL, json={"trials": 0, "folds": 0})
    (event,) = api.telemetry.events_named("api.request.rejected")
    (span,) = api.telemetry.spans_named("POST /api/v1/optimizations")
    assert (event.trace_id, event.severity) == (span.trace_id, "WARN")
    expected = {
        "http.request.method": "POST",
        "http.route": URL,
        "http.response.status_code": 422,
        "error.type": "BadInput",
        "validation.fields": "trials",
    }
    assert expected.items() <= event.attributes.items()


def test_failure_tells_its_stack_to_us_and_its_id_to_the_caller(api, monkeypatch):
    break_reading(monkeypatch, ValueError("secret detail"))
    response = api.client("viewer").get(URL)
    assert response.status_code == 500
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-ID"] in response.json()["detail"]
    assert "secret detail" not in response.text
    assert "Traceback" not in response.text
    (event,) = api.telemetry.events_named("api.request.failed")
    assert event.severity == "ERROR"
    assert event.attributes["exception.type"] == "ValueError"
    assert "raise error" in event.attributes["exception.stacktrace"]
    assert event.attributes["request.id"] == response.headers["X-Request-ID"]
    (span,) = api.telemetry.spans_named(f"GET {URL}")
    assert (span.status, span.attributes["http.response.status_code"]) == ("error", 500)
    assert api.telemetry.value("api.errors", {"error.type": "ValueError"}) == 1
    assert len(api.telemetry.records) == len(api.telemetry.event_names()), "nothing else is logged about it"


@pytest.mark.parametrize(
    ("cause", "told"),
    [("sqlite", "attempt to write a readonly database"), ("other", "the database cannot be used; try again")],
)
def test_database_trouble_is_ours_and_temporary(api, monkeypatch, cause, told):
    import sqlite3

    original = {
        "sqlite": sqlite3.OperationalError("attempt to write a readonly database"),
        "other": RuntimeError("password authentication failed for user x at host y"),
    }[cause]
    break_reading(monkeypatch, OperationalError("SELECT 1", {}, original))
    response = api.client("viewer").get(URL)
    assert response.status_code == 503
    assert told in response.json()["detail"]
    assert "host y" not in response.text
    (event,) = api.telemetry.events_named("api.request.failed")
    assert event.attributes["exception.type"].endswith("OperationalError")


def test_openapi_document_tells_of_problems_and_examples(api):
    document = api.client().get("/openapi.json").json()
    responses = document["paths"][URL]["post"]["responses"]
    assert set(responses) == {
        *("201", "400", "401", "403", "408", "413", "414", "415", "422", "431", "500", "503")
    }
    assert list(responses["422"]["content"]) == ["application/problem+json"]
    schema = responses["422"]["content"]["application/problem+json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Problem"}
    assert "HTTPValidationError" not in document["components"]["schemas"]
    request = document["components"]["schemas"]["OptimizationRequest"]
    for example in request["examples"]:
        assert api.client("operator").post(URL, json=example).status_code == 201
    assert {tag["name"] for tag in document["tags"]} >= {
        tag for path in document["paths"].values() for operation in path.values() for tag in operation["tags"]
    }
    assert api.client().get("/docs").status_code == api.client().get("/redoc").status_code == 404
