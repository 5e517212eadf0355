"""Puts the command together, and turns errors into one line and an exit code."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from app.cli import demo, jobs, keys, serve
from app.errors import JobscopeError
from app.settings import load_settings
from app.stack import cli as stack
from telemetry.contract import cli as contract

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
app.add_typer(jobs.app, name="job")
app.add_typer(keys.app, name="key")
app.add_typer(stack.app, name="stack")
app.add_typer(contract.app, name="contract")


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove the data directory: jobs, keys, telemetry, and the stack's data."""
    path = load_settings().data_dir
    if not path.exists():
        print(f"nothing to remove: {path} does not exist")
        return
    if not (path / "jobscope.db").exists() and not (path / "telemetry").exists() and any(path.iterdir()):
        raise JobscopeError(f"{path} does not look like a jobscope data directory; nothing was removed")
    if not yes:
        typer.confirm(f"Remove {path} and all that is in it?", abort=True)
    shutil.rmtree(path)
    print(f"removed {path}")


def main() -> None:
    """Run the command; an error of the user's or of the surroundings is told in one line."""
    try:
        app()
    except JobscopeError as error:
        _fail(str(error))
    except OperationalError as error:
        _fail(f"the database cannot be used: {error.orig}")


def _fail(message: str) -> None:
    print(f"jobscope: {message}", file=sys.stderr)
    sys.exit(1)
