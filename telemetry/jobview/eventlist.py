"""The table of a job's events, each with the span that made it, long ones folded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from telemetry.contract.names import Attr, SpanName
from telemetry.jobview.durations import offset_text
from telemetry.jobview.model import JobView
from telemetry.jobview.records import Event, Span

MAX_ROWS = 40
# How many events of a name stay at each end of the job, tried in turn until all fits.
_KEEPS = (10**9, 20, 10, 6, 4, 2, 1)
_LEVELS = {"INFO": "green", "WARN": "yellow", "ERROR": "bold red"}
_WIDE = 100


def fold(events: Sequence[Event], limit: int = MAX_ROWS) -> list[list[Event]]:
    """Return the rows of a table: one event each, or several in a row that are folded into one.

    Of the many events of one name the first and the last few stay; rare ones, which tell most, all do.
    """
    rows: list[list[Event]] = []
    for keep in _KEEPS:
        rows, folding = [], False
        total = Counter(event.name for event in events)
        seen: Counter[str] = Counter()
        for event in events:
            stays = seen[event.name] < keep or seen[event.name] >= total[event.name] - keep
            seen[event.name] += 1
            if stays or not folding:
                rows.append([])
            rows[-1].append(event)
            folding = not stays
        if len(rows) <= limit:
            break
    return rows


def event_table(view: JobView, width: int) -> Table:
    """Return the table, so many characters wide.

    In a narrow one the spans have no column: each span heads the events it made.
    """
    wide = width >= _WIDE
    table = Table(box=None, width=width, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("after", justify="right", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("event", no_wrap=True)
    table.add_column("what happened", ratio=1, overflow="fold")
    if wide:
        table.add_column("in span", no_wrap=True, style="dim")
    begin = view.start_ns or 0
    spans = {span.span_id: span for span in view.spans}
    above = ""
    for row in fold(view.events):
        if len(row) > 1:
            table.add_row("…", "", Text(f"… {len(row):,} more", "dim"), Text(_kinds(row), "dim"))
            continue
        event = row[0]
        span = _span_label(event, spans)
        if not wide and span != above:
            table.add_row("", "", Text(span, "dim italic"))
        above = span
        cells: list[str | Text] = [
            offset_text(event.time_ns - begin),
            Text(event.severity_text, _LEVELS.get(event.severity_text, "")),
            Text(_short(event.name)),
            Text(_sentence(event)),
        ]
        table.add_row(*cells, *([Text(span)] if wide else []))
    return table


def _kinds(events: Sequence[Event]) -> str:
    """Say how many of which event are folded."""
    counts = Counter(_short(event.name) for event in events).most_common()
    return ", ".join(f"{count:,} × {name}" if count > 1 else name for name, count in counts)


def _sentence(event: Event) -> str:
    """Return the event's body, with the exception's message unless the body has it already."""
    message = str(event.attributes.get(Attr.EXCEPTION_MESSAGE, ""))
    if not message or message in event.body:
        return event.body
    return f"{event.body} ({event.attributes.get(Attr.EXCEPTION_TYPE, 'exception')}: {message})"


def _short(name: str) -> str:
    return name.removeprefix("optimization.") or "(log record)"


def _span_label(event: Event, spans: dict[str, Span]) -> str:
    if event.span_id is None:
        return ""
    span = spans.get(event.span_id)
    if span is None:
        return "(not exported)"
    number = span.attributes.get(Attr.CHUNK_NUMBER)
    return f"{span.name} {number}" if span.name == SpanName.OPTIMIZATION_SEARCH_CHUNK else span.name
