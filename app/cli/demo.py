"""``jobscope demo``: one real optimization of real prices, from submission to the Job view."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.jobs import read_view
from app.cli.local import local_optimizations, require_data_dir
from app.database.engine import open_database
from app.errors import Conflict, Unavailable
from app.security.keys import create_key, revoke_key
from app.settings import Settings, load_settings
from telemetry.jobview import render_view

_START_SECONDS = 60
_JOBS = "/api/v1/optimizations"
# Nobody else uses the demo's API, wherever the user's listens.
_HOST = "127.0.0.1"
# Short checkpoints make the demo's progress bar and best-value curve smooth.
_CHECKPOINT_SECONDS = "0.25"


def demo(
    trials: Annotated[int, typer.Option(min=1, help="Parameter sets to try.")] = 20_000,
    strategy: Annotated[str, typer.Option(help="Strategy whose parameters are searched.")] = "sma_cross",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes.")] = 1,
) -> None:
    """Optimize a strategy on real oil prices, and show everything the job did."""
    settings = load_settings()
    require_data_dir(settings)
    console = Console()
    engine = open_database(settings)
    key, secret = create_key(engine, f"demo-{secrets.token_hex(3)}", "operator")
    job_id = None
    try:
        with (
            _service(settings, workers) as url,
            httpx.Client(base_url=url, timeout=30, trust_env=False) as client,
        ):
            client.headers["Authorization"] = f"Bearer {secret}"
            submitted = client.post(_JOBS, json={"strategy": strategy, "trials": trials})
            if submitted.is_error:
                raise Unavailable(
                    f"the API refused the job: {submitted.json().get('detail', submitted.text)}"
                )
            job_id = submitted.json()["id"]
            console.print(f"job [bold]{job_id}[/bold]: {trials} trials of {strategy} on wti-daily")
            job = _follow(client, job_id, trials, console)
    except KeyboardInterrupt:
        console.print(f"interrupted; {_cancel(job_id) if job_id else 'no job was submitted'}")
        raise typer.Exit(130) from None
    finally:
        revoke_key(engine, key.id)
        engine.dispose()
    _print_winner(job, console)
    console.print()
    # The service has stopped and flushed, so the view is whole.
    render_view(read_view(settings, job_id), console)
    console.print(f"\nAgain: [bold]jobscope job show {job_id}[/bold]")
    if job["state"] != "completed":
        raise Unavailable(f"the job ended as {job['state']}")


def _cancel(job_id: str) -> str:
    """Cancel the job of a demo whose service has stopped; return what has become of it.

    Not before: Ctrl-C reaches the service as well as us, and a worker that stops puts its job back into the
    queue, where the next demo would find it.
    """
    try:
        with local_optimizations() as optimizations:
            optimizations.cancel(job_id)
    except Conflict as error:
        return str(error)
    return f"job {job_id} was cancelled"


@contextmanager
def _service(settings: Settings, workers: int) -> Iterator[str]:
    """Run API and workers on a free port; their output goes to a file in the data directory."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"JOBSCOPE_HOST": _HOST, "JOBSCOPE_PORT": str(port)}
    environment.setdefault("JOBSCOPE_CHECKPOINT_SECONDS", _CHECKPOINT_SECONDS)
    log = settings.data_dir / "demo.log"
    command = [sys.executable, "-m", "app.cli", "serve", "--workers", str(workers)]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    url = f"http://{_HOST}:{port}"
    try:
        _await_ready(url, process, str(log))
        yield url
    finally:
        process.terminate()
        process.wait()


def _await_ready(url: str, process: subprocess.Popen[bytes], log: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise Unavailable(f"the service did not become ready; {log} says why")


def _follow(client: httpx.Client, job_id: str, trials: int, console: Console) -> dict[str, Any]:
    """Show a progress bar until the job has ended; return the job."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(30),  # with 40, the default, the line of a job that waits is longer than 80 columns
        MofNCompleteColumn(),
        TextColumn("best {task.fields[best]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("searching", total=trials, best="–")
        with client.stream("GET", f"{_JOBS}/{job_id}/events", timeout=None) as events:
            for line in events.iter_lines():
                if not line.startswith("data:"):
                    continue
                state = json.loads(line.removeprefix("data:"))
                best = state["best_value"]
                progress.update(
                    task,
                    description=_what_it_does(client, state["state"]),
                    completed=round(state["progress"] * trials),
                    best="–" if best is None else f"{best:.3f}",
                )
    job: dict[str, Any] = client.get(f"{_JOBS}/{job_id}").json()
    return job


def _what_it_does(client: httpx.Client, state: str) -> str:
    if state != "queued":
        return "searching"
    # Workers take jobs in turn: while others wait or run, ours waits for them.
    jobs = client.get(_JOBS, params={"limit": 500}).json()["items"]
    others = sum(job["state"] in {"queued", "running"} for job in jobs) - 1
    return f"behind {others} other job(s)" if others > 0 else "starting"


def _print_winner(job: dict[str, Any], console: Console) -> None:
    if job["best_parameters"] is None:
        return
    parameters = ", ".join(f"{name}={value:g}" for name, value in job["best_parameters"].items())
    console.print(f"\n[bold]winner[/bold]  trial {job['best_trial']}: {parameters}")
    for label, field, explanation in (
        ("in-sample Sharpe", "best_value", "mean over walk-forward folds; what the search maximised"),
        ("walk-forward Sharpe", "walk_forward_value", "each fold judged by who was best before it"),
        ("out-of-sample Sharpe", "out_of_sample_value", "the held-out tail, never searched"),
        (
            "deflated Sharpe",
            "deflated_sharpe",
            f"probability that it is not luck, of {job['trials_completed']} tried",
        ),
    ):
        value = job[field]
        shown = "–" if value is None else f"{value:.3f}"
        console.print(f"  {label:<21} [bold]{shown:>7}[/bold]  [dim]{explanation}[/dim]", soft_wrap=True)
