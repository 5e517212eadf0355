"""The API dashboard: how much is asked, what goes wrong, how long answers take, and why."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard as build

from grafana.board import board, choice_from_metrics, row
from grafana.looks import AMBER, BLUE, GREEN, RED, number, thresholds, width
from grafana.panels import bars, heat_map, lines, spans_found, stat, table, time_series, transformation
from grafana.queries import logql, logql_lines, promql, promql_buckets, traceql
from grafana.streams import exports, open_streams

_ROUTE = 'http_route=~"$route"'


def build_dashboard() -> build.Dashboard:
    """Return the dashboard."""
    dashboard = board(
        "api",
        "The HTTP API: rate, errors and duration of requests by route; which requests were slow, and which "
        "were refused and why. A diamond on a curve is one request: it leads to its trace.",
    ).with_variable(choice_from_metrics("route", "Route", "label_values(api_requests_total, http_route)"))
    for panel in _now():
        dashboard = dashboard.with_panel(panel)
    for title, panels in (
        ("Rate and errors", _rate_and_errors()),
        ("Duration", _durations()),
        ("Refused and failed requests", _refusals()),
        ("Streams and exports", [*open_streams(), *exports()]),
    ):
        dashboard = dashboard.with_row(row(title))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return dashboard


def _now() -> list[Any]:
    quantile = (
        "histogram_quantile(0.95, sum by (le) (rate(api_request_duration_seconds_bucket{"
        f"{_ROUTE}}}[$__rate_interval])))"
    )
    server_errors = f'api_requests_total{{{_ROUTE}, http_response_status_code=~"5.."}}'
    return [
        stat(
            "Requests per second",
            "All requests answered, health probes included.",
            promql(f"sum(rate(api_requests_total{{{_ROUTE}}}[$__rate_interval]))", "requests/s"),
            unit="reqps",
            none="API is silent",
            trend=True,
        ).thresholds(thresholds(BLUE)),
        stat(
            "Failed for our reasons",
            "Share of requests answered with status 500 or above in the time range. Anything but zero is "
            "ours to mend.",
            promql(
                f"(sum(increase({server_errors}[$__range])) or vector(0)) "
                f"/ sum(increase(api_requests_total{{{_ROUTE}}}[$__range]))",
                "share",
            ),
            unit="percentunit",
            none="no request",
        )
        .decimals(2)
        .thresholds(thresholds(GREEN, (0.0001, AMBER), (0.01, RED))),
        stat(
            "Refused",
            "Requests per second answered with a status from 400 to 499: bad input, no or a wrong key, no "
            "such thing. Many at once: a caller is broken, or someone tries keys.",
            promql(
                f'sum(rate(api_requests_total{{{_ROUTE}, http_response_status_code=~"4.."}}'
                "[$__rate_interval])) or vector(0)",
                "refused/s",
            ),
            unit="reqps",
            trend=True,
        ).thresholds(thresholds(GREEN, (1, AMBER))),
        stat(
            "95 % answered within",
            "Of all requests; of exports and followed jobs, which last as long as there is to send, their "
            "first byte.",
            promql(quantile, "95 %"),
            unit="s",
            none="no request",
            trend=True,
        ).thresholds(thresholds(GREEN, (0.5, AMBER), (2, RED))),
        stat(
            "In progress",
            "Requests being answered now. Rising while the rate does not: something they wait for is slow.",
            promql("sum(api_requests_in_progress)", "in progress"),
            unit="short",
            none="API is silent",
            trend=True,
        ).thresholds(thresholds(BLUE, (50, AMBER))),
        stat(
            "API processes",
            "Processes that sent measurements within the last 15 seconds.",
            promql(
                'count(last_over_time(process_cpu_utilization_ratio{service_name="jobscope-api"}[15s]))',
                "processes",
            ),
            unit="short",
            none="none",
        ).thresholds(thresholds(RED, (1, GREEN))),
    ]


def _rate_and_errors() -> list[Any]:
    return [
        time_series(
            "Requests by route",
            "Requests per second.",
            [
                promql(
                    f"sum by (http_request_method, http_route) (rate(api_requests_total{{{_ROUTE}}}"
                    "[$__rate_interval]))",
                    "{{http_request_method}} {{http_route}}",
                )
            ],
            unit="reqps",
            size=(12, 11),
            table_legend=True,
        ).min(0),
        time_series(
            "Errors by route and status",
            "Requests per second answered with 400 or above. 5xx is ours, 4xx mostly the caller's.",
            [
                promql(
                    "sum by (http_request_method, http_route, http_response_status_code) "
                    f"(rate(api_errors_total{{{_ROUTE}}}[$__rate_interval]))",
                    "{{http_response_status_code}} {{http_request_method}} {{http_route}}",
                )
            ],
            unit="reqps",
            size=(12, 11),
            none="No errors",
            table_legend=True,
        ).min(0),
        time_series(
            "Status codes",
            "Requests per second by the status they were answered with.",
            [
                promql(
                    "sum by (http_response_status_code) "
                    f"(rate(api_requests_total{{{_ROUTE}}}[$__rate_interval]))",
                    "{{http_response_status_code}}",
                )
            ],
            unit="reqps",
            size=(12, 8),
            stacked=True,
        ).min(0),
        time_series(
            "Requests in progress",
            "Requests being answered, by method; exports and followed jobs up to their first byte.",
            [
                promql(
                    "sum by (http_request_method) (api_requests_in_progress)",
                    "{{http_request_method}}",
                )
            ],
            unit="short",
            size=(12, 8),
        ).min(0),
    ]


def _durations() -> list[Any]:
    per_route = (
        "histogram_quantile({share}, sum by (le, http_route) "
        "(rate(api_request_duration_seconds_bucket{{" + _ROUTE + "}}[$__rate_interval])))"
    )
    return [
        time_series(
            "95 % of each route answered within",
            "A diamond is one request: click it for its trace, and for its job where it belongs to one.",
            [promql(per_route.format(share=0.95), "{{http_route}}", exemplars=True)],
            unit="s",
            size=(12, 11),
            table_legend=True,
        ).min(0),
        heat_map(
            "Durations, with exemplars",
            "How many requests took how long. Two bands: two kinds of requests, or a cache. Diamonds lead to "
            "traces.",
            promql_buckets(
                f"sum by (le) (increase(api_request_duration_seconds_bucket{{{_ROUTE}}}[$__rate_interval]))"
            ),
            unit="s",
            size=(12, 11),
        ),
        bars(
            "Mean duration by route",
            "Over the whole time range.",
            [
                promql(
                    "topk(12, sum by (http_route) "
                    f"(increase(api_request_duration_seconds_sum{{{_ROUTE}}}[$__range])) "
                    "/ sum by (http_route) "
                    f"(increase(api_request_duration_seconds_count{{{_ROUTE}}}[$__range]) > 0))",
                    "{{http_route}}",
                )
            ],
            unit="s",
            size=(10, 11),
        ),
        table(
            "Slowest requests",
            "Requests over 20 ms, slowest first, exports and followed jobs left out; at most 200 are looked "
            "at. Click one for its trace.",
            [
                traceql(
                    '{ resource.service.name = "jobscope-api" && kind = server && duration > 20ms '
                    '&& span.http.route !~ ".*/(events|export)" } '
                    "| select(span.http.route, span.http.response.status_code)",
                    limit=200,
                )
            ],
            size=(14, 11),
            none="No request took over 20 ms in this time range",
        )
        .override_by_name("time", [width(190)])
        .override_by_name("status", number("none", 0, 70))
        .override_by_name("took", number("ns", None, 85))
        .override_by_name("span", [width(150)])
        .with_transformation(spans_found())
        .with_transformation(transformation("sortBy", sort=[{"field": "took", "desc": True}])),
    ]


def _refusals() -> list[Any]:
    return [
        time_series(
            "Refused requests by field",
            "Which field of the request was refused. One field often: its documentation or its default is "
            "misleading.",
            [
                logql(
                    'sum by (validation_fields) (count_over_time({service_name="jobscope-api"} '
                    '| event_name="api.request.rejected" | validation_fields!="" [$__interval]))',
                    "{{validation_fields}}",
                )
            ],
            unit="short",
            size=(10, 11),
            bars=True,
            stacked=True,
            none="No request was refused for its input in this time range",
        ).interval("15s"),
        lines(
            "Refused and failed requests",
            "Newest first. Open one for its fields, its request id and its trace; ERROR has a stack trace.",
            [
                logql_lines(
                    '{service_name="jobscope-api"} | event_name=~"api.request.(rejected|failed)" '
                    '| line_format "{{.http_response_status_code}} {{.http_request_method}} {{.http_route}}  '
                    '{{__line__}}"',
                    oldest_first=False,
                    limit=500,
                )
            ],
            size=(14, 11),
            oldest_first=False,
        ),
    ]
