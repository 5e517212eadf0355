"""``jobscope contract``: what the code emits, and what dashboards ask for, against the contract."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import typer

from telemetry.contract.lint import Finding, LintError, lint
from telemetry.contract.live import DEFAULT_MAX_VALUES, CheckError, Level, LiveCheck, Report, load_definitions
from telemetry.contract.live.files import read_requests
from telemetry.contract.live.receiver import Receiver
from telemetry.contract.live.report import print_report
from telemetry.contract.registry import DEFAULT_DIRECTORY, RegistryError, load_registry

app = typer.Typer(no_args_is_help=True, help="Hold dashboards and running programs against the contract.")


class Show(StrEnum):
    """From which level findings are listed."""

    VIOLATION = "violation"
    IMPROVEMENT = "improvement"
    INFORMATION = "information"


class FailOn(StrEnum):
    """What makes the live check fail: a finding of this level or above."""

    VIOLATION = "violation"
    IMPROVEMENT = "improvement"
    INFORMATION = "information"
    UNSEEN = "unseen"
    NONE = "none"


_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("lint")
def lint_command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and directories; the usual ones if not given."),
    ] = None,
    root: Annotated[
        Path, typer.Option(help="The checkout: what links may lead to, and the backends' configurations.")
    ] = Path(),
    registry: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Directory of the contract's registry.")
    ] = DEFAULT_DIRECTORY,
    loki_url: Annotated[
        str | None, typer.Option(envvar="JOBSCOPE_LOKI_URL", help="A Loki to judge LogQL's syntax.")
    ] = None,
    tempo_url: Annotated[
        str | None, typer.Option(envvar="JOBSCOPE_TEMPO_URL", help="A Tempo to judge TraceQL's syntax.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Check that every query and link of dashboards, rules and docs asks for what exists.

    Exits with 1 when something does not exist, and with 2 when the check could not be made.
    """
    with _told_in_one_line():
        contract = load_registry(registry)
        findings, queries = lint(contract, paths or [], root, loki_url=loki_url, tempo_url=tempo_url)
    if as_json:
        print(json.dumps({"queries": queries, "findings": [asdict(one) for one in findings]}, indent=2))
    else:
        _print_lint(findings)
        print(f"{queries} queries checked: {len(findings)} findings")
    if findings:
        raise typer.Exit(1)


@app.command("check")
def check_command(
    directory: Annotated[
        Path | None, typer.Option("--from", help="Read OTLP/JSON Lines from here, instead of listening.")
    ] = None,
    registry: Annotated[
        list[Path] | None,
        typer.Option(help="Directory of a registry (groups: form); repeat it for those it depends on."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="OTLP/HTTP port on loopback; 0: any free.")
    ] = 4318,
    inactivity_timeout: Annotated[
        float, typer.Option(min=0, help="Stop when nothing came for so many seconds; 0: never.")
    ] = 10,
    duration: Annotated[float, typer.Option(min=0, help="Stop after so many seconds; 0: never.")] = 0,
    fail_on: Annotated[
        FailOn,
        typer.Option(help="Level that makes it fail; `unseen`: also what is defined and never emitted."),
    ] = FailOn.VIOLATION,
    show: Annotated[Show, typer.Option(help="List findings from this level up.")] = Show.VIOLATION,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Finding id not to report, or ID:PATTERN for the signals of such a name."),
    ] = None,
    max_values: Annotated[
        int, typer.Option(min=1, help="Values that an attribute of a metric may have.")
    ] = DEFAULT_MAX_VALUES,
    as_json: _Json = False,
) -> None:
    """Check what a running program emits: listen on OTLP, or read files, and report.

    Point OTEL_EXPORTER_OTLP_ENDPOINT at it. It stops on Ctrl-C, on POST /stop, and by the limits given.
    Exits with 1 when it fails, and with 2 when nothing came or the check could not be made.
    """
    with _told_in_one_line():
        definitions = load_definitions(registry or [DEFAULT_DIRECTORY])
        check = LiveCheck(definitions, max_values=max_values, ignore=ignore or ())
        if directory:
            for request in read_requests(directory):
                check.observe(request)
        else:
            _receive(check, port, inactivity_timeout, duration)
    report = check.report()
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        print_report(report, Level[show.name])
    if not report.entities:
        print("jobscope: no telemetry came, so nothing was checked", file=sys.stderr)
        raise typer.Exit(2)
    if _fails(report, fail_on):
        raise typer.Exit(1)


def _receive(check: LiveCheck, port: int, inactivity_timeout: float, duration: float) -> None:
    try:
        receiver = Receiver(port, check.observe)
    except OSError as error:
        raise CheckError(
            f"port {port} cannot be listened on: {error.strerror}; give another with --port"
        ) from None
    print(f"listening: OTEL_EXPORTER_OTLP_ENDPOINT={receiver.url}", file=sys.stderr, flush=True)
    try:
        receiver.wait(inactivity_timeout, duration)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    finally:
        receiver.close()


def _fails(report: Report, fail_on: FailOn) -> bool:
    if fail_on is FailOn.NONE:
        return False
    if fail_on is FailOn.UNSEEN:
        return bool(report.unseen) or report.worst() == Level.VIOLATION
    worst = report.worst()
    return worst is not None and worst >= Level[fail_on.name]


def _print_lint(findings: list[Finding]) -> None:
    for (file, place, expression), group in groupby(findings, attrgetter("file", "place", "expression")):
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
    except (LintError, RegistryError, CheckError) as error:
        print(f"jobscope: {error}", file=sys.stderr)
        raise typer.Exit(2) from None
