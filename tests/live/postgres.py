"""A PostgreSQL server of a test's own, which it may stop, kill and start again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from app.stack.postgres import as_unprivileged, is_ready, make_cluster

TIMEOUT = 60
_PASSWORD = "of a server that lives as long as its test"


def _binary() -> Path:
    """Return the server; Debian does not put it on PATH."""
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres")), shutil.which("postgres")]
    binary = next((Path(path) for path in reversed(found) if path), None)
    assert binary, "postgres is not installed: apt install postgresql"
    return binary


class Postgres:
    """A server on a free port of loopback, that keeps its data over a restart."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        make_cluster(_binary(), directory, _PASSWORD)

    def url(self, database: str) -> str:
        """Return a database's URL for SQLAlchemy."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}?connect_timeout=5"

    @property
    def password_file(self) -> Path:
        file = self._directory / "password"
        file.touch(mode=0o600)
        file.write_text(_PASSWORD)
        return file

    def execute(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=_PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def start(self) -> None:
        arguments = ["-D", str(self._directory / "data"), "-c", f"port={self.port}"]
        arguments += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        # Waits for locks are a test's business: a deadlock is then told at once.
        arguments += ["-c", "deadlock_timeout=100ms"]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                as_unprivileged([str(_binary()), *arguments], self._directory),
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            )
        deadline = time.monotonic() + TIMEOUT
        while not is_ready(self.port, _PASSWORD):
            assert self._process.poll() is None, (self._directory / "log").read_text()
            assert time.monotonic() < deadline, "postgres did not become ready"
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it: with SIGINT in order and at once, with SIGQUIT as in a crash."""
        if self._process:
            self._process.send_signal(number)
            self._process.wait(TIMEOUT)
            self._process = None

    def pause(self) -> None:
        """Have it, and all that serve its connections, do nothing."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        assert self._process
        server = psutil.Process(self._process.pid)
        for process in [server, *server.children(recursive=True)]:
            process.send_signal(number)


@contextmanager
def running_postgres(directory: Path) -> Iterator[Postgres]:
    """Run a server for the time of a block."""
    server = Postgres(directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
