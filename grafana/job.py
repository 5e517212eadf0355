"""The Job view: from a job's id alone, all that it did."""

from __future__ import annotations

from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import AnnotationQuery, VariableHide

from grafana.board import board, hidden_from_database, row
from grafana.job_outcome import attempts, best_trials, figures, trial_values
from grafana.job_state import state_panels
from grafana.looks import AMBER, BLUE, GREEN, GREY, number, prop, width
from grafana.panels import heat_map, lines, spans_found, special, table, time_series
from grafana.queries import POSTGRES, logql, logql_lines, promql, promql_buckets, sql, traceql

# Formatted by Grafana, so that whatever someone types into the box stays one string.

_ID_TEXT = "${job_id:doublequote}"
# Without an id it is not all records of no trace.
_EVENTS = f'{{service_namespace="jobscope"}} | trace_id!="" | trace_id={_ID_TEXT}'
_CHECKPOINTS = f'{_EVENTS} | event_name="optimization.checkpoint.committed"'
_NO_EVENTS = "No events: unknown id, outside of this time range, or older than Loki keeps them (15 days)"
_NO_VALUE = "No trial has given a value, or there are no events: see there"
_NO_MEASUREMENTS = "No measurements of this job's workers in this time range"


def build_dashboard() -> build.Dashboard:
    """Return the dashboard."""
    dashboard = board(
        "job",
        "Everything one optimization job did: give its id. Spans, events and measurements are joined by that "
        "id, which is also its trace id. /api/v1/optimizations/{id}/view opens this page with the job's own "
        "time range.",
        since="now-6h",
        refresh="5s",
    )
    dashboard = (
        dashboard.with_variable(build.TextBoxVariable("job_id").label("Job id").default_value(""))
        .with_variable(
            # The attempts' processes, by which measurements are found; never empty, for the queries' sake.
            hidden_from_database(
                "instances",
                "SELECT COALESCE(string_agg(instance_id, '|'), 'none') FROM attempts "
                "WHERE job_id = ${job_id:sqlstring}",
            )
        )
        # A time range that is over does not say what time it is.
        .with_variable(hidden_from_database("now", "SELECT EXTRACT(EPOCH FROM NOW())::bigint::text"))
        # Where links to the API go; the redirect that opens this page may say otherwise.
        .with_variable(
            build.TextBoxVariable("api")
            .default_value("http://127.0.0.1:8000")
            .hide(VariableHide.HIDE_VARIABLE)
        )
        .annotation(_AttemptRegions())
    )
    for panel in (*state_panels(), *_course(), *_trace_and_events()):
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_row(row("Outcome: the winner, the trials, the attempts"))
    for panel in (figures(), trial_values(), best_trials(), attempts()):
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_row(row("Workers while this job ran"))
    for panel in _workers():
        dashboard = dashboard.with_panel(panel)
    dashboard = dashboard.with_row(row("Failures, and what else concerns this job"))
    for panel in _failures_and_requests():
        dashboard = dashboard.with_panel(panel)
    return dashboard


class _AttemptRegions(build.AnnotationQuery):
    """Shades each attempt's time in every curve."""

    def build(self) -> AnnotationQuery:
        query = sql("""
            SELECT started_at AS time, COALESCE(ended_at, NOW()) AS timeend,
            'attempt ' || number || ' by ' || worker_slot || ': ' || state AS text
            FROM attempts WHERE job_id = ${job_id:sqlstring}
        """).build()
        query.ref_id = "attempts"  # type: ignore[attr-defined]
        target: Any = query  # the SDK knows targets of Grafana's own annotations only
        return AnnotationQuery(
            "Attempts", POSTGRES, enable=True, icon_color="rgba(120, 140, 255, 0.5)", target=target
        )


def _course() -> list[Any]:
    return [
        time_series(
            "Best value so far",
            "The objective of the best trial so far (annualised Sharpe ratio, mean over the folds). Long "
            "flat at the end: more trials bring little. A job that has found nothing yet shows nothing.",
            [
                logql(
                    f"max_over_time({_CHECKPOINTS} | unwrap job_best_value [$__interval]) by ()", "best value"
                )
            ],
            unit="none",
            none=_NO_VALUE,
            points=True,
        )
        .interval("1s")
        .decimals(3),
        time_series(
            "Trials done",
            "Trials committed, by outcome. Flat while the job runs: its worker is stuck or gone. Failed: "
            "an error, see below. Infeasible: parameters that break a constraint of the strategy.",
            [
                logql(
                    f"max_over_time({_CHECKPOINTS} | unwrap job_trials_{outcome} [$__interval]) by ()",
                    outcome,
                )
                for outcome in ("completed", "failed", "infeasible")
            ],
            unit="short",
            none=_NO_EVENTS,
            points=True,
        )
        .interval("1s")
        .min(0)
        .override_by_name("completed", [prop("color", {"mode": "fixed", "fixedColor": GREEN})])
        .override_by_name("failed", [prop("color", {"mode": "fixed", "fixedColor": AMBER})])
        .override_by_name("infeasible", [prop("color", {"mode": "fixed", "fixedColor": GREY})]),
        time_series(
            "Checkpoint duration",
            "Seconds of work each checkpoint committed: what a cancel or a kill costs at most. Much longer "
            "than the configured second: single batches are slow, or the worker is starved of CPU.",
            [
                logql(
                    f"max_over_time({_CHECKPOINTS} | unwrap checkpoint_duration [$__interval]) by ()",
                    "longest",
                )
            ],
            unit="s",
            none=_NO_EVENTS,
            points=True,
        )
        .interval("1s")
        .min(0)
        .override_by_name("longest", [prop("color", {"mode": "fixed", "fixedColor": BLUE})]),
    ]


