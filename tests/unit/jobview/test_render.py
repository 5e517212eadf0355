from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from app.errors import BadInput
from app.optimizations.flow import NoResult
from telemetry.contract.names import Attr, SpanName
from telemetry.jobview import eventlist, waterfall
from telemetry.jobview.durations import duration_text, offset_text
from telemetry.jobview.local import LocalReader
from telemetry.jobview.model import JobView
from telemetry.jobview.plots import sparkline, step_plot
from telemetry.jobview.render import render_view, to_json


@pytest.fixture
def view(recorded):
    def read(scenario: str) -> JobView:
        job = recorded(scenario)
        return LocalReader(job.directory).read(job.job_id)

    return read


@pytest.fixture
def long_view(tmp_path, job) -> JobView:
    long = job(tmp_path, 1)
    long.attempt(1, 0, 80, None)
    for number in range(2, 8):
        long.attempt(number, 90 * 10**9 * number, 3, None)
    long.attempt(8, 900 * 10**9, 60, "completed")
    return LocalReader(tmp_path).read(long.job_id)


def text_of(view: JobView, width: int = 120, **options: object) -> str:
    file = io.StringIO()
    render_view(view, Console(file=file, width=width, **options))
    return file.getvalue()


SCENARIOS = ["completed", "failed", "cancelled", "recovered", "running", "interrupted", "queued"]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_every_job_fits_every_width_as_plain_text(view, scenario, width):
    lines = text_of(view(scenario), width).splitlines()
    # A word that is longer than that, such as a path in a stack trace, is not split.
    assert all(cell_len(line) <= width or len(line.split()) == 1 for line in lines)
    assert not any("\x1b" in line for line in lines)
    assert view(scenario).state in lines[0] + lines[1]


def test_a_terminal_gets_colours(view):
    assert "\x1b[1;32mcompleted" in text_of(view("completed"), force_terminal=True, color_system="standard")


def test_the_header_has_the_figures_that_matter(view):
    text = text_of(view("completed"))
    for part in (
        "sma_cross on wti-daily, sharpe maximised, sampler tpe",
        "2026-06-09 10:13:20 UTC, took 10.3 s",
        "2,000 of 2,000, 6 of them failed",
        "trial 1,607  fast=17  slow=157",
        "in sample 0.765   walk-forward 0.500   out of sample 0.420   deflated Sharpe 0.910",
        "held out   return +37.0%, deepest fall 12.0%, 64 trades",
        "1,994 completed, 6 failed",
        "One root, no span without its parent, every event's span is there.",
    ):
        assert part in text


def test_infeasible_trials_and_a_probability_that_there_is_not_are_told(view):
    job = view("completed")

    def changed(told):
        kept = {name: value for name, value in told.attributes.items() if name != Attr.JOB_DEFLATED_SHARPE}
        return replace(told, attributes=kept | {Attr.JOB_TRIALS_INFEASIBLE: 4})

    text = text_of(replace(job, spans=(*map(changed, job.spans),), events=(*map(changed, job.events),)))

    assert "6 of them failed, 4 of them infeasible" in text
    assert "out of sample 0.420   deflated Sharpe –" in text


def test_attempts_are_told_apart(view):
    job = view("recovered")
    text = text_of(job)
    assert "attempts   2: lost, completed" in text
    assert f"attempt 1 lost after 4.1 s · worker-1 · process {job.attempts[0].instance}" in text
    assert f"attempt 2 completed after 6.1 s · worker-2 · process {job.attempts[1].instance}" in text
    assert "it was killed: what it counted after its last export is lost" in text
    assert "· 1 event of attempt 1 in a span that died with its worker." in text


