"""``jobscope dataset list``, ``jobscope strategy list`` and ``--version``: what there is."""

from __future__ import annotations

import json
from importlib.metadata import version

from tests.unit.cli.command import jobscope


def test_datasets(tmp_path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "[b]gold.csv").write_text("Date,Price\nyesterday,1\n")
    table = jobscope(tmp_path, "dataset", "list").stdout
    items = json.loads(jobscope(tmp_path, "dataset", "list", "--json").stdout)
    assert [item["name"] for item in items] == ["[b]gold", "wti-daily"]
    assert items[0]["error"]
    assert items[0]["error"] in table
    assert [line.split()[0] for line in table.splitlines()] == ["name", "[b]gold", "wti-daily"]
    assert f" {items[1]['rows']} " in table


def test_strategies(tmp_path):
    table = jobscope(tmp_path, "strategy", "list").stdout
    items = json.loads(jobscope(tmp_path, "strategy", "list", "--json").stdout)
    assert [item["name"] for item in items] == ["rsi_reversion", "sma_cross"]
    for item in items:
        assert item["description"] in table
        for parameter in item["parameters"]:
            assert f"{parameter['low']:g} to {parameter['high']:g}" in table
            assert parameter["description"] in table


def test_version(tmp_path):
    assert jobscope(tmp_path, "--version").stdout.strip() == version("jobscope")


def test_output_that_takes_ascii_only(tmp_path):
    result = jobscope(tmp_path, "dataset", "list", PYTHONIOENCODING="ascii")
    assert result.returncode == 0, result.stderr
    assert "? 0" in result.stdout
