"""Makes of any value one that OTLP can hold, changing as little as can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Protobuf takes messages 100 deep, of which each level of ours is three; nobody reads so far.
_DEEPEST = 16
_INT64 = range(-(2**63), 2**63)
# Python refuses to write longer ones in decimal.
_LONGEST_INT_BITS = 10_000


def clean_text(text: str) -> str:
    """Return the text in characters that UTF-8 has: two halves are joined, a lone one becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(value: object) -> str:
    """Return ``str(value)``, or what can be said of a value that has none."""
    try:
        return clean_text(str(value))
    except Exception as error:  # noqa: BLE001 - whatever a stranger's __str__ does
        return f"<{type(value).__name__} without a text: {type(error).__name__}>"


def clean_value(value: object) -> Any:
    """Return a value that OTLP can hold: what it cannot becomes text; a value inside itself is cut there."""
    return _clean(value, ())


def clean_attributes(attributes: Mapping[str, object] | None) -> dict[str, Any]:
    """Return attributes that OTLP can hold."""
    return {text_of(name): clean_value(value) for name, value in (attributes or {}).items()}


def _clean(value: object, within: tuple[int, ...]) -> Any:
    match value:
        case None | bool() | float() | bytes():
            clean: Any = value
        case str():
            clean = clean_text(value)
        case int():
            clean = value if value in _INT64 else _text_of_int(value)
        case Mapping() | Sequence():
            clean = _clean_container(value, within)
        case _:
            clean = text_of(value)
    return clean


def _clean_container(value: Mapping[Any, object] | Sequence[object], within: tuple[int, ...]) -> Any:
    if id(value) in within:
        return "<itself>"
    if len(within) == _DEEPEST:
        return "<deeper>"
    within = (*within, id(value))
    try:
        if isinstance(value, Mapping):
            return {text_of(key): _clean(item, within) for key, item in value.items()}
        return tuple(_clean(item, within) for item in value)
    except Exception as error:  # noqa: BLE001 - a stranger's container may raise as it is read
        return f"<{type(value).__name__} that cannot be read: {type(error).__name__}>"


def _text_of_int(value: int) -> str:
    bits = value.bit_length()
    return str(value) if bits <= _LONGEST_INT_BITS else f"<integer of {bits} bits>"