def test_events_stand_with_the_span_that_made_them(view):
    lines = text_of(view("recovered"), 140).splitlines()
    (line,) = (line for line in lines if "trial 211 failed" in line)
    assert line.split() == [
        *(
            "0:01.806",
            "WARN",
            "trial.failed",
            "trial",
            "211",
            "failed:",
            "fast",
            "must",
            "be",
            "below",
            "slow",
        ),
        *("search", "chunk", "1"),
    ]
    assert any("(not exported)" in line for line in lines)


def test_in_a_narrow_table_the_span_heads_its_events(view):
    lines = [line.strip() for line in text_of(view("cancelled"), 80).splitlines()]
    events = lines[next(i for i, line in enumerate(lines) if line.startswith("Events")) :]
    chunk = events.index("search chunk 1")
    assert "trial.failed" in events[chunk + 1]


def test_a_failed_job_says_why(view):
    text = text_of(view("failed"))
    assert "Why it failed" in text
    assert "RuntimeError: the dataset has only 12 prices; a fold needs 50\nTraceback" in text
    assert "Why it failed" not in text_of(view("completed"))


@pytest.mark.parametrize(
    ("error", "has_stack"),
    [
        (BadInput("dataset", "there is no dataset 'gold'"), False),
        (NoResult("all 5 trials failed"), False),
        (KeyError("gold"), True),
        (json.JSONDecodeError("no", "", 0), True),
    ],
)
def test_only_what_nobody_foresaw_is_told_with_its_stack(tmp_path, job, error, has_stack):
    failed = job(tmp_path, 1)
    failed.attempt(1, 0, 0, "failed", error=error)
    text = text_of(LocalReader(tmp_path).read(failed.job_id))
    assert f"{type(error).__name__}: {error}" in text
    assert ("Traceback" in text) == has_stack


def test_a_stack_trace_keeps_its_words_whole(view):
    text = text_of(view("failed"), 40)
    assert f'"{Path(__file__).parent}/conftest.py",' in text
    assert "^^^" not in text


def test_the_header_and_the_axis_agree(tmp_path, job):
    """Also of a short job, where what the database counts differs from what the spans show."""
    failed = job(tmp_path, 1)
    failed.attempt(1, 0, 0, "failed")
    text = text_of(LocalReader(tmp_path).read(failed.job_id))
    (axis,) = (line for line in text.splitlines() if line.lstrip().startswith("0 "))
    assert (", took 85 ms" in text, axis.endswith(" 85 ms")) == (True, True)


def test_notes_and_problems_are_in_words(view):
    job = view("completed")
    text = text_of(replace(job, spans=job.spans[1:], notes=("Loki does not answer.",)))
    assert "✗ The trace has no root span." in text
    assert "! Loki does not answer." in text
    assert "✓" not in text


def test_text_of_the_job_is_no_markup(view):
    job = view("queued")
    event = replace(job.events[0], body="[bold]not markup[/bold] [/]")
    assert "[bold]not markup[/bold] [/]" in text_of(replace(job, events=(event,)))


def test_an_unknown_job_is_only_what_is_missing():
    view = JobView("6a27e740000000000000000000000001", (), (), notes=("Nothing of this job is here.",))
    assert [line.strip() for line in text_of(view, 60).splitlines() if line.strip()] == [
        "Job 6a27e740000000000000000000000001  unknown",
        "Checks " + "─" * 53,
        "! Nothing of this job is here.",
    ]


def test_a_long_trace_is_folded_but_keeps_its_ends(long_view):
    rows = waterfall.fold(long_view.spans)
    assert len(rows) <= waterfall.MAX_ROWS
    assert sum(len(row.spans) + len(row.below) for row in rows) == len(long_view.spans)
    names = [row.spans[0].name for row in rows]
    assert names[:3] == [
        SpanName.OPTIMIZATION_SEND,
        SpanName.OPTIMIZATION_PROCESS,
        SpanName.OPTIMIZATION_LOAD_PRICES,
    ]
    assert names[-1] == SpanName.OPTIMIZATION_FINISH_ATTEMPT
    text = "\n".join(line.plain for line in waterfall.waterfall(long_view, 120))
    assert "… 4 more attempts, 4 failed in them" in text
    assert "more search chunks" in text


