"""Builders of panels: each says what it shows, in which unit, and what to look for in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    bargauge,
)
from grafana_foundation_sdk.builders import (
    common as build_common,
)
from grafana_foundation_sdk.builders import (
    dashboard as build,
)
from grafana_foundation_sdk.builders import (
    heatmap as build_heatmap,
)
from grafana_foundation_sdk.builders import (
    logs as build_logs,
)
from grafana_foundation_sdk.builders import (
    stat as build_stat,
)
from grafana_foundation_sdk.builders import (
    statetimeline as build_statetimeline,
)
from grafana_foundation_sdk.builders import (
    table as build_table,
)
from grafana_foundation_sdk.builders import (
    timeseries as build_timeseries,
)
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    LogsSortOrder,
    ScaleDistribution,
    SortOrder,
    StackingMode,
    TableCellHeight,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode, HeatmapColorScale

from grafana.looks import BLUE
from grafana.queries import Query

P = TypeVar(
    "P",
    bargauge.Panel,
    build.Panel,
    build_heatmap.Panel,
    build_logs.Panel,
    build_stat.Panel,
    build_statetimeline.Panel,
    build_table.Panel,
    build_timeseries.Panel,
)


def framed(
    panel: P, title: str, description: str, queries: Sequence[Query], *, size: tuple[int, int], none: str
) -> P:
    """Give a panel what every panel has.

    Args:
        panel: the panel.
        title: what it shows.
        description: what to look for, shown on its info mark.
        queries: what it asks.
        size: columns, of 24, and rows.
        none: what it says when there is nothing to show.
    """
    panel = panel.title(title).description(description).span(size[0]).height(size[1])
    if none:
        panel = panel.no_value(none)
    for number, query in enumerate(queries):
        query.build().ref_id = chr(ord("A") + number)  # type: ignore[attr-defined]
        panel = panel.with_target(query)
    if queries:
        panel = panel.datasource(queries[0].build().datasource)  # type: ignore[attr-defined]
    return panel


def time_series(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    unit: str,
    size: tuple[int, int] = (8, 8),
    none: str = "Nothing measured in this time range",
    stacked: bool = False,
    bars: bool = False,
    points: bool = False,
    table_legend: bool = False,
) -> build_timeseries.Panel:
    """Return curves over time.

    Args:
        title: as in :func:`framed`, like description, queries, size and none.
        description: see title.
        queries: see title.
        unit: Grafana's name of the values' unit.
        size: see title.
        none: see title.
        stacked: whether the values add up to a whole.
        bars: whether each value is a bar of its own.
        points: whether values are rare, so that each is marked and they are joined.
        table_legend: whether the legend has each curve's mean, maximum and last value.
    """
    legend = (
        build_common.VizLegendOptions()
        .show_legend(show_legend=True)
        .placement(LegendPlacement.BOTTOM)
        .display_mode(LegendDisplayMode.TABLE if table_legend else LegendDisplayMode.LIST)
        .calcs(["mean", "max", "lastNotNull"] if table_legend else [])
    )
    panel = (
        build_timeseries.Panel()
        .unit(unit)
        .legend(legend)
        .tooltip(build_common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .line_width(1.5)
        .fill_opacity(60 if bars else 25 if stacked else 8)
        .show_points(VisibilityMode.ALWAYS if points else VisibilityMode.NEVER)
        .point_size(4)
        .span_nulls(points)
    )
    if bars:
        panel = panel.draw_style(GraphDrawStyle.BARS)
    if stacked:
        panel = panel.stacking(build_common.StackingConfig().mode(StackingMode.NORMAL))
    return framed(panel, title, description, queries, size=size, none=none)


def stat(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str = "none",
    size: tuple[int, int] = (4, 4),
    none: str = "none",
    filled: bool = False,
    trend: bool = False,
    text: str = "",
) -> build_stat.Panel:
    """Return one value, large.

    Args:
        title: as in :func:`framed`, like description, size and none.
        description: see title.
        query: what it asks; the last value counts.
        unit: as in :func:`time_series`.
        size: see title.
        none: see title.
        filled: whether its colour fills the panel, for states.
        trend: whether its course is drawn behind it.
        text: the column with the value, when that is a text: a stat looks for numbers by itself.
    """
    reduce = build_common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)
    panel = (
        build_stat.Panel()
        .unit(unit)
        .graph_mode(BigValueGraphMode.AREA if trend else BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.BACKGROUND if filled else BigValueColorMode.VALUE)
        .text_mode(BigValueTextMode.VALUE)
        .reduce_options(reduce.fields(f"/^{text}$/" if text else ""))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    )
    return framed(panel, title, description, [query], size=size, none=none)


def small_text() -> build_common.VizTextDisplayOptions:
    """Return a stat's text size for sentences, which would otherwise be fitted to the panel's height."""
    return build_common.VizTextDisplayOptions().value_size(18)


def bars(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    unit: str,
    size: tuple[int, int] = (8, 8),
    none: str = "Nothing measured in this time range",
) -> bargauge.Panel:
    """Return values side by side as horizontal bars; arguments as of :func:`time_series`."""
    panel = (
        bargauge.Panel()
        .unit(unit)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .orientation(VizOrientation.HORIZONTAL)
        .reduce_options(build_common.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False))
        .color_scheme(build.FieldColor().mode(FieldColorModeId.FIXED).fixed_color(BLUE))
        .min(0)
    )
    return framed(panel, title, description, queries, size=size, none=none)


def table(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    size: tuple[int, int] = (12, 8),
    none: str = "Nothing in this time range",
) -> build_table.Panel:
    """Return rows and columns; overrides give each column its unit. Arguments as of :func:`time_series`."""
    panel = build_table.Panel().show_header(show_header=True).cell_height(TableCellHeight.SM)
    # What an empty table says would else stand in every empty cell too.
    for kind in ("number", "time"):
        panel = panel.override_by_field_type(kind, [DynamicConfigValue("noValue", "–")])
    return framed(panel, title, description, queries, size=size, none=none)


def lines(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    size: tuple[int, int] = (12, 10),
    oldest_first: bool = True,
    wrapped: bool = True,
) -> build_logs.Panel:
    """Return log records, coloured by level; of Grafana's making, it says "No data" when there are none.

    Args:
        title: as in :func:`framed`, like description, queries and size.
        description: see title.
        queries: see title.
        size: see title.
        oldest_first: the order.
        wrapped: whether long lines go on below.
    """
    panel = (
        build_logs.Panel()
        .show_time(show_time=True)
        .wrap_log_message(wrapped)
        .enable_log_details(enable_log_details=True)
        .sort_order(LogsSortOrder.ASCENDING if oldest_first else LogsSortOrder.DESCENDING)
    )
    return framed(panel, title, description, queries, size=size, none="")


def heat_map(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str,
    size: tuple[int, int] = (8, 8),
    none: str = "Nothing measured in this time range",
) -> build_heatmap.Panel:
    """Return a histogram over time; its diamonds are exemplars. Arguments as of :func:`time_series`."""
    panel = (
        build_heatmap.Panel()
        .calculate(calculate=False)
        .color(
            build_heatmap.HeatmapColorOptions()
            .mode(HeatmapColorMode.SCHEME)
            .scheme("Blues")
            .scale(HeatmapColorScale.EXPONENTIAL)
            .exponent(0.5)
            .steps(32)
            .reverse(reverse=False)
        )
        .y_axis(build_heatmap.YAxisConfig().unit(unit).axis_placement(AxisPlacement.LEFT))
        .cell_gap(1)
        .filter_values(build_heatmap.FilterValueRange().le(1e-9))
        .exemplars_color("rgba(255,120,0,0.9)")
        .show_legend()
    )
    panel = panel.scale_distribution(build_common.ScaleDistributionConfig().type(ScaleDistribution.LINEAR))
    return framed(panel, title, description, [query], size=size, none=none)


def timeline(
    title: str,
    description: str,
    queries: Sequence[Query],
    *,
    size: tuple[int, int] = (12, 8),
    none: str = "Nothing measured in this time range",
) -> build_statetimeline.Panel:
    """Return states over time, one line each. Arguments as of :func:`time_series`."""
    panel = (
        build_statetimeline.Panel()
        .merge_values(merge_values=True)
        .row_height(0.8)
        .show_value(VisibilityMode.NEVER)
        .legend(build_common.VizLegendOptions().show_legend(show_legend=False))
    )
    return framed(panel, title, description, queries, size=size, none=none)


def special(
    kind: str,
    title: str,
    description: str,
    queries: Sequence[Query],
    options: dict[str, object],
    *,
    size: tuple[int, int],
    none: str = "",
) -> build.Panel:
    """Return a panel of a type for which the SDK has no builder, or none that fits Grafana 12.

    Args:
        kind: the panel type.
        title: as in :func:`framed`, like description, queries, size and none.
        description: see title.
        queries: see title.
        options: the type's options.
        size: see title.
        none: see title.
    """
    panel = build.Panel().type(kind).options(options)
    return framed(panel, title, description, queries, size=size, none=none)


def spans_found() -> DataTransformerConfig:
    """Return the step that leaves of Tempo's columns of a search those that tell requests apart."""
    return transformation(
        "organize",
        excludeByName=dict.fromkeys(("Trace Service", "kind", "service.name", "http.route"), True),
        indexByName={
            "Start time": 0,
            "Trace Name": 1,
            "http.response.status_code": 2,
            "Duration": 3,
            "Span ID": 4,
        },
        renameByName={
            "Start time": "time",
            "Trace Name": "request",
            "http.response.status_code": "status",
            "Duration": "took",
            "Span ID": "span",
        },
    )


def transformation(name: str, **options: object) -> DataTransformerConfig:
    """Return a step between a panel's queries and what it draws."""
    return DataTransformerConfig(name, options=options)
