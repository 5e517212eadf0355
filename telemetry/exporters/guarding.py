"""Attributes that can be given anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from opentelemetry.attributes import BoundedAttributes

from telemetry.exporters.cleaning import clean_value


def guard_attributes() -> None:
    """Have the SDK take values that it cannot: one within itself, or without a text, becomes text.

    Else they would raise out of ``set_attribute()`` and the like, and end work that was only told about.
    The SDK has no place for this, so it is put around the two methods that all its attributes come through.
    """
    for name in ("__setitem__", "_set_items"):
        setattr(BoundedAttributes, name, _guarded(getattr(BoundedAttributes, name)))


def _guarded(method: Callable[..., None]) -> Callable[..., None]:
    @wraps(method)
    def guarded(self: BoundedAttributes, *given: Any) -> None:
        try:
            method(self, *given)
        except Exception:  # noqa: BLE001 - tried again, cleaned; what is wrong for another reason raises again
            method(self, *map(clean_value, given))

    return guarded
