"""What can be said of one attribute, whatever carries it: Weaver's advisors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from telemetry.contract.live.definitions import Attribute, Definitions

Advice = tuple[str, str, dict[str, Any]]
"""Finding id, message, context."""

_TYPES = {"stringValue": "string", "intValue": "int", "doubleValue": "double", "boolValue": "boolean"}
# The rule of OpenTelemetry's conventions for names.
_NAME = re.compile(r"[a-z][a-z0-9]*([._][a-z0-9]+)*")


def well_formed(name: str) -> bool:
    """Tell whether a name follows the conventions' rules for attribute and metric names."""
    return _NAME.fullmatch(name) is not None


def registered(name: str, definitions: Definitions) -> str:
    """Return the name under which the registry knows an attribute: its own, or its template's."""
    template = None if name in definitions.attributes else _template(name, definitions)
    return template.name if template else name


def advise(name: str, value: Mapping[str, Any], definitions: Definitions) -> Iterator[Advice]:
    """Yield what is to be said of an attribute.

    Args:
        name: its key.
        value: its value as OTLP/JSON has it.
        definitions: the registry.
    """
    definition = definitions.attributes.get(name) or _template(name, definitions)
    if definition is None:
        yield "missing_attribute", f"Attribute '{name}' does not exist in the registry.", {}
        yield from _namespace(name, definitions)
    else:
        if definition.template:
            yield "template_attribute", f"Attribute '{name}' is of template '{definition.name}'.", {}
        yield from _defined(name, value, definition)
    if "." not in name:
        yield "missing_namespace", f"Attribute '{name}' does not have a namespace.", {}
    if not well_formed(name):
        yield "invalid_format", f"Attribute '{name}' does not match name formatting rules.", {}


def _defined(name: str, value: Mapping[str, Any], definition: Attribute) -> Iterator[Advice]:
    if definition.deprecated:
        context = {"deprecation_note": definition.deprecated}
        yield "deprecated", f"Attribute '{name}' is deprecated; {definition.deprecated}.", context
    elif definition.stability and definition.stability != "stable":
        context = {"stability": definition.stability}
        yield "not_stable", f"Attribute '{name}' is not stable; stability = {definition.stability}.", context
    kind, plain = _typed(value)
    if definition.type == "enum":
        if kind not in ("string", "int"):
            message = f"Enum attribute '{name}' has type '{kind}'. Type should be 'string' or 'int'."
            yield "type_mismatch", message, {"attribute_type": kind}
        elif definition.members and plain not in definition.members:
            message = f"Enum attribute '{name}' has value '{plain}' which is not documented."
            yield "undefined_enum_variant", message, {"attribute_value": plain}
    elif not _fits(kind, definition.type):
        message = f"Attribute '{name}' has type '{kind}'. Type should be '{definition.type}'."
        yield "type_mismatch", message, {"attribute_type": kind, "expected": definition.type}


def _fits(kind: str, wanted: str) -> bool:
    """Tell whether a value's type is the one wanted; an empty array is of any."""
    return wanted in ("any", kind) or (kind == "empty[]" and wanted.endswith("[]"))


def _typed(value: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the type of an OTLP value in the registry's words, and the value."""
    kind: str = next(iter(value), "")
    raw: Any = value.get(kind, "")
    if kind == "intValue":
        return "int", int(raw)
    if kind == "arrayValue":
        kinds = {_typed(item)[0] for item in raw.get("values", ())}
        return f"{'any' if len(kinds) > 1 else next(iter(kinds), 'empty')}[]", raw
    return _TYPES.get(kind, kind or "none"), raw


def _namespace(name: str, definitions: Definitions) -> Iterator[Advice]:
    """Yield what is to be said of the place of an unknown attribute among the known."""
    parts = name.split(".")
    spaces = [".".join(parts[:end]) for end in range(1, len(parts))]
    taken = [s for s in spaces if s in definitions.attributes and not definitions.attributes[s].deprecated]
    if taken:
        message = f"Attribute '{name}' is in the namespace '{taken[0]}', which is an attribute."
        yield "illegal_namespace", message, {"namespace": taken[0]}
    extended = [space for space in spaces if space in _namespaces(tuple(definitions.attributes))]
    if extended:
        message = f"Attribute '{name}' extends the namespace '{extended[-1]}'."
        yield "extends_namespace", message, {"namespace": extended[-1]}


@cache
def _namespaces(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(
        ".".join(parts[:end]) for parts in (name.split(".") for name in names) for end in range(1, len(parts))
    )


def _template(name: str, definitions: Definitions) -> Attribute | None:
    """Return the longest template that an attribute fits: ``http.request.header`` for ``….header.x``."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        found = definitions.templates.get(".".join(parts[:end]))
        if found:
            return found
    return None
