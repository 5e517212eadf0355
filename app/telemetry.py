"""How this service's processes are observed: :func:`telemetry.setup.configure` with our settings."""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry.sdk.metrics.export import MetricReader

from app.datadir import make_data_dir
from app.errors import Unavailable
from app.settings import Settings
from telemetry import setup
from telemetry.files import Budget

_MB = 10**6
_DAY = 24 * 3600

# What an absent Collector adds to the end of a service, and of a command: somebody waits for that one.
SERVICE_FLUSH_SECONDS = 5.0
COMMAND_FLUSH_SECONDS = 0.9


def configure(
    service_name: str,
    settings: Settings,
    *,
    readers: tuple[MetricReader, ...] = (),
    host_metrics: bool = False,
    console: bool = False,
    flush_seconds: float = SERVICE_FLUSH_SECONDS,
) -> setup.Telemetry:
    """Make this process observable.

    Raises:
        Unavailable: telemetry files cannot be written in the data directory.
    """
    make_data_dir(settings.data_dir)
    try:
        return setup.configure(
            service_name,
            directory=settings.telemetry_dir,
            version=version("jobscope"),
            readers=readers,
            host_metrics=host_metrics,
            console=console,
            flush_seconds=flush_seconds,
            budgets=_budgets(settings),
        )
    except OSError as error:
        raise Unavailable(
            f"telemetry directory {settings.telemetry_dir} cannot be written: {error.strerror}; "
            "set JOBSCOPE_DATA_DIR to one that can"
        ) from None


def _budgets(settings: Settings) -> dict[str, Budget]:
    return {
        "traces": Budget(settings.traces_max_mb * _MB, settings.traces_max_days * _DAY),
        "logs": Budget(settings.logs_max_mb * _MB, settings.logs_max_days * _DAY),
        "metrics": Budget(settings.metrics_max_mb * _MB, settings.metrics_max_days * _DAY),
    }
