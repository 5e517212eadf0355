"""Every setting, from the environment; ``JOBSCOPE_`` before the name in capitals."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from opentelemetry.sdk.environment_variables import (
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
)
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from app.errors import BadInput, quoted
from app.variables import PREFIX, require_known

_HTTP = {"http", "https"}
_COLLECTOR_URLS = (
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT,
)


def default_data_dir() -> Path:
    """Return where the platform keeps a user's application data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "jobscope"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "jobscope"


def _networks(value: object) -> object:
    """Read networks as a variable has them, one after the other with commas between."""
    return tuple(ip_network(part.strip()) for part in value.split(",")) if isinstance(value, str) else value


def _public_url(value: str | None) -> str | None:
    """Return a URL without a slash at its end, which paths begin with."""
    if value is None:
        return None
    url = urlsplit(value)
    if url.scheme not in _HTTP or not url.hostname or url.query or url.fragment or url.username:
        raise ValueError("write a URL such as https://ops.example.com/jobscope")
    return value.rstrip("/")


class Settings(BaseSettings):
    """The settings; each default suits one machine with nothing else installed."""

    # env_ignore_empty: a variable set to nothing would be a directory, the present one.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, validate_default=True, frozen=True
    )

    data_dir: Annotated[Path, AfterValidator(Path.absolute)] = Field(default_factory=default_data_dir)
    """The one directory everything is kept in; absolute."""
    database_url: str | None = None
    """SQLAlchemy URL; unset, a SQLite file in the data directory."""
    database_password_file: Path | None = None
    """File with the database password, which then need not be in the URL."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    checkpoint_seconds: float = Field(default=1.0, gt=0, le=10, allow_inf_nan=False)
    """Work that a checkpoint commits, and so what a cancel or a kill costs at most."""
    worker_timeout_seconds: float = Field(default=30, gt=0, le=86400, allow_inf_nan=False)
    """A worker whose last heartbeat is older is taken for dead, and its job for lost."""
    max_attempts: int = Field(default=5, ge=1)
    """A job that took so many workers with it fails."""
    # NoDecode: pydantic-settings would have it written as JSON.
    trusted_callers: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = ()
    """Networks whose ``traceparent`` becomes the parent of our spans; anyone else's becomes a link."""
    trusted_proxies: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)
    ] = ()
    """Networks of proxies in front of the API, whose ``X-Forwarded-For`` and ``-Proto`` are believed."""
    api_url: Annotated[str | None, AfterValidator(_public_url)] = None
    """Where users reach the API, when not at host and port; its path is what a proxy publishes us under."""
    traces_max_mb: int = Field(default=256, ge=1)
    logs_max_mb: int = Field(default=256, ge=1)
    metrics_max_mb: int = Field(default=128, ge=1)
    """What telemetry files of a signal may take, in MB of 10^6 bytes; the oldest go first."""
    traces_max_days: float = Field(default=30, gt=0)
    logs_max_days: float = Field(default=30, gt=0)
    metrics_max_days: float = Field(default=30, gt=0)
    """How old telemetry files of a signal may become."""
    prometheus_url: str | None = None
    loki_url: str | None = None
    tempo_url: str | None = None
    grafana_url: str | None = None
    """Where the stack's parts are; with the first three set, the Job view is read from them."""

    @cached_property
    def sqlalchemy_url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'jobscope.db'}"

    @property
    def public_url(self) -> str:
        """Where users reach the API; a host that means every address stands for this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - not listened on
        return self.api_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def path_prefix(self) -> str:
        """What paths of the API's links begin with, such as ``/jobscope``; empty without a prefix."""
        return urlsplit(self.api_url or "").path.rstrip("/")

    @property
    def telemetry_dir(self) -> Path:
        """Where telemetry goes when no Collector is named."""
        return self.data_dir / "telemetry"


_NAMES = tuple(Settings.model_fields)


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        BadInput: a variable has a value it cannot have, or a name that is no setting's; names the variable.
    """
    _require_usable_collector()  # no setting of ours, but wrong in each command all the same
    require_known(os.environ, _NAMES)
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"][:1]).upper()
        wrong = first["msg"].removeprefix("Value error, ").replace("Input should", "it should")
        raise BadInput(name, f"is {quoted(first['input'])}; {wrong}") from None
    except SettingsError as error:  # not even in the form that its field is written in
        raise BadInput("JOBSCOPE_ variables", str(error)) from None


def _require_usable_collector() -> None:
    """Look at where OpenTelemetry's variables say that the Collector is.

    Raises:
        BadInput: one is no URL that the exporters could use.
    """
    for name in _COLLECTOR_URLS:
        endpoint = os.environ.get(name)
        if endpoint and not _is_http_url(endpoint):
            raise BadInput(name, f"{quoted(endpoint)} is not a URL such as http://127.0.0.1:4318")


def _is_http_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return bool(url.hostname) and url.scheme in _HTTP and url.port != 0
    except ValueError:  # the port is none, or a bracket is missing
        return False
