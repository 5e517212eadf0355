"""Checks PromQL: every metric and label it names exists, and its result is in the unit it is shown in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import promql_parser

from telemetry.contract.lint import units
from telemetry.contract.lint.findings import Finding, Query, finding
from telemetry.contract.lint.results import Result, combined, measured
from telemetry.contract.lint.units import Quantity
from telemetry.contract.lint.variables import PLACEHOLDER
from telemetry.contract.lint.vocabulary import Metric, Vocabulary, meant

_TEMPLATE_LABEL = re.compile(r"\$labels\.(\w+)|\{\{\s*(\w+)\s*\}\}")
# Aggregations that keep every label of the series they choose.
_CHOOSING = {"topk", "bottomk", "limitk", "limit_ratio"}


def check_promql(query: Query, vocabulary: Vocabulary) -> list[Finding]:
    """Return what is wrong with a PromQL query."""
    return _Analysis(query, vocabulary).findings


def result_of(query: Query, vocabulary: Vocabulary) -> Metric:
    """Return what a query's result looks like, as a metric: what a recording rule makes."""
    result = _Analysis(query, vocabulary).result
    return Metric(result.labels, result.quantity, result.bucket)


class _Analysis:
    """One pass over a query's tree."""

    def __init__(self, query: Query, vocabulary: Vocabulary) -> None:
        self._query = query
        self._vocabulary = vocabulary
        self.findings: list[Finding] = []
        self.result = Result()
        try:
            tree = promql_parser.parse(query.parsed)
        except ValueError as error:
            self._add("syntax", str(error))
            return
        self.result = self._of(tree)
        self._check_templates()
        self._check_unit()

    def _add(self, kind: str, message: str) -> None:
        found = finding(self._query, kind, message)
        if found not in self.findings:
            self.findings.append(found)

    def _check_templates(self) -> None:
        for template in self._query.templates:
            names = [one or other for one, other in _TEMPLATE_LABEL.findall(template)]
            self._check_labels(names, self.result.labels, f"in {template!r}: the result")

    def _check_unit(self) -> None:
        quantity, bucket = self.result.quantity, self.result.bucket
        # Without vector there is nothing a unit could come from: a constant, a threshold.
        for shown, found in ((self._query.units, quantity), (self._query.bucket_units, bucket)):
            if shown and found and not self.result.scalar and all(units.contradicts(u, found) for u in shown):
                fitting = units.fitting(found)
                hint = f"; {fitting} would fit" if fitting else ""
                self._add("unit_mismatch", f"shown as {' or '.join(shown)}, but it is {found}{hint}")

    def _check_labels(self, names: Collection[str], known: frozenset[str] | None, what: str) -> None:
        for name in names:
            if known is not None and name not in known and PLACEHOLDER not in name:
                self._add("unknown_label", f"{what} has no label {name}{meant(name, known)}")

    def _of(self, node: Any) -> Result:
        kind = type(node).__name__
        visit: dict[str, Callable[[Any], Result]] = {
            "VectorSelector": self._selector,
            "MatrixSelector": lambda n: self._selector(n.vector_selector),
            "AggregateExpr": self._aggregate,
            "BinaryExpr": self._binary,
            "Call": self._call,
            "ParenExpr": lambda n: self._of(n.expr),
            "SubqueryExpr": lambda n: self._of(n.expr),
            "UnaryExpr": lambda n: self._of(n.expr),
        }
        if kind in visit:
            return visit[kind](node)
        if kind == "NumberLiteral":
            quantity = Quantity(scale=node.val or None)
            return Result(frozenset(), quantity, scalar=True, literal=True)
        return Result()

    def _selector(self, node: Any) -> Result:
        matchers = list(node.matchers.matchers) + [m for group in node.matchers.or_matchers for m in group]
        name, metrics = self._metrics(node.name, matchers)
        if not metrics:
            return Result()
        labels: frozenset[str] | None = frozenset()
        for metric in metrics:
            labels = None if labels is None or metric.labels is None else labels | metric.labels
        for matcher in matchers:
            if matcher.name != "__name__":
                self._check_labels([matcher.name], labels, name)
                self._check_value(matcher)
        first = metrics[0]
        same = all((each.quantity, each.bucket) == (first.quantity, first.bucket) for each in metrics)
        return Result(labels, first.quantity if same else None, first.bucket if same else None)

    def _metrics(self, name: str | None, matchers: list[Any]) -> tuple[str, list[Metric]]:
        """Return what a selector calls its metrics, and those that it finds."""
        known = self._vocabulary.metrics
        pattern = next((m for m in matchers if m.name == "__name__"), None)
        if name is None and pattern is not None and str(pattern.op).endswith(".Equal"):
            name = pattern.value
        if name is not None:
            if PLACEHOLDER in name:
                return name, []
            if name not in known:
                self._add("unknown_metric", f"no metric {name}{self._hint(name)}")
            return name, [known[name]] if name in known else []
        if pattern is None or not str(pattern.op).endswith(".Re") or PLACEHOLDER in pattern.value:
            return "", []
        matching = [metric for name, metric in known.items() if re.fullmatch(pattern.value, name)]
        # Those whose labels cannot be known would make any label possible.
        found = [metric for metric in matching if metric.labels is not None] or matching
        if not found:
            self._add("unknown_metric", f"no metric matches {pattern.value!r}")
        return pattern.value, found

    def _hint(self, name: str) -> str:
        parts = [other for other in self._vocabulary.metrics if other.startswith(name + "_")]
        if {f"{name}_bucket", f"{name}_count"} <= set(parts):
            return ": it is a histogram, query its _bucket, _sum or _count"
        return f" (did you mean {parts[0]}?)" if len(parts) == 1 else meant(name, self._vocabulary.metrics)

    def _check_value(self, matcher: Any) -> None:
        members = self._vocabulary.members.get(matcher.name)
        if not members or not matcher.value or PLACEHOLDER in matcher.value:
            return
        is_pattern = "Re" in str(matcher.op).rpartition(".")[2]
        pattern = matcher.value if is_pattern else re.escape(matcher.value)
        if not any(re.fullmatch(pattern, member) for member in members):
            values = ", ".join(members)
            self._add("unknown_value", f"{matcher.name} is never {matcher.value!r}; it is {values}")

    def _aggregate(self, node: Any) -> Result:
        inner = self._of(node.expr)
        name = str(node.op)
        labels = self._grouped(node.modifier, inner.labels, choosing=name in _CHOOSING)
        if name == "count_values":
            value = getattr(node.param, "val", "")
            return Result(labels | {value} if labels is not None else None, units.COUNT)
        quantity = {"count": units.COUNT, "group": units.NUMBER, "stdvar": None}.get(name, inner.quantity)
        return Result(labels, quantity, inner.bucket)

    def _grouped(
        self, modifier: Any, labels: frozenset[str] | None, *, choosing: bool
    ) -> frozenset[str] | None:
        """Return the labels that an aggregation leaves."""
        names = list(modifier.labels) if modifier else []
        if modifier:
            self._check_labels(names, labels, "what is aggregated")
        if choosing:
            return labels
        if modifier is None:
            return frozenset()
        if str(modifier.type).endswith(".By"):
            return None if any(PLACEHOLDER in name for name in names) else frozenset(names)
        return None if labels is None else labels - set(names)

    def _call(self, node: Any) -> Result:
        name = node.func.name
        if name == "time":
            return Result(frozenset(), units.SECONDS, scalar=True)
        arguments = [self._of(argument) for argument in node.args]
        if name in {"vector", "scalar", "pi"}:
            quantity = arguments[0].quantity if arguments and not arguments[0].literal else None
            # A constant as a series (`… or vector(0)`) is of whatever it stands in for.
            return Result(frozenset(), quantity, scalar=name != "vector", literal=quantity is None)
        texts = [argument.val for argument in node.args if type(argument).__name__ == "StringLiteral"]
        vector = next((found for found in arguments if not found.scalar), Result())
        vector = replace(vector, scalar=False)
        if name == "histogram_quantile":
            self._check_labels(["le"], vector.labels, "histogram_quantile's argument")
            labels = None if vector.labels is None else vector.labels - {"le"}
            return Result(labels, vector.bucket)
        if name in {"label_replace", "label_join"}:
            return self._labelled(name, texts, vector)
        if name == "info":
            return replace(vector, labels=None)
        return measured(name, vector)

    def _labelled(self, name: str, texts: list[str], vector: Result) -> Result:
        """Return the result of a function that makes a label of others."""
        # Without a source the new label is the same text everywhere.
        sources = [text for text in (texts[2:3] if name == "label_replace" else texts[2:]) if text]
        self._check_labels(sources, vector.labels, f"{name}'s argument")
        return replace(vector, labels=None if vector.labels is None else vector.labels | {texts[0]})

    def _binary(self, node: Any) -> Result:
        left, right = self._of(node.lhs), self._of(node.rhs)
        labels = self._matched(node, left, right)
        scalar = left.scalar and right.scalar
        literal = left.literal and right.literal
        bucket = left.bucket or right.bucket
        returns_bool = bool(node.modifier and node.modifier.return_bool)
        return Result(
            labels, combined(str(node.op), left, right, returns_bool=returns_bool), bucket, scalar, literal
        )

    def _matched(self, node: Any, left: Result, right: Result) -> frozenset[str] | None:
        """Return the labels of a binary operation's result."""
        if left.scalar or right.scalar:
            return right.labels if left.scalar else left.labels
        modifier = node.modifier
        matching = modifier.matching if modifier else None
        labels = left.labels
        if matching:
            names = list(matching.labels)
            if str(matching.type).endswith(".Include"):
                self._check_labels(names, left.labels, "the left side")
                self._check_labels(names, right.labels, "the right side")
                labels = frozenset(names)
            elif left.labels is not None and right.labels is not None:
                self._check_labels(names, left.labels | right.labels, "neither side")
                labels = left.labels - set(names)
        card = str(modifier.card) if modifier else ""
        many, one = (left, right) if card.endswith("ManyToOne") else (right, left)
        if card.endswith(("ManyToOne", "OneToMany")):
            extra = list(modifier.group_labels or ())
            self._check_labels(extra, one.labels, "the side of one")
            return None if many.labels is None else many.labels | set(extra)
        if not card.endswith("ManyToMany"):
            return labels
        # Of a set operation the series stay as they are: the left side's, with `or` those of both.
        if str(node.op) != "or" or left.labels is None or right.labels is None:
            return left.labels
        return left.labels | right.labels
