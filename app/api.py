"""The API: puts its parts together. Nothing is global; what endpoints need is the application's state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from starlette.types import ASGIApp

from app.backtests import endpoints as strategies
from app.exports import endpoints as exports
from app.health import endpoints as health
from app.health.checks import all_checks
from app.health.monitor import HealthMonitor
from app.metrics import endpoints as metrics
from app.metrics import register
from app.optimizations import endpoints as optimizations
from app.optimizations import view
from app.optimizations.service import Optimizations
from app.prices import endpoints as datasets
from app.queue.port import JobQueue
from app.requests.eventloop import watch_event_loop
from app.requests.forwarded import ForwardedClient, PathPrefix
from app.requests.instrumentation import instrument
from app.requests.limits import RequestLimits
from app.requests.openapi import document_problems
from app.requests.problems import add_problem_handlers
from app.requests.tracking import RequestTracking
from app.requests.writes import Writes
from app.security import endpoints as keys
from app.settings import Settings
from telemetry import events
from telemetry.contract.names import Event
from telemetry.exporters.delivery import Delivery

_TAGS = [
    {"name": "optimizations", "description": "Jobs: submit, follow, read, cancel, export."},
    {"name": "strategies", "description": "What can be optimized."},
    {"name": "datasets", "description": "On which prices."},
    {
        "name": "keys",
        "description": "API keys. A viewer reads, an operator also submits, an admin also makes keys.",
    },
    {"name": "health", "description": "For machines that watch us."},
]
_ROUTERS = (optimizations, exports, view, strategies, datasets, keys, health, metrics)
# FastAPI's own telemetry is on by default; beside the instrumentation every request would count twice.
_NATIVE_TELEMETRY_OFF: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(
    settings: Settings,
    engine: Engine,
    queue: JobQueue,
    registry: CollectorRegistry | None = None,
    deliveries: Sequence[Delivery] = (),
) -> ASGIApp:
    """Return the API, to be served by any ASGI server that runs its lifespan.

    Call it after :func:`telemetry.setup.configure`, and once in a process: it makes the instruments of the
    whole system, and instruments itself.

    Args:
        settings: the settings.
        engine: the database, open.
        queue: where jobs wait for workers.
        registry: what ``/metrics`` shows, filled by a ``PrometheusMetricReader`` that telemetry was
            configured with; None for no ``/metrics``.
        deliveries: those of this process's telemetry, by which its health is judged.
    """
    api = FastAPI(
        title="jobscope",
        version=version("jobscope"),
        description="Optimizes trading strategies, and shows everything each job did. Every error is a "
        "problem detail (RFC 9457) with the id of the request, which the header X-Request-ID has too.",
        openapi_tags=_TAGS,
        lifespan=_lifespan,
        telemetry=_NATIVE_TELEMETRY_OFF,
        # Both would load scripts from a CDN: phoning home.
        docs_url=None,
        redoc_url=None,
        # Made below, as a route like ours: Starlette's own kind has no name in our metrics.
        openapi_url=None,
        # Where to, Starlette would take from the Host header.
        redirect_slashes=False,
        servers=[{"url": settings.path_prefix or "/"}],
    )
    api.state.settings = settings
    api.state.engine = engine
    api.state.registry = registry
    api.state.optimizations = Optimizations(engine, queue, settings)
    api.state.writes = Writes()
    api.state.health = HealthMonitor(all_checks(engine, settings, deliveries))
    for part in _ROUTERS:
        api.include_router(part.router)
    document_problems(api)
    api.add_api_route("/openapi.json", api.openapi, include_in_schema=False)
    add_problem_handlers(api)
    # The last added is the outermost.
    api.add_middleware(RequestLimits)
    api.add_middleware(RequestTracking)
    register(engine, settings)
    application = instrument(api, settings.trusted_callers)
    if settings.path_prefix:
        application = PathPrefix(application, settings.path_prefix)
    if settings.trusted_proxies:
        application = ForwardedClient(application, settings.trusted_proxies)
    return application


@asynccontextmanager
async def _lifespan(api: FastAPI) -> AsyncIterator[None]:
    api.state.health.start()
    watch = asyncio.create_task(watch_event_loop())
    events.emit(Event.API_STARTED, "the API is ready for requests")
    yield
    events.emit(Event.API_STOPPED, "the API stops")
    watch.cancel()
    api.state.health.stop()
