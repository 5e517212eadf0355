"""Where one stack's ports, files and URLs are, and what each program is told of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import BadInput
from app.stack.configs import config_root
from app.stack.programs import PORTS, Program

# What others' programs get of the user's environment: nothing that configures them.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "GF_PATHS_HOME")
_HTTP = {
    "api": "api",
    "otlp": "otlp_http",
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "loki": "loki",
    "tempo": "tempo",
    "tempo_otlp": "tempo_otlp",
    "grafana": "grafana",
    "node-exporter": "node_exporter",
}
# Whose URLs configuration files and the app ask for, as JOBSCOPE_<NAME>_URL.
_CONFIGURED = ("api", "prometheus", "alertmanager", "loki", "tempo", "tempo_otlp", "grafana")


@dataclass(frozen=True)
class Layout:
    """The places of a stack.

    Attributes:
        data_dir: jobscope's data directory; the stack keeps everything in ``stack/`` below it.
        offset: added to every port.

    Raises:
        BadInput: the offset takes a port out of range.
    """

    data_dir: Path
    offset: int = 0
    config: Path = field(default_factory=config_root)

    def __post_init__(self) -> None:
        highest = 65535 - max(PORTS.values())
        if not 0 <= self.offset <= highest:
            raise BadInput("JOBSCOPE_STACK_PORT_OFFSET", f"must be from 0 to {highest}")

    @property
    def directory(self) -> Path:
        """Everything the stack writes."""
        return self.data_dir / "stack"

    @property
    def passwords(self) -> Path:
        """One file per password."""
        return self.directory / "secrets"

    def directory_of(self, name: str) -> Path:
        """Return a program's own directory."""
        return self.directory / name

    def log_of(self, name: str) -> Path:
        """Return the file a program's output goes to."""
        return self.directory / "logs" / f"{name}.log"

    def run_file_of(self, name: str) -> Path:
        """Return the file that is there from a program's start until it is stopped."""
        return self.directory / "run" / f"{name}.json"

    def port(self, name: str) -> int:
        """Return a port of this stack."""
        return PORTS[name] + self.offset

    @property
    def urls(self) -> dict[str, str]:
        """Where each part is reached; ``otlp`` is the Collector, ``postgres`` is without the password."""
        urls = {name: f"http://127.0.0.1:{self.port(port)}" for name, port in _HTTP.items()}
        return urls | {
            "postgres": f"postgresql+psycopg://jobscope@127.0.0.1:{self.port('postgres')}/jobscope"
        }

    def ready_url(self, program: Program) -> str | None:
        """Return what to ask whether a program is ready."""
        if program.ready is None:
            return None
        return f"http://127.0.0.1:{self.port(program.ready_port or program.ports[0])}{program.ready}"

    def command(self, program: Program, binary: Path | None) -> list[str]:
        """Return a program's command line."""
        arguments = [self._fill(program, argument) for argument in program.arguments]
        return [str(binary), *arguments] if binary else arguments

    def environment(self, program: Program, passwords: dict[str, str]) -> dict[str, str]:
        """Return the whole environment a program runs in."""
        urls = {f"JOBSCOPE_{name.upper()}_URL": url for name, url in self.urls.items() if name in _CONFIGURED}
        own = {name: self._fill(program, value, passwords) for name, value in program.environment.items()}
        if program.binaries:
            ports = {f"JOBSCOPE_{name.upper()}_PORT": str(self.port(name)) for name in PORTS}
            addresses = {
                "JOBSCOPE_BIND": "127.0.0.1",
                "JOBSCOPE_POSTGRES_ADDRESS": f"127.0.0.1:{self.port('postgres')}",
            }
            kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
            return kept | ports | addresses | urls | own
        # Our own processes: the user's settings count, but no proxy may come between us and loopback.
        return dict(os.environ) | urls | own | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def _fill(self, program: Program, template: str, passwords: dict[str, str] | None = None) -> str:
        return template.format_map(
            {name: self.port(name) for name in PORTS}
            | {
                "config": self.config,
                "dir": self.directory_of(program.name),
                "data_dir": self.data_dir,
                "secrets": self.passwords,
            }
            | (passwords or {})
        )
