"""Bad input gets a clear answer: the field as the user wrote it, and what would be right."""

from __future__ import annotations

import json
import os
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import event

from app.requests.limits import MAX_BODY_BYTES

URL = "/api/v1/optimizations"


def refused(response, status=422):
    """Assert that an answer is a whole problem detail; return it."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert {"type", "title", "status", "detail", "request_id"} <= problem.keys()
    assert problem["status"] == status
    assert problem["request_id"] == response.headers["X-Request-ID"]
    return problem


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"strategy": "no_such"}, "strategy", "there are: rsi_reversion, sma_cross"),
        ({"dataset": "no_such"}, "dataset", "there are: wti-daily"),
        ({"sampler": "grid"}, "sampler", "random, tpe"),
        ({"objective": "profit"}, "objective", "sharpe"),
        ({"trials": 0}, "trials", "must be from 1 to"),
        ({"trials": -5}, "trials", "must be from 1 to"),
        ({"trials": 10**30}, "trials", "must be from 1 to"),
        ({"trials": "100"}, "trials", "should be a valid integer"),
        ({"trials": True}, "trials", "should be a valid integer"),
        ({"trials": 1.5}, "trials", "should be a valid integer"),
        ({"trials": None}, "trials", "should be a valid integer"),
        ({"folds": 1}, "folds", "from 2 to 50"),
        ({"holdout": 0}, "holdout", "from 0.05 to 0.5"),
        ({"fee_bps": -1}, "fee_bps", "from 0 to 1000"),
        ({"seed": -1}, "seed", "from 0 to"),
        ({"parameters": {"fast": {"low": 0}}}, "parameters.fast.low", "from 2 to 60"),
        ({"parameters": {"fast": {"low": 5.5}}}, "parameters.fast.low", "a whole number"),
        ({"parameters": {"fast": {"low": 9, "high": 5}}}, "parameters.fast.low", "must not be above high"),
        ({"parameters": {"fast": {"from": 5}}}, "parameters.fast.from", "low and high"),
        ({"parameters": {"fast": 5}}, "parameters.fast", "write a range"),
        ({"parameters": {"speed": {}}}, "parameters.speed", "it has: fast, slow"),
        ({"parameters": []}, "parameters", "should be a valid dictionary"),
        ({"trails": 5}, "trails", "is not a field of this request"),
        ([], "body", "should be a valid dictionary"),
        (None, "body", "is required"),
    ],
)
def test_refused_field_is_named(api, body, field, message):
    problem = refused(api.client("operator").post(URL, json=body))
    assert [error["field"] for error in problem["errors"]] == [field]
    assert message in problem["errors"][0]["message"]
    assert field in problem["detail"]
    assert api.queue.queued == []


@pytest.mark.parametrize(
    ("bars", "body", "field", "message"),
    [
        (60, {}, "holdout", "is 0.2, which leaves 12 of 60 prices for the tail; it needs at least 20"),
        (60, {"holdout": 0.4}, "folds", "is 5; 36 prices outside the tail are enough for 1 of at least 20"),
        (100, {}, "folds", "is 5; 80 prices outside the tail are enough for 4 of at least 20"),
        (130, {"parameters": {"slow": {"low": 150}}}, "parameters.slow.low", "and 104 are searched"),
        (
            200,
            {"parameters": {"fast": {"low": 50}, "slow": {"high": 40}}},
            "parameters.fast.low",
            "is 50; fast must be below slow, which is at most 40",
        ),
    ],
)
def test_job_that_cannot_run_is_refused(api, bars, body, field, message):
    (api.settings.data_dir / "datasets").mkdir()
    rows = "".join(f"{date(2024, 1, 1) + timedelta(days=day)},{day}\n" for day in range(bars))
    (api.settings.data_dir / "datasets" / "short.csv").write_text("Date,Price\n" + rows)
    problem = refused(api.client("operator").post(URL, json={"dataset": "short", **body}))
    (error,) = problem["errors"]
    assert error["field"] == field
    assert message in error["message"]
    assert api.queue.queued == []


def test_all_refused_fields_are_named_but_not_thousands(api):
    problem = refused(api.client("operator").post(URL, json={"trials": "x", "folds": "y"}))
    assert [error["field"] for error in problem["errors"]] == ["trials", "folds"]
    many = {f"field{number}" * 100: 1 for number in range(500)}
    problem = refused(api.client("operator").post(URL, json=many))
    assert len(problem["errors"]) == 20
    assert max(len(error["field"]) for error in problem["errors"]) == 64


@pytest.mark.parametrize(
    "content",
    [
        b'{"holdout": NaN}',
        b'{"holdout": Infinity}',
        b'{"parameters": {"fast": {"low": 1e999}}}',
        b'{"parameters": {"fast": {"low": 1%s}}}' % (b"0" * 4000),
        b'{"strategy": "\\u0000"}',
        b'{"strategy": "\\ud800"}',
        b'{"dataset": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"parameters": {"\\ud800": {}}}',
        b'{"parameters": {"fast": {"\\ud800": 1}}}',
    ],
)
def test_strange_values_are_refused_like_all_others(api, content):
    response = api.client("operator").post(URL, content=content, headers={"Content-Type": "application/json"})
    assert refused(response)["errors"]


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"1" * 5000, b"\xff\xfe{}", b'{"trials": 1%s}' % (b"0" * 5000)]
)
def test_what_cannot_be_parsed_is_refused(api, content):
    response = api.client("operator").post(URL, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in {400, 422}
    refused(response, response.status_code)


def test_broken_json_is_refused_with_the_place(api):
    response = api.client("operator").post(
        URL, content=b'{"trials": }', headers={"Content-Type": "application/json"}
    )
    (error,) = refused(response)["errors"]
    assert error == {"field": "body", "message": "is not JSON: Expecting value at character 11"}


def test_json_sent_as_something_else_is_told(api):
    response = api.client("operator").post(
        URL, content=b'{"trials": 5}', headers={"Content-Type": "text/plain"}
    )
    (error,) = refused(response)["errors"]
    assert "Content-Type: application/json" in error["message"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("?limit=0", "limit"),
        ("?limit=501", "limit"),
        ("?limit=many", "limit"),
        ("?state=done", "state"),
        ("?before=yesterday", "before"),
        ("?before=2026-11-24T04:00:00", "before"),
        ("?before=0001-01-01T00:00:00%2B14:00", "before"),
    ],
)
def test_query_is_checked(api, path, field):
    problem = refused(api.client("viewer").get(URL + path))
    assert [error["field"] for error in problem["errors"]] == [field]


def test_number_that_no_trial_can_have_is_refused(api):
    job = api.client("operator").post(URL, json={}).json()["id"]
    problem = refused(api.client("viewer").get(f"{URL}/{job}/trials?after={10**20}"))
    assert [error["field"] for error in problem["errors"]] == ["after"]


def test_what_is_refused_is_not_told_back_whole(api):
    body = {"parameters": {"fast": "x" * 500_000, "y" * 500_000: 1}}
    response = api.client("operator").post(URL, json=body)
    refused(response)
    assert len(response.content) < 10_000


@pytest.mark.parametrize("suffix", ["", "/trials", "/events", "/export", "/view"])
@pytest.mark.parametrize("job_id", ["0" * 32, "6a23f0a1" * 4, "x", "%00", "..%2f..", "%ff"])
def test_job_that_is_not_there(api, job_id, suffix):
    problem = refused(api.client("viewer").get(f"{URL}/{job_id}{suffix}"), 404)
    assert "there is no" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("GET", URL + "/%00"), ("GET", "/jobs/%00/view"), ("DELETE", "/api/v1/keys/%00")]
)
def test_text_with_a_nul_does_not_reach_the_database(api, method, path):
    # PostgreSQL refuses it with an error that would be ours; SQLite, which these tests use, does not.
    sent = []
    client = api.client("admin")
    event.listen(api.engine, "before_cursor_execute", lambda *call: sent.append(str(call[3])))
    refused(client.request(method, path), 404)
    assert not [parameters for parameters in sent if "\\x00" in parameters]


def test_unknown_path_and_method(api):
    client = api.client()
    assert "/openapi.json" in refused(client.get("/api/v1/nothing"), 404)["detail"]
    response = client.delete(URL)
    assert "GET, POST" in refused(response, 405)["detail"]
    assert response.headers["Allow"] == "GET, POST"
    refused(client.request("BREW", URL), 405)


def test_declared_body_over_the_limit_is_not_read(api):
    async def never_sent():
        raise AssertionError("the body was read")
        yield b""

    response = api.client("operator").post(
        URL, content=never_sent(), headers={"Content-Length": str(MAX_BODY_BYTES + 1)}
    )
    assert "1,048,576 bytes" in refused(response, 413)["detail"]
    (told,) = api.telemetry.events_named("api.request.rejected")
    assert (told.attributes["http.route"], told.attributes["error.type"]) == (URL, "BodyTooLarge")


def test_large_body_that_nobody_reads_does_no_harm(api):
    job = api.add_job(trials=3)
    body = b" " * (MAX_BODY_BYTES + 1)
    response = api.client("viewer").request("GET", f"{URL}/{job.id}/export", content=body)
    assert (response.status_code, len(response.text.splitlines())) == (200, 4)


def test_body_without_length_is_read_up_to_the_limit_only(api):
    sent = 0

    async def pieces():
        nonlocal sent
        for _ in range(800):
            sent += 65536
            yield b" " * 65536

    response = api.client("operator").post(
        URL, content=pieces(), headers={"Content-Type": "application/json"}
    )
    refused(response, 413)
    assert sent <= MAX_BODY_BYTES + 2 * 65536


def test_body_at_the_limit_is_read(api):
    body = json.dumps({"trials": 5}).encode().ljust(MAX_BODY_BYTES)
    response = api.client("operator").post(URL, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201


@pytest.mark.parametrize("declared", [True, False], ids=["Content-Length", "chunked"])
def test_fifty_megabytes_over_a_socket_get_a_413(api, declared):
    size, piece = 50 * 2**20, 2**16
    pieces = (b" " * piece for _ in range(size // piece))
    headers = {"Authorization": f"Bearer {api.key('operator')}", "Content-Type": "application/json"}
    if declared:
        headers["Content-Length"] = str(size)
    with api.served() as url:
        response = httpx.post(url + URL, content=pieces, headers=headers, timeout=60)
        refused(response, 413)
        assert httpx.get(f"{url}/livez").is_success


def test_database_overwritten_while_the_api_runs_is_a_problem_of_ours(api):
    client = api.client("operator")
    api.engine.dispose()
    path = api.settings.data_dir / "jobscope.db"
    path.write_bytes(b"not a database at all" * 1000)
    for method, where in (("GET", URL), ("POST", URL)):
        problem = refused(client.request(method, where, json={} if method == "POST" else None), 503)
        assert "file is not a database" in problem["detail"]
        assert str(api.settings.data_dir) not in problem["detail"]
    assert len(api.telemetry.events_named("api.request.failed")) == 2


@pytest.mark.parametrize("kind", ["directory", "named pipe", "bad"])
def test_bad_datasets_hang_nothing_and_tell_nothing_of_the_server(api, kind):
    folder = api.settings.data_dir / "datasets"
    folder.mkdir()
    path = folder / "x.csv"
    {
        "directory": path.mkdir,
        "named pipe": lambda: os.mkfifo(path),
        "bad": lambda: path.write_text("root:x:0\n"),
    }[kind]()
    listed = api.client("viewer").get("/api/v1/datasets")
    assert {item["name"]: bool(item["error"]) for item in listed.json()["items"]} == {
        "wti-daily": False,
        "x": True,
    }
    problem = refused(api.client("operator").post(URL, json={"dataset": "x"}))
    for text in (listed.text, problem["detail"]):
        assert str(api.settings.data_dir) not in text
        assert "root" not in text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff{}", "is not text in UTF-8"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"trials": 1%s}' % (b"0" * 5000), "has a number of more digits than are read"),
    ],
)
def test_why_a_body_cannot_be_parsed_is_told(api, content, why):
    response = api.client("operator").post(URL, content=content, headers={"Content-Type": "application/json"})
    (error,) = refused(response)["errors"]
    assert (error["field"], why in error["message"]) == ("body", True), error
    (event_,) = api.telemetry.events_named("api.request.rejected")
    assert event_.attributes["error.type"] == "BadInput"


@pytest.mark.parametrize("before", ["0", "0.5", "1764043200", "-1", "now"])
def test_number_is_no_time(api, before):
    problem = refused(api.client("viewer").get(f"{URL}?before={before}"))
    assert [error["field"] for error in problem["errors"]] == ["before"]
