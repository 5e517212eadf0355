"""Checks the names in LogQL: stream labels, structured metadata, events.

Loki judges the syntax (see backends.py); here a query is read only as far as its names need it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from telemetry.contract.lint.findings import Finding, Query, finding
from telemetry.contract.lint.tokens import END, Token, tokenise
from telemetry.contract.lint.variables import PLACEHOLDER
from telemetry.contract.lint.vocabulary import Vocabulary, meant

_NAME = r"[A-Za-z_]\w*"
_MATCHES = {"=", "!=", "=~", "!~", "==", ">", ">=", "<", "<="}
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_STAGES = {"json", "logfmt", "unpack", "pattern", "regexp", "unwrap", "line_format", "label_format"}
_STAGES |= {"drop", "keep", "decolorize", "distinct"}
_IN_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_FIELD = re.compile(r"(?<![\w)])\.([A-Za-z_]\w*)")
_CAPTURES = {"pattern": re.compile(r"<([A-Za-z]\w*)>"), "regexp": re.compile(r"\(\?P<(\w+)>")}


@dataclass
class _Pipeline:
    """The names that one stream selector and the stages behind it use."""

    used: list[str] = field(default_factory=list)
    made: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    # A parser without arguments makes labels that nobody can know beforehand.
    is_open: bool = False


def check_logql(query: Query, vocabulary: Vocabulary) -> list[Finding]:
    """Return what is wrong with the names in a LogQL query."""
    return _Reader(query, vocabulary).check()


class _Reader:
    """Goes through a query's tokens once."""

    def __init__(self, query: Query, vocabulary: Vocabulary) -> None:
        self._query = query
        self._vocabulary = vocabulary
        self._tokens = tokenise(query.parsed, _NAME)
        self._at = 0
        self._pipelines: list[_Pipeline] = []
        self._grouped: list[str] = []
        self._findings: list[Finding] = []

    def check(self) -> list[Finding]:
        """Return the findings."""
        while (token := self._next()) is not END:
            if token.text == "{" and token.kind == "operator":
                self._selector()
            elif token.kind == "name" and token.text in _GROUPING and self._peek().text == "(":
                self._grouped += self._list()
            elif token == Token("operator", "|"):
                self._stage()
        if not self._pipelines:
            self._add("syntax", "there is no stream selector")
        for pipeline in self._pipelines:
            self._check_pipeline(pipeline)
        self._check_grouped()
        return self._findings

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[self._at + ahead] if self._at + ahead < len(self._tokens) else END

    def _add(self, kind: str, message: str) -> None:
        found = finding(self._query, kind, message)
        if found not in self._findings:
            self._findings.append(found)

    def _selector(self) -> None:
        """Read ``{label="value", …}``."""
        self._pipelines.append(_Pipeline())
        known = self._vocabulary.stream_labels
        while (token := self._next()) is not END and token.text != "}":
            if token.kind != "name" or self._peek().text not in _MATCHES:
                continue
            if known is not None and token.text not in known and PLACEHOLDER not in token.text:
                self._add("unknown_label", f"{token.text} is no stream label{_hint(token.text, known)}")
            self._check_value(self._pipelines[-1], token.text, self._peek().text, self._peek(1))

    def _list(self) -> list[str]:
        """Read ``(a, b)``."""
        names = []
        while (token := self._next()) is not END and token.text != ")":
            if token.kind == "name":
                names.append(token.text)
        return names

    def _stage(self) -> None:
        """Read what follows a ``|``: a parser, a formatter, or a filter."""
        if not self._pipelines:
            return
        pipeline = self._pipelines[-1]
        stage = self._peek().text
        if self._peek().kind != "name" or stage not in _STAGES or self._peek(1).text in _MATCHES:
            self._filter(pipeline)
            return
        self._next()
        arguments = self._arguments()
        if stage in ("json", "logfmt", "unpack"):
            made = [token.text for token in arguments if token.kind == "name"]
            pipeline.made |= set(made)
            pipeline.is_open |= not made
        elif stage in _CAPTURES:
            pipeline.made |= {n for t in arguments for n in _CAPTURES[stage].findall(t.text)}
        elif stage == "label_format":
            pipeline.used += _formatted(arguments)
            pipeline.made |= set(_assigned(arguments))
        elif stage == "line_format":
            pipeline.used += _formatted(arguments)
        elif stage == "unwrap":
            names = [token.text for token in arguments if token.kind == "name"]
            pipeline.used += names[-1:]  # before it there may be a conversion: duration(name)
        else:
            pipeline.used += [token.text for token in arguments if token.kind == "name"]

    def _arguments(self) -> list[Token]:
        """Read a stage's arguments: to the next stage, a range, or the end of a call."""
        found = []
        depth = 0
        while (token := self._peek()) is not END:
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "operator" else 0
            if depth < 0 or (token.kind == "operator" and token.text in {"|", "[", "|=", "|~", "|>", "{"}):
                break
            found.append(self._next())
        return found

    def _filter(self, pipeline: _Pipeline) -> None:
        """Read a filter: ``a="b" and (c > 5 or d=~"x")``."""
        arguments = [*self._arguments(), END]
        for index, token in enumerate(arguments[:-1]):
            following = arguments[index + 1]
            if token.kind == "name" and following.kind == "operator" and following.text in _MATCHES:
                pipeline.used.append(token.text)
                value = arguments[min(index + 2, len(arguments) - 1)]
                self._check_value(pipeline, token.text, following.text, value)

    def _check_value(self, pipeline: _Pipeline, label: str, operator: str, value: Token) -> None:
        if value.kind != "string" or not value.text or PLACEHOLDER in value.text:
            return
        events = self._vocabulary.registry.events
        members = tuple(events) if label == "event_name" else self._vocabulary.members.get(label, ())
        if not members:
            return
        patterns = _alternatives(value.text) if operator in ("=~", "!~") else [re.escape(value.text)]
        kind = "unknown_event" if label == "event_name" else "unknown_value"
        for pattern in patterns:
            if not any(re.fullmatch(pattern, member) for member in members):
                self._add(kind, f"{label} is never {value.text!r}{meant(value.text, members)}")
        if label == "event_name" and operator in ("=", "==") and value.text in events:
            pipeline.events.add(value.text)

    def _check_pipeline(self, pipeline: _Pipeline) -> None:
        known = self._vocabulary.log_labels
        event = next(iter(pipeline.events)) if len(pipeline.events) == 1 else None
        for name in pipeline.used:
            base = name.removesuffix("_extracted")
            if name in pipeline.made or base in pipeline.made or pipeline.is_open or PLACEHOLDER in name:
                continue
            if name not in known:
                self._add("unknown_attribute", f"no record has {name}{meant(name, known)}")
            elif event and name not in self._vocabulary.event_labels(event):
                self._add("unknown_attribute", f"event {event} has no attribute {name}")

    def _check_grouped(self) -> None:
        known = self._vocabulary.log_labels.union(*(pipeline.made for pipeline in self._pipelines))
        if any(pipeline.is_open for pipeline in self._pipelines):
            return
        for name in self._grouped:
            if name not in known and PLACEHOLDER not in name:
                self._add("unknown_attribute", f"no record has {name}{meant(name, known)}")


def _assigned(tokens: list[Token]) -> list[str]:
    """Return the names before ``=``."""
    return [token.text for token, after in pairwise(tokens) if token.kind == "name" and after.text == "="]


def _formatted(tokens: list[Token]) -> list[str]:
    """Return the names that a format uses: ``a=b`` and ``a="{{.b}}"``."""
    names = []
    for before, token in zip([END, *tokens], tokens, strict=False):
        if token.kind == "string":
            names += [name for part in _IN_TEMPLATE.findall(token.text) for name in _FIELD.findall(part)]
        elif token.kind == "name" and before.text == "=":
            names.append(token.text)
    return names


def _alternatives(pattern: str) -> list[str]:
    """Split ``a|b`` into its alternatives, where there are no groups that would have to stay whole."""
    return [pattern] if "(" in pattern else pattern.split("|")


def _hint(name: str, known: frozenset[str]) -> str:
    return meant(name, known) or f": they are {', '.join(sorted(known))}"
