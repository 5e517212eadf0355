"""The telemetry pipeline watched by itself: from the SDK through the Collector into the backends."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard as build

from grafana.board import board, row
from grafana.looks import AMBER, BLUE, GREEN, RED, thresholds
from grafana.panels import bars, stat, table, time_series, transformation
from grafana.queries import promql, promql_now

_SIGNALS = {"spans": "spans", "log_records": "log records", "metric_points": "measurements"}
# Every counter of something that is gone for good, from the SDK to the backends.
_LOSSES = {
    "left out by the SDK, spans": 'otel_sdk_processor_span_processed_total{error_type!=""}',
    "left out by the SDK, log records": 'otel_sdk_processor_log_processed_total{error_type!=""}',
    "not exported, spans": 'otel_sdk_exporter_span_exported_total{error_type!=""}',
    "not exported, log records": 'otel_sdk_exporter_log_exported_total{error_type!=""}',
    "not exported, measurements": 'otel_sdk_exporter_metric_data_point_exported_total{error_type!=""}',
    "Collector's queue refused, spans": "otelcol_exporter_enqueue_failed_spans_total",
    "Collector's queue refused, log records": "otelcol_exporter_enqueue_failed_log_records_total",
    "Collector's queue refused, measurements": "otelcol_exporter_enqueue_failed_metric_points_total",
    "backend refused, spans": "otelcol_exporter_send_failed_spans_total",
    "backend refused, log records": "otelcol_exporter_send_failed_log_records_total",
    "backend refused, measurements": "otelcol_exporter_send_failed_metric_points_total",
    "Loki discarded, log records": "loki_discarded_samples_total",
    "Prometheus came too late, samples": "prometheus_tsdb_too_old_samples_total",
}
# Less than a byte a second is not filling: without a floor the answer would be infinite or negative.
_TIME_TO_FULL = (
    "clamp_max((otelcol_exporter_queue_capacity - otelcol_exporter_queue_size) "
    "/ clamp_min(deriv(otelcol_exporter_queue_size[5m]), 1), 604800)"
)


def build_dashboard() -> build.Dashboard:
    """Return the dashboard."""
    dashboard = board(
        "pipeline",
        "Does telemetry arrive, all of it, and soon? Step by step from the SDK through the Collector into "
        "the backends. What is lost anywhere is counted here.",
    )
    for panel in _now():
        dashboard = dashboard.with_panel(panel)
    for title, panels in (
        ("Losses", _losses()),
        ("Our processes: the SDK", _sdk()),
        ("Collector", _collector()),
        ("Backends", _backends()),
        ("Freshness and cardinality", _freshness_and_cardinality()),
    ):
        dashboard = dashboard.with_row(row(title))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return dashboard


def _lost_in_range() -> str:
    """Return the expression for all losses in the dashboard's time range.

    Not ``increase()``: these counters come into being with their first loss, which it would not see.
    """
    every = " or ".join(
        f"(max_over_time({counter}[$__range]) - ({counter} offset $__range)) or "
        f"max_over_time({counter}[$__range])"
        for counter in _LOSSES.values()
    )
    return f"sum({every}) or vector(0)"


def _now() -> list[Any]:
    queue = "otelcol_exporter_queue_size / otelcol_exporter_queue_capacity"
    return [
        stat(
            "Lost in this time range",
            "Spans, log records and measurements that are gone for good, anywhere between the SDK and the "
            "backends. Anything but 0: see the losses below.",
            promql(_lost_in_range(), "lost"),
            unit="short",
        ).thresholds(thresholds(GREEN, (1, RED))),
        stat(
            "Fullest queue",
            "Of the Collector's queues on disk. Filling: a backend is down or slow; nothing is lost before "
            "it is full, and even then senders wait.",
            promql(f"max({queue})", "fullest"),
            unit="percentunit",
            none="Collector is silent",
            trend=True,
        )
        .decimals(1)
        .thresholds(thresholds(GREEN, (0.25, AMBER), (0.5, RED))),
        stat(
            "Queue full in",
            "At the rate of the last 5 minutes. 7 days stands for: not in sight.",
            promql(f"min({_TIME_TO_FULL})", "full in"),
            unit="s",
            none="Collector is silent",
        ).thresholds(thresholds(RED, (600, AMBER), (3600, GREEN))),
        stat(
            "Oldest news",
            "Seconds since the newest measurement of the API or of the workers, whichever is older.",
            promql(
                "max(time() - max by (service_name) "
                '(timestamp(process_thread_count{service_name=~"jobscope-(api|worker)"})))',
                "age",
            ),
            unit="s",
            none="no process",
        ).thresholds(thresholds(GREEN, (15, AMBER), (60, RED))),
        stat(
            "Series in Prometheus",
            "Series in memory. Ever rising: something has an id for a label; see the cardinality below.",
            promql("sum(prometheus_tsdb_head_series)", "series"),
            unit="short",
            none="Prometheus is silent",
            trend=True,
        ).thresholds(thresholds(BLUE, (500000, AMBER))),
        stat(
            "Alerts firing",
            "All but the one that always fires to prove that alerting works.",
            promql('count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)', "firing"),
            unit="short",
        ).thresholds(thresholds(GREEN, (1, RED))),
    ]


def _losses() -> list[Any]:
    return [
        time_series(
            "Lost since each process started",
            "Every place where telemetry can get lost has a curve once it lost something. A step up is a "
            "loss at that moment.",
            [promql(f"sum({counter})", name) for name, counter in _LOSSES.items()],
            unit="short",
            size=(14, 9),
            none="Nothing was lost anywhere",
            table_legend=True,
        ).min(0),
        table(
            "Which alerts fire",
            "By Prometheus' rules; Alertmanager tells those who must know.",
            [promql_now('ALERTS{alertstate="firing", alertname!="Watchdog"}')],
            size=(10, 9),
            none="No alert fires",
        ).with_transformation(
            transformation(
                "filterFieldsByName",
                include={"names": ["alertname", "severity", "exporter", "job", "instance"]},
            )
        ),
    ]


def _sdk() -> list[Any]:
    exported = {
        "spans": "otel_sdk_exporter_span_exported_total",
        "log records": "otel_sdk_exporter_log_exported_total",
        "measurements": "otel_sdk_exporter_metric_data_point_exported_total",
    }
    return [
        time_series(
            "Exported by our processes",
            "Items per second that the SDK handed to the Collector.",
            [
                promql(f'sum(rate({metric}{{error_type=""}}[$__rate_interval]))', name)
                for name, metric in exported.items()
            ],
            unit="suffix: items/s",
        ).min(0),
        time_series(
            "Fill of the SDK's queues",
            "Share, of the fullest process. At 100 % the SDK drops the oldest: the Collector does not "
            "answer, or a burst was too large.",
            [
                promql(
                    f"max(otel_sdk_processor_{signal}_queue_size / "
                    f"otel_sdk_processor_{signal}_queue_capacity)",
                    name,
                )
                for signal, name in (("span", "spans"), ("log", "log records"))
            ],
            unit="percentunit",
        ).min(0),
        time_series(
            "Duration of exports",
            "Mean; the SDK's buckets begin at 5 s, too coarse for more. Over a second: the Collector makes "
            "senders wait.",
            [
                promql(
                    "sum by (otel_component_type) "
                    "(rate(otel_sdk_exporter_operation_duration_seconds_sum[$__rate_interval])) "
                    "/ sum by (otel_component_type) "
                    "(rate(otel_sdk_exporter_operation_duration_seconds_count[$__rate_interval]))",
                    "{{otel_component_type}}",
                )
            ],
            unit="s",
        ).min(0),
    ]


def _collector() -> list[Any]:
    def each(metric: str, by: str, legend: str) -> list[Any]:
        return [
            promql(f"sum by ({by}) (rate({metric.format(signal)}[$__rate_interval]))", f"{name} {legend}")
            for signal, name in _SIGNALS.items()
        ]

    refused = [
        *each("otelcol_receiver_refused_{}_total", "receiver", "refused by {{receiver}}"),
        *each("otelcol_receiver_failed_{}_total", "receiver", "failed in {{receiver}}"),
        *each("otelcol_processor_memory_limiter_refused_{}_total", "processor", "refused by {{processor}}"),
    ]
    return [
        time_series(
            "Accepted",
            "Items per second that the Collector took, and has on disk.",
            each("otelcol_receiver_accepted_{}_total", "receiver", "by {{receiver}}"),
            unit="suffix: items/s",
        ).min(0),
        time_series(
            "Refused or failed",
            "Items per second that were not taken. Not lost yet: the sender keeps what it can and tries "
            "again.",
            refused,
            unit="suffix: items/s",
            none="Nothing was refused",
        ).min(0),
        time_series(
            "Sent",
            "Items per second that a backend took. Less than accepted: the difference waits in a queue.",
            each("otelcol_exporter_sent_{}_total", "exporter", "by {{exporter}}"),
            unit="suffix: items/s",
        ).min(0),
        time_series(
            "Through each processor",
            "Items per second in and out; a processor that lets out less than came in filters.",
            [
                promql(
                    "sum by (processor, otel_signal) "
                    f"(rate(otelcol_processor_{way}_items_total[$__rate_interval]))",
                    f"{{{{processor}}}} {{{{otel_signal}}}} {name}",
                )
                for way, name in (("incoming", "in"), ("outgoing", "out"))
            ],
            unit="suffix: items/s",
        ).min(0),
        time_series(
            "Queues",
            "Bytes that wait on disk for each backend; 1 GiB is the limit. A hill is an outage that was "
            "survived.",
            [promql("sum by (exporter) (otelcol_exporter_queue_size)", "{{exporter}}")],
            unit="bytes",
        ).min(0),
        time_series(
            "Each queue full in",
            "At the rate of the last 5 minutes. 7 days stands for: not in sight.",
            [promql(f"min by (exporter) ({_TIME_TO_FULL})", "{{exporter}}")],
            unit="s",
        ).min(0),
        time_series(
            "Requests on their way",
            "Requests to a backend that it has not answered yet. At the number of senders (1 for Prometheus, "
            "4 for the others) for long: the backend is the brake.",
            [promql("sum by (exporter) (otelcol_exporter_in_flight_requests)", "{{exporter}}")],
            unit="short",
        ).min(0),
        time_series(
            "Collector's CPU",
            "Cores it keeps busy.",
            [promql("rate(otelcol_process_cpu_seconds_total[$__rate_interval])", "Collector")],
            unit="suffix: cores",
        )
        .decimals(2)
        .min(0),
        time_series(
            "Collector's memory",
            "Over 400 MiB of heap its memory limiter refuses data.",
            [
                promql("otelcol_process_memory_rss_bytes", "resident"),
                promql("otelcol_process_runtime_heap_alloc_bytes", "heap"),
            ],
            unit="bytes",
        ).min(0),
    ]


def _backends() -> list[Any]:
    return [
        time_series(
            "Stored",
            "Items per second that each backend took.",
            [
                promql("sum(rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))", "samples"),
                promql("sum(rate(loki_distributor_lines_received_total[$__rate_interval]))", "log records"),
                promql("sum(rate(tempo_distributor_spans_received_total[$__rate_interval]))", "spans"),
            ],
            unit="suffix: items/s",
        ).min(0),
        time_series(
            "Memory of the backends",
            "Physical memory of each program. A step to a limit and back to zero: it was killed.",
            [promql('process_resident_memory_bytes{job=~"prometheus|loki|tempo|alertmanager"}', "{{job}}")],
            unit="bytes",
        ).min(0),
        time_series(
            "CPU of the backends",
            "Cores each keeps busy.",
            [
                promql(
                    'rate(process_cpu_seconds_total{job=~"prometheus|loki|tempo|alertmanager"}'
                    "[$__rate_interval])",
                    "{{job}}",
                )
            ],
            unit="suffix: cores",
        )
        .decimals(2)
        .min(0),
        time_series(
            "Writes answered within",
            "95 % of the Collector's requests to each backend. Slow writes fill its queues.",
            [
                promql(
                    f"histogram_quantile(0.95, sum by (le) (rate({metric}[$__rate_interval])))",
                    name,
                )
                for name, metric in (
                    (
                        "Prometheus",
                        'prometheus_http_request_duration_seconds_bucket{handler="/api/v1/otlp/v1/metrics"}',
                    ),
                    ("Loki", 'loki_request_duration_seconds_bucket{route="otlp_v1_logs"}'),
                    ("Tempo", "tempo_distributor_push_duration_seconds_bucket"),
                )
            ],
            unit="s",
            points=True,
        ).min(0),
        time_series(
            "Held in memory",
            "Series, streams and traces that are not only on disk. Streams ever rising: an id is a label in "
            "Loki.",
            [
                promql("sum(prometheus_tsdb_head_series)", "series in Prometheus"),
                promql("sum(loki_ingester_memory_streams)", "streams in Loki"),
                promql("sum(tempo_live_store_live_traces)", "traces in Tempo"),
            ],
            unit="short",
        ).min(0),
        time_series(
            "Exemplars",
            "Kept in Prometheus' memory, the newest of each bucket; and those that came out of order, which "
            "it drops.",
            [
                promql("sum(prometheus_tsdb_exemplar_exemplars_in_storage)", "kept"),
                promql("sum(prometheus_api_otlp_out_of_order_exemplars_total)", "dropped, by OTLP"),
            ],
            unit="short",
        ).min(0),
    ]


def _freshness_and_cardinality() -> list[Any]:
    return [
        time_series(
            "Age of the latest measurement",
            "By service: seconds since its newest measurement. A saw tooth of a second or two is as it "
            "should be; a ramp is a process that fell silent.",
            [
                promql(
                    "time() - max by (service_name) "
                    '(timestamp(process_thread_count{service_name=~"jobscope-(api|worker)"}))',
                    "{{service_name}}",
                )
            ],
            unit="s",
        ).min(0),
        time_series(
            "Age of spans when Tempo gets them",
            "Mean, from a span's start. A long span is as old as it is long.",
            [
                promql(
                    "sum(rate(tempo_spans_distance_in_past_seconds_sum[$__rate_interval])) "
                    "/ sum(rate(tempo_spans_distance_in_past_seconds_count[$__rate_interval]))",
                    "spans",
                )
            ],
            unit="s",
            none="No span in this time range",
            points=True,
        ).min(0),
        bars(
            "Series by metric",
            "The 15 metrics of ours with the most series now. Labels multiply: strategies, datasets, routes, "
            "processes.",
            [promql('topk(15, count by (__name__) ({service_namespace="jobscope"}))', "{{__name__}}")],
            unit="short",
            size=(8, 12),
        ),
    ]
