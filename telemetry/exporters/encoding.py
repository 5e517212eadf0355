"""Telemetry as bytes, whatever is in it: one bad item costs at most itself.

A batch is tried as it is, since nearly every one is good. One that cannot be encoded is cleaned, and what
cannot be encoded even then is left out, alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.metrics.export import MetricsData
from opentelemetry.sdk.trace import ReadableSpan

from telemetry.exporters.items import clean_metrics, clean_record, clean_span

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class Encoded:
    """A request, how many of its items had to be left out, and why the last of them."""

    data: bytes
    lost: int = 0
    error: Exception | None = None


def encoded_spans(
    spans: Sequence[ReadableSpan], encode: Callable[[Sequence[ReadableSpan]], bytes]
) -> Encoded:
    """Return spans as ``encode`` makes them."""
    return _encoded(spans, encode, clean_span)


def encoded_logs(
    records: Sequence[ReadableLogRecord], encode: Callable[[Sequence[ReadableLogRecord]], bytes]
) -> Encoded:
    """Return log records as ``encode`` makes them."""
    return _encoded(records, encode, clean_record)


def encoded_metrics(data: MetricsData, encode: Callable[[MetricsData], bytes]) -> Encoded:
    """Return metrics as ``encode`` makes them; what may be left out are metrics."""
    try:
        with _strictly():
            return Encoded(encode(data))
    except Exception:  # noqa: BLE001 - cleaned, metric by metric
        return _encoded(_parts(data), lambda parts: encode(_joined(parts)), clean_metrics)


def _encoded(
    items: Sequence[_Item], encode: Callable[[Sequence[_Item]], bytes], clean: Callable[[_Item], _Item]
) -> Encoded:
    try:
        with _strictly():
            return Encoded(encode(items))
    except Exception:  # noqa: BLE001 - whatever the encoder makes of it, an item is bad
        good, lost, last = [], 0, None
        for item in items:
            try:
                cleaned = clean(item)
                with _strictly():
                    encode([cleaned])
                good.append(cleaned)
            except Exception as error:  # noqa: BLE001 - it is left out, and counted
                lost, last = lost + 1, error
        return Encoded(encode(good), lost, last)


def _parts(data: MetricsData) -> list[MetricsData]:
    """Return the metrics, each alone."""
    return [
        MetricsData([replace(resource, scope_metrics=[replace(scope, metrics=[metric])])])
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def _joined(parts: Sequence[MetricsData]) -> MetricsData:
    """Return metrics of one resource as one; the encoder takes each resource and each scope but once."""
    resources = [resource for part in parts for resource in part.resource_metrics]
    if len(resources) <= 1:
        return MetricsData(resources)
    scopes: dict[Any, list[Any]] = {}
    for resource in resources:
        for scope in resource.scope_metrics:
            scopes.setdefault(scope.scope, []).append(scope)
    joined = [
        replace(same[0], metrics=[metric for scope in same for metric in scope.metrics])
        for same in scopes.values()
    ]
    return MetricsData([replace(resources[0], scope_metrics=joined)])


# The SDK's encoder leaves out an attribute that it cannot encode, with a record in its log that can have the
# same fault: the next batch. While we encode, it must fail instead.
_STRICT: ContextVar[bool] = ContextVar("strict", default=False)


class _Strict(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _STRICT.get():
            raise ValueError(record.msg)
        return True


logging.getLogger("opentelemetry.exporter.otlp.proto.common._internal").addFilter(_Strict())


@contextmanager
def _strictly() -> Iterator[None]:
    token = _STRICT.set(True)
    try:
        yield
    finally:
        _STRICT.reset(token)
