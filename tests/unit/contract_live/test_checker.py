"""Each finding, with Weaver's level and id; coverage; what is ignored."""

from __future__ import annotations

import pytest

from telemetry.contract.live import CheckError, Level


def test_nothing_to_say(shop):
    shop.metric()
    shop.span()
    shop.span("GET /orders", 2, {"http.request.method": "GET", "http.route": "/orders"})
    shop.event()
    assert shop.said() == []


def test_what_telemetry_events_adds_to_any_event_is_not_unexpected(shop):
    shop.group("registry.shop")["attributes"].append({"id": "log.record.uid", "type": "string"})
    shop.event(attributes={"order.id": "1", "log.record.uid": "a"})
    assert shop.said() == []


def test_request_without_a_route_is_called_by_its_method(shop):
    shop.span("GET", 2, {"http.request.method": "GET"})
    assert {kind for _, kind, _ in shop.said()} == {"opt_in_attribute_not_present"}


class TestAttributes:
    @pytest.mark.parametrize(
        ("attributes", "expected"),
        [
            (
                {"order.idd": "1"},
                ("violation", "missing_attribute", "Attribute 'order.idd' does not exist in the registry."),
            ),
            (
                {"order.idd": "1"},
                ("information", "extends_namespace", "Attribute 'order.idd' extends the namespace 'order'."),
            ),
            (
                {"order.id.x": "1"},
                (
                    "violation",
                    "illegal_namespace",
                    "Attribute 'order.id.x' is in the namespace 'order.id', which is an attribute.",
                ),
            ),
            (
                {"orderid": "1"},
                ("improvement", "missing_namespace", "Attribute 'orderid' does not have a namespace."),
            ),
            (
                {"Order.Id": "1"},
                ("violation", "invalid_format", "Attribute 'Order.Id' does not match name formatting rules."),
            ),
            (
                {"order.id": 1},
                (
                    "violation",
                    "type_mismatch",
                    "Attribute 'order.id' has type 'int'. Type should be 'string'.",
                ),
            ),
            (
                {"order.items": "1"},
                (
                    "violation",
                    "type_mismatch",
                    "Attribute 'order.items' has type 'string'. Type should be 'int'.",
                ),
            ),
            (
                {"order.tags": [1]},
                (
                    "violation",
                    "type_mismatch",
                    "Attribute 'order.tags' has type 'int[]'. Type should be 'string[]'.",
                ),
            ),
            (
                {"order.state": 1.5},
                (
                    "violation",
                    "type_mismatch",
                    "Enum attribute 'order.state' has type 'double'. Type should be 'string' or 'int'.",
                ),
            ),
            (
                {"order.state": "lost"},
                (
                    "information",
                    "undefined_enum_variant",
                    "Enum attribute 'order.state' has value 'lost' which is not documented.",
                ),
            ),
            (
                {"order.items": 1},
                (
                    "improvement",
                    "not_stable",
                    "Attribute 'order.items' is not stable; stability = development.",
                ),
            ),
            (
                {"order.note": "x"},
                ("violation", "deprecated", "Attribute 'order.note' is deprecated; renamed to order.id."),
            ),
            (
                {"order.header.x": "x"},
                (
                    "information",
                    "template_attribute",
                    "Attribute 'order.header.x' is of template 'order.header'.",
                ),
            ),
            (
                {"order.header.x": 1},
                (
                    "violation",
                    "type_mismatch",
                    "Attribute 'order.header.x' has type 'int'. Type should be 'string'.",
                ),
            ),
        ],
    )
    def test_finding(self, shop, attributes, expected):
        shop.span(attributes=attributes)
        assert expected in shop.said()

    def test_good_array(self, shop):
        shop.span(attributes={"order.id": "1", "order.tags": []})
        shop.span(attributes={"order.id": "1", "order.tags": ["a"]})
        assert {kind for _, kind, _ in shop.said()} == {"unexpected_attribute"}

    def test_resource(self, shop):
        shop.metric(resource={"host.nam": "x"})
        (finding, *_) = shop.report().findings
        assert (finding.id, finding.signal_type, finding.signal_name) == (
            "missing_attribute",
            "resource",
            "shop",
        )


class TestMetrics:
    @pytest.mark.parametrize(
        ("metric", "expected"),
        [
            ({"name": "order"}, ("violation", "missing_metric", "Metric does not exist in the registry.")),
            ({"name": "Orders"}, ("violation", "invalid_format", "Does not match name formatting rules")),
            ({"unit": "1"}, ("violation", "unit_mismatch", "Unit should be '{order}', but found '1'.")),
            (
                {"gauge": {}},
                ("violation", "unexpected_instrument", "Instrument should be 'counter', but found 'gauge'."),
            ),
            (
                {"sum": {}},
                (
                    "violation",
                    "unexpected_instrument",
                    "Instrument should be 'counter', but found 'updowncounter'.",
                ),
            ),
            (
                {"exponentialHistogram": {}},
                (
                    "violation",
                    "unexpected_instrument",
                    "Instrument should be 'counter', but found 'histogram'.",
                ),
            ),
            (
                {"summary": {}},
                (
                    "violation",
                    "unexpected_instrument",
                    "Instrument should be 'counter', but found 'summary'.",
                ),
            ),
            (
                {"attributes": {}},
                (
                    "violation",
                    "required_attribute_not_present",
                    "Required attribute 'order.state' is not present.",
                ),
            ),
            (
                {"attributes": {"order.state": "new", "order.id": "1"}},
                ("violation", "unexpected_attribute", "Attribute 'order.id' is not one of 'orders'."),
            ),
        ],
    )
    def test_finding(self, shop, metric, expected):
        shop.metric(**metric)
        assert expected in shop.said()

    def test_deprecated(self, shop):
        shop.group("metric.orders")["deprecated"] = "use sales"
        shop.metric()
        assert ("violation", "deprecated", "Metric 'orders' is deprecated; use sales.") in shop.said()

    def test_high_cardinality(self, shop):
        for number in range(4):
            shop.metric(attributes={"order.state": "new", "order.id": str(number)})
        expected = ("violation", "high_cardinality", "Attribute 'order.id' has more than 3 values.")
        assert expected in shop.said(max_values=3)
        assert expected[1] not in {kind for _, kind, _ in shop.said(max_values=4)}


