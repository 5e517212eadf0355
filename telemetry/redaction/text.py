"""The texts themselves: redacted and bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import yaml

_PATTERNS_PATH = Path(__file__).parent / "patterns.yaml"
_REDACTED = "[redacted]"
# As much of what somebody else wrote as helps to recognise it.
LONGEST_QUOTE = 200
# What is not told is not looked at either; but a secret that begins in what is told ends further on.
_AHEAD = 4096
# A key that was percent-encoded again by each of the programs it came through.
_MOST_ENCODINGS = 3


@dataclass(frozen=True)
class _Pattern:
    """One kind of secret, see ``patterns.yaml``."""

    triggers: tuple[str, ...]
    expression: re.Pattern[str]
    replacement: str


@cache
def _patterns() -> tuple[_Pattern, ...]:
    listed = yaml.safe_load(_PATTERNS_PATH.read_text(encoding="utf-8"))["patterns"]
    return tuple(
        _Pattern(
            tuple(item["triggers"]),
            # ASCII: as RE2 has it, \w and \b know no other letters.
            re.compile(item["pattern"], re.ASCII),
            f"{item.get('keep', '')}{_REDACTED}{item.get('after', '')}",
        )
        for item in listed
    )


@cache
def _triggers() -> tuple[str, ...]:
    return tuple({trigger for pattern in _patterns() for trigger in pattern.triggers})


def may_have_secret(text: str) -> bool:
    """Tell, quickly, whether :func:`redact` could change a text."""
    lower = text.lower()
    for trigger in _triggers():  # noqa: SIM110 - any() takes twice as long
        if trigger in lower:
            return True
    return False


def redact(text: str) -> str:
    """Return a text with ``[redacted]`` for whatever has the form of a key or a password."""
    if not may_have_secret(text):
        return text
    lower = text.lower()
    for pattern in _patterns():
        for trigger in pattern.triggers:
            if trigger in lower:
                text = pattern.expression.sub(pattern.replacement, text)
                break
    return text


def redact_url(text: str) -> str:
    """Return a URL or a part of one redacted; decoded, when a secret was percent-encoded in it."""
    text = redact(text)
    decoded = text
    for _ in range(_MOST_ENCODINGS):
        if "%" not in decoded:
            break
        decoded = unquote(decoded.replace("+", " "))
        clean = redact(decoded)
        if clean != decoded:
            return clean
    return text


def bounded(text: str, longest: int) -> str:
    """Return a text of at most so many characters; a longer one's beginning, and a mark."""
    return text if len(text) <= longest else f"{text[: longest - 2]} …"


def told(text: str, longest: int) -> str:
    """Return a text as it may be told: redacted first, so that no secret is cut in half, then bounded."""
    return bounded(redact(text[: longest + _AHEAD]), longest)
