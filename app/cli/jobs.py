"""``jobscope job``: submit, list, show, cancel, retry, export."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.cli.local import full_id, known_job, local_optimizations
from app.cli.tables import print_columns
from app.errors import BadInput, NotFound, quoted
from app.exports.service import export
from app.optimizations.service import STATES
from app.optimizations.spec import JobSpec
from app.settings import Settings, load_settings
from telemetry.jobview import BackendReader, JobView, LocalReader, render_view, to_json

app = typer.Typer(help="Optimization jobs.", no_args_is_help=True)

JobId = Annotated[
    str, typer.Argument(help="The job's id, or as few of its first digits as no other has, 4 at least.")
]


@app.command("submit")
def submit(
    strategy: Annotated[str, typer.Option(help="Strategy whose parameters are searched.")] = JobSpec.strategy,
    dataset: Annotated[str, typer.Option(help="Price series.")] = JobSpec.dataset,
    trials: Annotated[int, typer.Option(help="Parameter sets to try.")] = JobSpec.trials,
    sampler: Annotated[str, typer.Option(help="random or tpe.")] = JobSpec.sampler,
    parameters: Annotated[
        str, typer.Option(help='Narrower ranges, as JSON: {"fast": {"low": 5, "high": 20}}.')
    ] = "{}",
    seed: Annotated[int | None, typer.Option(help="Makes the search repeatable.")] = None,
    folds: Annotated[int, typer.Option(help="Walk-forward windows to average over.")] = JobSpec.folds,
    holdout: Annotated[
        float, typer.Option(help="Share of the prices, the last ones, that the search never sees.")
    ] = JobSpec.holdout,
) -> None:
    """Queue a job and print its id."""
    try:
        ranges = json.loads(parameters)
    except json.JSONDecodeError as error:
        raise BadInput("parameters", f"is not JSON: {error}") from None
    spec = JobSpec(
        strategy=strategy,
        dataset=dataset,
        trials=trials,
        sampler=sampler,
        parameters=ranges,
        seed=seed,
        folds=folds,
        holdout=holdout,
    )
    with local_optimizations() as optimizations:
        print(optimizations.submit(spec).id)


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATES)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List jobs, the newest first; times are UTC."""
    if state is not None and state not in STATES:
        raise BadInput("state", f"is {quoted(state)}; it must be one of {', '.join(STATES)}")
    with local_optimizations() as optimizations:
        jobs = optimizations.list(state=state, limit=limit)
    if as_json:
        rows: list[dict[str, Any]] = [
            {
                "id": job.id,
                "state": job.state,
                "strategy": job.strategy,
                "dataset": job.dataset,
                "trials": job.trials,
                "done": job.trials_made,
                "best_value": job.best_value,
                "out_of_sample_value": job.out_of_sample_value,
                "created_at": job.created_at.isoformat(timespec="seconds"),
            }
            for job in jobs
        ]
        print(json.dumps(rows, indent=2))
        return
    headers = ("id", "state", "done", "submitted", "strategy", "best", "out-of-sample", "dataset")
    cells = [
        (
            job.id,
            job.state,
            f"{100 * job.trials_made // job.trials}%",
            f"{job.created_at:%m-%d %H:%M}",
            job.strategy,
            _number(job.best_value),
            _number(job.out_of_sample_value),
            job.dataset,
        )
        for job in jobs
    ]
    print_columns(headers, cells, always=2)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


@app.command("show")
def show(
    job_id: JobId,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show everything a job did: spans, events and metrics, joined."""
    job_id = full_id(job_id)
    settings = load_settings()
    view = read_view(settings, job_id)
    if not view.spans or not view.events:
        view = replace(view, known=known_job(settings, job_id))
    if not view.spans and not view.events and not view.known:
        raise NotFound(f"no telemetry of job {job_id} was found: " + " ".join(view.notes))
    if as_json:
        json.dump(to_json(view), sys.stdout, indent=2)
        print()
    else:
        render_view(view, Console())


def read_view(settings: Settings, job_id: str) -> JobView:
    """Read the Job view from the stack's backends when they are named, else from local files."""
    if settings.tempo_url and settings.loki_url and settings.prometheus_url:
        return BackendReader(settings.tempo_url, settings.loki_url, settings.prometheus_url).read(job_id)
    return LocalReader(settings.telemetry_dir).read(job_id)


@app.command("cancel")
def cancel(job_id: JobId) -> None:
    """Cancel a job: at once when it waits, at its next checkpoint when it runs."""
    job_id = full_id(job_id)
    with local_optimizations() as optimizations:
        job = optimizations.cancel(job_id)
    print("cancelled" if job.state == "cancelled" else "cancellation requested")


@app.command("retry")
def retry(job_id: JobId) -> None:
    """Try a job again that failed; it goes on from the trials it has."""
    job_id = full_id(job_id)
    with local_optimizations() as optimizations:
        optimizations.retry(job_id)
    print("queued")


@app.command("export")
def export_(
    job_id: JobId,
    to: Annotated[Path, typer.Option("--to", help="File to write; its name ends in .csv or .json.")],
) -> None:
    """Write a job's trials to a CSV file, or the job with its trials to a JSON file."""
    export_format = to.suffix.removeprefix(".")
    if export_format not in {"csv", "json"}:
        raise BadInput("to", f"{quoted(to.name)} must end in .csv or .json")
    job_id = full_id(job_id)
    # Whole or not at all: written beside, then renamed.
    part = to.with_name(to.name + ".part")
    try:
        with local_optimizations() as optimizations, part.open("wb") as file:
            file.writelines(export(optimizations, job_id, export_format))
        part.replace(to)
    except OSError as error:
        raise BadInput("to", f"{to} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    print(f"wrote {to}")
