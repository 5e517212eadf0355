"""Every panel's query, run as Grafana runs it, works and has data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.live.grafana import PanelError

pytestmark = pytest.mark.stack

FILES = Path(__file__).resolve().parents[2] / "grafana" / "dashboards"

# Asked by the page's own code, not by Grafana's server: the browser tests look at it.
IN_THE_PAGE = {("system", "Who calls whom")}


def panels() -> list:
    every = [
        (file.stem, panel)
        for file in sorted(FILES.glob("*.json"))
        for panel in json.loads(file.read_text())["panels"]
        if panel["type"] != "row"
    ]
    return [
        pytest.param(uid, panel["title"], id=f"{uid}: {panel['title']}")
        for uid, panel in every
        if (uid, panel["title"]) not in IN_THE_PAGE
    ]


@pytest.mark.parametrize(("uid", "title"), panels())
def test_panel_has_data_and_no_error(driven, uid, title):
    panel = driven.panel(uid, title)
    job = driven.traffic.exported

    def look() -> None:
        frames = driven.run(uid, panel, job_id=job)
        assert any(frame.values for frame in frames)

    driven.running.eventually(look)


@pytest.mark.parametrize("kind", ["completed", "failed", "cancelled", "recovered", "running", "queued"])
def test_job_view_of_every_kind_of_job_works(driven, kind):
    for panel in driven.panels("job"):
        driven.run("job", panel, job_id=driven.traffic.job(kind))


@pytest.mark.parametrize("text", ["", "nonsense", "0" * 32, "1" * 32, "'; DROP TABLE trials; --", '"} | x'])
def test_job_view_of_what_is_no_job_says_so(driven, text):
    (state,) = driven.run("job", driven.panel("job", "State"), job_id=text)
    assert state.values[-1] == ("unknown job" if text == "1" * 32 else "not a job id")
    (sentence,) = driven.run("job", driven.panel("job", "What happened"), job_id=text)
    assert sentence.values
    assert not any(frame.values for frame in driven.run("job", driven.panel("job", "Events"), job_id=text))
    for panel in driven.panels("job"):
        if panel["type"] != "traces":  # Tempo has no word for it but an error
            driven.run("job", panel, job_id=text)


def test_error_of_a_query_is_seen(driven):
    """What the tests above would look like if a query were wrong."""
    panel = driven.panel("jobs", "Jobs waiting")
    broken = {**panel, "targets": [{**panel["targets"][0], "expr": "max(("}]}
    with pytest.raises(PanelError):
        driven.run("jobs", broken)
