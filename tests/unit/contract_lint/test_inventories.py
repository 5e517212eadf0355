"""Inventories are read as they are captured."""

from __future__ import annotations

from pathlib import Path

import yaml

from telemetry.contract.inventories import DIRECTORY, MetricShape, load_inventories, load_inventory
from telemetry.contract.inventories.capture import merged, read_metrics, render

ROOT = Path(__file__).parents[3]

METRICS = """
# TYPE requests_total counter
requests_total{code="200",method="get"} 5
requests_total{code="500"} 1
# TYPE seconds histogram
seconds_bucket{le="1",code="200"} 1
seconds_bucket{le="+Inf",code="200"} 1
seconds_sum{code="200"} 0.5
seconds_count{code="200"} 1
# TYPE wait summary
wait{quantile="0.5"} 1
wait_sum 1
wait_count 1
# TYPE info gauge
info{__internal="x",version="1"} 1
"""
FEDERATED = """
# TYPE traces_seconds_bucket untyped
traces_seconds_bucket{le="1",client="a",job="x"} 1
# TYPE traces_seconds_sum untyped
traces_seconds_sum{client="a",job="x"} 1
# TYPE traces_seconds_count untyped
traces_seconds_count{client="a",job="x"} 1
# TYPE traces_total untyped
traces_total{job="x"} 1
# TYPE up untyped
up{job="x"} 1
"""
SHAPES = {
    "requests_total": MetricShape("counter", ("code", "method")),
    "seconds": MetricShape("histogram", ("code",)),
    "wait": MetricShape("summary", ()),
    "info": MetricShape("gauge", ("version",)),
}


def test_exposition():
    assert read_metrics([METRICS]) == SHAPES


def test_federation_says_no_types():
    assert read_metrics([FEDERATED], frozenset({"job"})) == {
        "traces_seconds": MetricShape("histogram", ("client",)),
        "traces_total": MetricShape("counter", ()),
        "up": MetricShape("gauge", ()),
    }


def test_what_is_written_is_read(tmp_path):
    (tmp_path / "x.yaml").write_text(render("x", "1.0", SHAPES))
    inventory = load_inventory(tmp_path / "x.yaml")
    assert (inventory.program, inventory.version, inventory.metrics) == ("x", "1.0", SHAPES)


def test_merge_keeps_what_is_not_seen_now():
    old = {"a": MetricShape("gauge", ("x",)), "b": MetricShape("gauge", ())}
    new = {"a": MetricShape("counter", ("y",))}
    assert merged(old, new) == {"a": MetricShape("counter", ("x", "y")), "b": MetricShape("gauge", ())}


def test_ours_are_as_they_were_written():
    for inventory in load_inventories():
        text = render(inventory.program, inventory.version, inventory.metrics)
        assert (DIRECTORY / f"{inventory.program}.yaml").read_text() == text


def test_they_are_of_the_versions_we_run():
    programs = yaml.safe_load((ROOT / "versions.yaml").read_text())["programs"]
    images = {name: program["image"] for name, program in programs.items() if "image" in program}
    pinned = {name: image.rpartition(":")[2].lstrip("v") for name, image in images.items()}
    pinned |= {"tempo-metrics-generator": pinned["tempo"], "prometheus-synthetic": pinned["prometheus"]}
    versions = {inventory.program: inventory.version for inventory in load_inventories()}
    # Of node-exporter we can run Debian's, whatever its version.
    assert {name: pinned[name] for name in versions if name != "node-exporter"} == {
        name: version for name, version in versions.items() if name != "node-exporter"
    }