def test_a_short_trace_is_not_folded(view):
    job = view("completed")
    rows = waterfall.fold(job.spans)
    assert [len(row.spans) for row in rows] == [1] * len(job.spans)


def test_a_trace_of_chunks_alone_is_folded_into_few_lines(view):
    chunk = next(s for s in view("completed").spans if s.name == SpanName.OPTIMIZATION_SEARCH_CHUNK)
    spans = [replace(chunk, span_id=f"{number:016x}", parent_span_id=None) for number in range(500)]
    rows = waterfall.fold(spans)
    assert len(rows) == 17
    assert len(rows[8].spans) == 484


def test_bars_lie_where_the_time_was(view):
    lines = [line.plain for line in waterfall.waterfall(view("completed"), 120)]
    ends = [line for line in lines if "search chunk 9" in line or "search chunk 0" in line]
    first, last = (line.index("█") for line in ends)
    assert last - first == pytest.approx(0.87 * (120 - 54 - 11), abs=2)  # 9 s of 10.3


@pytest.mark.parametrize(
    ("first", "last", "bar"),
    [
        (9, 12, "▏"),  # over a column's edge, but shorter than a column
        (10, 25, " █"),
        (10, 20, " █"),
        (11, 20, " ▏"),
        (100, 100, "         ▏"),
    ],
)
def test_a_span_shorter_than_a_column_is_a_thin_bar(first, last, bar):
    assert waterfall._bar(first, last, 100, 10, "█") == bar


def test_many_events_are_folded_but_rare_ones_all_stay(long_view):
    rows = eventlist.fold(long_view.events)
    assert len(rows) <= eventlist.MAX_ROWS
    assert sum(len(row) for row in rows) == len(long_view.events)
    shown = [row[0].name for row in rows if len(row) == 1]
    for name in ("optimization.submitted", "optimization.started", "optimization.completed"):
        assert shown.count(name) == 1


def test_the_json_document_has_it_all(view):
    job = view("recovered")
    document = json.loads(json.dumps(to_json(job)))
    assert document["job_id"] == job.job_id
    assert document["state"] == "completed"
    assert document["trials"] == {"requested": 2000, "completed": 1994, "failed": 6, "infeasible": 0}
    assert len(document["spans"]) == len(job.spans)
    assert [event["uid"] for event in document["events"]] == [event.uid for event in job.events]
    assert document["winner"]["parameters"] == {"fast": 17, "slow": 157}
    assert document["attempts"][0]["outcome"] == "lost"
    assert document["metrics"][1]["trials"] == {"completed": 1196, "failed": 4}
    assert document["best_curve"][-1]["value"] == 0.764702
    assert document["spans"][0]["attributes"][Attr.STRATEGY_NAME] == "sma_cross"
    assert document["gaps"] == list(job.gaps())


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (850_000, "850 µs"),
        (12_400_000, "12 ms"),
        (1_040_000_000, "1.0 s"),
        (252_000_000_000, "4 min 12 s"),
        (3_600_000_000_000, "1 h 00 min"),
    ],
)
def test_durations(ns, text):
    assert duration_text(ns) == text


def test_offsets():
    assert [offset_text(ns) for ns in (5_000_000, 61_500_000_000, 3_661_000_000_000)] == [
        "0:00.005",
        "1:01.500",
        "1:01:01.000",
    ]


def test_a_sparkline_draws_the_peaks():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([0, 9, 0, 0, 0, 3], 3, low=0) == "█▁▃"
    assert sparkline([5, 5], 8) == "▅▅"
    assert sparkline([], 8) == ""


def test_a_step_plot_holds_each_value_until_the_next():
    assert step_plot([(5, 0.0), (8, 1.0)], 0, 10, 10, 2) == ["       ███", "    ▁▁▁███"]
