"""Shows a JobView in a terminal, or as a JSON document."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from telemetry.contract.names import Attr
from telemetry.contract.names import Event as EventName
from telemetry.jobview.attempts import LOST
from telemetry.jobview.durations import duration_text, time_text
from telemetry.jobview.eventlist import event_table
from telemetry.jobview.model import JobView, Winner
from telemetry.jobview.plots import sparkline, step_plot
from telemetry.jobview.safe import safe_in_json, safe_to_print
from telemetry.jobview.waterfall import waterfall
from telemetry.terminal import printable

_STATE_STYLES = {
    "completed": "bold green",
    "failed": "bold red",
    "cancelled": "bold yellow",
    "running": "bold cyan",
    "queued": "bold magenta",
}
_PLOT_HEIGHT = 5
_PLOT_WIDTH = 72
_SPARK_WIDTH = 32
_STACK_LINES = 12
_OWN_EXCEPTIONS = "app."


def render_view(view: JobView, console: Console | None = None) -> None:
    """Print a Job view, as wide as the console; without colours when that is no terminal."""
    console = console or Console(highlight=False)
    for part in _parts(safe_to_print(view), console.width):
        # A path in a stack trace may be wider than the console; cut, it would be of no use.
        # A name's brackets are no markup.
        console.print(part, highlight=False, markup=False, crop=False)


def to_json(view: JobView) -> dict[str, Any]:
    """Return a Job view as a document of JSON's types; times in nanoseconds since 1970."""
    document = {
        "job_id": view.job_id,
        "state": view.state,
        "strategy": view.strategy,
        "dataset": view.dataset,
        "objective": view.objective,
        "sampler": view.sampler,
        "start_ns": view.start_ns,
        "duration_seconds": view.duration,
        "trials": {
            "requested": view.trials_requested,
            "completed": view.trials_completed,
            "failed": view.trials_failed,
            "infeasible": view.trials_infeasible,
        },
        "winner": asdict(view.winner) if view.winner else None,
        "attempts": [asdict(attempt) for attempt in view.attempts],
        "best_curve": [{"time_ns": time, "value": value} for time, value in view.best_curve],
        "spans": [asdict(span) for span in view.spans],
        "events": [asdict(event) for event in view.events],
        "metrics": [asdict(metrics) for metrics in view.metrics],
        "problems": list(view.problems()),
        "gaps": list(view.gaps()),
        "notes": list(view.notes),
    }
    return {name: safe_in_json(value) for name, value in document.items()}


def _parts(view: JobView, width: int) -> Iterator[RenderableType]:
    yield _header(view)
    if len({value for _, value in view.best_curve}) > 1:  # a flat line tells no more than the header
        yield _rule("Best value so far")
        yield _curve(view, width)
    if view.spans:
        yield _rule(f"Spans ({len(view.spans):,})")
        yield Group(*waterfall(view, width))
    if view.events:
        yield _rule(f"Events ({len(view.events):,})")
        yield event_table(view, width)
    failure = _failure(view, width)
    if failure:
        yield _rule("Why it failed")
        yield failure
    if view.metrics:
        yield _rule("Metrics of the attempts' processes")
        yield _processes(view)
    yield _rule("Checks")
    yield _checks(view)


def _rule(title: str) -> RenderableType:
    return Padding(Rule(Text(title, "bold"), align="left", style="dim"), (1, 0, 0, 0))


