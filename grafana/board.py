"""What all dashboards have: name, links to the others, time range, refresh."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableRefresh,
    VariableSort,
)

from grafana.queries import POSTGRES, PROMETHEUS

# Uid and name of every dashboard, in the order of the links at their top.
DASHBOARDS = {
    "jobs": "Jobs",
    "job": "Job",
    "api": "API",
    "strategies": "Strategy performance",
    "system": "System health",
    "pipeline": "Telemetry pipeline",
}


def board(uid: str, description: str, *, since: str = "now-1h", refresh: str = "10s") -> build.Dashboard:
    """Return an empty dashboard.

    Args:
        uid: one of :data:`DASHBOARDS`.
        description: what it answers.
        since: start of its time range, until someone chooses another; it ends now.
        refresh: how often it asks again.
    """
    dashboard = (
        build.Dashboard(DASHBOARDS[uid])
        .uid(uid)
        .description(description)
        .tags(["jobscope"])
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(since, "now")
        .timepicker(build.TimePicker().refresh_intervals(["1s", "5s", "10s", "30s", "1m", "5m"]))
        .refresh(refresh)
        .editable()
    )
    for other, name in DASHBOARDS.items():
        # A job is chosen in the list of jobs.
        if other not in {uid, "job"}:
            dashboard = dashboard.link(
                build.DashboardLink(name)
                .type(DashboardLinkType.LINK)
                .url(f"/d/{other}")
                .icon("dashboard")
                # A job's own time range means nothing on the other dashboards' screens but the machine's.
                .keep_time(uid != "job" or other == "system")
            )
    return dashboard


def row(title: str) -> build.Row:
    """Return a heading."""
    return build.Row(title)


def choice_from_database(name: str, label: str, query: str) -> build.QueryVariable:
    """Return a variable with a choice of what a PostgreSQL query finds, all of it by default."""
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(POSTGRES)
        .query(query)
        .multi(multi=True)
        .include_all(include_all=True)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def choice_from_metrics(name: str, label: str, query: str) -> build.QueryVariable:
    """Return a variable with a choice of a metric's label values, all of them by default."""
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(PROMETHEUS)
        .query({"query": query, "refId": "variable"})
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def hidden_from_database(name: str, query: str) -> build.QueryVariable:
    """Return a variable no one sees: the one value of a PostgreSQL query, for use in other queries."""
    return (
        build.QueryVariable(name)
        .hide(VariableHide.HIDE_VARIABLE)
        .datasource(POSTGRES)
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    )
