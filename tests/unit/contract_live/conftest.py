"""A registry of a metric, a span and an event, and requests that keep to it."""

from __future__ import annotations

import copy

import pytest
import yaml

from telemetry.contract.live import LiveCheck, load_definitions

REGISTRY = {
    "groups": [
        {
            "id": "registry.shop",
            "type": "attribute_group",
            "brief": "The shop.",
            "attributes": [
                {"id": "order.id", "type": "string", "stability": "stable"},
                {"id": "order.items", "type": "int", "stability": "development"},
                {
                    "id": "order.state",
                    "type": {"members": [{"id": "new", "value": "new"}, {"id": "paid", "value": "paid"}]},
                    "stability": "stable",
                },
                {"id": "order.tags", "type": "string[]", "stability": "stable"},
                {
                    "id": "order.note",
                    "type": "string",
                    "deprecated": {"reason": "renamed", "renamed_to": "order.id"},
                },
                {"id": "order.header", "type": "template[string]", "stability": "stable"},
                {"id": "service.name", "type": "string", "stability": "stable"},
                {"id": "http.request.method", "type": "string", "stability": "stable"},
                {"id": "http.route", "type": "string", "stability": "stable"},
            ],
        },
        {
            "id": "metric.orders",
            "type": "metric",
            "metric_name": "orders",
            "instrument": "counter",
            "unit": "{order}",
            "stability": "stable",
            "attributes": [{"ref": "order.state", "requirement_level": "required"}],
        },
        {
            "id": "span.order",
            "type": "span",
            "name": "place order",
            "span_kind": "producer",
            "stability": "stable",
            "attributes": [{"ref": "order.id"}],
        },
        {
            "id": "span.http",
            "type": "span",
            "name": "{http.request.method} {http.route}",
            "span_kind": "server",
            "stability": "stable",
            "attributes": [
                {"ref": "http.request.method", "requirement_level": "opt_in"},
                {"ref": "http.route", "requirement_level": "opt_in"},
            ],
        },
        {
            "id": "event.order.paid",
            "type": "event",
            "name": "order.paid",
            "stability": "stable",
            "attributes": [
                {"ref": "order.id", "requirement_level": {"conditionally_required": "if there is one"}}
            ],
        },
    ]
}


def pairs(attributes):
    """Return attributes as OTLP/JSON."""
    kinds = {str: "stringValue", int: "intValue", float: "doubleValue", bool: "boolValue"}

    def value(raw):
        if isinstance(raw, list):
            return {"arrayValue": {"values": [value(item) for item in raw]}}
        return {kinds[type(raw)]: str(raw) if type(raw) is int else raw}

    return [{"key": key, "value": value(raw)} for key, raw in attributes.items()]


class Shop:
    """Makes requests, and checks them against the registry above, which a test may change."""

    def __init__(self, directory):
        self.directory = directory
        self.registry = copy.deepcopy(REGISTRY)
        self.requests = []

    def group(self, name):
        return next(group for group in self.registry["groups"] if group["id"] == name)

    def _add(self, resources, scopes, items, item, resource):
        scope = {"scope": {"name": "till"}, items: [item]}
        block = {"resource": {"attributes": pairs({"service.name": "shop"} | resource)}, scopes: [scope]}
        self.requests.append({resources: [block]})

    def metric(self, name="orders", unit="{order}", attributes=None, resource=None, **data):
        points = [
            {"attributes": pairs({"order.state": "new"} if attributes is None else attributes), "asInt": "1"}
        ]
        data = data or {"sum": {"isMonotonic": True}}
        for shape in data.values():
            shape["dataPoints"] = points
        metric = {"name": name, "unit": unit, **data}
        self._add("resourceMetrics", "scopeMetrics", "metrics", metric, resource or {})

    def span(self, name="place order", kind=4, attributes=None, **more):
        attributes = {"order.id": "1"} if attributes is None else attributes
        span = {"name": name, "kind": kind, "attributes": pairs(attributes), **more}
        self._add("resourceSpans", "scopeSpans", "spans", span, {})

    def event(self, name="order.paid", attributes=None):
        attributes = {"order.id": "1"} if attributes is None else attributes
        record = {"eventName": name, "attributes": pairs(attributes)}
        self._add("resourceLogs", "scopeLogs", "logRecords", record, {})

    def definitions(self):
        (self.directory / "registry.yaml").write_text(yaml.safe_dump(self.registry))
        return load_definitions([self.directory])

    def report(self, **options):
        check = LiveCheck(self.definitions(), **options)
        for request in self.requests:
            check.observe(request)
        return check.report()

    def said(self, **options):
        """Return level, id and message of each finding."""
        return [(str(one.level), one.id, one.message) for one in self.report(**options).findings]


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)
