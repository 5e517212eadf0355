"""The Job view's head: what became of the job, in words and figures, from the database."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import common as build_common
from grafana_foundation_sdk.models.common import BigValueTextMode

from grafana.looks import AMBER, BLUE, GREEN, RED, link, prop, states, thresholds
from grafana.panels import small_text, stat
from grafana.queries import promql, sql

# One row whatever was typed, so that the page can say in words what is wrong with it.
_SENTENCE = """
    SELECT CASE
    WHEN ${job_id:sqlstring} = '' THEN 'Type a job id above, or choose a job in the list of jobs.'
    WHEN ${job_id:sqlstring} !~ '^[1-9a-f][0-9a-f]{31}$'
    THEN 'This is not a job id: an id is 32 hexadecimal digits, the first of them not 0.'
    WHEN o.id IS NULL THEN 'There is no job with this id in the database.'
    WHEN o.state = 'queued' AND o.attempt > 0
    THEN 'Waits for a worker to go on after '
    || o.trials_completed + o.trials_failed + o.trials_infeasible || ' of ' || o.trials || ' trials.'
    WHEN o.state = 'queued' THEN 'Waits for a worker.'
    WHEN o.state = 'running' THEN 'At trial '
    || o.trials_completed + o.trials_failed + o.trials_infeasible || ' of ' || o.trials
    || CASE WHEN o.attempt > 1
    THEN ', in attempt ' || o.attempt || ' after its worker was lost or stopped' ELSE '' END
    || CASE WHEN o.cancel_requested_at IS NULL THEN '.' ELSE '; cancelled at its next checkpoint.' END
    WHEN o.state = 'completed' THEN 'All ' || o.trials || ' trials made'
    || CASE WHEN o.attempt > 1 THEN ' in ' || o.attempt || ' attempts: recovered' ELSE '' END
    || '. Winner: trial ' || o.best_trial || ' with ' || o.best_parameters::text || '.'
    WHEN o.state = 'cancelled'
    THEN 'Cancelled by a user after '
    || o.trials_completed + o.trials_failed + o.trials_infeasible || ' of ' || o.trials || ' trials.'
    ELSE COALESCE(o.error_type, 'Failed') || ': ' || COALESCE(o.error_message, '')
    END || CASE WHEN o.finished_at < NOW() - INTERVAL '15 days'
    THEN ' Older than spans, events and measurements are kept (15 days).' ELSE '' END
    AS "what happened"
    FROM (SELECT 1) one LEFT JOIN optimizations o ON o.id = ${job_id:sqlstring}
"""
# Now, whatever time range the page shows: of a job of yesterday too.
_SOURCES = (
    'label_replace(up{job=~"loki|tempo"} @ $now == 0, "said", "$1 is down", "job", "(.*)") '
    'or on() label_replace(vector(1), "said", "All answer", "", "")'
)


def state_panels() -> list[Any]:
    """Return the panels of the dashboard's first rows."""
    return [
        stat(
            "State",
            "From the database, like all of this row. A running job's page refreshes itself.",
            sql("""
                SELECT CASE WHEN ${job_id:sqlstring} !~ '^[1-9a-f][0-9a-f]{31}$' THEN 'not a job id'
                ELSE COALESCE(o.state, 'unknown job') END AS state
                FROM (SELECT 1) one LEFT JOIN optimizations o ON o.id = ${job_id:sqlstring}
            """),
            size=(4, 4),
            filled=True,
            text="state",
        ).mappings(states()),
        stat(
            "What happened",
            "In a sentence.",
            sql(_SENTENCE),
            size=(11, 4),
            text="what happened",
        )
        .override_by_name("what happened", [prop("color", {"mode": "fixed", "fixedColor": "text"})])
        .text(small_text()),
        stat(
            "Strategy on dataset",
            "What is searched, by which sampler. The link leads to the dataset in the API.",
            sql("""
                SELECT strategy || ' on ' || dataset || ' by ' || sampler AS search, dataset
                FROM optimizations WHERE id = ${job_id:sqlstring}
            """),
            size=(6, 4),
            text="search",
            none="no such job",
        )
        .override_by_name(
            "search",
            [
                prop("color", {"mode": "fixed", "fixedColor": "text"}),
                link("Open the dataset in the API", "${api}/api/v1/datasets"),
            ],
        )
        .text(small_text()),
        stat(
            "Sources",
            "Whether what this page is made of can be asked now. While one is down, its panels are empty or "
            "show an error, and its telemetry waits in the Collector. An error here: Prometheus is down.",
            promql(_SOURCES, "{{said}}"),
            size=(3, 4),
            none="nobody says",
        )
        .text_mode(BigValueTextMode.NAME)
        .thresholds(thresholds(RED, (1, GREEN)))
        .text(build_common.VizTextDisplayOptions().title_size(16)),
        stat(
            "Progress",
            "Share of the trials asked for that is committed.",
            sql(
                'SELECT (trials_completed + trials_failed + trials_infeasible)::float / trials AS "progress" '
                "FROM optimizations WHERE id = ${job_id:sqlstring}"
            ),
            unit="percentunit",
            size=(4, 4),
            none="–",
        ).thresholds(thresholds("text", (0, BLUE), (1, GREEN))),
        stat(
            "Duration",
            "From submission to the end, or until now.",
            sql(
                'SELECT EXTRACT(EPOCH FROM COALESCE(finished_at, NOW()) - created_at)::float AS "duration" '
                "FROM optimizations WHERE id = ${job_id:sqlstring}"
            ),
            unit="s",
            size=(4, 4),
            none="–",
        ).thresholds(thresholds("text")),
        stat(
            "Queue wait",
            "From submission to the first attempt. Long: more jobs than workers.",
            sql(
                "SELECT EXTRACT(EPOCH FROM COALESCE(started_at, finished_at, NOW()) - created_at)::float "
                'AS "wait" '
                "FROM optimizations WHERE id = ${job_id:sqlstring}"
            ),
            unit="s",
            size=(4, 4),
            none="–",
        ).thresholds(thresholds("text", (60, AMBER))),
        stat(
            "Best, in-sample",
            "The winner's mean Sharpe ratio over the folds it was chosen on.",
            sql('SELECT best_value AS "best value" FROM optimizations WHERE id = ${job_id:sqlstring}'),
            size=(4, 4),
            none="none",
        )
        .decimals(3)
        .thresholds(thresholds("text", (-1000, RED), (0, GREEN))),
        stat(
            "Out-of-sample",
            "The winner's Sharpe ratio on the held-out tail, which the search never saw. Far below the "
            "in-sample value: it was fitted to the past.",
            sql(
                'SELECT out_of_sample_value AS "out-of-sample value" '
                "FROM optimizations WHERE id = ${job_id:sqlstring}"
            ),
            size=(4, 4),
            none="none",
        )
        .decimals(3)
        .thresholds(thresholds("text", (-1000, RED), (0, GREEN))),
        stat(
            "Deflated Sharpe",
            "Probability that the winner's Sharpe ratio over all bars searched is not the luck of having "
            "tried many. Under 0.95 it may well be. None for returns that do not vary, or all trials alike.",
            sql(
                'SELECT deflated_sharpe AS "deflated Sharpe ratio" '
                "FROM optimizations WHERE id = ${job_id:sqlstring}"
            ),
            size=(4, 4),
            none="–",
        )
        .decimals(3)
        .thresholds(thresholds("text", (0, RED), (0.5, AMBER), (0.95, GREEN))),
    ]
