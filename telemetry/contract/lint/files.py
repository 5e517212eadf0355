"""Finds the files to lint and reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from telemetry.contract.lint.dashboards import Dashboard, read_dashboard
from telemetry.contract.lint.documents import read_datasource, read_document, read_rules
from telemetry.contract.lint.findings import LintError, Query
from telemetry.contract.lint.links import Reference, references

DEFAULT_PATHS = (
    "grafana/dashboards",
    "grafana/provisioning",
    "backends/prometheus/rules",
    "docs",
    "README.md",
)
_DASHBOARDS = "grafana/dashboards"
_DATASOURCES = "grafana/provisioning/datasources"


@dataclass
class Material:
    """Everything that was read.

    Attributes:
        datasources: type of each data source by uid and by name; ``""`` is the default one.
        known_dashboards: variables of each dashboard by uid, those included that are not linted.
        recorded: for each recording rule, its query, the name it records and the labels it adds.
    """

    datasources: dict[str, str] = field(default_factory=dict)
    known_dashboards: dict[str, frozenset[str]] = field(default_factory=dict)
    dashboards: list[Dashboard] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    recorded: list[tuple[Query, str, frozenset[str]]] = field(default_factory=list)


def read(paths: Iterable[Path], root: Path) -> Material:
    """Read what is to be linted, and what it may refer to.

    Args:
        paths: files and directories; none means the usual places of the checkout.
        root: the checkout.

    Raises:
        LintError: a path does not exist, or a file cannot be read as what its name says.
    """
    material = Material()
    for path in _files([root / _DATASOURCES]):
        if path.suffix in {".yaml", ".yml"}:
            material.datasources |= _types(_yaml(path))
    for path in _files([root / _DASHBOARDS]):
        raw = _json(path)
        material.known_dashboards[str(raw.get("uid"))] = _variables(raw)
    # Rules first: dashboards may query what they record.
    for path in sorted(_chosen(list(paths), root), key=lambda path: (path.suffix == ".json", path)):
        _read_file(path, material)
    return material


def _chosen(paths: list[Path], root: Path) -> list[Path]:
    if paths:
        for path in paths:
            if not path.exists():
                raise LintError(f"{path} does not exist")
        return _files(paths)
    found = _files([root / path for path in DEFAULT_PATHS])
    if not found:
        raise LintError(f"{root} has none of {', '.join(DEFAULT_PATHS)}: give paths, or --root")
    return found


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.is_file())
        elif path.exists():
            found.append(path)
    return found


def _read_file(path: Path, material: Material) -> None:
    name = str(path)
    if path.suffix == ".json":
        raw = _json(path)
        if "panels" in raw or "templating" in raw or "schemaVersion" in raw:
            dashboard = read_dashboard(raw, name, material.datasources)
            material.dashboards.append(dashboard)
            material.known_dashboards[dashboard.uid] = dashboard.variables
    elif path.suffix in {".yaml", ".yml"}:
        _read_yaml(_yaml(path), name, material)
    elif path.suffix == ".md":
        material.queries += read_document(path.read_text(encoding="utf-8"), name)


def _read_yaml(raw: Mapping[str, Any], name: str, material: Material) -> None:
    for query, rule in read_rules(raw, name):
        material.queries.append(query)
        if "record" in rule:
            material.recorded.append((query, rule["record"], frozenset(rule.get("labels", {}))))
    for source in raw.get("datasources") or ():
        material.queries += read_datasource(source, name, material.datasources)
        place = f"data source {source.get('name', '')!r}"
        material.references += references(source, name, place)


def _types(raw: Mapping[str, Any]) -> dict[str, str]:
    types: dict[str, str] = {}
    for source in raw.get("datasources") or ():
        keys = [source.get("uid"), source.get("name"), "" if source.get("isDefault") else None]
        types |= {key: source["type"] for key in keys if key is not None}
    return types


def _variables(raw: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(variable["name"] for variable in raw.get("templating", {}).get("list", ()))


def _json(path: Path) -> Mapping[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LintError(f"{path} is not JSON: {error}") from None
    if not isinstance(raw, Mapping):
        raise LintError(f"{path} is no dashboard: it holds no object")
    return raw


def _yaml(path: Path) -> Mapping[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise LintError(f"{path} is not YAML: {error}") from None
    return raw if isinstance(raw, Mapping) else {}


def all_queries(material: Material) -> Iterator[Query]:
    """Yield every query, those of dashboards included."""
    yield from material.queries
    for dashboard in material.dashboards:
        yield from dashboard.queries