def _trace_and_events() -> list[Any]:
    return [
        special(
            "traces",
            "Trace",
            "The job's spans, from every process that worked for it: sent by the API, one consumer span per "
            "attempt, chunks of the search, and the trials worth seeing. A gap between attempts is the time "
            "until a lost worker was noticed. Span details lead to the logs and measurements of that span.",
            [traceql("${job_id}")],
            {},
            size=(14, 20),
        ),
        lines(
            "Events",
            "What the job reported, in order, coloured by level; open one for its facts and links. WARN: "
            "worth a look. ERROR: someone must act.",
            [logql_lines(f'{_EVENTS} | line_format "{{{{.event_name}}}}  {{{{__line__}}}}"')],
            size=(10, 20),
        ),
    ]


def _workers() -> list[Any]:
    mine = 'service_instance_id=~"$instances"'
    # Over 15 s, not the usual 5 minutes, so that a killed worker's curve ends when it did.

    def by_process(expression: str) -> str:
        # Eight digits, as in the attempts table, not the whole id.
        return f'label_replace({expression}, "process", "$1", "service_instance_id", "(.{{8}}).*")'

    return [
        time_series(
            "Worker CPU",
            "Share of the whole machine's CPU that the processes took which made attempts at this job: a "
            "search is one busy core, so half of a machine with two. Much less means it waited, for the "
            "database or for CPU. A curve that breaks off: the process ended or was killed.",
            [
                promql(
                    by_process(
                        f"sum by (service_instance_id) "
                        f"(last_over_time(process_cpu_utilization_ratio{{{mine}}}[15s]))"
                    ),
                    "{{process}}",
                )
            ],
            unit="percentunit",
            size=(8, 10),
            none=_NO_MEASUREMENTS,
        )
        .interval("1s")
        .min(0),
        time_series(
            "Worker memory",
            "Resident memory of the same processes. Rising through a whole job: something keeps every trial.",
            [
                promql(
                    by_process(
                        f"max by (service_instance_id) "
                        f"(last_over_time(process_memory_usage_bytes{{{mine}}}[15s]))"
                    ),
                    "{{process}}",
                )
            ],
            unit="bytes",
            size=(8, 10),
            none=_NO_MEASUREMENTS,
        )
        .interval("1s")
        .min(0),
        heat_map(
            "Checkpoint durations, with exemplars",
            "How many checkpoints of these workers took how long. The diamonds are single checkpoints: click "
            "one for its trace and its job, which may be another job that the worker ran in this time.",
            promql_buckets(
                f"sum by (le) "
                f"(increase(optimization_checkpoint_duration_seconds_bucket{{{mine}}}[$__rate_interval]))"
            ),
            unit="s",
            size=(8, 10),
            none=_NO_MEASUREMENTS,
        ),
    ]


def _failures_and_requests() -> list[Any]:
    spans = (
        table(
            "Requests about this job",
            "HTTP requests that read, cancelled or exported this job, from their own traces. The request "
            "that submitted it is linked from the root span of the trace above.",
            [
                traceql(
                    f"{{ span.job.id = {_ID_TEXT} && kind = server }} | "
                    f"select(span.http.response.status_code)"
                )
            ],
            size=(12, 9),
            none="No request about this job in this time range",
        )
        .override_by_name("time", [width(190)])
        .override_by_name("status", number("none", 0, 70))
        .override_by_name("took", number("ns", None, 85))
        .override_by_name("span", [width(150)])
        .with_transformation(spans_found())
    )
    return [
        lines(
            "Failures, with stack traces",
            "Errors of the job itself and of its trials (the first failure of each chunk). Empty is good.",
            [
                logql_lines(
                    f'{_EVENTS} | exception_type!="" '
                    '| line_format "{{.event_name}}  {{__line__}}\\n{{.exception_stacktrace}}"'
                )
            ],
            size=(12, 18),
        ),
        spans,
        lines(
            "About this job, in other traces",
            "Events that carry this job's id and belong to another trace: a cancellation, an export, a "
            "refusal.",
            [
                logql_lines(
                    f'{{service_namespace="jobscope"}} '
                    f'| job_id!="" | job_id={_ID_TEXT} | trace_id!={_ID_TEXT}'
                )
            ],
            size=(12, 9),
        ),
    ]
