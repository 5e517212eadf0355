"""Whether ports are free, and programs ready."""

from __future__ import annotations

import contextlib
import random
import socket
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import Unavailable
from app.stack.process import Record, exit_code
from app.stack.programs import PORTS

_POLL_SECONDS = 0.05
_LOG_LINES = 5
_FIRST_EPHEMERAL_PORT = 32_768  # on Linux; elsewhere higher


def port_is_free(port: int) -> bool:
    """Whether a server could listen on the loopback port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        # As servers do: connections of the one before that are still closing are no hindrance.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
            server.listen(1)
        except OSError:
            return False
    return True


def free_offset() -> int:
    """Return a port offset at which nothing of the stack's is in use now, at random, for tests.

    All ports stay below those the system gives to outgoing connections.
    """
    while True:
        offset = random.randrange(1_000, _FIRST_EPHEMERAL_PORT - max(PORTS.values()))
        if all(port_is_free(port + offset) for port in PORTS.values()):
            return offset


def answers(url: str) -> bool:
    """Whether a GET is answered with 2xx."""
    # No proxy: the environment's is for the world outside.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(OSError), opener.open(url, timeout=2) as response:
        return bool(200 <= response.status < 300)
    return False


@dataclass(frozen=True)
class Started:
    """A process that is not known to be ready yet.

    Attributes:
        record: the process, a child of this one.
        is_ready: asks it.
        log: where its output goes.
    """

    record: Record
    is_ready: Callable[[], bool]
    log: Path


def wait_ready(started: Mapping[str, Started], *, timeout: float, on_ready: Callable[[str], None]) -> None:
    """Wait until all programs are ready.

    Args:
        started: the programs by name.
        timeout: seconds for all of them together.
        on_ready: told each one's name once it is.

    Raises:
        Unavailable: one ended, or was not ready in time; says which, with the end of its log.
    """
    waiting = dict(started)
    deadline = time.monotonic() + timeout
    while waiting:
        for name, program in list(waiting.items()):
            code = exit_code(program.record)
            if code is not None:
                raise Unavailable(f"{name} ended with code {code} before it was ready\n{_end(program.log)}")
            if program.is_ready():
                del waiting[name]
                on_ready(name)
            elif time.monotonic() > deadline:
                raise Unavailable(f"{name} was not ready within {timeout:.0f} s\n{_end(program.log)}")
        if waiting:
            time.sleep(_POLL_SECONDS)


def _end(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return "\n".join([f"end of {log}:", *(f"  {line}" for line in lines)])
