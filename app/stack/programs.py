"""The stack's programs as data: what each runs, listens on, and says when it is ready.

``{name}`` in a command or an environment value is the port of that name, ``{dir}`` the program's own
directory, ``{config}`` where the configuration files are, ``{secrets}`` the passwords' directory,
``{data_dir}`` jobscope's, and ``{grafana_password}`` and the like a password.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

PORTS: Mapping[str, int] = MappingProxyType(
    {
        "api": 8000,
        "otlp_http": 4318,
        "otlp_grpc": 4317,
        "collector_metrics": 8888,
        "collector_health": 13133,
        "prometheus": 9090,
        "alertmanager": 9093,
        "loki": 3100,
        "loki_grpc": 9096,
        "tempo": 3200,
        "tempo_grpc": 9097,
        "tempo_otlp": 4418,
        "grafana": 3001,
        "node_exporter": 9100,
        "postgres": 5432,
    }
)
"""Every TCP port, before the offset. Each reaches the configurations as ``JOBSCOPE_<NAME>_PORT``."""

NODE_COLLECTORS = (
    *(
        "cpu",
        "diskstats",
        "filesystem",
        "loadavg",
        "meminfo",
        "netdev",
        "pressure",
        "stat",
        "uname",
        "vmstat",
    ),
)
"""What node-exporter measures."""


@dataclass(frozen=True)
class Program:
    """One program of the stack.

    Attributes:
        name: what it is called everywhere: status, log file, compose service.
        binaries: names of its executable, the first found is taken; empty for our own Python processes.
        arguments: the command line after the executable.
        phase: programs of one phase start together, once all of the phase before are ready.
        ports: names of the ports it listens on; the first is the one users are shown.
        ready: path that answers 2xx once it is ready; None when nothing can be asked by HTTP.
        ready_port: name of the port to ask, if not the first.
        environment: variables it gets besides those every program gets.
        install: how to get it, for the message when it is missing.
        optional: the stack is of use without it, so its absence is said and no error.
        metrics: name of the port Prometheus scrapes, if it does.
        stop_signal: what asks it to end in an orderly way.
        grace_seconds: how long it may take; then it is killed.
    """

    name: str
    arguments: tuple[str, ...]
    binaries: tuple[str, ...] = ()
    phase: int = 0
    ports: tuple[str, ...] = ()
    ready: str | None = None
    ready_port: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    install: str = ""
    optional: bool = False
    metrics: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 20  # Loki and Prometheus write out what they hold in memory


_APP_ENVIRONMENT = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:{otlp_http}",
    "JOBSCOPE_DATABASE_URL": "postgresql+psycopg://jobscope@127.0.0.1:{postgres}/jobscope",
    "JOBSCOPE_DATABASE_PASSWORD_FILE": "{secrets}/database_password",
    "JOBSCOPE_DATA_DIR": "{data_dir}",
    "JOBSCOPE_HOST": "127.0.0.1",
    "JOBSCOPE_PORT": "{api}",
}

INFRASTRUCTURE: tuple[Program, ...] = (
    Program(
        name="postgres",
        binaries=("postgres",),
        arguments=(
            *("-D", "{dir}/data", "-c", "port={postgres}", "-c", "listen_addresses=127.0.0.1"),
            # TCP on loopback, with a password, is the one way in.
            *("-c", "unix_socket_directories="),
            # Every worker keeps a few connections; the default, 100, is a dozen workers.
            *("-c", "max_connections=300"),
        ),
        ports=("postgres",),
        install="install Debian's postgresql-15 (any version from 15 will do)",
        stop_signal=signal.SIGINT,  # SIGTERM waits until the last client has gone
    ),
    Program(
        name="prometheus",
        binaries=("prometheus",),
        arguments=(
            "--config.file={dir}/prometheus.yml",
            "--storage.tsdb.path={dir}/data",
            "--web.listen-address=127.0.0.1:{prometheus}",
            "--web.enable-otlp-receiver",
            "--web.enable-remote-write-receiver",
            "--enable-feature=exemplar-storage",
            "--log.level=warn",
        ),
        ports=("prometheus",),
        ready="/-/ready",
        install="run tools/build prometheus",
        metrics="prometheus",
    ),
    Program(
        name="alertmanager",
        binaries=("alertmanager",),
        arguments=(
            "--config.file={config}/backends/alertmanager/alertmanager.yml",
            "--storage.path={dir}",
            "--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",  # no cluster; the default listens on every interface
            "--log.level=warn",
        ),
        ports=("alertmanager",),
        ready="/-/ready",
        install="run tools/build alertmanager",
        optional=True,
        metrics="alertmanager",
    ),
    Program(
        name="loki",
        binaries=("loki",),
        arguments=("-config.file={config}/backends/loki/loki.yaml", "-config.expand-env=true"),
        ports=("loki", "loki_grpc"),
        ready="/ready",
        environment={"JOBSCOPE_LOKI_DIR": "{dir}"},
        install="run tools/build loki",
        metrics="loki",
    ),
    Program(
        name="tempo",
        binaries=("tempo",),
        arguments=("-config.file={config}/backends/tempo/tempo.yaml", "-config.expand-env=true"),
        ports=("tempo", "tempo_grpc", "tempo_otlp"),
        ready="/ready",
        environment={"JOBSCOPE_TEMPO_DIR": "{dir}"},
        install="put Tempo 3 on PATH",
        optional=True,
        metrics="tempo",
        # Tempo 3.0.3 does not end once it has been searched: its request queue waits for a clean-up that no
        # longer runs. Two seconds after the last span everything is on disk.
        grace_seconds=4,
    ),
    Program(
        name="otel-collector",
        binaries=("otelcol", "otelcol-contrib"),
        arguments=("--config={config}/otel-collector/gateway.yaml",),
        phase=1,
        ports=("otlp_http", "otlp_grpc", "collector_metrics", "collector_health"),
        ready="/",
        ready_port="collector_health",
        # 80 % of its memory_limiter's limit.
        environment={"JOBSCOPE_QUEUE_DIR": "{dir}", "GOMEMLIMIT": "320MiB"},
        install="run tools/build otelcol",
        metrics="collector_metrics",
    ),
    Program(
        name="node-exporter",
        binaries=("prometheus-node-exporter", "node_exporter"),
        arguments=(
            "--web.listen-address=127.0.0.1:{node_exporter}",
            "--log.level=warn",
            # Packages differ in what they collect by default; some of it fails without systemd.
            "--collector.disable-defaults",
            *(f"--collector.{name}" for name in NODE_COLLECTORS),
        ),
        phase=1,
        ports=("node_exporter",),
        ready="/",
        install="install Debian's prometheus-node-exporter",
        optional=True,
        metrics="node_exporter",
    ),
    Program(
        name="grafana",
        binaries=("grafana",),
        arguments=("server", "--config={config}/backends/grafana/grafana.ini"),
        phase=1,
        ports=("grafana",),
        ready="/api/health",
        environment={
            "GF_PATHS_DATA": "{dir}",
            "GF_PATHS_LOGS": "{dir}/log",
            "GF_PATHS_PLUGINS": "{dir}/plugins",
            "GF_PATHS_PROVISIONING": "{config}/grafana/provisioning",
            "GF_SECURITY_ADMIN_PASSWORD": "{grafana_password}",
            "GF_READER_PASSWORD": "{reader_password}",
            "JOBSCOPE_DASHBOARDS_DIR": "{config}/grafana/dashboards",
        },
        install="put Grafana 12 on PATH",
        optional=True,
    ),
)

API = Program(
    name="api",
    arguments=(sys.executable, "-m", "app.cli", "api"),
    phase=2,
    ports=("api",),
    ready="/readyz",
    environment=_APP_ENVIRONMENT,
)


def worker(number: int) -> Program:
    """Return worker process ``number`` (from 1); which slot it holds it finds out itself."""
    return Program(
        name=f"worker-{number}",
        arguments=(sys.executable, "-m", "app.cli", "worker"),
        phase=3,  # the API makes the tables
        environment=_APP_ENVIRONMENT,
    )


def all_programs(workers: int) -> tuple[Program, ...]:
    """Return the whole stack in the order it starts, with that many worker processes."""
    return (*INFRASTRUCTURE, API, *(worker(number) for number in range(1, workers + 1)))
