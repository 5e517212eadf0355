"""``jobscope stack``: the whole stack on this machine, without containers."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.table import Table

from app.errors import BadInput, NotFound
from app.settings import load_settings
from app.stack.passwords import make_passwords
from app.stack.progress import shown
from app.stack.stack import Stack
from app.stack.status import status as read_status

app = typer.Typer(no_args_is_help=True, help="Run the whole stack on this machine.")

_FOLLOW_SECONDS = 0.2


def _stack(*, workers: int = 2, infra_only: bool = False) -> Stack:
    text = os.environ.get("JOBSCOPE_STACK_PORT_OFFSET", "0")
    if not text.isdecimal():
        raise BadInput("JOBSCOPE_STACK_PORT_OFFSET", f"{text!r} is not a whole number of 0 or more")
    # Not by `include`, which would ask for all of them to be installed.
    return Stack(load_settings().data_dir, int(text), workers=workers, app=not infra_only)


@app.command()
def up(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    infra_only: Annotated[bool, typer.Option("--infra-only", help="Leave the API and workers out.")] = False,
) -> None:
    """Start what does not run yet, and wait until it is ready."""
    stack = _stack(workers=workers, infra_only=infra_only)
    console = Console()
    with shown(console) as report:
        stack.up(report)
    if stack.record("grafana"):
        path = stack.layout.passwords / "grafana_password"
        console.print(f"Grafana: {stack.urls['grafana']}, user admin, password in {path}", soft_wrap=True)


@app.command()
def down() -> None:
    """Stop what was started, in reverse order."""
    with shown(Console()) as report:
        _stack().down(report)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what runs, where, and what it uses."""
    programs = read_status(_stack())
    if as_json:
        typer.echo(json.dumps([asdict(program) for program in programs], indent=2))
        return
    table = Table("program", "state", "ready", "pid", "address", "CPU %", "MiB", box=None)
    for program in programs:
        table.add_row(
            program.name,
            program.state,
            "yes" if program.ready else "no",
            str(program.pid or ""),
            program.address,
            f"{program.cpu_percent:.1f}" if program.pid else "",
            f"{program.rss_bytes / 2**20:.0f}" if program.pid else "",
        )
    Console().print(table)


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="A program; all of them if not given.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 20,
) -> None:
    """Print what programs have written."""
    stack = _stack()
    names = [name] if name else [each for each in stack.names if stack.layout.log_of(each).exists()]
    files: dict[str, TextIO] = {}
    try:
        for each in names:
            try:
                files[each] = stack.layout.log_of(each).open(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                raise NotFound(f"{each} has no log; programs: {', '.join(stack.names)}") from None
        width = max(map(len, names), default=0) if name is None else 0
        for each, file in files.items():
            for line in deque(file, maxlen=lines):
                _print_line(each, width, line)
        while follow:
            for each, file in files.items():
                for line in file:
                    _print_line(each, width, line)
            time.sleep(_FOLLOW_SECONDS)
    except KeyboardInterrupt:
        pass
    finally:
        for file in files.values():
            file.close()


@app.command()
def secrets(
    directory: Annotated[Path, typer.Argument(help="Gets one file per password.")] = Path("secrets"),
) -> None:
    """Make the passwords that compose.yaml reads; those that exist are kept."""
    # Containers read the files as users of their own, so each file is open to all and the directory, which
    # no container has to enter, to its owner alone.
    passwords = make_passwords(directory, file_mode=0o644)
    # Whatever directory it is: its content is not for version control.
    (directory / ".gitignore").write_text("*\n", encoding="utf-8")
    typer.echo(f"{len(passwords)} passwords in {directory}")


def _print_line(name: str, width: int, line: str) -> None:
    typer.echo(f"{name:{width}} | {line.rstrip()}" if width else line.rstrip())
