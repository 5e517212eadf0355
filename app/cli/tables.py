"""Tables for people."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from telemetry.terminal import printable

# More than any table needs.
_NO_LIMIT = 100_000
_GAP = 2


def print_table(table: Table) -> None:
    """Print a table: as wide as the terminal, and as wide as it needs to be in a file or pipe."""
    (Console() if sys.stdout.isatty() else Console(width=_NO_LIMIT)).print(table)


def print_columns(headers: Sequence[str], rows: Sequence[Sequence[str]], *, always: int) -> None:
    """Print rows of cells that are never cut: a terminal too narrow for all columns gets fewer of them.

    Args:
        headers: the columns' names, the most important first.
        rows: the cells.
        always: so many columns are printed however narrow the terminal is.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    room = Console().width if sys.stdout.isatty() else _NO_LIMIT
    widths = [max(map(cell_len, column)) + _GAP for column in zip(headers, *rows, strict=True)]
    shown = len(headers)
    while shown > always and sum(widths[:shown]) - _GAP > room:
        shown -= 1
    table = Table(*headers[:shown], box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for row in rows:
        table.add_row(*map(Text, row[:shown]))
    Console(width=sum(widths[:shown])).print(table)
