"""Commands that run the service: API, worker, and both."""

from __future__ import annotations

import errno
import signal
import socket
import subprocess
import sys
import threading
from typing import Annotated

import typer
import uvicorn
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from prometheus_client import CollectorRegistry

from app.api import create_app
from app.cli.local import require_data_dir
from app.cli.reset import kept_from_reset
from app.database.engine import open_database
from app.errors import BadInput, Unavailable, quoted
from app.queue.dbos import DbosQueue
from app.requests.server import server_config
from app.settings import Settings, load_settings
from app.telemetry import configure
from app.worker import run_worker

# A worker that dies is started again after so long: at once would spin when it cannot start at all.
_RESTART_SECONDS = 2.0
# A worker stops at its next checkpoint; one that takes longer is killed, and its job recovered.
_STOP_SECONDS = 30


def api() -> None:
    """Run the API alone."""
    settings = load_settings()
    _require_free_port(settings)
    registry = CollectorRegistry()
    reader = PrometheusMetricReader(scope_info_enabled=False, registry=registry)
    telemetry = configure("jobscope-api", settings, readers=(reader,), host_metrics=True, console=True)
    engine = open_database(settings)
    queue = DbosQueue(engine)
    application = create_app(settings, engine, queue, registry, telemetry.deliveries)
    try:
        with kept_from_reset(settings):
            uvicorn.Server(server_config(application, settings.host, settings.port)).run()
    finally:
        queue.close()
        telemetry.shutdown()


def worker() -> None:
    """Run one worker; start as many as there are cores to spare."""
    run_worker(load_settings())


def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="Worker processes beside the API.")] = 1,
) -> None:
    """Run the API and its workers until interrupted."""
    settings = load_settings()
    _require_free_port(settings)
    # So that what cannot be used is told once, and first.
    if settings.database_url is None:
        require_data_dir(settings)
    open_database(settings).dispose()
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()

    # SIGHUP: the terminal is gone, and the API and the workers would go on without it.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    commands = ["api", *["worker"] * workers]
    threads = [threading.Thread(target=_keep_running, args=(command, stopping)) for command in commands]
    for thread in threads:
        thread.start()
    print(
        f"API on http://{settings.host}:{settings.port}, {workers} worker(s); Ctrl-C stops them", flush=True
    )
    for thread in threads:
        while thread.is_alive():
            # A signal that comes just before an endless wait begins would not be handled until it ends.
            thread.join(1)


def _keep_running(command: str, stopping: threading.Event) -> None:
    """Run a command of ours as a process, again whenever it ends, until told to stop."""
    while not stopping.is_set():
        # In a session of its own: Ctrl-C reaches us alone, and we stop it in order.
        process = subprocess.Popen([sys.executable, "-m", "app.cli", command], start_new_session=True)
        while process.poll() is None and not stopping.wait(0.1):
            pass
        if stopping.is_set():
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return
        print(f"jobscope: {command} ended with code {process.returncode}; starting it again", file=sys.stderr)
        stopping.wait(_RESTART_SECONDS)


def _require_free_port(settings: Settings) -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        # As uvicorn binds: a port whose last connections are closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                raise BadInput(
                    "JOBSCOPE_HOST",
                    f"{quoted(settings.host)} is no address of this machine: {error.strerror}",
                ) from None
            raise Unavailable(
                f"port {settings.port} of {settings.host} cannot be had: {error.strerror}; "
                "set JOBSCOPE_PORT to a free one"
            ) from None
