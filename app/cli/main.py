"""Puts the command together, and turns errors into one line and an exit code."""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated

import typer
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from app.cli import catalog, demo, jobs, keys, reset, serve
from app.database.engine import database_problem
from app.errors import JobscopeError
from app.settings import load_settings
from app.stack import cli as stack
from telemetry.contract import cli as contract
from telemetry.terminal import printable

app = typer.Typer(
    name="jobscope",
    help="Give it a job id, and it shows everything that job did: spans, logs and metrics, in one view.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("api")(serve.api)
app.command("worker")(serve.worker)
app.command("reset")(reset.reset)
app.add_typer(jobs.app, name="job")
app.add_typer(catalog.datasets, name="dataset")
app.add_typer(catalog.strategies, name="strategy")
app.add_typer(keys.app, name="key")
app.add_typer(stack.app, name="stack")
app.add_typer(contract.app, name="contract")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version("jobscope"))
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Declare the options of the command itself; its help is above."""


def main() -> None:
    """Run the command; an error of the user's or of the surroundings is told in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or pipe that cannot take a character gets a question mark, not a stack trace.
            stream.reconfigure(errors="replace")
    try:
        app()
    except JobscopeError as error:
        _fail(str(error))
    except DatabaseError as error:
        _fail(database_problem(make_url(load_settings().sqlalchemy_url), error))
    finally:
        # Telemetry is flushed as the process ends, which can take a while: who waits has his answer before.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # nobody reads any more; Python says so at its end
                stream.flush()


def _fail(message: str) -> None:
    # A message may say what was given, or what a file holds.
    print(f"jobscope: {printable(message)}", file=sys.stderr)
    sys.exit(1)
