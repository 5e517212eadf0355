"""What OpenTelemetry's instrumentation for FastAPI is shown of a request, and what the application is."""

from __future__ import annotations

import pytest

from app.exports import endpoints as exports
from app.optimizations.service import Optimizations
from app.requests.spans import original_scope, shown_scope

URL = "/api/v1/optimizations"
KEY = "jsk_0123456789ab_" + "a" * 43


def scope_of(**parts):
    return {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "client": ("203.0.113.77", 4711),
        "server": ("127.0.0.1", 8000),
        **parts,
    }


def test_what_is_stored_of_a_request_is_all_there_is(api):
    response = api.client("viewer", "203.0.113.77").get(URL + "?limit=7", headers={"User-Agent": "me/1"})
    (span,) = api.telemetry.spans
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": URL,
        "http.response.status_code": 200,
        "url.scheme": "http",
        "url.path": URL,
        "url.query": "limit=7",
        "network.protocol.version": "1.1",
        "server.address": "api.test",
        "client.address": "203.0.113.0/24",
        "user_agent.original": "me/1",
        "request.id": response.headers["X-Request-ID"],
        "api.key.id": api.key("viewer").split("_")[1],
    }


@pytest.mark.parametrize("part", ["path", "query_string", "user-agent"])
def test_keys_are_not_shown(part):
    agent = [(b"user-agent", KEY.encode())] if part == "user-agent" else []
    given = {"path": f"/x/{KEY}", "query_string": f"key={KEY}".encode()}
    scope = scope_of(**{part: given[part]} if part in given else {}, headers=agent)
    shown = shown_scope(scope, dict(agent), trusted=True)
    seen = str([shown["path"], shown["query_string"], shown["headers"]])
    assert "[redacted]" in seen
    assert KEY not in seen


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        (("203.0.113.77", 4711), ("203.0.113.0/24", None)),
        (("2001:db8:1:2::3", 4711), ("2001:db8:1::/48", None)),
        (("a-name", 4711), None),
        (None, None),
    ],
)
def test_client_is_shown_as_its_network(client, shown):
    assert shown_scope(scope_of(client=client), {}, trusted=True)["client"] == shown


@pytest.mark.parametrize(("trusted", "shown"), [(True, [b"traceparent", b"baggage"]), (False, [])])
def test_headers_that_are_not_needed_are_not_shown(trusted, shown):
    names = (b"authorization", b"host", b"cookie", b"traceparent", b"tracestate", b"baggage")
    headers = dict.fromkeys(names, b"x")
    seen = shown_scope(scope_of(headers=list(headers.items())), headers, trusted=trusted)["headers"]
    assert [name for name, _ in seen] == shown


def test_long_parts_are_bounded(api):
    agent, path, query = "a" * 5000, "/x/" + "p" * 3000, "q" * 3000
    api.client().request("M" * 99, f"{path}?{query}", headers={"User-Agent": agent})
    (span,) = api.telemetry.spans
    lengths = {
        name: len(span.attributes[name])
        for name in ("url.path", "url.query", "user_agent.original", "http.request.method_original")
    }
    assert lengths == {
        "url.path": 1024,
        "url.query": 1024,
        "user_agent.original": 256,
        "http.request.method_original": 32,
    }


def test_query_that_is_no_text_is_stored(api):
    assert api.client().get("/nothing?q=%FF&r=\N{LATIN SMALL LETTER E WITH ACUTE}").status_code == 404
    scope = scope_of(query_string=b"q=\xff")
    assert shown_scope(scope, {}, trusted=False)["query_string"].decode() == "q=\xff"


def test_application_gets_the_request_as_it_came_with_what_was_added():
    headers = [(b"authorization", b"x"), (b"user-agent", b"u" * 999)]
    scope = scope_of(method="M" * 99, path=f"/{KEY}", query_string=KEY.encode(), headers=headers)
    shown = shown_scope(scope, dict(headers), trusted=False)
    original = original_scope({**shown, "app": "added"})
    assert original.items() >= (scope | {"app": "added"}).items()


def test_duration_tells_the_class_of_a_failure(api, monkeypatch):
    def broken(self, **_):
        raise ValueError("no")

    monkeypatch.setattr(Optimizations, "list", broken)
    api.client("viewer").get(URL)
    (point,) = api.telemetry.points("api.request.duration")
    assert point.attributes == {
        "http.request.method": "GET",
        "http.route": URL,
        "http.response.status_code": 500,
        "error.type": "ValueError",
    }
    (span,) = api.telemetry.spans
    assert span.attributes["error.type"] == "ValueError"


def test_answer_that_breaks_off_is_told_once(api, monkeypatch):
    def torn(*_):
        yield "a"
        raise ValueError("torn page")

    monkeypatch.setattr(exports, "export", torn)
    job = api.add_job()
    with pytest.raises(ValueError, match="torn page"):
        api.client("viewer").get(f"{URL}/{job.id}/export")
    (span,) = api.telemetry.spans_named("GET /api/v1/optimizations/{job_id}/export")
    assert (span.status, span.attributes["error.type"], span.events) == ("error", "ValueError", ())
    (stream,) = api.telemetry.points("api.stream.duration")
    assert stream.attributes["error.type"] == "ValueError"
    assert api.telemetry.value("api.requests.in_progress") == 0
    assert len(api.telemetry.events_named("api.request.failed")) == 1
