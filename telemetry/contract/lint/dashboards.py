"""Reads Grafana dashboards (classic JSON): their queries, and what they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.contract.lint.displayed import bucket_units_of, units_of
from telemetry.contract.lint.findings import Finding, Language, Query
from telemetry.contract.lint.links import Reference, references
from telemetry.contract.lint.variables import substitute, undeclared

Json = Mapping[str, Any]

LANGUAGES: Mapping[str, Language] = {"prometheus": "promql", "loki": "logql", "tempo": "traceql"}
_LABEL_VALUES = re.compile(r"label_values\((?:(?P<series>.*),)?\s*(?P<label>\w+)\s*\)", re.DOTALL)
_QUERY_RESULT = re.compile(r"query_result\((.*)\)", re.DOTALL)
_PANEL_LISTS = frozenset({"panels"})


@dataclass(frozen=True)
class Dashboard:
    """What the lint reads of a dashboard."""

    uid: str
    variables: frozenset[str]
    queries: tuple[Query, ...]
    references: tuple[Reference, ...]
    findings: tuple[Finding, ...]


def read_dashboard(raw: Json, file: str, datasources: Mapping[str, str]) -> Dashboard:
    """Return a dashboard's queries and references.

    Args:
        raw: the dashboard.
        file: its path, for messages.
        datasources: type of each data source by its uid, and by its name; ``""`` is the default one.
    """
    reader = _Reader(file, datasources, list(raw.get("templating", {}).get("list", ())))
    for panel in _panels(raw.get("panels", ())):
        reader.panel(panel)
    for variable in reader.variables:
        reader.variable(variable)
    for annotation in raw.get("annotations", {}).get("list", ()):
        reader.annotation(annotation)
    rest = {key: value for key, value in raw.items() if key not in _PANEL_LISTS}
    reader.references += references(rest, file, "dashboard")
    return Dashboard(
        uid=raw.get("uid") or "",
        variables=frozenset(reader.declared),
        queries=tuple(reader.queries),
        references=tuple(reader.references),
        findings=tuple(reader.findings),
    )


def _panels(panels: Any) -> Iterator[Json]:
    """Yield panels, those of collapsed rows included."""
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", ()))


class _Reader:
    """Collects from one dashboard."""

    def __init__(self, file: str, datasources: Mapping[str, str], variables: list[Json]) -> None:
        self._file = file
        self._datasources = datasources
        self.variables = variables
        self.declared = {variable["name"] for variable in variables}
        self.queries: list[Query] = []
        self.references: list[Reference] = []
        self.findings: list[Finding] = []

    def panel(self, panel: Json) -> None:
        """Collect a panel."""
        place = f"panel {panel.get('title', '')!r} (id {panel.get('id', '?')})"
        self.references += references(panel, self._file, place, skip=_PANEL_LISTS)
        for target in panel.get("targets", ()):
            kind = self._type_of(target.get("datasource") or panel.get("datasource"))
            text = _expression(target, kind)
            if not text or kind not in LANGUAGES:
                continue
            legend = target.get("legendFormat") or ""
            self._add(
                f"{place}, {target.get('refId', '?')}",
                LANGUAGES[kind],
                text,
                units=units_of(panel, target),
                bucket_units=bucket_units_of(panel),
                templates=(legend,) if "{{" in legend else (),
            )

    def variable(self, variable: Json) -> None:
        """Collect a variable's query."""
        place = f"variable {variable['name']}"
        if variable.get("type") != "query":
            return
        kind = self._type_of(variable.get("datasource"))
        raw = variable.get("query")
        if kind == "loki" and isinstance(raw, Mapping):
            self._add(place, "logql", raw.get("stream") or "")
            return
        text = raw.get("query", "") if isinstance(raw, Mapping) else raw or ""
        if kind == "prometheus":
            self._add(place, "promql", _of_function(text))

    def annotation(self, annotation: Json) -> None:
        """Collect an annotation's query."""
        target = annotation.get("target") or {}
        kind = self._type_of(target.get("datasource") or annotation.get("datasource"))
        if kind in LANGUAGES:
            text = annotation.get("expr") or _expression(target, kind)
            self._add(f"annotation {annotation.get('name', '')!r}", LANGUAGES[kind], text)

    def _add(self, place: str, language: Language, text: str, **more: Any) -> None:
        if not text:
            return
        for name in undeclared(text, self.declared):
            message = f"the dashboard has no variable {name}"
            self.findings.append(Finding(self._file, place, text, "unknown_variable", message))
        self.queries.append(Query(self._file, place, language, text, substitute(text), **more))

    def _type_of(self, datasource: Any) -> str:
        """Return the type of a data source: ``prometheus``, ``loki``, …; empty when it cannot be told."""
        if isinstance(datasource, Mapping):
            uid = datasource.get("uid") or ""
            return self._datasources.get(uid) or datasource.get("type") or self._of_variable(uid)
        name = datasource or ""
        return self._datasources.get(name) or self._of_variable(name)

    def _of_variable(self, name: str) -> str:
        """Return the type of the data sources a variable chooses from."""
        wanted = name.strip("${}")
        kinds = [
            v.get("query") for v in self.variables if v["name"] == wanted and v.get("type") == "datasource"
        ]
        return str(kinds[0]) if kinds else ""


def _expression(target: Json, kind: str) -> str:
    """Return a target's expression; of Tempo's search form, the TraceQL it stands for."""
    if kind != "tempo":
        return str(target.get("expr") or "")
    if target.get("queryType") == "serviceMap":
        return ""
    if target.get("queryType") == "traceqlSearch" and target.get("filters"):
        return _search_form(target["filters"])
    return str(target.get("query") or "")


def _search_form(filters: list[Json]) -> str:
    conditions = []
    for one in filters:
        if not one.get("tag") or not one.get("value"):
            continue
        scope = one.get("scope") or ""
        name = one["tag"] if scope in ("", "intrinsic") else f"{scope}.{one['tag']}"
        values = one["value"] if isinstance(one["value"], list) else [one["value"]]
        bare = one.get("valueType") in ("int", "float", "duration", "keyword")
        value = str(values[0]) if bare else f'"{"|".join(map(str, values))}"'
        conditions.append(f"{name} {one.get('operator', '=')} {value}")
    return f"{{ {' && '.join(conditions)} }}"


def _of_function(text: str) -> str:
    """Return the PromQL that a variable's query asks: of ``label_values(a, b)``, what has ``b`` of ``a``."""
    if found := _LABEL_VALUES.fullmatch(text.strip()):
        series = found["series"] or '{__name__=~".+"}'
        return f"count by ({found['label']}) ({series})"
    if found := _QUERY_RESULT.fullmatch(text.strip()):
        return found[1]
    return "" if text.startswith(("label_names(", "metrics(")) else text
