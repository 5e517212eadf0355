"""The strategies' performance: what searching brought, and whether it lasts out of sample."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard as build

from grafana.board import board, choice_from_database, row
from grafana.looks import AMBER, GREEN, JOB_LINK, RED, hidden, link, number, prop, thresholds, width
from grafana.panels import special, table, time_series, transformation
from grafana.queries import promql, sql

_CHOSEN = 'strategy_name=~"$strategy", dataset_name=~"$dataset"'
_LEGEND = "{{strategy_name}} on {{dataset_name}}"


def build_dashboard() -> build.Dashboard:
    """Return the dashboard."""
    dashboard = board(
        "strategies",
        "What the search found for each strategy and dataset, and whether it lasts: in-sample against "
        "out-of-sample, and how likely it is to be luck.",
        since="now-6h",
        refresh="30s",
    )
    for variable in (
        choice_from_database("strategy", "Strategy", "SELECT DISTINCT strategy FROM optimizations"),
        choice_from_database("dataset", "Dataset", "SELECT DISTINCT dataset FROM optimizations"),
    ):
        dashboard = dashboard.with_variable(variable)
    for panel in (_summary(), *_over_time()):
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_row(row("Is it luck?"))
    for panel in _luck():
        dashboard = dashboard.with_panel(panel)
    return dashboard


def _summary() -> Any:
    return (
        table(
            "Best of each strategy and dataset",
            "Of all jobs completed in this time range. A best value without a good out-of-sample value "
            "beside it is worth nothing. The id leads to the job that found it.",
            [
                sql("""
                    SELECT DISTINCT ON (strategy, dataset, objective) strategy, dataset, objective,
                    COUNT(*) OVER w AS jobs, SUM(trials_completed) OVER w AS trials,
                    best_value AS "in-sample", out_of_sample_value AS "out-of-sample",
                    walk_forward_value AS "walk-forward", best_value - out_of_sample_value AS gap,
                    deflated_sharpe AS "deflated Sharpe", best_parameters::text AS parameters, id AS job,
                    ((EXTRACT(EPOCH FROM created_at) - 5) * 1000)::bigint::text AS from_ms,
                    ((EXTRACT(EPOCH FROM finished_at) + 10) * 1000)::bigint::text AS to_ms
                    FROM optimizations
                    WHERE state = 'completed' AND $__timeFilter(finished_at)
                    AND strategy IN (${strategy:sqlstring}) AND dataset IN (${dataset:sqlstring})
                    WINDOW w AS (PARTITION BY strategy, dataset, objective)
                    ORDER BY strategy, dataset, objective, best_value DESC
                """)
            ],
            size=(24, 6),
            none="No job of these strategies and datasets completed in this time range",
        )
        .override_by_name("jobs", number("short", 0, 70))
        .override_by_name("trials", number("short", None, 85))
        .override_by_name("in-sample", number("none", 3, 95))
        .override_by_name("out-of-sample", number("none", 3, 120))
        .override_by_name("walk-forward", number("none", 3, 115))
        .override_by_name("gap", number("none", 3, 75))
        .override_by_name(
            "deflated Sharpe",
            [
                *number("none", 3, 130),
                prop("noValue", "–"),
                prop("custom.cellOptions", {"type": "color-text"}),
                prop("thresholds", thresholds(RED, (0.5, AMBER), (0.95, GREEN)).build()),
                prop("color", {"mode": "thresholds"}),
            ],
        )
        .override_by_name("job", [link("Open this job's view", JOB_LINK), width(150)])
        .override_by_name("from_ms", hidden())
        .override_by_name("to_ms", hidden())
    )


def _over_time() -> list[Any]:
    return [
        time_series(
            "Best value of the latest job",
            "The objective in-sample. Jumps down are no fault: each job searches anew, unless it has more "
            "trials than the one before.",
            [promql(f"max by (strategy_name, dataset_name) (strategy_best_value{{{_CHOSEN}}})", _LEGEND)],
            unit="none",
            size=(8, 9),
            none="No job of these strategies and datasets has completed since the API started",
        ).decimals(3),
        time_series(
            "Out-of-sample value of the latest job",
            "The same winners on the held-out tail, which their searches never saw. Compare with the curves "
            "on the left.",
            [
                promql(
                    f"max by (strategy_name, dataset_name) (strategy_out_of_sample_value{{{_CHOSEN}}})",
                    _LEGEND,
                )
            ],
            unit="none",
            size=(8, 9),
            none="No job of these strategies and datasets has completed since the API started",
        ).decimals(3),
        time_series(
            "Change against the best before",
            "The latest job's best value less the best of all jobs before it. Always below zero: more "
            "searching brings nothing new.",
            [
                promql(
                    f"max by (strategy_name, dataset_name) (strategy_best_value_change{{{_CHOSEN}}})", _LEGEND
                )
            ],
            unit="none",
            size=(8, 9),
            none="No strategy has been searched twice since the API started",
        ).decimals(3),
    ]


def _luck() -> list[Any]:
    return [
        _in_against_out(),
        time_series(
            "Deflated Sharpe ratio",
            "Probability that the latest winner's Sharpe ratio over all bars searched is not the luck of "
            "having tried many. Over 0.95 it is worth a second look; more trials pull it down.",
            [
                promql(
                    f"max by (strategy_name, dataset_name) (strategy_deflated_sharpe{{{_CHOSEN}}})", _LEGEND
                )
            ],
            unit="none",
            size=(8, 10),
            none="No job of these strategies and datasets has completed since the API started",
        )
        .min(0)
        .max(1)
        .decimals(2),
        table(
            "Gap by strategy",
            "Mean of in-sample less out-of-sample Sharpe over all completed jobs of the time range. Over "
            "0.5: the strategy bends to the past.",
            [
                sql("""
                    SELECT strategy, dataset, COUNT(*) AS jobs,
                    AVG(best_value - out_of_sample_value) AS "mean gap",
                    AVG(walk_forward_value) AS "walk-forward",
                    AVG(CASE WHEN out_of_sample_value > 0 THEN 1.0 ELSE 0.0 END)::float AS profit
                    FROM optimizations
                    WHERE state = 'completed' AND $__timeFilter(finished_at)
                    AND strategy IN (${strategy:sqlstring}) AND dataset IN (${dataset:sqlstring})
                    GROUP BY strategy, dataset ORDER BY strategy, dataset
                """)
            ],
            size=(8, 10),
            none="No job of these strategies and datasets completed in this time range",
        )
        .override_by_name("strategy", [width(105)])
        .override_by_name("jobs", number("short", 0, 55))
        .override_by_name("dataset", [width(85)])
        .override_by_name("mean gap", number("none", 3, 85))
        .override_by_name("walk-forward", number("none", 3, 105))
        .override_by_name("profit", number("percentunit", 0, 65)),
    ]


def _in_against_out() -> Any:
    return (
        special(
            "xychart",
            "In-sample against out-of-sample",
            "One dot a completed job: right is what the search promised, up is what it kept. A cloud without "
            "slope: the search finds noise. Dots low on the right are overfitted.",
            [
                sql("""
                    SELECT * FROM (
                    SELECT best_value AS "in-sample", out_of_sample_value AS "out-of-sample",
                    strategy || ' on ' || dataset AS searched
                    FROM optimizations
                    WHERE state = 'completed' AND $__timeFilter(finished_at)
                    AND strategy IN (${strategy:sqlstring}) AND dataset IN (${dataset:sqlstring})
                    ORDER BY finished_at DESC LIMIT 2000
                    ) newest ORDER BY searched -- so that colours are those of the curves
                """)
            ],
            {
                "mapping": "auto",
                "series": [],
                "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"},
                "tooltip": {"mode": "single", "sort": "none"},
            },
            size=(8, 10),
            none="No job of these strategies and datasets completed in this time range",
        )
        # Without its version Grafana takes the options for those of before 11.1.
        .plugin_version("12.4.0")
        .custom(
            {
                "show": "points",
                "pointSize": {"fixed": 7},
                "pointShape": "circle",
                "pointStrokeWidth": 1,
                "fillOpacity": 50,
                "axisPlacement": "auto",
            }
        )
        .with_transformation(
            transformation(
                "partitionByValues", fields=["searched"], keepFields=False, naming={"asLabels": True}
            )
        )
        .override_by_name("in-sample", [prop("custom.axisLabel", "in-sample")])
        .override_by_regexp("/out-of-sample/", [prop("custom.axisLabel", "out-of-sample")])
    )
