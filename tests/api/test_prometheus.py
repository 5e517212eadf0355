"""/metrics: names as users query them, in both text formats, whoever scrapes at the same time."""

from __future__ import annotations

import threading
from collections import Counter as Tally
from contextlib import suppress

import pytest
from opentelemetry.exporter.prometheus import _CustomCollector
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

PARSERS = {
    "text/plain": parse_text,
    "application/openmetrics-text; version=1.0.0": parse_openmetrics,
}


@pytest.fixture
def api(make_api):
    return make_api(registry=CollectorRegistry())


def scrape(api, accept="text/plain"):
    response = api.client().get("/metrics", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith(accept.split(";")[0])
    return [sample for family in PARSERS[accept](response.text) for sample in family.samples]


def use(api):
    job = api.add_job(
        trials=3, state="completed", best_value=1.0, out_of_sample_value=0.5, deflated_sharpe=0.9
    )
    api.client("viewer").get(f"/api/v1/optimizations/{job.id}/export")
    api.client().get("/nothing")
    api.state.health.run_once()


@pytest.mark.parametrize("accept", PARSERS)
def test_names_users_query(api, accept):
    use(api)
    samples = scrape(api, accept)
    assert {sample.name for sample in samples} >= {
        "api_requests_total",
        "api_errors_total",
        "api_request_duration_seconds_bucket",
        "api_requests_in_progress",
        "optimization_jobs_total",
        "optimization_jobs_completed_total",
        "optimization_jobs_failed_total",
        "optimization_queue_size",
        "optimization_workers",
        "export_operations_total",
        "export_operations_completed_total",
        "export_file_size_bytes_bucket",
        "health_check_status",
        "health_check_duration_seconds_bucket",
        "strategy_best_value",
        "strategy_out_of_sample_value",
        "strategy_deflated_sharpe",
        "target_info",
    }
    (requests,) = (
        sample
        for sample in samples
        if sample.name == "api_requests_total" and sample.labels.get("http_response_status_code") == "404"
    )
    assert requests.labels == {
        "http_request_method": "GET",
        "http_route": "",
        "http_response_status_code": "404",
    }
    assert requests.value == 1


def test_no_series_twice_and_no_scope_labels(api):
    use(api)
    samples = scrape(api)
    tally = Tally((sample.name, tuple(sorted(sample.labels.items()))) for sample in samples)
    assert [series for series, count in tally.items() if count > 1] == []
    assert not [sample for sample in samples for label in sample.labels if label.startswith("otel_scope")]


def test_buckets_suit_seconds(api):
    use(api)
    bounds = [
        sample.labels["le"]
        for sample in scrape(api)
        if sample.name == "api_request_duration_seconds_bucket"
        and sample.labels["http_response_status_code"] == "404"
    ]
    assert bounds[:3] == ["0.005", "0.01", "0.025"]


def test_scrapes_at_the_same_time_do_not_mix(api, monkeypatch):
    use(api)
    alone, results = len(scrape(api)), []
    # Two scrapes that have both collected before either goes on would get each other's series.
    both_collected = threading.Barrier(2)
    collected = _CustomCollector.add_metrics_data

    def meet(collector, data):
        collected(collector, data)
        with suppress(threading.BrokenBarrierError):
            both_collected.wait(0.2)

    monkeypatch.setattr(_CustomCollector, "add_metrics_data", meet)
    threads = [threading.Thread(target=lambda: results.append(len(scrape(api)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 2


def test_process_without_a_registry_says_so(make_api):
    response = make_api().client().get("/metrics")
    assert response.status_code == 404
    assert "does not serve metrics" in response.json()["detail"]
