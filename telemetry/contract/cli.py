"""``jobscope contract``: what the code emits, and what dashboards ask for, against the contract."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from telemetry.contract.lint import Finding, LintError, lint
from telemetry.contract.registry import DEFAULT_DIRECTORY, RegistryError, load_registry

app = typer.Typer(no_args_is_help=True, help="Hold dashboards and running programs against the contract.")

_Registry = Annotated[
    Path, typer.Option("--registry", help="Directory of the registry, in semantic-convention form.")
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("lint")
def lint_command(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and directories; the usual ones if not given.")
    ] = None,
    root: Annotated[
        Path, typer.Option(help="The checkout: what links may lead to, and the backends' configurations.")
    ] = Path(),
    registry: _Registry = DEFAULT_DIRECTORY,
    loki_url: Annotated[
        str | None, typer.Option(envvar="JOBSCOPE_LOKI_URL", help="A Loki to judge LogQL's syntax.")
    ] = None,
    tempo_url: Annotated[
        str | None, typer.Option(envvar="JOBSCOPE_TEMPO_URL", help="A Tempo to judge TraceQL's syntax.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Check that every query and link of dashboards, rules and docs asks for what exists.

    Exits with 1 when there is a finding, and with 2 when the check could not be made.
    """
    with _told_in_one_line():
        findings, queries = lint(
            load_registry(registry), paths or [], root, loki_url=loki_url, tempo_url=tempo_url
        )
    if as_json:
        print(json.dumps({"queries": queries, "findings": [asdict(one) for one in findings]}, indent=2))
    else:
        _print_findings(findings)
        print(f"{queries} queries, {len(findings)} findings")
    if findings:
        raise typer.Exit(1)


def _print_findings(findings: list[Finding]) -> None:
    for (file, place, expression), group in groupby(
        findings, lambda one: (one.file, one.place, one.expression)
    ):
        print(f"{file}: {place}")
        print("".join(f"    {line}\n" for line in expression.splitlines()), end="")
        for one in group:
            print(f"  {one.id}: {one.message}")
        print()


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """Turn what the user can mend into one line and exit code 2."""
    try:
        yield
    except (LintError, RegistryError) as error:
        print(f"jobscope: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
