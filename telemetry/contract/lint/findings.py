"""What the lint says, and the queries it says it about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["promql", "logql", "traceql"]


class LintError(Exception):
    """The lint itself cannot be done: a path, a file or a backend; the message says what to do."""


@dataclass(frozen=True)
class Query:
    """An expression and where it stands.

    Attributes:
        file: the file's path, as the user would open it.
        place: the panel, rule or line in it.
        text: the expression as written.
        parsed: the expression with Grafana's variables replaced by something that parses.
        units: Grafana units its values may be shown in; empty when nothing says.
        bucket_units: of a heatmap, the units of its buckets' bounds.
        templates: texts with ``{{label}}`` or ``$labels.label`` that are filled from its result.
    """

    file: str
    place: str
    language: Language
    text: str
    parsed: str
    units: tuple[str, ...] = ()
    bucket_units: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        id: what kind of thing, such as ``unknown_metric``.
        message: what is wrong and, where it can be told, what was probably meant.
    """

    file: str
    place: str
    expression: str
    id: str
    message: str


def finding(query: Query, kind: str, message: str) -> Finding:
    """Return a finding about a query."""
    return Finding(query.file, query.place, query.text, kind, message)
