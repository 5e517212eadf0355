"""Splits LogQL and TraceQL into tokens; their grammars are for Loki and Tempo to judge."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "name", "number", "operator", "end"]


@dataclass(frozen=True)
class Token:
    """A token; of a string the text is its content."""

    kind: Kind
    text: str


END = Token("end", "")
_STRING = r'"(?:\\.|[^"\\])*"|`[^`]*`'
_OPERATORS = r"\|=|\|~|\|>|!=|!~|!>|=~|>=|<=|==|&&|\|\||>>|<<|&>|&<|&~|[=<>|(){}\[\],~!+\-*/%^]"
_KINDS: dict[str, Kind] = {"name": "name", "number": "number", "operator": "operator"}
_ESCAPE = re.compile(r"\\(.)")


def tokenise(text: str, name: str) -> list[Token]:
    """Return the tokens of a text, without comments and spaces.

    Args:
        text: the expression.
        name: regular expression of the language's names.
    """
    pattern = re.compile(
        rf"(?P<comment>#[^\n]*)|(?P<string>{_STRING})|(?P<name>{name})"
        rf"|(?P<number>\d+(?:\.\d+)?[a-zµ]*)|(?P<operator>{_OPERATORS})"
    )
    tokens = []
    for match in pattern.finditer(text):
        if match.lastgroup == "string":
            tokens.append(Token("string", _content(match[0])))
        elif match.lastgroup != "comment":
            tokens.append(Token(_KINDS[match.lastgroup or ""], match[0]))
    return tokens


def _content(literal: str) -> str:
    body = literal[1:-1]
    escapes = {"n": "\n", "t": "\t"}
    return body if literal[0] == "`" else _ESCAPE.sub(lambda match: escapes.get(match[1], match[1]), body)
