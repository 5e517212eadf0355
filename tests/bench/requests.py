"""CPU the API's process spends on a request, with telemetry over without, under uvicorn as in production."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
from rich.console import Console
from rich.progress import track

from tests.bench.overhead import spread
from tests.unit.cli.command import free_port

PAIRS = 5
READS = 1500
SUBMITS = 400
IDLE_SECONDS = 3.0
OPTIMIZATIONS = "/api/v1/optimizations"
SUBMISSION = b'{"strategy": "sma_cross", "trials": 100}'


@dataclass(frozen=True)
class Cost:
    """Milliseconds of CPU a request, what the process spends without any taken off."""

    read: float
    submit: float


def measure_requests(console: Console) -> None:
    """Run pairs in turn, each with an API of its own, and print the figures and their ratios."""
    costs: dict[str, list[Cost]] = {"false": [], "true": []}
    for pair in track(
        range(PAIRS), "requests with and without telemetry, in turn", console=console, transient=True
    ):
        # Who goes first changes, so that a drift of the machine's speed cancels out.
        for disabled in ("false", "true") if pair % 2 else ("true", "false"):
            costs[disabled].append(cost(disabled))
    console.print(
        f"[bold]CPU of the API's process per request[/bold], {PAIRS} interleaved pairs of {READS} reads and "
        f"{SUBMITS} submits"
    )
    for kind in ("read", "submit"):
        with_it = [getattr(cost, kind) for cost in costs["false"]]
        without = [getattr(cost, kind) for cost in costs["true"]]
        ratios = [one / other for one, other in zip(with_it, without, strict=True)]
        console.print(f"  {kind}, ms with telemetry    {spread(with_it, '.2f')}")
        console.print(f"  {kind}, ms without           {spread(without, '.2f')}")
        console.print(f"  {kind}, ratio, pair by pair  {spread(ratios, '.2f')}   goal ≤ 1.3")


def cost(disabled: str) -> Cost:
    """Measure an API of its own."""
    with tempfile.TemporaryDirectory() as directory, _api(directory, disabled) as (process, port, key):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

        def ask(method: str, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer

        def per_request(count: int, method: str, path: str, body: bytes | None = None) -> float:
            spent, began = _cpu_seconds(process), time.monotonic()
            for _ in range(count):
                if ask(method, path, body).status >= 400:
                    raise RuntimeError(f"{method} {path} failed")
            wall = time.monotonic() - began
            return (_cpu_seconds(process) - spent - idle * wall) / count * 1e3

        job = ask("POST", OPTIMIZATIONS, SUBMISSION).headers["Location"]
        for _ in range(200):
            ask("GET", job)
        spent = _cpu_seconds(process)
        time.sleep(IDLE_SECONDS)
        idle = (_cpu_seconds(process) - spent) / IDLE_SECONDS
        return Cost(per_request(READS, "GET", job), per_request(SUBMITS, "POST", OPTIMIZATIONS, SUBMISSION))


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


@contextmanager
def _api(directory: str, disabled: str) -> Iterator[tuple[psutil.Process, int, str]]:
    port = free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "JOBSCOPE_"))}
    environment = kept | {
        "JOBSCOPE_DATA_DIR": directory,
        "JOBSCOPE_PORT": str(port),
        "OTEL_SDK_DISABLED": disabled,
    }
    command = [sys.executable, "-m", "app.cli"]
    key = subprocess.run(
        [*command, "key", "create", "bench", "--role", "operator"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with subprocess.Popen([*command, "api"], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            while not _ready(port):
                time.sleep(0.1)
            yield psutil.Process(process.pid), port, key
        finally:
            process.terminate()


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
