"""The Job view's results, from the database: the winner's figures, trials, attempts."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana.looks import coloured_state, number, prop, width
from grafana.panels import special, table
from grafana.queries import sql

_NO_JOB = "No such job in the database"


def figures() -> Table:
    """Return the panel of the winner's figures."""
    return (
        table(
            "Winner",
            "The best trial and what it is worth. Walk-forward: the mean, over folds, of the trial that was "
            "best on the folds before: what choosing by this search would have earned.",
            [
                sql("""
                    SELECT f.name,
                    COALESCE(f.value, CASE WHEN o.finished_at IS NULL THEN 'none yet' ELSE '–' END) AS value
                    FROM optimizations o, LATERAL (VALUES
                    (1, 'trial', best_trial::text),
                    (2, 'parameters', best_parameters::text),
                    (3, 'in-sample Sharpe', ROUND(best_value::numeric, 4)::text),
                    (4, 'walk-forward Sharpe', ROUND(walk_forward_value::numeric, 4)::text),
                    (5, 'out-of-sample Sharpe', ROUND(out_of_sample_value::numeric, 4)::text),
                    (6, 'deflated Sharpe ratio', ROUND(deflated_sharpe::numeric, 4)::text),
                    (7, 'out-of-sample return', ROUND((100 * total_return)::numeric, 1) || ' %'),
                    (8, 'deepest fall', ROUND((100 * max_drawdown)::numeric, 1) || ' %'),
                    (9, 'changes of position', trades::text),
                    (10, 'asked for', trials || ' trials, ' || folds || ' folds, '
                    || 100 * holdout || ' % held out'),
                    (11, 'costs', fee_bps || ' bps fee, ' || slippage_bps || ' bps slippage'),
                    (12, 'seed', seed::text)
                    ) AS f(position, name, value)
                    WHERE o.id = ${job_id:sqlstring} ORDER BY f.position
                """)
            ],
            size=(8, 12),
            none=_NO_JOB,
        )
        .override_by_name("name", [width(200)])
        .override_by_name("value", [prop("custom.cellOptions", {"type": "auto", "wrapText": True})])
    )


def trial_values() -> build.Panel:
    """Return the panel of how the trials' values are spread."""
    return special(
        "trend",
        "Values of all trials",
        "How many trials gave which value (of the first 20,000). A winner far off on its own is more likely "
        "luck than a winner at the edge of a broad hill.",
        [
            sql("""
                WITH t AS (
                SELECT value FROM trials
                WHERE job_id = ${job_id:sqlstring} AND value IS NOT NULL ORDER BY number LIMIT 20000
                ), r AS (SELECT MIN(value) AS low, MAX(value) + 1e-9 AS high FROM t)
                SELECT low + (bucket - 0.5) * (high - low) / 30 AS value,
                COALESCE(n, 0) AS trials
                FROM r CROSS JOIN generate_series(1, 30) AS bucket
                LEFT JOIN (
                SELECT width_bucket(value, low, high, 30) AS b, COUNT(*) AS n FROM t, r GROUP BY 1
                ) counted ON b = bucket
                WHERE low IS NOT NULL ORDER BY bucket
            """)
        ],
        {
            "xField": "value",
            "legend": {"showLegend": False},
            "tooltip": {"mode": "single"},
        },
        size=(8, 12),
        none="No trial has given a value yet",
    ).custom({"drawStyle": "bars", "barWidthFactor": 0.95, "fillOpacity": 70, "lineWidth": 0})


def best_trials() -> Table:
    """Return the panel of the best trials."""
    return (
        table(
            "Best trials",
            "Neighbours among the parameters are a good sign: the strategy does not hang on one exact set. "
            "Fold by fold: one good fold can carry a bad trial.",
            [
                sql("""
                    SELECT number AS trial, value, parameters::text AS parameters,
                    (SELECT string_agg(ROUND(fold::numeric, 2)::text, '  ' ORDER BY place)
                    FROM json_array_elements_text(fold_values) WITH ORDINALITY AS f(fold, place))
                    AS "fold by fold",
                    duration_seconds AS took
                    FROM trials WHERE job_id = ${job_id:sqlstring} AND value IS NOT NULL
                    ORDER BY value DESC, number LIMIT 25
                """)
            ],
            size=(8, 12),
            none="No trial has given a value yet",
        )
        .override_by_name("trial", number("none", 0, 65))
        .override_by_name("value", number("none", 3, 65))
        .override_by_name("took", number("s", 1, 75))
    )


def attempts() -> Table:
    """Return the panel of the attempts."""
    return (
        table(
            "Attempts",
            "One line a try of a worker. Lost: the worker died or fell silent, and the job went on from its "
            "last checkpoint. Process: the first digits of its service.instance.id, as in the curves below.",
            [
                sql("""
                    SELECT a.number AS attempt, a.state, a.worker_slot AS worker,
                    LEFT(a.instance_id, 8) AS process,
                    a.started_at AS started, a.ended_at AS ended,
                    EXTRACT(EPOCH FROM COALESCE(a.ended_at, NOW()) - a.started_at)::float AS duration,
                    (SELECT COUNT(*) FROM trials t
                    WHERE t.job_id = a.job_id AND t.attempt = a.number) AS trials
                    FROM attempts a WHERE a.job_id = ${job_id:sqlstring} ORDER BY a.number
                """)
            ],
            size=(24, 5),
            none="No worker has taken this job yet",
        )
        .override_by_name("attempt", number("none", 0, 80))
        .override_by_name("state", coloured_state())
        .override_by_name("duration", number("s"))
        .override_by_name("trials", number("short"))
    )
