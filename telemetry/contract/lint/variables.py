"""Grafana's variables, replaced by something that parses."""

from __future__ import annotations

import re
from collections.abc import Collection

PLACEHOLDER = "grafana_variable"
"""Stands for a value that only Grafana knows; values that contain it are not checked."""

_VARIABLE = re.compile(
    r"\$\{(?P<braced>\w+)(?P<field>\.[\w.]+)?(?::(?P<format>[^}]*))?\}|\$(?P<bare>[A-Za-z_]\w*)"
)
_DURATIONS = {"__rate_interval", "__interval", "__range", "__auto"}
_NUMBERS = {"__range_s", "__range_ms", "__interval_ms", "__from", "__to"}
_QUOTING = {"doublequote": f'"{PLACEHOLDER}"', "singlequote": f"'{PLACEHOLDER}'"}


def substitute(text: str) -> str:
    """Return an expression with each variable replaced by a duration, a number, a string or a name.

    What it becomes follows from where it stands: ``[$__range]`` becomes ``[5m]``, ``{a="$b"}`` a
    placeholder in quotes, ``topk($n, …)`` and ``up @ $time`` a number.
    """
    result = ""
    end = 0
    for match in _VARIABLE.finditer(text):
        result += text[end : match.start()]
        result += _value(match, result)
        end = match.end()
    return result + text[end:]


def undeclared(text: str, declared: Collection[str]) -> list[str]:
    """Return the variables of an expression that neither the dashboard nor Grafana defines."""
    names = [match["braced"] or match["bare"] for match in _VARIABLE.finditer(text)]
    return sorted(
        {name for name in names if not name.startswith("__") and not name.isdigit()} - set(declared)
    )


def _value(match: re.Match[str], before: str) -> str:
    name = match["braced"] or match["bare"]
    if name.isdigit():  # a group of label_replace's regular expression
        return match[0]
    if match["format"] in _QUOTING:
        return _QUOTING[match["format"]]
    if name in _NUMBERS or re.search(r"@\s*$", before):
        return "300"
    if _in_string(before):
        return PLACEHOLDER
    if name in _DURATIONS or re.search(r"(\[|offset\s)[^\]\"]*$", before):
        return "5m"
    # The first argument of topk and the like; elsewhere a name.
    return (
        "5"
        if re.search(r"\b(topk|bottomk|limitk|quantile|histogram_quantile)\s*\(\s*$", before)
        else PLACEHOLDER
    )


def _in_string(before: str) -> bool:
    """Tell whether the end of a text is inside a string literal."""
    quote = ""
    escaped = False
    for character in before:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "`":
            escaped = bool(quote)
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
    return bool(quote)
