"""Every dashboard, looked at: no error mark, and words where there is nothing to show."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from grafana.board import DASHBOARDS

pytestmark = pytest.mark.browser

KINDS = {
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "recovered": "completed",
    "running": "running",
    "queued": "queued",
}
EVENTS_GONE = "No events: unknown id, outside of this time range, or older than Loki keeps them"


def panel(page, title):
    return page.get_by_test_id(f"data-testid Panel header {title}")


def scrolled(page):
    """Scroll through a dashboard: its panels are made and asked for when they come into view."""
    page.wait_for_selector('[data-testid^="data-testid Panel header"]')
    step = page.viewport_size["height"] // 2
    for position in range(0, page.evaluate("document.body.scrollHeight"), step):
        page.evaluate("y => { window.scrollTo(0, y); return new Promise(requestAnimationFrame) }", position)
        yield


def seen(page, title):
    """Return a panel that is in view."""
    for _ in scrolled(page):
        if panel(page, title).count():
            break
    panel(page, title).scroll_into_view_if_needed()
    return panel(page, title)


def settled(page):
    """Wait for all of a dashboard's panels."""
    for _ in scrolled(page):
        expect(page.get_by_test_id("panel-loading-bar")).to_have_count(0)
    page.evaluate("window.scrollTo(0, 0)")


def errors(page):
    marks = page.get_by_test_id(re.compile("Panel status error"))
    return [mark.get_attribute("aria-label") or mark.inner_text() for mark in marks.all()] + [
        alert.inner_text() for alert in page.get_by_text("An unexpected error happened").all()
    ]


@pytest.mark.parametrize("uid", [uid for uid in DASHBOARDS if uid != "job"])
def test_dashboard_without_an_error(site, page, uid):
    page.goto(f"{site.url}/d/{uid}?from=now-15m&to=now&refresh=")
    settled(page)
    assert errors(page) == []


@pytest.mark.parametrize("kind", KINDS)
def test_job_view_of_every_kind_of_job(site, page, kind):
    page.goto(site.view_of(site.traffic.job(kind)))
    expect(panel(page, "State")).to_contain_text(KINDS[kind])
    if kind != "queued":
        expect(panel(page, "Trace")).to_contain_text("process optimizations")
        # The panel shows the latest, so the first may be out of sight.
        expect(panel(page, "Events")).to_contain_text("optimization.")
    settled(page)
    assert errors(page) == []
    if kind == "recovered":
        expect(panel(page, "What happened")).to_contain_text("recovered")
        expect(seen(page, "Attempts")).to_contain_text("lost")
    if kind == "failed":
        expect(panel(page, "What happened")).to_contain_text("none of 200 trials gave a value")
        expect(seen(page, "Failures, with stack traces")).to_contain_text("Traceback")


def test_running_job_goes_on_while_one_looks(site, page):
    page.goto(site.view_of(site.traffic.job("running")))
    sentence = panel(page, "What happened").get_by_text(re.compile(r"At trial \d+ of"))
    first = sentence.inner_text()
    expect(sentence).not_to_have_text(first)


def test_job_of_yesterday(site, page):
    page.goto(site.view_of(site.yesterday))
    expect(panel(page, "State")).to_contain_text("completed")
    expect(panel(page, "Trace")).to_contain_text("process optimizations")
    expect(panel(page, "Events")).to_contain_text("optimization.completed")
    expect(panel(page, "Trials done").locator("canvas")).to_have_count(1)
    assert errors(page) == []


def test_logs_that_have_expired(site, page):
    page.goto(site.view_of(site.expired))
    expect(panel(page, "State")).to_contain_text("completed")
    expect(panel(page, "Trace")).to_contain_text("process optimizations")
    expect(panel(page, "Trials done")).to_contain_text(EVENTS_GONE)
    expect(panel(page, "Events")).to_contain_text("No data")
    assert errors(page) == []


@pytest.mark.parametrize(
    ("text", "state", "sentence"),
    [
        ("1" * 32, "unknown job", "There is no job with this id"),
        ("nonsense", "not a job id", "an id is 32 hexadecimal digits"),
        ("", "not a job id", "Type a job id above"),
    ],
)
def test_what_is_no_job(site, page, text, state, sentence):
    page.goto(f"{site.url}/d/job?var-job_id={text}")
    expect(panel(page, "State")).to_contain_text(state)
    expect(panel(page, "What happened")).to_contain_text(sentence)
    expect(panel(page, "Trials done")).to_contain_text(EVENTS_GONE)
    expect(panel(page, "Events")).to_contain_text("No data")
    expect(panel(page, "Trace")).to_contain_text("No data")


def test_backend_that_is_down_is_named(site, page):
    site.running.stack.stop("loki")
    try:
        page.goto(site.view_of(site.traffic.job("completed")))
        expect(panel(page, "Sources")).to_contain_text("loki is down")
        # The rest is there.
        expect(panel(page, "State")).to_contain_text("completed")
        expect(panel(page, "Trace")).to_contain_text("process optimizations")
    finally:
        site.running.stack.up()
    page.reload()
    expect(panel(page, "Sources")).to_contain_text("All answer")
