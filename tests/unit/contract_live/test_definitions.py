"""Registries in the groups: form, with what OpenTelemetry's own uses of it."""

from __future__ import annotations

import pytest
import yaml

from telemetry.contract.live import load_definitions
from telemetry.contract.registry import DEFAULT_DIRECTORY, RegistryError, load_registry


def write(directory, groups, name="registry.yaml"):
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(yaml.safe_dump({"groups": groups}))
    return directory


def test_ours_is_read_alike_by_both_readers():
    ours, any_ = load_registry(), load_definitions([DEFAULT_DIRECTORY])
    assert set(ours.attributes) == set(any_.attributes)
    assert {name: (one.kind, one.unit, set(one.attributes)) for name, one in ours.metrics.items()} == {
        name: (one.kind, one.unit, set(one.attributes)) for name, one in any_.metrics.items()
    }
    assert {name: (one.kind, set(one.attributes)) for name, one in ours.spans.items()} == {
        name: (one.kind, set(one.attributes)) for name, one in any_.spans.items()
    }
    assert {name: set(one.attributes) for name, one in ours.events.items()} == {
        name: set(one.attributes) for name, one in any_.events.items()
    }


def test_inheritance_prefix_and_references(tmp_path):
    base = {
        "id": "base",
        "prefix": "shop",
        "attributes": [{"id": "id", "type": "string"}, {"id": "age", "type": "int"}],
    }
    more = {"id": "more", "attributes": [{"ref": "shop.age", "requirement_level": "opt_in"}]}
    span = {
        "id": "span.shop",
        "type": "span",
        "name": "shop",
        "extends": "base",
        "attributes": [
            {"ref_group": "more"},
            {"ref": "shop.id", "requirement_level": {"recommended": "always"}},
        ],
    }
    definitions = load_definitions([write(tmp_path, [base, more, span])])
    assert definitions.spans["shop"].attributes == {"shop.id": "recommended", "shop.age": "opt_in"}


def test_event_is_named_by_its_id_if_by_nothing_else(tmp_path):
    definitions = load_definitions([write(tmp_path, [{"id": "event.shop.opened", "type": "event"}])])
    assert list(definitions.events) == ["shop.opened"]


def test_registry_that_depends_on_another(tmp_path):
    base = write(tmp_path / "base", [{"id": "b", "attributes": [{"id": "a.b", "type": "int"}]}])
    metric = {"id": "metric.m", "type": "metric", "metric_name": "m", "instrument": "gauge", "unit": "s"}
    own = write(tmp_path / "own", [{**metric, "attributes": [{"ref": "a.b"}]}])
    assert load_definitions([own, base]).metrics["m"].attributes == {"a.b": "recommended"}
    with pytest.raises(RegistryError, match=r"metric\.m: attribute a\.b is not defined; give the registry"):
        load_definitions([own])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("groups: [", "is not YAML"),
        ("file_format: definition/2\nmetrics: []", "is in the form of version 2"),
        ("groups: [{type: span}]", "a group has no id"),
        ("groups: [{id: a, type: span, name: a, extends: b}]", "a builds on group b, which is not defined"),
        ("other: 1", "give the registry's directory"),
    ],
)
def test_what_cannot_be_read(tmp_path, text, message):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(RegistryError, match=message):
        load_definitions([tmp_path])
