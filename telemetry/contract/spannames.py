"""Span names that are patterns: ``{http.request.method} {http.route}``."""

from __future__ import annotations

import re
from functools import cache

# What the values of some attributes look like, so that not any two words are a request.
_VALUES = {"{http.request.method}": "[A-Z_]+", "{http.route}": r"/\S*"}


def is_pattern(name: str) -> bool:
    """Tell whether a registry's span name has attributes in it."""
    return "{" in name


def matches_span(name: str, emitted: str) -> bool:
    """Tell whether a span that was emitted can be one that the registry calls ``name``.

    What is in braces is the attribute of that name. Those at the end may be missing: a request that
    matches no route is called by its method alone.
    """
    return emitted == name or (is_pattern(name) and _pattern(name).fullmatch(emitted) is not None)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    first, *others = name.split(" ")
    pattern = _part(first)
    for part in others:
        pattern += f"(?: {_part(part)})" + ("?" if part.startswith("{") else "")
    return re.compile(pattern)


def _part(text: str) -> str:
    pieces = re.split(r"(\{.*?\})", text)
    return "".join(
        _VALUES.get(piece, r"\S+") if piece.startswith("{") else re.escape(piece) for piece in pieces
    )
