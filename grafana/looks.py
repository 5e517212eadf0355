"""What all dashboards' panels look alike in: colours of states, thresholds, cells, links."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)

GREEN, AMBER, RED, BLUE, PURPLE, GREY = "green", "orange", "red", "blue", "purple", "#8e8e8e"

STATE_COLOURS = {
    "completed": GREEN,
    "running": BLUE,
    "queued": PURPLE,
    "cancelled": GREY,
    "failed": RED,
    # Of attempts only.
    "lost": AMBER,
    "interrupted": AMBER,
    # Not states: what the Job view shows in a state's place.
    "unknown job": RED,
    "not a job id": RED,
}

# The Job view's page, with the job's own time range; needs those columns in the same row.
JOB_LINK = "/d/job?var-job_id=${__data.fields.job}&from=${__data.fields.from_ms}&to=${__data.fields.to_ms}"


def states() -> list[ValueMapping]:
    """Return the mapping that colours states."""
    return [
        ValueMap(
            {
                state: ValueMappingResult(text=state, color=colour, index=index)
                for index, (state, colour) in enumerate(STATE_COLOURS.items())
            }
        )
    ]


def nothing_as(text: str) -> SpecialValueMap:
    """Return the mapping that shows a value that is not there as a text."""
    return SpecialValueMap(
        DashboardSpecialValueMapOptions(SpecialValueMatch.NULL_AND_NAN, ValueMappingResult(text=text))
    )


def up_and_down(up: str = "up", down: str = "down") -> list[ValueMapping]:
    """Return the mapping of 1 to a good word and 0 to a bad one."""
    return [
        ValueMap(
            {
                "1": ValueMappingResult(text=up, color=GREEN, index=0),
                "0": ValueMappingResult(text=down, color=RED, index=1),
            }
        )
    ]


def thresholds(base: str, *steps: tuple[float, str]) -> build.ThresholdsConfig:
    """Return colours by value: ``base``, and from each step's value on the step's."""
    first = Threshold(None, base)
    rest = [Threshold(value, colour) for value, colour in steps]
    return build.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([first, *rest])


def prop(name: str, value: object) -> DynamicConfigValue:
    """Return one property of a field override."""
    return DynamicConfigValue(name, value)


def hidden() -> list[DynamicConfigValue]:
    """Return the override that hides a table's column, whose value links still see."""
    return [prop("custom.hidden", value=True)]


def width(pixels: int) -> DynamicConfigValue:
    """Return the property that fixes a column's width."""
    return prop("custom.width", pixels)


def link(title: str, url: str) -> DynamicConfigValue:
    """Return the property that makes a cell a link."""
    return prop("links", [{"title": title, "url": url}])


def coloured_state() -> list[DynamicConfigValue]:
    """Return the override of a column of states."""
    return [
        prop("mappings", states()),
        prop("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
        width(95),
    ]


def progress_bar() -> list[DynamicConfigValue]:
    """Return the override of a column of shares, 0 to 1, drawn as bars."""
    return [
        prop("unit", "percentunit"),
        prop("min", 0),
        prop("max", 1),
        prop("decimals", 0),
        prop("custom.cellOptions", {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
        prop("color", {"mode": "fixed", "fixedColor": BLUE}),
        width(125),
    ]


def number(unit: str, decimals: int | None = None, pixels: int | None = None) -> list[DynamicConfigValue]:
    """Return the override of a column of numbers."""
    properties = [prop("unit", unit)]
    if decimals is not None:
        properties.append(prop("decimals", decimals))
    if pixels is not None:
        properties.append(width(pixels))
    return properties
