"""The committed dashboards are those the code describes, and each can be found and understood."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from grafana.board import DASHBOARDS
from grafana.generate import DIRECTORY, dashboards, render


def panels(uid):
    model = json.loads(render(dashboards()[uid]))
    return [panel for panel in model["panels"] if panel["type"] != "row"]


def test_every_dashboard_has_a_file_and_every_file_a_dashboard():
    assert {path.stem for path in DIRECTORY.glob("*.json")} == set(dashboards()) == set(DASHBOARDS)


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_file_is_up_to_date(uid):
    written = (DIRECTORY / f"{uid}.json").read_text(encoding="utf-8")
    assert written == render(dashboards()[uid]), "run python -m grafana.generate"


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_title_names_one_panel(uid):
    titles = Counter(panel["title"] for panel in panels(uid))
    assert [title for title, count in titles.items() if count > 1] == []


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_panel_says_what_to_look_for_and_fits_the_page(uid):
    taken = set()
    for panel in panels(uid):
        assert panel["description"].endswith("."), panel["title"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, f"{panel['title']} covers another panel"
        taken |= cells
