"""CPU the API's process spends on a request, with telemetry over without, under uvicorn as in production.

Both APIs run at the same time and are asked in turn, some requests each: a machine's speed changes within
seconds, by more than what is looked for.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import psutil
from rich.console import Console
from rich.progress import track

from tests.bench.overhead import spread
from tests.unit.cli.command import await_listening, free_port

ROUNDS = 20
REQUESTS = 50  # so many that the clock of processes, which counts hundredths of a second, is fine enough
IDLE_SECONDS = 5.0
OPTIMIZATIONS = "/api/v1/optimizations"
SUBMISSION = b'{"strategy": "sma_cross", "trials": 100}'
KINDS = ("read", "submit")
VARIANTS = {"with": {}, "without": {"OTEL_SDK_DISABLED": "true"}}

Costs = dict[str, dict[str, list[float]]]


def measure_requests(console: Console) -> None:
    """Ask both in turn, and print what a request costs each, and the ratio."""
    costs = measure(VARIANTS, console)
    console.print(
        f"[bold]CPU of the API's process per request[/bold], ms, {ROUNDS} rounds of {REQUESTS} requests each"
    )
    for kind in KINDS:
        one, other = costs["with"][kind], costs["without"][kind]
        console.print(f"  {kind} with telemetry         {spread(one, '.2f')}")
        console.print(f"  {kind} without                {spread(other, '.2f')}")
        ratios = [mine / theirs for mine, theirs in zip(one, other, strict=True)]
        console.print(f"  {kind}, ratio, round by round {spread(ratios, '.2f')}   goal ≤ 1.3")
        console.print(f"  {kind}, ratio of all          {sum(one) / sum(other):.2f}")


def measure(variants: Mapping[str, Mapping[str, str]], console: Console) -> Costs:
    """Return milliseconds of CPU a request, by variant and kind, round by round.

    What a process spends when nobody asks (it exports its metrics every second) is taken off; what it spends
    on a request later, such as the export of its span, is in the next round's.

    Args:
        variants: environment variables of each.
        console: where to show how far it is.
    """
    costs: Costs = {name: {kind: [] for kind in KINDS} for name in variants}
    with ExitStack() as stack:
        apis = {name: stack.enter_context(_running(variant)) for name, variant in variants.items()}
        for api in apis.values():
            api.warm_up()
        for api in apis.values():
            api.begin_idle()
        time.sleep(IDLE_SECONDS)
        for api in apis.values():
            api.end_idle()
        for kind in KINDS:
            for api in apis.values():
                api.since_last()
            for _ in track(range(ROUNDS), f"{kind}, in turn", console=console, transient=True):
                for api in apis.values():
                    api.ask(kind)
                for name, api in apis.items():
                    costs[name][kind].append(api.since_last() / REQUESTS * 1e3)
    return costs


class _Api:
    """An API in a process of its own, and a client on one connection."""

    def __init__(self, process: psutil.Process, port: int, key: str) -> None:
        self._process = process
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._job = ""
        self._idle = 0.0
        self._last = (0.0, 0.0)

    def warm_up(self) -> None:
        """Make a job to read, and have all be loaded that is loaded late."""
        self._job = self._send("POST", OPTIMIZATIONS, SUBMISSION).headers["Location"]
        for _ in range(4):
            self.ask("read")
            self.ask("submit")

    def ask(self, kind: str) -> None:
        """Ask some times, on a new connection: while others had their turn, the server closed the last."""
        self._connection.close()
        for _ in range(REQUESTS):
            if kind == "read":
                self._send("GET", self._job)
            else:
                self._send("POST", OPTIMIZATIONS, SUBMISSION)

    def begin_idle(self) -> None:
        """Begin to measure what it spends when nobody asks."""
        self._last = self._now()

    def end_idle(self) -> None:
        """Note what it spent a second."""
        (cpu, wall), last = self._now(), self._last
        self._idle = (cpu - last[0]) / (wall - last[1])

    def since_last(self) -> float:
        """Return the seconds of CPU since the last call that were for requests."""
        (cpu, wall), last = self._now(), self._last
        self._last = (cpu, wall)
        return cpu - last[0] - self._idle * (wall - last[1])

    def _now(self) -> tuple[float, float]:
        times = self._process.cpu_times()
        return times.user + times.system, time.monotonic()

    def _send(self, method: str, path: str, body: bytes | None = None) -> http.client.HTTPResponse:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} was answered with {answer.status}")
        return answer


@contextmanager
def _running(variant: Mapping[str, str]) -> Iterator[_Api]:
    port = free_port()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "JOBSCOPE_"))}
    command = [sys.executable, "-m", "app.cli"]
    with tempfile.TemporaryDirectory() as directory:
        environment = {**kept, "JOBSCOPE_DATA_DIR": directory, "JOBSCOPE_PORT": str(port), **variant}
        key = subprocess.run(
            [*command, "key", "create", "bench", "--role", "operator"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        with subprocess.Popen([*command, "api"], env=environment, stderr=subprocess.DEVNULL) as process:
            try:
                await_listening(f"http://127.0.0.1:{port}")
                yield _Api(psutil.Process(process.pid), port, key)
            finally:
                process.terminate()
