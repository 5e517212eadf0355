"""The waterfall of a job's spans: one line a span, long traces folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from telemetry.contract.names import Attr, SpanName
from telemetry.jobview.attempts import Attempt
from telemetry.jobview.durations import duration_text
from telemetry.jobview.model import JobView
from telemetry.jobview.records import Span

MAX_ROWS = 40
# Spans nested deeper are shown as if they were not: it is no job of ours, and has no room.
_MAX_DEPTH = 30
# How many spans of a run of equal ones stay at each of its ends, tried in turn until all fits.
_KEEPS = (10**9, 8, 5, 3, 2, 1, 0)
_DURATION_WIDTH = 9
_STYLES = {
    SpanName.OPTIMIZATION_SEND: "magenta",
    SpanName.OPTIMIZATION_PROCESS: "bold",
    SpanName.OPTIMIZATION_SEARCH_CHUNK: "cyan",
    SpanName.OPTIMIZATION_TRIAL: "green",
}
_OUTCOME_STYLES = {
    "completed": "green",
    "failed": "red",
    "lost": "red",
    "cancelled": "yellow",
    "interrupted": "yellow",
    "superseded": "yellow",
}


@dataclass(frozen=True)
class Row:
    """A line: one span, or several of a name that are folded into it, with what is below them."""

    depth: int
    spans: tuple[Span, ...]
    below: tuple[Span, ...] = ()


def fold(spans: Sequence[Span], limit: int = MAX_ROWS) -> list[Row]:
    """Return a trace's rows, parents before children, folded as far as it takes to keep the limit.

    Of a run of siblings with the same name the first and the last few stay: what a search did at its
    begin and at its end tells most.
    """
    ids = {span.span_id for span in spans}
    children: dict[str, list[Span]] = {}
    for span in spans:
        parent = span.parent_span_id if span.parent_span_id in ids else None
        children.setdefault(parent or "", []).append(span)
    rows: list[Row] = []
    for keep in _KEEPS:
        rows = list(_rows(children.get("", []), children, 0, keep))
        if len(rows) <= limit:
            break
    return rows


def _rows(siblings: Sequence[Span], children: dict[str, list[Span]], depth: int, keep: int) -> Iterator[Row]:
    for _, group in groupby(siblings, key=lambda span: span.name):
        run = list(group)
        if len(run) > max(2 * keep + 1, 1):
            folded = run[keep : len(run) - keep]
            yield from _each(run[:keep], children, depth, keep)
            below = tuple(span for parent in folded for span in _descendants(parent, children))
            yield Row(depth, tuple(folded), below)
            yield from _each(run[len(run) - keep :], children, depth, keep)
        else:
            yield from _each(run, children, depth, keep)


def _each(spans: Sequence[Span], children: dict[str, list[Span]], depth: int, keep: int) -> Iterator[Row]:
    for span in spans:
        yield Row(depth, (span,))
        if depth < _MAX_DEPTH:
            yield from _rows(children.get(span.span_id, []), children, depth + 1, keep)
        else:
            yield from (Row(depth, (below,)) for below in _descendants(span, children))


def _descendants(span: Span, children: dict[str, list[Span]]) -> Iterator[Span]:
    following = [span]
    while following:
        below = children.get(following.pop().span_id, [])
        yield from below
        following += reversed(below)


def waterfall(view: JobView, width: int) -> list[Text]:
    """Return the lines of a job's waterfall, so many characters wide."""
    begin, end = view.start_ns or 0, view.end_ns or 0
    name_width = max(30, min(54, width * 9 // 20))
    bar_width = max(10, width - name_width - _DURATION_WIDTH - 2)
    attempts = {attempt.span_id: attempt for attempt in view.attempts}
    lines = [_axis(end - begin, name_width + _DURATION_WIDTH + 2, bar_width)]
    for row in fold(view.spans):
        attempt = attempts.get(row.spans[0].span_id)
        if attempt is not None and len(row.spans) == 1:
            lines.append(_separator(attempt, width))
        lines.append(_line(row, begin, end, name_width, bar_width))
    return lines


def _axis(length: int, indent: int, width: int) -> Text:
    middle, last = duration_text(length / 2), duration_text(length)
    line = "0".ljust(width // 2 - len(middle) // 2) + middle
    return Text(" " * indent + line + last.rjust(width - cell_len(line)), style="dim", no_wrap=True)


def _separator(attempt: Attempt, width: int) -> Text:
    """Return the line that an attempt begins with: who tried, and how it ended."""
    lasted = duration_text((attempt.end_ns or attempt.last_seen_ns) - attempt.start_ns)
    how = f"{attempt.outcome} after {lasted}" if attempt.outcome else f"running, {lasted} so far"
    line = Text("── ", style="dim", no_wrap=True, end="\n")
    line.append(f"attempt {attempt.number} ", "bold not dim")
    line.append(how, f"not dim {_OUTCOME_STYLES.get(attempt.outcome or '', 'cyan')}")
    line.append(f" · {attempt.worker} · process {attempt.instance} ")
    line.append("─" * max(0, width - line.cell_len))
    line.truncate(width)
    return line


def _line(row: Row, begin: int, end: int, name_width: int, bar_width: int) -> Text:
    first, last = row.spans[0].start_ns, max(span.end_ns for span in row.spans)
    failed = sum(span.status == "error" for span in (*row.spans, *row.below))
    folded = len(row.spans) > 1
    style = (
        "red" if failed and (folded or row.spans[0].status == "error") else _STYLES.get(row.spans[0].name, "")
    )
    label = "  " * row.depth + (_fold_label(row, failed) if folded else _label(row.spans[0]))
    if cell_len(label) > name_width:
        label = set_cell_size(label, name_width - 1) + "…"
    line = Text(set_cell_size(label, name_width), style=f"{style} dim" if folded else style, no_wrap=True)
    line.append(duration_text(last - first).rjust(_DURATION_WIDTH) + "  ", "dim")
    line.append(_bar(first - begin, last - begin, end - begin, bar_width, "░" if folded else "█"))
    return line


def _bar(first: int, last: int, length: int, width: int, filling: str) -> str:
    """Return a bar over the columns that a time covers; a thin one when it is shorter than a column."""
    length = max(length, 1)
    left = min(width - 1, first * width // length)
    # By its length, not by the edges it crosses: a short span that crosses one would look longer than others.
    is_thin = (last - first) * width < length
    return " " * left + ("▏" if is_thin else filling * (last * width // length - left))


def _fold_label(row: Row, failed: int) -> str:
    name = row.spans[0].name
    plural = {
        SpanName.OPTIMIZATION_PROCESS: "attempts",
        SpanName.OPTIMIZATION_SEARCH_CHUNK: "search chunks",
        SpanName.OPTIMIZATION_TRIAL: "trials",
    }
    failures = f", {failed:,} failed in them" if failed else ""
    return f"… {len(row.spans):,} more {plural.get(name, name)}{failures}"


def _label(span: Span) -> str:
    """Return a span's name and what tells it from others of the name."""
    facts = span.attributes
    detail: object = ""
    match span.name:
        case SpanName.OPTIMIZATION_SEARCH_CHUNK:
            first, count = facts.get(Attr.CHUNK_FIRST_TRIAL), facts.get(Attr.CHUNK_TRIALS)
            if isinstance(first, int) and isinstance(count, int):
                detail = f"{facts.get(Attr.CHUNK_NUMBER)} · trials {first:,}–{first + count - 1:,}"
        case SpanName.OPTIMIZATION_TRIAL:
            value = facts.get(Attr.TRIAL_VALUE)
            figure = f" {value:.3f}" if isinstance(value, float) else ""
            detail = f"{facts.get(Attr.TRIAL_NUMBER)} · {facts.get(Attr.TRIAL_REASON)}{figure}"
        case SpanName.OPTIMIZATION_LOAD_PRICES:
            detail = facts.get(Attr.DATASET_NAME, "")
        case SpanName.OPTIMIZATION_STORE_RESULTS | SpanName.OPTIMIZATION_FINISH_ATTEMPT:
            detail = facts.get(Attr.JOB_STATE, "")
    if span.status == "error" and span.status_message:
        detail = f"{detail} · {span.status_message}" if detail else span.status_message
    return f"{span.name} {detail}".rstrip()