class TestSpansAndEvents:
    def test_unknown_span(self, shop):
        shop.span("place orders")
        assert ("violation", "missing_span", "Span does not exist in the registry.") in shop.said()

    def test_span_of_another_kind(self, shop):
        shop.span(kind=1)
        expected = "Span kind should be 'producer', but found 'internal'."
        assert ("violation", "unexpected_span_kind", expected) in shop.said()

    def test_spans_without_a_name_are_told_by_their_kind(self, shop):
        del shop.group("span.http")["name"]
        shop.span("anything", 2, {})
        shop.span("anything", 3, {})
        assert [one.signal_name for one in shop.report().findings if one.id == "missing_span"] == ["anything"]
        assert [one.count for one in shop.report().findings if one.id == "missing_span"] == [1]

    def test_registry_without_spans_says_nothing_of_spans(self, shop):
        shop.registry["groups"] = [group for group in shop.registry["groups"] if group["type"] != "span"]
        shop.span()
        assert shop.said() == []

    def test_unknown_event(self, shop):
        shop.event("order.payed")
        assert ("violation", "missing_event", "Event does not exist in the registry.") in shop.said()

    def test_span_event(self, shop):
        shop.span(events=[{"name": "exception", "attributes": []}, {"name": "order.payed", "attributes": []}])
        assert [(one.id, one.signal_name) for one in shop.report().findings] == [
            ("missing_event", "order.payed")
        ]

    def test_record_that_is_no_event(self, shop):
        shop.event("", {"order.id": "1"})
        assert shop.said() == []

    def test_attribute_that_is_conditionally_required(self, shop):
        shop.event(attributes={})
        expected = "Conditionally required attribute 'order.id' is not present."
        assert shop.said() == [("information", "conditionally_required_attribute_not_present", expected)]

    def test_attribute_that_is_recommended(self, shop):
        shop.span(attributes={})
        expected = "Recommended attribute 'order.id' is not present."
        assert shop.said() == [("improvement", "recommended_attribute_not_present", expected)]


class TestReport:
    def test_same_finding_is_told_once_with_its_sources(self, shop):
        for _ in range(3):
            shop.metric("order")
        (finding,) = (one for one in shop.report().findings if one.id == "missing_metric")
        assert (finding.count, finding.sources) == (3, {"shop / till"})
        assert (finding.signal_type, finding.signal_name) == ("metric", "order")

    def test_the_worst_comes_first(self, shop):
        shop.span(attributes={"order.id": "1", "order.items": 1, "nope": "x"})
        levels = [one.level for one in shop.report().findings]
        assert levels == sorted(levels, reverse=True)
        assert shop.report().worst() == Level.VIOLATION

    def test_statistics_and_coverage(self, shop):
        shop.metric()
        shop.metric("order", attributes={})
        statistics = shop.report().as_json()["statistics"]
        assert statistics["seen_registry_metrics"] == {"orders": 1}
        assert statistics["seen_non_registry_metrics"] == {"order": 1}
        assert statistics["seen_registry_events"] == {"order.paid": 0}
        assert statistics["advice_type_counts"] == {"missing_metric": 1}
        assert statistics["advice_level_counts"] == {"violation": 1}
        # service.name, order.state and the metric, of 8 attributes that are not deprecated, 1 metric, 2
        # spans and 1 event.
        assert statistics["registry_coverage"] == pytest.approx(3 / 12)
        assert statistics["total_entities_by_type"] == {
            "metric": 2,
            "data_point": 2,
            "attribute": 1,
            "resource": 2,
        }
        assert statistics["no_advice_count"] == 6

    def test_unseen(self, shop):
        shop.metric()
        unseen = [(kind, name) for kind, name in shop.report().unseen if kind != "attributes"]
        assert unseen == [
            ("events", "order.paid"),
            ("spans", "place order"),
            ("spans", "{http.request.method} {http.route}"),
        ]

    @pytest.mark.parametrize("ignored", ["missing_span", "missing_span:place *"])
    def test_ignored(self, shop, ignored):
        shop.span("place orders")
        assert shop.said(ignore=[ignored]) == []
        assert shop.said(ignore=["missing_span:other"]) != []

    def test_what_is_ignored_must_exist(self, shop):
        with pytest.raises(CheckError, match=r"no_such is no finding id; they are .*missing_span"):
            shop.report(ignore=["no_such"])
