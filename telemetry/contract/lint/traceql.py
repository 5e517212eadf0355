"""Checks the names in TraceQL: attributes, span names, intrinsics.

Tempo judges the syntax (see backends.py); here a query is read only as far as its names need it.
"""

from __future__ import annotations

import re

from telemetry.contract.lint.findings import Finding, Query, finding
from telemetry.contract.lint.tokens import END, Token, tokenise
from telemetry.contract.lint.variables import PLACEHOLDER
from telemetry.contract.lint.vocabulary import Vocabulary, meant
from telemetry.contract.spannames import matches_span

# `span.http.route`, `.job.id`, `resource."odd name"`, `trace:id`, `kind`.
_PART = r'(?:"(?:\\.|[^"\\])*"|[^\s"=!<>(){}|&,+*/^%~\[\]:]+)'
_SCOPED = rf"(?:span|resource|event|link|instrumentation|parent)\.{_PART}"
_NAME = rf"(?:{_SCOPED}|\.[A-Za-z_]{_PART}?|[A-Za-z_]\w*(?::\w+)?)"
_SCOPES = ("span.", "resource.", "event.", "link.", "instrumentation.", ".")
_TRACE_ID = re.compile(rf"\s*([0-9a-fA-F]{{1,32}}|{PLACEHOLDER})\s*")
_OPERATORS = {"=", "!=", "=~", "!~"}
_INTRINSICS = (
    {"name", "status", "statusMessage", "duration", "kind", "childCount", "parent", "traceDuration"}
    | {"rootName", "rootServiceName", "nestedSetLeft", "nestedSetRight", "nestedSetParent"}
    | {"trace:id", "trace:duration", "trace:rootName", "trace:rootService"}
    | {"span:id", "span:parentID", "span:name", "span:kind", "span:status", "span:statusMessage"}
    | {"span:duration", "span:childCount", "event:name", "event:timeSinceStart"}
    | {"link:traceID", "link:spanID", "instrumentation:name", "instrumentation:version"}
)
_WORDS = (
    {"true", "false", "nil", "ok", "error", "unset"}
    | {"unspecified", "internal", "server", "client", "producer", "consumer"}
    | {"by", "select", "coalesce", "with", "compare", "topk", "bottomk", "most_recent", "sample", "exemplars"}
    | {"count", "avg", "min", "max", "sum", "rate", "count_over_time", "sum_over_time", "min_over_time"}
    | {"max_over_time", "avg_over_time", "quantile_over_time", "histogram_over_time"}
)


def check_traceql(query: Query, vocabulary: Vocabulary) -> list[Finding]:
    """Return what is wrong with the names in a TraceQL query."""
    if _TRACE_ID.fullmatch(query.parsed):
        return []
    found: list[Finding] = []
    braces: list[Token] = []
    tokens = [*tokenise(query.parsed, _NAME), END, END]
    for index, token in enumerate(tokens[:-2]):
        if token.text == "{" and token.kind == "operator":
            braces = []
        braces.append(token)
        if token.kind == "name":
            found += _check_name(query, vocabulary, token.text)
            found += _check_span(query, vocabulary, token.text, *tokens[index + 1 : index + 3])
        if token.text == "}" and token.kind == "operator":
            found += _check_spanset(query, vocabulary, braces)
    return list(dict.fromkeys(found))


def _attribute(name: str) -> str | None:
    """Return the attribute that a name stands for; None when it is no attribute."""
    name = name.removeprefix("parent.")
    scope = next((scope for scope in _SCOPES if name.startswith(scope)), None)
    return None if scope is None else name.removeprefix(scope).strip('"')


def _check_name(query: Query, vocabulary: Vocabulary, name: str) -> list[Finding]:
    attribute = _attribute(name)
    if attribute is not None:
        known = vocabulary.registry.attributes
        if attribute in known or PLACEHOLDER in attribute:
            return []
        return [finding(query, "unknown_attribute", f"no attribute {attribute}{meant(attribute, known)}")]
    if name in _INTRINSICS or name in _WORDS or PLACEHOLDER in name:
        return []
    message = f"{name} is neither an attribute (span.{name}?) nor known to Tempo{meant(name, _INTRINSICS)}"
    return [finding(query, "unknown_attribute", message)]


def _check_span(
    query: Query, vocabulary: Vocabulary, name: str, operator: Token, value: Token
) -> list[Finding]:
    """Check ``name = "send optimizations"``."""
    if name not in {"name", "span:name", "rootName", "trace:rootName"} or operator.text not in _OPERATORS:
        return []
    if value.kind != "string" or not value.text or PLACEHOLDER in value.text:
        return []
    spans = vocabulary.registry.spans
    if operator.text in ("=~", "!~"):
        fits = any("{" in span or re.fullmatch(value.text, span) for span in spans)
    else:
        fits = any(matches_span(span, value.text) for span in spans)
    if fits:
        return []
    return [finding(query, "unknown_span", f"no span {value.text!r}{meant(value.text, spans)}")]


def _check_spanset(query: Query, vocabulary: Vocabulary, braces: list[Token]) -> list[Finding]:
    """Check that the one span that ``{…}`` asks for has the attributes it asks for."""
    if any(token.text == "||" for token in braces):
        return []
    triples = zip(braces, braces[1:], braces[2:], strict=False)
    names = {
        value.text
        for name, operator, value in triples
        if name.text in ("name", "span:name") and operator.text == "=" and value.kind == "string"
    }
    span = vocabulary.registry.spans.get(next(iter(names))) if len(names) == 1 else None
    if span is None:
        return []
    asked = [token.text for token in braces if token.kind == "name" and token.text.startswith("span.")]
    missing = [name for name in map(_attribute, asked) if name and name not in span.attributes]
    return [
        finding(query, "unknown_attribute", f"span {span.name!r} has no attribute {name}")
        for name in missing
        if name in vocabulary.registry.attributes  # else it was said already
    ]
