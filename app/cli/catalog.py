"""``jobscope dataset`` and ``jobscope strategy``: what a job can be asked for, as the API tells it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.table import Table
from rich.text import Text

from app.backtests.endpoints import StrategyOut
from app.backtests.strategies import STRATEGIES
from app.cli.tables import print_table
from app.prices.datasets import available
from app.prices.endpoints import DatasetOut
from app.settings import load_settings

datasets = typer.Typer(help="Price series.", no_args_is_help=True)
strategies = typer.Typer(help="Strategies and their parameters.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


# Without them a Typer of one command would be that command itself.
@datasets.callback()
def _datasets() -> None: ...


@strategies.callback()
def _strategies() -> None: ...


@datasets.command("list")
def list_datasets(as_json: AsJson = False) -> None:
    """List the shipped datasets, and the CSV files in the data directory's datasets folder."""
    items = [DatasetOut.model_validate(dataset) for dataset in available(load_settings().data_dir)]
    if as_json:
        _print_json(items)
        return
    table = _table("name", "prices", "first", "last", "unit", "≤ 0", "problem")
    for item in items:
        _add(
            table,
            item.name,
            str(item.rows),
            item.first,
            item.last,
            item.unit,
            str(item.non_positive_rows),
            item.error or "",
        )
    print_table(table)


@strategies.command("list")
def list_strategies(as_json: AsJson = False) -> None:
    """List the strategies, each with its parameters and the ranges of their values."""
    items = [StrategyOut.model_validate(STRATEGIES[name]) for name in sorted(STRATEGIES)]
    if as_json:
        _print_json(items)
        return
    table = _table("name", "values", "step", "description")
    for item in items:
        _add(table, item.name, "", "", item.description)
        for parameter in item.parameters:
            values = f"{parameter.low:g} to {parameter.high:g}"
            step = "any" if parameter.step is None else f"{parameter.step:g}"
            _add(table, f"  {parameter.name}", values, step, parameter.description)
    print_table(table)


def _table(*headers: str) -> Table:
    *cells, text = headers
    table = Table(box=None, pad_edge=False)
    for header in cells:
        table.add_column(header, no_wrap=True)
    table.add_column(text, overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    table.add_row(*map(Text, cells))  # as Text: a name's brackets are no markup


def _print_json(items: Iterable[BaseModel]) -> None:
    print(json.dumps([item.model_dump() for item in items], indent=2))
