"""Queries as panels hold them, one function a query language; the data sources by their fixed uids."""

from __future__ import annotations

from grafana_foundation_sdk.builders import loki, prometheus, tempo
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef
from grafana_foundation_sdk.models.loki import LokiQueryDirection
from grafana_foundation_sdk.models.prometheus import PromQueryFormat
from grafana_foundation_sdk.models.tempo import SearchTableType

Query = Builder[Dataquery]

PROMETHEUS = DataSourceRef("prometheus", "prometheus")
LOKI = DataSourceRef("loki", "loki")
TEMPO = DataSourceRef("tempo", "tempo")
POSTGRES = DataSourceRef("grafana-postgresql-datasource", "postgres")
ALERTMANAGER = DataSourceRef("alertmanager", "alertmanager")
GRAFANA = DataSourceRef("datasource", "grafana")


def promql(expression: str, legend: str = "", *, exemplars: bool = False) -> Query:
    """Return a query for values over the dashboard's time range.

    Args:
        expression: PromQL.
        legend: a series' name, with labels as ``{{label}}``.
        exemplars: also ask for exemplars, which lead from a measurement to its trace.
    """
    return (
        prometheus.Dataquery()
        .datasource(PROMETHEUS)
        .expr(expression)
        .legend_format(legend or "__auto")
        .exemplar(exemplars)
        .range()
    )


def promql_now(expression: str, legend: str = "") -> Query:
    """Return a query for the values at the end of the time range, as a table's rows."""
    return (
        prometheus.Dataquery()
        .datasource(PROMETHEUS)
        .expr(expression)
        .legend_format(legend or "__auto")
        .instant()
        .format(PromQueryFormat.TABLE)
    )


def promql_buckets(expression: str) -> Query:
    """Return a query for a histogram's buckets over time, with exemplars, for a heat map."""
    return (
        prometheus.Dataquery()
        .datasource(PROMETHEUS)
        .expr(expression)
        .legend_format("{{le}}")
        .format(PromQueryFormat.HEATMAP)
        .exemplar(exemplar=True)
        .range()
    )


def logql(expression: str, legend: str = "") -> Query:
    """Return a LogQL query: lines, or values over time."""
    query = loki.Dataquery().datasource(LOKI).expr(expression).query_type("range")
    return query.legend_format(legend) if legend else query


def logql_lines(expression: str, *, oldest_first: bool = True, limit: int = 5000) -> Query:
    """Return a LogQL query for lines; with more than ``limit`` of them, the first in that order."""
    direction = LokiQueryDirection.FORWARD if oldest_first else LokiQueryDirection.BACKWARD
    return (
        loki.Dataquery()
        .datasource(LOKI)
        .expr(expression)
        .query_type("range")
        .direction(direction)
        .max_lines(limit)
    )


def traceql(expression: str, *, limit: int = 50) -> Query:
    """Return a TraceQL search for spans; a trace id alone asks for that trace."""
    return (
        tempo.TempoQuery()
        .datasource(TEMPO)
        .query_type("traceql")
        .query(expression)
        .limit(limit)
        .spss(10)
        .table_type(SearchTableType.SPANS)
    )


def service_graph() -> Query:
    """Return the query for who calls whom, which Tempo's data source makes from Prometheus."""
    return tempo.TempoQuery().datasource(TEMPO).query_type("serviceMap")


class _SqlQuery(Dataquery):
    """A query of the PostgreSQL data source, for which the SDK has no class."""

    def __init__(self, text: str, form: str) -> None:
        self.text = text
        self.form = form
        self.ref_id = ""
        self.datasource = POSTGRES

    def to_json(self) -> dict[str, object]:
        """Return it as the data source's own editor writes it."""
        return {
            "datasource": POSTGRES,
            "refId": self.ref_id,
            "rawSql": self.text,
            "rawQuery": True,
            "editorMode": "code",
            "format": self.form,
        }


class _SqlBuilder(Builder[Dataquery]):
    def __init__(self, query: _SqlQuery) -> None:
        self._query = query

    def build(self) -> Dataquery:
        return self._query


def sql(text: str) -> Query:
    """Return a PostgreSQL query whose rows are a table's."""
    return _SqlBuilder(_SqlQuery(_outdented(text), "table"))


def sql_over_time(text: str) -> Query:
    """Return a PostgreSQL query for series: columns ``time``, ``metric`` and values, by time."""
    return _SqlBuilder(_SqlQuery(_outdented(text), "time_series"))


def _outdented(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
