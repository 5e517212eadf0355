"""Telemetry as data, for tests: what a block of code emitted, without files, exporters or waiting.

::

    with captured() as telemetry:
        optimizations.submit(spec)
    assert telemetry.event_names() == ["optimization.submitted"]
    assert telemetry.value("optimization.jobs", {"strategy.name": "sma_cross"}) == 1
    assert telemetry.contract_violations() == []
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry._logs import get_logger_provider, set_logger_provider
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from telemetry.captured import Captured
from telemetry.events import IdentifyingProcessor
from telemetry.jobtrace import JobIdGenerator, JobSampler
from telemetry.redaction.signals import RedactingProcessor, RedactingSpanExporter
from telemetry.views import VIEWS

_RESOURCE = Resource({"service.name": "test", "service.namespace": "jobscope"})


@contextmanager
def captured(*readers: MetricReader) -> Iterator[Captured]:
    """Capture all telemetry of the block, with the processors, sampler and views of a real process.

    Counters begin at 0. Not for nesting, and not beside :func:`telemetry.setup.configure`. Modules that make
    instruments when they are imported must be imported before, or a later block does not see those.

    Args:
        *readers: further metric readers, such as the one behind ``/metrics``.

    Raises:
        RuntimeError: the process has other providers, or captures already.
    """
    # As configure() does: the instrumentation looks once, when it is first used.
    os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")
    spans, logs = _Installed.exporters()
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader, *readers], resource=_RESOURCE, views=VIEWS, shutdown_on_exit=False)
    _set_meter_provider(provider)
    spans.clear()
    logs.clear()
    try:
        yield Captured(spans, logs, reader)
    finally:
        provider.shutdown()
        _set_meter_provider(None)


class _Installed:
    """The process' providers of spans and logs, which can be set but once; their exporters are emptied."""

    _spans = InMemorySpanExporter()
    _logs = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    _providers: tuple[TracerProvider, LoggerProvider] | None = None

    @classmethod
    def exporters(cls) -> tuple[InMemorySpanExporter, InMemoryLogRecordExporter]:
        """Return the exporters, with the providers installed that feed them."""
        if cls._providers is None:
            cls._providers = _tracer_provider(cls._spans), _logger_provider(cls._logs)
            trace.set_tracer_provider(cls._providers[0])
            set_logger_provider(cls._providers[1])
        if (trace.get_tracer_provider(), get_logger_provider()) != cls._providers:
            raise RuntimeError("this process has other telemetry providers; captured() cannot replace them")
        return cls._spans, cls._logs


def _tracer_provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider(
        sampler=JobSampler(ParentBased(ALWAYS_ON)),
        resource=_RESOURCE,
        id_generator=JobIdGenerator(),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(SimpleSpanProcessor(RedactingSpanExporter(exporter)))
    return provider


def _logger_provider(exporter: InMemoryLogRecordExporter) -> LoggerProvider:
    provider = LoggerProvider(resource=_RESOURCE, shutdown_on_exit=False)
    provider.add_log_record_processor(IdentifyingProcessor())
    provider.add_log_record_processor(RedactingProcessor())
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    return provider


def _set_meter_provider(provider: MeterProvider | None) -> None:
    """Set the global meter provider, or unset it with None.

    Unlike tracers, instruments keep their totals, so a test needs a provider of its own. OpenTelemetry lets
    the global one be set once; these names are private, and this is the one place that touches them.
    Instruments made while none was set (those of modules) are proxies, and follow.
    """
    internal: Any = metrics._internal  # noqa: SLF001
    if provider is None:
        internal._METER_PROVIDER = None  # noqa: SLF001
        internal._METER_PROVIDER_SET_ONCE = type(internal._METER_PROVIDER_SET_ONCE)()  # noqa: SLF001
        internal._PROXY_METER_PROVIDER._real_meter_provider = None  # noqa: SLF001
        return
    if internal._METER_PROVIDER is not None:  # noqa: SLF001
        raise RuntimeError("this process has another meter provider, or captures already")
    metrics.set_meter_provider(provider)
