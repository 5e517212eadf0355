"""Finds what dashboards, rules and docs ask for that the contract does not give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from telemetry.contract.lint.backends import check_syntax
from telemetry.contract.lint.files import all_queries, read
from telemetry.contract.lint.findings import Finding, LintError, Query
from telemetry.contract.lint.links import check_references
from telemetry.contract.lint.logql import check_logql
from telemetry.contract.lint.promql import check_promql, result_of
from telemetry.contract.lint.traceql import check_traceql
from telemetry.contract.lint.vocabulary import Vocabulary, load_vocabulary
from telemetry.contract.registry import Registry

__all__ = ["Finding", "LintError", "lint"]

_CHECKS = {"promql": check_promql, "logql": check_logql, "traceql": check_traceql}


def lint(
    registry: Registry,
    paths: Iterable[Path] = (),
    root: Path = Path(),
    *,
    loki_url: str | None = None,
    tempo_url: str | None = None,
) -> tuple[list[Finding], int]:
    """Check every query and link of dashboards, data sources, rules and docs.

    Args:
        registry: the contract.
        paths: files and directories; none means the usual places of the checkout.
        root: the checkout: dashboards and data sources that links may lead to, and the configurations
            of Prometheus and Loki, are looked for there.
        loki_url: a Loki to judge the syntax of LogQL.
        tempo_url: a Tempo to judge the syntax of TraceQL.

    Returns:
        The findings, and how many queries were checked.

    Raises:
        LintError: a path or backend is not there, or a file cannot be read.
    """
    material = read(paths, root)
    vocabulary = load_vocabulary(registry, root)
    for query, name, labels in material.recorded:
        _record(vocabulary, query, name, labels)
    queries = list(all_queries(material))
    findings = [found for query in queries for found in _CHECKS[query.language](query, vocabulary)]
    found_references = list(material.references)
    for dashboard in material.dashboards:
        findings += dashboard.findings
        found_references += dashboard.references
    findings += check_references(found_references, material.datasources, material.known_dashboards)
    findings += check_syntax(queries, loki_url, tempo_url)
    return sorted(dict.fromkeys(findings), key=lambda one: (one.file, one.place, one.id)), len(queries)


def _record(vocabulary: Vocabulary, query: Query, name: str, labels: frozenset[str]) -> None:
    """Add what a recording rule records, in the order of the rules: they may build on each other."""
    metric = result_of(query, vocabulary)
    if metric.labels is not None:
        metric = replace(metric, labels=metric.labels | labels)
    vocabulary.metrics[name] = metric
