"""PromQL: metrics, labels, values and units."""

from __future__ import annotations

import pytest

from telemetry.contract.lint.promql import check_promql

RATE = "rate(optimization_trials_total[5m])"


@pytest.fixture
def said(vocabulary, query):
    def check(text, **more):
        return [f"{one.id}: {one.message}" for one in check_promql(query("promql", text, **more), vocabulary)]

    return check


@pytest.mark.parametrize(
    "text",
    [
        f"sum by (strategy_name) ({RATE})",
        (
            'max(optimization_queue_size{service_name="jobscope-api", job=~".*"}) > 0 unless '
            "absent(optimization_workers)"
        ),
        "histogram_quantile(0.95, sum by (le, http_route) (rate(api_request_duration_seconds_bucket[5m])))",
        (
            "sum(rate(api_request_duration_seconds_sum[$__rate_interval])) / "
            "sum(rate(api_request_duration_seconds_count[$__range]))"
        ),
        (
            "topk($n, sum without (instance) "
            '(increase(api_requests_total{http_route=~"${route:regex}"}[$__range])))'
        ),
        (
            'label_replace(sum by (service_instance_id) (process_cpu_utilization_ratio), "process", '
            '"$1", "service_instance_id", "(.{8}).*")'
        ),
        "optimization_workers * on (job, instance) group_left (telemetry_sdk_version) target_info",
        '{__name__=~"otelcol_exporter_(send|enqueue)_failed_.*_total", exporter="x"}',
        'count_values("v", up) by (job)',
        'increase(optimization_attempts_total{job_state=~"failed|cancelled"}[5m] offset 1h)',
        'node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes',
        "vector(1)",
        'label_replace(up @ $now == 0, "said", "$1", "job", "(.*)")',
        'label_replace(up, "said", "all", "", "")',
        'ALERTS{anything="x"}',
    ],
)
def test_good_queries(said, text):
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            "optimization_queue_sizes",
            "unknown_metric: no metric optimization_queue_sizes (did you mean optimization_queue_size?)",
        ),
        (
            "optimization_trials",
            "unknown_metric: no metric optimization_trials (did you mean optimization_trials_total?)",
        ),
        (
            "api_request_duration_seconds",
            (
                "unknown_metric: no metric api_request_duration_seconds: it is a histogram, query "
                "its _bucket, _sum or _count"
            ),
        ),
        ('{__name__=~"nope_.*"}', "unknown_metric: no metric matches 'nope_.*'"),
        (
            'optimization_trials_total{strategy="x"}',
            "unknown_label: optimization_trials_total has no label strategy",
        ),
        (f"sum by (job_state) ({RATE})", "unknown_label: what is aggregated has no label job_state"),
        (f"sum by (job) (sum by (instance) ({RATE}))", "unknown_label: what is aggregated has no label job"),
        (f"sum without (nope) ({RATE})", "unknown_label: what is aggregated has no label nope"),
        (
            "histogram_quantile(0.9, sum(rate(api_request_duration_seconds_bucket[5m])))",
            "unknown_label: histogram_quantile's argument has no label le",
        ),
        ("up / on (nope) up", "unknown_label: the left side has no label nope"),
        (
            f"sum by (job) ({RATE}) * on (job) group_left (x) sum by (job) (up)",
            "unknown_label: the side of one has no label x",
        ),
        (
            'label_replace(up, "a", "$1", "nope", "(.*)")',
            "unknown_label: label_replace's argument has no label nope",
        ),
        (
            'optimization_attempts_total{job_state="done"}',
            "unknown_value: job_state is never 'done'; it is queued, running, completed, failed, cancelled",
        ),
        ('optimization_attempts_total{job_state=~"do.*"}', "unknown_value: job_state is never 'do.*'"),
        ("sum(rate(up[5m])", "syntax: "),
    ],
)
def test_findings(said, text, finding):
    found = said(text)
    assert any(one.startswith(finding) for one in found), found


def test_every_broken_part_is_found(said):
    assert len(said("sum by (nope) (no_such_metric) + optimization_workers{nope='x'}")) == 2


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("s", "max(optimization_queue_oldest_wait_seconds)"),
        ("ms", "1000 * max(optimization_queue_oldest_wait_seconds)"),
        ("s", "histogram_quantile(0.5, sum by (le) (rate(api_request_duration_seconds_bucket[5m])))"),
        (
            "s",
            (
                "sum(rate(api_request_duration_seconds_sum[5m])) / "
                "sum(rate(api_request_duration_seconds_count[5m]))"
            ),
        ),
        ("s", "time() - process_start_time_seconds"),
        ("reqps", "sum(rate(api_requests_total[5m]))"),
        ("suffix: trials/s", f"sum({RATE})"),
        ("short", f"sum({RATE})"),
        ("percentunit", "sum(rate(api_errors_total[5m])) / sum(rate(api_requests_total[5m]))"),
        ("percent", "100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"),
        ("percentunit", "process_cpu_utilization_ratio"),
        ("percentunit", "rate(process_cpu_time_seconds_total[5m])"),
        ("bytes", "sum by (state) (system_memory_usage_bytes)"),
        ("Bps", "rate(system_network_io_bytes_total[5m])"),
        ("bps", "8 * rate(system_network_io_bytes_total[5m])"),
        ("short", "optimization_workers"),
        ("percentunit", "vector(1)"),
    ],
)
def test_fitting_units(said, unit, text):
    assert said(text, units=(unit,)) == []


@pytest.mark.parametrize(
    ("unit", "text", "message"),
    [
        ("bytes", "max(optimization_queue_oldest_wait_seconds)", "shown as bytes, but it is seconds"),
        ("short", "max(optimization_queue_oldest_wait_seconds)", "shown as short, but it is seconds"),
        ("ms", "max(optimization_queue_oldest_wait_seconds)", "shown as ms, but it is seconds; s would fit"),
        (
            "bytes",
            "rate(system_network_io_bytes_total[5m])",
            "shown as bytes, but it is bytes/second; Bps would fit",
        ),
        ("bps", "rate(system_network_io_bytes_total[5m])", "shown as bps, but it is bytes/second"),
        (
            "s",
            "sum(increase(api_requests_total[5m])) or vector(0)",
            "shown as s, but it is things; short would fit",
        ),
        ("s", "rate(api_requests_total[5m])", "shown as s, but it is things/second; ops would fit"),
        ("reqps", "increase(api_requests_total[5m])", "shown as reqps, but it is things"),
        ("percentunit", "optimization_queue_size", "shown as percentunit, but it is things"),
        (
            "percent",
            "process_cpu_utilization_ratio",
            "shown as percent, but it is a plain number; percentunit would fit",
        ),
    ],
)
def test_contradicting_units(said, unit, text, message):
    found = said(text, units=(unit,))
    assert len(found) == 1
    assert found[0].startswith(f"unit_mismatch: {message}")


def test_heatmaps_axis_is_of_the_bounds(said):
    text = "sum by (le) (increase(optimization_job_duration_seconds_bucket[5m]))"
    assert said(text, bucket_units=("s",)) == []
    assert said(text, bucket_units=("bytes",)) == [
        "unit_mismatch: shown as bytes, but it is seconds; s would fit"
    ]


def test_legend_names_labels_of_the_result(said):
    assert said(f"sum by (trial_outcome) ({RATE})", templates=("{{trial_outcome}}",)) == []
    assert said(f"sum by (trial_outcome) ({RATE})", templates=("{{trial_outcom}}",)) == [
        (
            "unknown_label: in '{{trial_outcom}}': the result has no label trial_outcom (did you "
            "mean trial_outcome?)"
        )
    ]
