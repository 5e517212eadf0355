"""OTLP/JSON of values; see :mod:`telemetry.files.otlpjson`."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

_INT64 = range(-(2**63), 2**63)


def present(**fields: Any) -> dict[str, Any]:
    """Return the fields that are not what OTLP takes for granted."""
    return {name: value for name, value in fields.items() if value or value == {}}


def attributes_json(attributes: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return attributes."""
    return [{"key": key, "value": value_json(value)} for key, value in (attributes or {}).items()]


def value_json(value: Any) -> dict[str, Any]:
    """Return an attribute's value.

    Raises:
        ValueError: OTLP has none such.
    """
    encoded: dict[str, Any] = {}
    match value:
        case None:
            pass
        case bool():
            encoded["boolValue"] = value
        case str():
            encoded["stringValue"] = value
        case int() if value in _INT64:
            encoded["intValue"] = str(value)
        case float():
            encoded["doubleValue"] = number_json(value)
        case bytes():
            encoded["bytesValue"] = base64.b64encode(value).decode()
        case Mapping():
            encoded["kvlistValue"] = {"values": attributes_json(value)} if value else {}
        case Sequence():
            encoded["arrayValue"] = {"values": [value_json(item) for item in value]} if value else {}
        case _:
            raise ValueError(f"OTLP has no {type(value).__name__} such as this")
    return encoded


def number_json(value: float) -> float | str:
    """Return a floating-point number; JSON has no names for what is not finite."""
    value = float(value)  # of numpy's too
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def text_json(value: Any) -> str:
    """Return a text.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} is no text")
    return value


def integer_json(value: int | None) -> str:
    """Return an integer of 64 bits, which in OTLP/JSON is a text; nothing for 0."""
    return f"{value:d}" if value else ""
