"""A job's result as CSV or JSON, and what is measured of it."""

from __future__ import annotations

import csv
import gc
import io
import json

import httpx
import pytest

from app.exports import service
from app.exports.service import export
from app.optimizations.service import Optimizations

URL = "/api/v1/optimizations"


def download(api, job, export_format):
    return api.client("viewer").get(f"{URL}/{job.id}/export?format={export_format}")


def test_csv_has_one_row_a_trial(api):
    job = api.add_job(trials=4, state="completed", folds=2)
    response = download(api, job, "csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == f'attachment; filename="optimization-{job.id}.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert rows[1] == {
        "number": "1",
        "outcome": "completed",
        "value": "0.5",
        "fast": "6",
        "slow": "50",
        "fold_1": "0.5",
        "fold_2": "0.5",
        "sharpe": "0.25",
        "attempt": "1",
        "duration_seconds": "0.001",
        "error": "",
    }
    assert (rows[3]["outcome"], rows[3]["value"], rows[3]["fold_1"], rows[3]["sharpe"]) == (
        "failed",
        "",
        "",
        "",
    )
    assert rows[3]["error"] == "ZeroDivisionError: division by zero"


def test_json_has_the_job_with_its_trials(api):
    job = api.add_job(trials=4, state="completed", best_value=1.0)
    document = download(api, job, "json").json()
    assert (document["optimization"]["id"], document["optimization"]["best_value"]) == (job.id, 1.0)
    assert [trial["number"] for trial in document["trials"]] == [0, 1, 2, 3]
    assert document["trials"][1]["parameters"] == {"fast": 6, "slow": 50}


@pytest.mark.parametrize("export_format", ["csv", "json"])
def test_job_without_trials(api, export_format):
    text = download(api, api.add_job(), export_format).text
    if export_format == "json":
        assert json.loads(text)["trials"] == []
    else:
        assert len(text.splitlines()) == 1


@pytest.mark.parametrize("export_format", ["csv", "json"])
def test_all_pages_of_trials_are_exported(api, monkeypatch, export_format):
    monkeypatch.setattr(service, "_PAGE", 3)
    text = download(api, api.add_job(trials=10), export_format).text
    if export_format == "json":
        numbers = [trial["number"] for trial in json.loads(text)["trials"]]
    else:
        numbers = [int(row["number"]) for row in csv.DictReader(io.StringIO(text))]
    assert numbers == list(range(10))


def test_unknown_format_is_refused(api):
    response = download(api, api.add_job(), "xlsx")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "format"


@pytest.mark.parametrize("export_format", ["csv", "json"])
def test_export_is_measured(api, export_format):
    job = api.add_job(trials=4)
    size = len(download(api, job, export_format).content)
    labels = {"export.format": export_format}
    assert api.telemetry.value("export.operations", labels) == 1
    assert api.telemetry.value("export.operations.completed", labels) == 1
    assert api.telemetry.points("export.operations.failed") == []
    (point,) = api.telemetry.points("export.file.size")
    assert (point.value, point.count, point.attributes) == (size, 1, labels)
    (event,) = api.telemetry.events_named("export.completed")
    assert event.attributes["export.size"] == size
    assert event.attributes["job.id"] == job.id
    (span,) = api.telemetry.spans_named("GET /api/v1/optimizations/{job_id}/export")
    assert event.trace_id == span.trace_id
    assert event.attributes["request.id"] == span.attributes["request.id"]
    assert [link.trace_id for link in span.links] == [job.id]


def break_second_page(monkeypatch):
    monkeypatch.setattr(service, "_PAGE", 3)
    real = Optimizations.trials

    def broken(self, job_id, *, after, limit):
        if after >= 0:
            raise ValueError("torn page")
        return real(self, job_id, after=after, limit=limit)

    monkeypatch.setattr(Optimizations, "trials", broken)


def test_export_that_breaks_off_is_counted_and_told(api, monkeypatch):
    break_second_page(monkeypatch)
    job = api.add_job(trials=10)
    key = {"Authorization": f"Bearer {api.key('viewer')}"}
    with api.served() as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}{URL}/{job.id}/export", headers=key)
    assert api.telemetry.value("export.operations") == 1
    assert api.telemetry.value("export.operations.failed", {"error.type": "ValueError"}) == 1
    assert api.telemetry.points("export.operations.completed") == []
    (event,) = api.telemetry.events_named("api.request.failed")
    assert event.attributes["exception.message"] == "torn page"
    assert api.telemetry.value("api.errors", {"error.type": "ValueError"}) == 1
    (span,) = api.telemetry.spans_named("GET /api/v1/optimizations/{job_id}/export")
    assert span.status == "error"


def test_export_whose_reader_goes_is_counted(api):
    job = api.add_job(trials=10)
    pieces = export(Optimizations(api.engine, api.queue, api.settings), job.id, "csv")
    next(pieces)
    del pieces
    gc.collect()
    assert api.telemetry.value("export.operations.failed", {"error.type": "ReaderGone"}) == 1
    assert api.telemetry.points("export.operations.completed") == []


def test_download_is_a_stream(api):
    job = api.add_job(trials=4)
    download(api, job, "csv")
    (stream,) = api.telemetry.points("api.stream.duration")
    assert stream.attributes == {"http.route": URL + "/{job_id}/export"}
    assert api.telemetry.value("api.streams.open") == 0
    assert api.telemetry.value("api.requests.in_progress") == 0
    (span,) = api.telemetry.spans_named("GET /api/v1/optimizations/{job_id}/export")
    assert span.attributes["http.response.status_code"] == 200


def test_refused_download_is_none(api):
    assert api.client().get(f"{URL}/{'1' * 32}/export").status_code == 401
    assert api.telemetry.points("api.stream.duration") == []
    (request,) = api.telemetry.points("api.request.duration")
    assert request.count == 1
