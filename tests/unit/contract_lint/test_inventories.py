"""Inventories are read as they are captured."""

from __future__ import annotations

from telemetry.contract.inventories import MetricShape, load_inventories, load_inventory
from telemetry.contract.inventories.capture import merged, read_metrics, render

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
        (path,) = [path for path in _files() if path.stem == inventory.program]
        assert path.read_text() == text


def _files():
    from telemetry.contract.inventories import DIRECTORY

    return list(DIRECTORY.glob("*.yaml"))
