"""Which Grafana units a panel may show a query's values in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def units_of(panel: Json, target: Json) -> tuple[str, ...]:
    """Return the units that a target's values may be shown in; empty when nothing says.

    An override that names the target, by its letter or its legend, decides. One that chooses fields in a
    way that cannot be told from here, by a regular expression or a type, is one more possibility.
    """
    if panel.get("type") == "heatmap":  # its values are counts, its axis is of the buckets' bounds
        return ()
    possible = []
    config = panel.get("fieldConfig", {})
    for override in config.get("overrides", ()):
        unit = _unit_in(override.get("properties", ()))
        if unit is None:
            continue
        matcher = override.get("matcher", {})
        named = _names(matcher, target, alone=len(panel.get("targets", ())) == 1)
        if named:
            return (unit,)
        if named is None:
            possible.append(unit)
    default = config.get("defaults", {}).get("unit")
    # Without a default, fields that no override chooses have no unit, which contradicts nothing.
    return (default, *possible) if default else ()


def bucket_units_of(panel: Json) -> tuple[str, ...]:
    """Return the units of a heatmap's axis; empty of any other panel."""
    unit = panel.get("options", {}).get("yAxis", {}).get("unit") if panel.get("type") == "heatmap" else None
    return (unit,) if unit else ()


def _unit_in(properties: Any) -> str | None:
    units = [one["value"] for one in properties if one.get("id") == "unit" and one.get("value")]
    return units[-1] if units else None


def _names(matcher: Json, target: Json, *, alone: bool) -> bool | None:
    """Tell whether a matcher chooses a target's values; None when that cannot be told."""
    kind, wanted = matcher.get("id"), matcher.get("options")
    letter, legend = target.get("refId"), target.get("legendFormat") or ""
    if kind == "byFrameRefID":
        return bool(wanted == letter)
    if kind == "byName":
        if wanted in {f"Value #{letter}", legend} or (alone and wanted == "Value"):
            return True
        # A legend with a label in it may come out as any name.
        return None if "{{" in legend else False
    return None
