"""The list of jobs, Grafana's home here: how the service does, and the way to each job's view."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana.board import board, choice_from_database, row
from grafana.looks import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    JOB_LINK,
    PURPLE,
    RED,
    STATE_COLOURS,
    coloured_state,
    hidden,
    link,
    number,
    progress_bar,
    prop,
    thresholds,
    width,
)
from grafana.panels import heat_map, stat, table, time_series
from grafana.queries import promql, promql_buckets, sql, sql_over_time


def build_dashboard() -> build.Dashboard:
    """Return the dashboard."""
    dashboard = board(
        "jobs",
        "Every optimization job, the newest first, and how the service does: does it succeed, how fast, does "
        "anything wait? A job's id leads to all that it did.",
        since="now-3h",
    )
    dashboard = dashboard.with_variable(
        choice_from_database("state", "State", "SELECT DISTINCT state FROM optimizations")
    ).with_variable(
        choice_from_database("strategy", "Strategy", "SELECT DISTINCT strategy FROM optimizations")
    )
    for panel in (*_now(), _list()):
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_row(row("Over time"))
    for panel in _over_time():
        dashboard = dashboard.with_panel(panel)
    return dashboard


def _now() -> list[Any]:
    return [
        stat(
            "Success rate",
            "Completed jobs among those that completed or failed in this time range; cancelled ones count as "
            "neither. From the database, so exact.",
            sql(
                "SELECT AVG(CASE WHEN state = 'completed' THEN 1.0 ELSE 0.0 END)::float AS \"success rate\" "
                "FROM optimizations WHERE $__timeFilter(finished_at) AND state IN ('completed', 'failed')"
            ),
            unit="percentunit",
            none="none ended",
        )
        .decimals(1)
        .thresholds(thresholds(RED, (0.9, AMBER), (0.99, GREEN))),
        stat(
            "Jobs waiting",
            "Jobs without a worker now. Rising for long: start more workers.",
            promql("max(optimization_queue_size)", "waiting"),
            unit="short",
            none="API is silent",
            trend=True,
        ).thresholds(thresholds(GREEN, (5, AMBER), (50, RED))),
        stat(
            "Longest wait",
            "How long the job at the head of the queue has waited. Jobs waiting and no worker alive is an "
            "alert.",
            promql("max(optimization_queue_oldest_wait_seconds)", "oldest wait"),
            unit="s",
            none="API is silent",
            trend=True,
        ).thresholds(thresholds(GREEN, (60, AMBER), (600, RED))),
        stat(
            "Workers alive",
            "Worker processes whose heartbeat is fresh.",
            promql("max(optimization_workers)", "workers"),
            unit="short",
            none="API is silent",
            trend=True,
        ).thresholds(thresholds(RED, (1, GREEN))),
        stat(
            "Trials per second",
            "Trials committed by all workers together.",
            promql("sum(rate(optimization_trials_total[$__rate_interval]))", "trials/s"),
            unit="suffix: trials/s",
            none="no worker yet",
            trend=True,
        ).thresholds(thresholds(BLUE)),
        stat(
            "Typical duration",
            "Median time from submission to the end of the jobs completed in this time range. From the "
            "database.",
            sql(
                "SELECT percentile_cont(0.5) WITHIN GROUP "
                '(ORDER BY EXTRACT(EPOCH FROM finished_at - created_at))::float AS "median" '
                "FROM optimizations WHERE $__timeFilter(finished_at) AND state = 'completed'"
            ),
            unit="s",
            none="none completed",
        ).thresholds(thresholds(BLUE)),
    ]


def _list() -> Table:
    # A margin around the job: spans and records a moment before and after it belong to it.
    query = """
        SELECT id AS job, state, strategy, dataset,
        (trials_completed + trials_failed + trials_infeasible)::float / trials AS progress,
        trials, created_at AS submitted,
        EXTRACT(EPOCH FROM COALESCE(finished_at, NOW()) - created_at)::float AS duration,
        attempt AS attempts, best_value AS "in-sample", out_of_sample_value AS "out-of-sample",
        best_value - out_of_sample_value AS gap, deflated_sharpe AS deflated,
        COALESCE(error_type || ': ' || error_message, '') AS error,
        ((EXTRACT(EPOCH FROM created_at) - 5) * 1000)::bigint::text AS from_ms,
        COALESCE(((EXTRACT(EPOCH FROM finished_at) + 10) * 1000)::bigint::text, 'now') AS to_ms
        FROM optimizations
        WHERE ($__timeFilter(created_at) OR state IN ('queued', 'running'))
        AND state IN (${state:sqlstring}) AND strategy IN (${strategy:sqlstring})
        ORDER BY created_at DESC LIMIT 500
    """
    gap = [
        *number("none", 3, 65),
        prop("custom.cellOptions", {"type": "color-text"}),
        prop("thresholds", thresholds(GREEN, (0.3, AMBER), (0.6, RED)).build()),
        prop("color", {"mode": "thresholds"}),
    ]
    return (
        table(
            "Jobs",
            "Submitted in this time range, or not ended yet; at most 500. Click an id for everything that "
            "job did. Gap: in-sample less out-of-sample Sharpe; large means that the winner was fitted to "
            "the past.",
            [sql(query)],
            size=(24, 16),
            none="No job in this time range with these states and strategies",
        )
        .override_by_name("job", [link("Open this job's view", JOB_LINK), width(150)])
        .override_by_name("state", coloured_state())
        .override_by_name("progress", progress_bar())
        .override_by_name("trials", number("short", None, 65))
        .override_by_name("strategy", [width(115)])
        .override_by_name("dataset", [width(95)])
        .override_by_name("submitted", [width(155)])
        .override_by_name("duration", number("s", None, 85))
        .override_by_name("attempts", number("none", 0, 75))
        .override_by_name("in-sample", number("none", 3, 85))
        .override_by_name("out-of-sample", number("none", 3, 105))
        .override_by_name("gap", gap)
        .override_by_name("deflated", [*number("none", 3, 80), prop("noValue", "–")])
        .override_by_name("error", [prop("noValue", " ")])  # not what the table says when it is empty
        .override_by_name("from_ms", hidden())
        .override_by_name("to_ms", hidden())
    )


def _over_time() -> list[Any]:
    ended = time_series(
        "Jobs ended",
        "By the state they ended in. Red that comes back in every interval is worth opening one of them.",
        [
            sql_over_time("""
                SELECT $__timeGroupAlias(finished_at, $__interval, 0), state AS metric, COUNT(*) AS jobs
                FROM optimizations WHERE $__timeFilter(finished_at)
                GROUP BY 1, 2 ORDER BY 1
            """)
        ],
        unit="short",
        stacked=True,
        bars=True,
        none="No job ended in this time range",
    ).interval("1m")
    for state in ("completed", "failed", "cancelled"):
        colour = [prop("color", {"mode": "fixed", "fixedColor": STATE_COLOURS[state]})]
        ended = ended.override_by_regexp(f"/{state}/", [*colour, prop("displayName", state)])
    return [
        ended,
        time_series(
            "Time to completion",
            "Of completed jobs, from submission, waiting included, so a full queue shows here too. From the "
            "database, so exact.",
            [
                sql_over_time("""
                    SELECT $__timeGroupAlias(finished_at, $__interval),
                    percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM finished_at - created_at))
                    AS "half within",
                    percentile_cont(0.95) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM finished_at - created_at))
                    AS "95 % within"
                    FROM optimizations WHERE $__timeFilter(finished_at) AND state = 'completed'
                    GROUP BY 1 ORDER BY 1
                """)
            ],
            unit="s",
            none="No job completed in this time range",
            points=True,
        )
        .interval("1m")
        .min(0),
        heat_map(
            "Durations, with exemplars",
            "How many jobs took how long, however they ended. The diamonds are single jobs: click one for "
            "its trace or its view.",
            promql_buckets(
                "sum by (le) (increase(optimization_job_duration_seconds_bucket[$__rate_interval]))"
            ),
            unit="s",
            none="No job ended in this time range",
        ),
        time_series(
            "Queue and workers",
            "Jobs that wait, against workers alive. The queue grows while all workers are alive: too few of "
            "them.",
            [
                promql("max(optimization_queue_size)", "jobs waiting"),
                promql("max(optimization_workers)", "workers alive"),
            ],
            unit="short",
        )
        .min(0)
        .override_by_name("jobs waiting", [prop("color", {"mode": "fixed", "fixedColor": PURPLE})])
        .override_by_name("workers alive", [prop("color", {"mode": "fixed", "fixedColor": GREEN})]),
        time_series(
            "Trials by outcome",
            "Per second. Failed: an error. Infeasible: parameters that break a constraint of the strategy.",
            [
                promql(
                    "sum by (trial_outcome) (rate(optimization_trials_total[$__rate_interval]))",
                    "{{trial_outcome}}",
                )
            ],
            unit="suffix: trials/s",
            stacked=True,
        )
        .min(0)
        .override_by_name("completed", [prop("color", {"mode": "fixed", "fixedColor": GREEN})])
        .override_by_name("failed", [prop("color", {"mode": "fixed", "fixedColor": AMBER})])
        .override_by_name("infeasible", [prop("color", {"mode": "fixed", "fixedColor": GREY})]),
        time_series(
            "Wait for a worker",
            "How long jobs waited for an attempt to begin; also after a worker was lost. A diamond is one "
            "job: it leads to its trace and its view.",
            [
                promql(
                    f"histogram_quantile({share}, "
                    "sum by (le) (rate(optimization_queue_wait_seconds_bucket[$__rate_interval])))",
                    legend,
                    exemplars=share == 0.95,
                )
                for share, legend in ((0.5, "half within"), (0.95, "95 % within"))
            ],
            unit="s",
            points=True,
        ).min(0),
        time_series(
            "Attempts ended",
            "By the state they left the job in. More than jobs ended: workers stop or die, and jobs are "
            "resumed.",
            [
                promql(
                    "sum by (job_state) (increase(optimization_attempts_total[$__rate_interval]))",
                    "{{job_state}}",
                )
            ],
            unit="short",
            bars=True,
            stacked=True,
        ).min(0),
        time_series(
            "Queued again",
            "Jobs that waited and that no worker would have got. worker_gone follows a worker's death; any "
            "other reason is a fault of the queue that was mended.",
            [
                promql(
                    "sum by (requeue_reason) (increase(optimization_requeues_total[$__rate_interval]))",
                    "{{requeue_reason}}",
                )
            ],
            unit="short",
            bars=True,
            stacked=True,
            none="No worker has told yet",
        ).min(0),
    ]
