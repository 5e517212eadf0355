"""What a dashboard or data source refers to: data sources and dashboards, which must exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from telemetry.contract.lint.findings import Finding
from telemetry.contract.lint.vocabulary import meant

_DASHBOARD = re.compile(r"/d/([\w-]+)(?:/[\w-]*)?(?:\?([^\s\"')]*))?")
_SET_VARIABLE = re.compile(r"var-(\w+)=")
# Grafana's own: its test data, another panel's result, several sources in one panel.
_BUILT_IN = {"-- Grafana --", "-- Dashboard --", "-- Mixed --", "grafana"}
# Queries are checked as such; what looks like a link in one is not.
_QUERIES = frozenset({"rawSql", "expr", "query"})


@dataclass(frozen=True)
class Reference:
    """Something that is referred to.

    Attributes:
        value: the uid.
        variables: of a dashboard, the variables that the link sets.
    """

    file: str
    place: str
    text: str
    kind: Literal["datasource", "dashboard"]
    value: str
    variables: tuple[str, ...] = ()


def references(
    node: Any, file: str, place: str, *, skip: frozenset[str] = frozenset()
) -> Iterator[Reference]:
    """Yield what a part of a dashboard refers to, anywhere in it but under the keys to skip."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == "datasource":
                yield from _datasource(value, file, place)
            elif key == "datasourceUid" and isinstance(value, str):
                yield Reference(file, place, f"datasourceUid: {value}", "datasource", value)
            if key not in skip | _QUERIES:
                yield from references(value, file, place, skip=skip)
    elif isinstance(node, list):
        for item in node:
            yield from references(item, file, place, skip=skip)
    elif isinstance(node, str):
        yield from _links(node, file, place)


def _links(text: str, file: str, place: str) -> Iterator[Reference]:
    for match in _DASHBOARD.finditer(text):
        variables = tuple(_SET_VARIABLE.findall(match[2] or ""))
        yield Reference(file, place, match[0], "dashboard", match[1], variables)


def _datasource(value: Any, file: str, place: str) -> Iterator[Reference]:
    uid = value.get("uid") if isinstance(value, Mapping) else value
    if isinstance(uid, str) and uid not in _BUILT_IN and not uid.startswith("$"):
        yield Reference(file, place, f"datasource: {uid}", "datasource", uid)


def check_references(
    found: list[Reference], datasources: Mapping[str, str], dashboards: Mapping[str, frozenset[str]]
) -> list[Finding]:
    """Return the references to what does not exist.

    Args:
        found: all references.
        datasources: type of each data source by its uid, and by its name.
        dashboards: the variables of each dashboard by its uid.
    """
    findings = []
    for one in found:
        if one.kind == "datasource" and one.value not in datasources:
            message = f"no data source {one.value}{meant(one.value, datasources)}"
            findings.append(Finding(one.file, one.place, one.text, "unknown_datasource", message))
        elif one.kind == "dashboard" and one.value not in dashboards:
            message = f"no dashboard {one.value}{meant(one.value, dashboards)}"
            findings.append(Finding(one.file, one.place, one.text, "unknown_dashboard", message))
        elif one.kind == "dashboard":
            for name in one.variables:
                if name not in dashboards[one.value]:
                    message = f"dashboard {one.value} has no variable {name}"
                    findings.append(Finding(one.file, one.place, one.text, "unknown_variable", message))
    return list(dict.fromkeys(findings))
