"""Every panel's query, run as Grafana runs it, works and has data."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.live.grafana import PanelError, Window

pytestmark = pytest.mark.stack

FILES = Path(__file__).resolve().parents[2] / "grafana" / "dashboards"

# Panels that have nothing to show after this traffic, and why that is right.
EMPTY = {
    ("job", "Failures, with stack traces"): "of a completed job; the failed job's are tested below",
    ("pipeline", "Refused or failed"): "the Collector took everything",
}
# Asked by the page's own code, not by Grafana's server: the browser tests look at it.
IN_THE_PAGE = {("system", "Who calls whom")}


def panels() -> list:
    every = [
        (file.stem, panel["title"])
        for file in sorted(FILES.glob("*.json"))
        for panel in json.loads(file.read_text())["panels"]
        if panel["type"] != "row"
    ]
    return [pytest.param(*one, id=": ".join(one)) for one in every if one not in IN_THE_PAGE]


@pytest.mark.parametrize(("uid", "title"), panels())
def test_panel_has_data_and_no_error(driven, uid, title):
    job = driven.traffic.job("completed")

    def look() -> None:
        frames = driven.frames(uid, title, job_id=job)
        assert any(frame.values for frame in frames) or (uid, title) in EMPTY

    driven.running.eventually(look)


@pytest.mark.parametrize("kind", ["completed", "failed", "cancelled", "recovered", "running", "queued"])
def test_job_view_of_every_kind_of_job_works(driven, kind):
    job = driven.traffic.job(kind)
    for panel in driven.dashboards["job"]["panels"]:
        if panel["type"] != "row":
            driven.frames("job", panel["title"], job_id=job)


@pytest.mark.parametrize("text", ["", "nonsense", "0" * 32, "1" * 32, "'; DROP TABLE trials; --", '"} | x'])
def test_job_view_of_what_is_no_job_says_so(driven, text):
    (state,) = driven.frames("job", "State", job_id=text)
    assert state.values[-1] == ("unknown job" if text == "1" * 32 else "not a job id")
    (sentence,) = driven.frames("job", "What happened", job_id=text)
    assert sentence.values
    for panel in driven.dashboards["job"]["panels"]:
        if panel["type"] not in {"row", "traces"}:
            driven.frames("job", panel["title"], job_id=text)


def test_error_of_a_query_is_seen(driven):
    """What the tests above would look like if a query were wrong."""
    panel = driven.panel("jobs", "Jobs waiting")
    broken = {**panel, "targets": [{**panel["targets"][0], "expr": "max(("}]}
    with pytest.raises(PanelError):
        driven.grafana.run(broken, Window(time.time() - 60, time.time()), {})