def _header(view: JobView) -> RenderableType:
    title = Text("Job ", "bold")
    title.append(view.job_id, "bold")
    title.append("  ")
    title.append(view.state, _STATE_STYLES.get(view.state, "bold"))
    facts = Table.grid(padding=(0, 2, 0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    if view.strategy or view.dataset:
        how = [
            f"{view.objective} maximised" if view.objective else "",
            view.sampler and f"sampler {view.sampler}",
        ]
        what = f"{view.strategy or 'unknown strategy'} on {view.dataset or 'an unknown dataset'}"
        facts.add_row("strategy", ", ".join(filter(None, [what, *how])))
    if view.start_ns is not None:
        facts.add_row("submitted", f"{time_text(view.start_ns)}, {_lasted(view)}")
    if view.attempts:
        outcomes = ", ".join(a.outcome or "running" for a in view.attempts[-5:])
        more = "… " if len(view.attempts) > 5 else ""
        facts.add_row("attempts", f"{len(view.attempts)}: {more}{outcomes}")
    if view.trials_requested is not None or view.trials_completed:
        facts.add_row("trials", _trials(view))
    if view.winner:
        facts.add_row("best", _winner(view.winner))
        facts.add_row(view.objective or "value", _figures(view.winner))
        if _held_out(view.winner):
            facts.add_row("held out", _held_out(view.winner))
    return Group(title, facts)


def _lasted(view: JobView) -> str:
    lasted = duration_text((view.duration or 0) * 1e9)
    if view.state in {"completed", "failed", "cancelled"}:
        return f"took {lasted}"
    if not view.attempts:
        return "waits for a worker"
    return f"last heard of {lasted} later"


def _trials(view: JobView) -> str:
    done = view.trials_completed + view.trials_failed + view.trials_infeasible
    requested = f" of {view.trials_requested:,}" if view.trials_requested is not None else ""
    without = {"failed": view.trials_failed, "infeasible": view.trials_infeasible}
    told = ", ".join(f"{count:,} of them {how}" for how, count in without.items() if count)
    return f"{done:,}{requested}" + (f", {told}" if told else "")


def _winner(winner: Winner) -> str:
    number = "an unknown trial" if winner.trial is None else f"trial {winner.trial:,}"
    parameters = "  ".join(f"{name}={value}" for name, value in (winner.parameters or {}).items())
    # They are JSON in an attribute, which may have what was safe as such.
    return printable(f"{number}  {parameters}".rstrip())


def _figures(winner: Winner) -> Text:
    """Return the figures that tell a find from luck; those out of the sample matter most."""
    line = Text()
    for name, value, style in (
        ("in sample", winner.in_sample, ""),
        ("walk-forward", winner.walk_forward, ""),
        ("out of sample", winner.out_of_sample, "bold"),
        ("deflated Sharpe", winner.deflated_sharpe, "bold"),
    ):
        if value is None and winner.out_of_sample is None:
            continue  # not known yet
        line.append(f"{name} ", "dim")
        line.append("–   " if value is None else f"{value:.3f}   ", style)
    line.rstrip()
    return line


def _held_out(winner: Winner) -> str:
    """Return how the winner did on the held-out tail, in shares of the stated capital."""
    told = (
        winner.total_return is not None and f"return {winner.total_return:+.1%}",
        winner.max_drawdown is not None and f"deepest fall {winner.max_drawdown:.1%}",
        winner.trades is not None and f"{winner.trades:,} trades",
    )
    return ", ".join(part for part in told if part)


def _curve(view: JobView, width: int) -> RenderableType:
    begin, end = view.start_ns or 0, view.end_ns or 0
    values = [value for _, value in view.best_curve]
    columns = min(_PLOT_WIDTH, width - 12)
    plot = step_plot(view.best_curve, begin, end, columns, _PLOT_HEIGHT)
    lines = []
    for row, bars in enumerate(plot):
        label = {0: f"{max(values):.3f}", len(plot) - 1: f"{min(values):.3f}"}.get(row, "")
        lines.append(Text.assemble((f"{label:>9} │", "dim"), (bars, "green"), no_wrap=True))
    last = duration_text(end - begin)
    lines.append(Text(" " * 10 + "└0" + last.rjust(columns - 1, "─"), "dim", no_wrap=True))
    return Group(*lines)


def _processes(view: JobView) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    lost = {attempt.number for attempt in view.attempts if attempt.outcome == LOST}
    for one in view.metrics:
        counted = ", ".join(f"{count:,} {outcome}" for outcome, count in one.trials.items())
        last = "; it was killed: what it counted after its last export is lost" if one.attempt in lost else ""
        table.add_row(f"attempt {one.attempt}", "trials", (counted or "none counted") + last)
        cpu = [sample.value for sample in one.cpu]
        memory = [sample.value for sample in one.memory]
        if cpu:
            line = f"{sparkline(cpu, _SPARK_WIDTH, low=0)}  at most {max(cpu):.0%} of the machine"
            table.add_row("", "CPU", line)
        if memory:
            line = (
                f"{sparkline(memory, _SPARK_WIDTH)}  {min(memory) / 1e6:,.0f} to {max(memory) / 1e6:,.0f} MB"
            )
            table.add_row("", "memory", line)
    return table


def _failure(view: JobView, width: int) -> RenderableType | None:
    """Return the exception that ended the job, if one did, with the end of its stack trace."""
    ends = [event for event in view.events if event.name == EventName.OPTIMIZATION_FAILED]
    facts = ends[-1].attributes if ends else view.known.facts if view.known else {}
    if view.state != "failed" or Attr.EXCEPTION_TYPE not in facts:
        return None
    kind = str(facts[Attr.EXCEPTION_TYPE])
    message = f"{kind}: {facts.get(Attr.EXCEPTION_MESSAGE, '')}"
    lines = [_wrapped(message.splitlines(), width, "red")]
    # An exception that jobscope defines has a message for the user, and its frames are only jobscope's own.
    if not kind.startswith(_OWN_EXCEPTIONS):
        stack = str(facts.get(Attr.EXCEPTION_STACKTRACE, "")).splitlines()
        # The lines of ^^^^ would point nowhere once those above them are wrapped.
        stack = [line for line in stack if line.strip(" ^~")]
        lines.append(_wrapped(stack[-_STACK_LINES:], width, "dim"))
    return Group(*lines)


def _wrapped(lines: list[str], width: int, style: str) -> Text:
    """Return lines wrapped between words, never in one: rich splits what is wider than the console."""
    wrapped = (textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in lines)
    return Text("\n".join(wrapped), style, no_wrap=True, overflow="ignore")


def _checks(view: JobView) -> RenderableType:
    lines = [Text(f"✗ {problem}", "red") for problem in view.problems()]
    if not lines and view.spans:
        events = ", every event's span is there" if not view.gaps() else ""
        lines.append(Text(f"✓ One root, no span without its parent{events}.", "green"))
    lines += [Text(f"· {gap}", "yellow") for gap in view.gaps()]
    lines += [Text(f"! {note}", "yellow") for note in view.notes]
    return Group(*lines)
