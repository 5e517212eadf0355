"""Every setting, from the environment; ``JOBSCOPE_`` before the name in capitals."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.errors import BadInput


def default_data_dir() -> Path:
    """Return where the platform keeps a user's application data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "jobscope"
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "jobscope"


class Settings(BaseSettings):
    """The settings; each default suits one machine with nothing else installed."""

    model_config = SettingsConfigDict(env_prefix="JOBSCOPE_", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir)
    """The one directory everything is kept in."""
    database_url: str | None = None
    """SQLAlchemy URL; unset, a SQLite file in the data directory."""
    database_password_file: Path | None = None
    """File with the database password, which then need not be in the URL."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    checkpoint_seconds: float = Field(default=1.0, gt=0, le=60)
    """Work that a checkpoint commits, and so what a cancel or a kill costs at most."""
    worker_timeout_seconds: float = Field(default=30, gt=0)
    """A worker whose last heartbeat is older is taken for dead, and its job for lost."""
    max_attempts: int = Field(default=5, ge=1)
    """A job that took so many workers with it fails."""
    trusted_callers: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks whose ``traceparent`` becomes the parent of our spans; anyone else's becomes a link."""
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
    def telemetry_dir(self) -> Path:
        """Where telemetry goes when no Collector is named."""
        return self.data_dir / "telemetry"


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        BadInput: a variable has a value it cannot have; names the variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "JOBSCOPE_" + "_".join(str(part) for part in first["loc"][:1]).upper()
        raise BadInput(name, first["msg"]) from None
