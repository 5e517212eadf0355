"""What becomes of measurements: their names, their attributes, their exemplars."""

from __future__ import annotations

from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.metrics import Exemplar, ExemplarReservoir
from opentelemetry.sdk.metrics.view import DropAggregation, View
from opentelemetry.util.types import Attributes

from telemetry.contract.names import Metric, MetricDefinition


class _NoExemplars(ExemplarReservoir):
    def offer(self, value: float, time_unix_nano: int, attributes: Attributes, context: Context) -> None:
        """Take none."""

    def collect(self, point_attributes: Attributes) -> list[Exemplar]:  # noqa: ARG002
        """Return none."""
        return []


_NO_EXEMPLARS = _NoExemplars()


def _no_exemplars(*_: Any, **_options: Any) -> ExemplarReservoir:
    return _NO_EXEMPLARS


# One measurement, never two: an instrumentation's HTTP metrics under the names users query.
VIEWS = (
    View(
        instrument_name="http.server.request.duration",
        name=Metric.API_REQUEST_DURATION.name,
        description=Metric.API_REQUEST_DURATION.description,
        attribute_keys=set(Metric.API_REQUEST_DURATION.attributes),
    ),
    View(
        instrument_name="http.server.active_requests",
        name=Metric.API_REQUESTS_IN_PROGRESS.name,
        description=Metric.API_REQUESTS_IN_PROGRESS.description,
        attribute_keys=set(Metric.API_REQUESTS_IN_PROGRESS.attributes),
    ),
    View(instrument_name="http.server.*.body.size", aggregation=DropAggregation()),
    # An exemplar of how many spans began leads nowhere, and costs half of what counting them does.
    View(instrument_name="otel.sdk.*", exemplar_reservoir_factory=lambda _kind: _no_exemplars),
    # Whatever else a measurement is given stays with its exemplar: `job.id`, by which one dot on a heat map
    # leads to its job, and which must never be a label.
    *(
        View(instrument_name=metric.name, attribute_keys=set(metric.attributes))
        for metric in vars(Metric).values()
        if isinstance(metric, MetricDefinition)
        and metric.instrument == "histogram"
        and not metric.name.startswith("otel.sdk.")  # one view each, or it would be measured twice
    ),
)
