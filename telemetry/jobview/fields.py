"""The types that fields of protobuf's JSON mapping have; null is a field's default."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

_HEX = re.compile(r"[0-9a-f]*")
_INTEGER = re.compile(r"-?[0-9]{1,20}")
# The year 2262, in nanoseconds since 1970.
_LATEST_NS = 2**63


class Malformed(ValueError):
    """A field has a value that its type does not have."""


def mapping(value: object) -> Json:
    """Return an object.

    Raises:
        Malformed: it is none.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Malformed
    return value


def items(value: object) -> Sequence[Json]:
    """Return a list of objects.

    Raises:
        Malformed: it is none.
    """
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise Malformed
    return value


def text(value: object) -> str:
    """Return a text.

    Raises:
        Malformed: it is none.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed
    return value


def boolean(value: object) -> bool:
    """Return a truth value.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(value, bool):
        raise Malformed
    return value


def integer(value: object) -> int:
    """Return an integer of 64 bits, written as a number or as text.

    Raises:
        Malformed: it is none.
    """
    if value is None:
        return 0
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**64:
        raise Malformed
    return value


def number(value: object) -> float:
    """Return a number; infinities and NaN are written as text.

    Raises:
        Malformed: it is none.
    """
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Malformed
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise Malformed from None


def time(value: object) -> int:
    """Return nanoseconds since 1970.

    Raises:
        Malformed: it is none, or none that a date has.
    """
    nanoseconds = integer(value)
    if not 0 <= nanoseconds < _LATEST_NS:
        raise Malformed
    return nanoseconds


def identifier(value: object, size: int) -> str:
    """Return an id of so many bytes in lower-case hex, whether it is written in hex or in base64.

    Raises:
        Malformed: it is neither.
    """
    written = text(value)
    if len(written) == len(base64.b64encode(bytes(size))):
        try:
            written = base64.b64decode(written, validate=True).hex()
        except binascii.Error:
            raise Malformed from None
    written = written.lower()
    if len(written) not in {0, 2 * size} or not _HEX.fullmatch(written):
        raise Malformed
    return written
