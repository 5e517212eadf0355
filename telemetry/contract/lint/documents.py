"""Reads the queries of rule files, data sources and documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from telemetry.contract.lint.dashboards import LANGUAGES
from telemetry.contract.lint.findings import Language, Query
from telemetry.contract.lint.variables import PLACEHOLDER, substitute
from telemetry.contract.lint.vocabulary import label

_FENCE = re.compile(r"^```(promql|logql|traceql)\s*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TAGS = re.compile(r"\$\$?(?:\{__tags\}|__tags)")


def read_rules(raw: Mapping[str, Any], file: str) -> Iterator[tuple[Query, Mapping[str, Any]]]:
    """Yield each rule's query, and the rule."""
    for group in raw.get("groups") or ():
        for rule in group.get("rules") or ():
            name = f"alert {rule['alert']}" if "alert" in rule else f"record {rule.get('record', '?')}"
            texts = [*rule.get("annotations", {}).values(), *rule.get("labels", {}).values()]
            expression = str(rule.get("expr", "")).strip()
            templates = tuple(text for text in map(str, texts) if "$labels." in text)
            yield Query(file, name, "promql", expression, expression, templates=templates), rule


def read_document(text: str, file: str) -> Iterator[Query]:
    """Yield the queries in a Markdown file's ``promql``, ``logql`` and ``traceql`` fences.

    A fence may hold several, separated by blank lines; comments are left out.
    """
    for fence in _FENCE.finditer(text):
        language: Language = fence[1]  # type: ignore[assignment]
        line = text.count("\n", 0, fence.start()) + 2
        for block in re.split(r"\n\s*\n", fence[2]):
            query = "\n".join(
                part for part in block.splitlines() if not part.lstrip().startswith("#")
            ).strip()
            if query:
                yield Query(file, f"line {line}", language, query, substitute(query))
            line += block.count("\n") + 2


def read_datasource(raw: Mapping[str, Any], file: str, types: Mapping[str, str]) -> Iterator[Query]:
    """Yield the queries by which a data source leads from one signal to another."""
    place = f"data source {raw.get('name', '')!r}"
    settings = raw.get("jsonData", {})
    to_logs = settings.get("tracesToLogsV2", {})
    if to_logs.get("query"):
        yield _linked(file, f"{place}, to logs", to_logs, to_logs["query"], types, "loki")
    to_metrics = settings.get("tracesToMetrics", {})
    for query in to_metrics.get("queries", ()):
        where = f"{place}, to metrics, {query.get('name', '')!r}"
        yield _linked(file, where, to_metrics, query.get("query", ""), types, "prometheus")


def _linked(
    file: str, place: str, settings: Mapping[str, Any], text: str, types: Mapping[str, str], otherwise: str
) -> Query:
    """Return a query with the span's tags filled in as Grafana does."""
    tags = [label(tag.get("value") or tag["key"]) for tag in settings.get("tags", ())]
    matchers = ", ".join(f'{name}="{PLACEHOLDER}"' for name in tags)
    kind = types.get(settings.get("datasourceUid", ""), otherwise)
    language = LANGUAGES.get(kind, LANGUAGES[otherwise])
    # Provisioning writes `$$` for a `$` that Grafana's own variables need.
    parsed = substitute(_TAGS.sub(matchers, text).replace("$$", "$"))
    return Query(file, place, language, text, parsed)
