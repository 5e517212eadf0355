"""One call that makes a process observable: providers, exporters, resource, shutdown."""

from __future__ import annotations

import atexit
import logging
import multiprocessing.util
import os
import re
import signal
import sys
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from opentelemetry import metrics, trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.instrumentation.system_metrics import SystemMetricsInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.environment_variables import (
    OTEL_BLRP_SCHEDULE_DELAY,
    OTEL_BSP_SCHEDULE_DELAY,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_TIMEOUT,
    OTEL_METRIC_EXPORT_INTERVAL,
    OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from telemetry.clock import SteadyClockProcessor
from telemetry.console import ConsoleProcessor
from telemetry.events import IdentifyingProcessor
from telemetry.exporters.delivery import Delivery
from telemetry.exporters.ending import Ending
from telemetry.exporters.exporters import DeliveredLogs, DeliveredMetrics, DeliveredSpans
from telemetry.exporters.guarding import guard_attributes
from telemetry.exporters.items import clean_resource
from telemetry.exporters.otlphttp import OtlpHttp, Signal
from telemetry.files import DEFAULT_BUDGETS, Budget, FileDestination, IdleMetricExporter, kept_files
from telemetry.jobtrace import JobIdGenerator, JobSampler
from telemetry.libraries import LibraryLogs
from telemetry.redaction.signals import RedactingProcessor, RedactingSpanExporter
from telemetry.views import VIEWS

# Fresh: from the event to a query result within a second or two. The SDK's defaults are 5 s and 60 s.
_DEFAULTS = {
    OTEL_BSP_SCHEDULE_DELAY: "200",
    OTEL_BLRP_SCHEDULE_DELAY: "200",
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    # What the SDK itself drops must be seen; off unless asked for.
    OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED: "true",
    # The stable HTTP conventions; the instrumentations' default is still the old ones.
    "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
}
# Seconds an export may take, tries included; what may be accepted later is lost after them. OTLP's default.
_EXPORT_SECONDS = 10.0
_SECONDS = re.compile(r"\d+(\.\d+)?")
# A disk is not away, only slow while the machine is busy: what it is told to keep is waited for.
_FILES_FLUSH_SECONDS = 30.0
_SIGNALS: tuple[Signal, ...] = ("traces", "logs", "metrics")
# A burst of spans must not push out the oldest (the SDK drops those) within one schedule delay.
_QUEUE_SIZE = 16_384

_PROCESS_METRICS: dict[str, list[str] | None] = {
    "process.cpu.time": ["user", "system"],
    "process.cpu.utilization": ["user", "system"],
    "process.memory.usage": None,
    "process.memory.virtual": None,
    "process.open_file_descriptor.count": None,
    "process.thread.count": None,
    "process.disk.io": ["read", "write"],
    "cpython.gc.collections": None,
}
_HOST_METRICS: dict[str, list[str] | None] = {
    "system.cpu.utilization": ["idle", "user", "system", "irq"],
    "system.memory.usage": ["used", "free", "cached"],
    "system.memory.utilization": ["used", "free", "cached"],
    "system.disk.io": ["read", "write"],
    "system.network.io": ["transmit", "receive"],
}


@dataclass(frozen=True)
class Telemetry:
    """The providers of this process."""

    resource: Resource
    tracer_provider: TracerProvider
    meter_provider: MeterProvider
    logger_provider: LoggerProvider
    deliveries: tuple[Delivery, ...]
    """What became of spans, log records and measurements, in this order."""
    ending: Ending

    @property
    def instance_id(self) -> str:
        """The process's ``service.instance.id``."""
        return str(self.resource.attributes["service.instance.id"])

    def flush(self) -> None:
        """Export what is queued, within the time that :func:`configure` was given for it."""
        self.ending.flush(
            self.tracer_provider.force_flush,
            self.logger_provider.force_flush,
            self.meter_provider.force_flush,
        )

    def shutdown(self) -> None:
        """Export what is queued, within the time for it, and stop; call it once."""
        # Once: the SDK warns of a second time, and at exit there is one.
        atexit.unregister(self.shutdown)
        signals = (self.tracer_provider, self.logger_provider, self.meter_provider)
        self.ending.flush(*(signal.shutdown for signal in signals))


def configure(
    service_name: str,
    *,
    directory: Path,
    version: str,
    readers: tuple[MetricReader, ...] = (),
    host_metrics: bool = False,
    console: bool = False,
    flush_seconds: float = 5.0,
    budgets: Mapping[str, Budget] = DEFAULT_BUDGETS,
) -> Telemetry:
    """Make this process observable; call once, before anything creates spans.

    Traces, metrics and logs go by OTLP/HTTP to ``OTEL_EXPORTER_OTLP_ENDPOINT`` when that is set, else to
    rotated OTLP/JSON-Lines files. Everything queued is flushed at normal exit, on SIGTERM, and in
    children made by multiprocessing.

    Args:
        service_name: ``service.name`` of the resource.
        directory: where the files go.
        version: ``service.version`` of the resource.
        readers: further metric readers, such as the one behind ``/metrics``.
        host_metrics: also measure the host; one process of a host should.
        console: also print log records to stderr, for people.
        flush_seconds: how long a flush to a Collector may take, all signals together, and so what an absent
            one adds to the end of the process.
        budgets: how much of ``traces``, ``logs`` and ``metrics`` is kept in files.

    Raises:
        OSError: the directory cannot be written.
    """
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    guard_attributes()
    # Clean once: an environment variable that is no UTF-8 is in the resource of every item.
    resource = clean_resource(
        Resource.create(
            {
                "service.name": service_name,
                "service.namespace": "jobscope",
                "service.version": version,
                "service.instance.id": str(uuid.uuid4()),
                "process.pid": os.getpid(),
            }
        )
    )
    to_collector = bool(os.environ.get(OTEL_EXPORTER_OTLP_ENDPOINT))
    deliveries = _to_collector() if to_collector else _to_files(service_name, directory, budgets)
    traces, logs, measurements = deliveries
    metric_exporter: MetricExporter = DeliveredMetrics(measurements)
    if not to_collector:
        metric_exporter = IdleMetricExporter(metric_exporter)
    # First, so that the SDK's measurements of itself find it.
    meter_provider = MeterProvider(
        [PeriodicExportingMetricReader(metric_exporter), *readers],
        resource=resource,
        views=VIEWS,
        shutdown_on_exit=False,
    )
    metrics.set_meter_provider(meter_provider)
    tracer_provider = TracerProvider(
        sampler=JobSampler(ParentBased(ALWAYS_ON)),
        resource=resource,
        id_generator=JobIdGenerator(),
        shutdown_on_exit=False,
    )
    tracer_provider.add_span_processor(SteadyClockProcessor())
    tracer_provider.add_span_processor(
        BatchSpanProcessor(RedactingSpanExporter(DeliveredSpans(traces)), max_queue_size=_QUEUE_SIZE)
    )
    trace.set_tracer_provider(tracer_provider)
    logger_provider = LoggerProvider(resource=resource, shutdown_on_exit=False)
    logger_provider.add_log_record_processor(IdentifyingProcessor())
    logger_provider.add_log_record_processor(RedactingProcessor())
    if console:
        logger_provider.add_log_record_processor(ConsoleProcessor(sys.stderr))
    logger_provider.add_log_record_processor(
        BatchLogRecordProcessor(DeliveredLogs(logs), max_queue_size=_QUEUE_SIZE)
    )
    set_logger_provider(logger_provider)
    # Libraries' warnings join our events; their chatter does not.
    logging.getLogger().addHandler(LibraryLogs(logging.WARNING, logger_provider))
    SystemMetricsInstrumentor(config=_PROCESS_METRICS | (_HOST_METRICS if host_metrics else {})).instrument()
    ending = Ending(deliveries, flush_seconds if to_collector else _FILES_FLUSH_SECONDS)
    telemetry = Telemetry(resource, tracer_provider, meter_provider, logger_provider, deliveries, ending)
    _flush_at_the_end(telemetry)
    return telemetry


def _to_collector() -> tuple[Delivery, ...]:
    given = os.environ.get(OTEL_EXPORTER_OTLP_TIMEOUT, "")
    seconds = float(given) if _SECONDS.fullmatch(given) else _EXPORT_SECONDS
    return tuple(Delivery(signal, OtlpHttp(signal), seconds) for signal in _SIGNALS)


def _to_files(service_name: str, directory: Path, budgets: Mapping[str, Budget]) -> tuple[Delivery, ...]:
    files = kept_files(directory, service_name, budgets)
    # Tried once: a full disk is not emptied by waiting.
    return tuple(Delivery(signal, FileDestination(files[signal]), 0) for signal in _SIGNALS)


def _flush_at_the_end(telemetry: Telemetry) -> None:
    """Have the process flush however it ends, short of a kill -9."""
    atexit.register(telemetry.shutdown)
    # A child made by multiprocessing ends with os._exit(), which skips atexit but not these finalizers.
    multiprocessing.util.register_after_fork(telemetry, _flush_at_childs_end)
    if multiprocessing.parent_process() is not None:
        _flush_at_childs_end(telemetry)
    on_main_thread = threading.current_thread() is threading.main_thread()
    if on_main_thread and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _exit_on_signal)


def _flush_at_childs_end(telemetry: Telemetry) -> None:
    multiprocessing.util.Finalize(None, telemetry.flush, exitpriority=0)


def _exit_on_signal(number: int, _frame: FrameType | None) -> None:
    """End by an exception, so that atexit runs; a signal's default action would skip it."""
    raise SystemExit(128 + number)
