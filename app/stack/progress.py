"""Shows the stack starting and stopping: a live table in a terminal, else a line per step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

from app.stack.stack import Report

_STYLES = {"ready": "green", "missing": "yellow", "killed": "red", "stopped": "dim"}
_UNDER_WAY = {"starting", "stopping"}


@contextmanager
def shown(console: Console) -> Iterator[Report]:
    """Give a report function that shows what it is told, until the block ends."""
    began = time.monotonic()
    if not console.is_terminal:

        def line(name: str, state: str, detail: str) -> None:
            if state not in _UNDER_WAY:
                console.print(f"{name:16}{state:10}{detail}", highlight=False, soft_wrap=True)

        yield line
        return

    rows: dict[str, tuple[str, str, float]] = {}
    spinner = Spinner("dots")

    def table() -> Table:
        grid = Table.grid(padding=(0, 2))
        for name, (state, detail, at) in rows.items():
            mark = spinner if state in _UNDER_WAY else f"[{_STYLES.get(state, '')}]{state}[/]"
            grid.add_row(name, mark, detail, "" if state in _UNDER_WAY else f"[dim]{at:.1f} s[/]")
        return grid

    with Live(console=console, get_renderable=table, refresh_per_second=10):

        def row(name: str, state: str, detail: str) -> None:
            rows[name] = (state, detail, time.monotonic() - began)

        yield row
