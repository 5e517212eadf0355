"""From each signal to the others and to the Job view, by clicks: each ends at the right job, on data."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import expect

from tests.browser.test_dashboards import panel, seen

pytestmark = pytest.mark.browser


@pytest.fixture(params=["today", "yesterday"])
def job(request, site) -> str:
    return site.yesterday if request.param == "yesterday" else site.traffic.exported


def follow(page, link):
    """Click what may open a tab, and return the page that it leads to."""
    if link.get_attribute("target") == "_blank":
        with page.expect_popup() as popup:
            link.click()
        return popup.value
    link.click()
    return page


def shows(page, job):
    """Expect the Job view, with a job's trace and events."""
    page.wait_for_url(re.compile(r"/d/job[/?]"))
    assert f"var-job_id={job}" in page.url
    expect(panel(page, "State")).to_contain_text("completed")
    expect(panel(page, "Trace")).to_contain_text(job)
    expect(panel(page, "Trace")).to_contain_text("search chunk")
    expect(panel(page, "Events")).to_contain_text("optimization.completed")


def explore(site, job):
    """Return where Explore shows a job's trace; an exemplar or a search leads to the same."""
    query = {
        "refId": "A",
        "datasource": {"type": "tempo", "uid": "tempo"},
        "queryType": "traceql",
        "query": job,
    }
    panes = {"a": {"datasource": "tempo", "queries": [query], "range": {"from": "now-48h", "to": "now"}}}
    return f"{site.url}/explore?schemaVersion=1&orgId=1&panes={quote(json.dumps(panes))}"


def open_span(page, span):
    page.get_by_role("switch", name=span).first.click()


def span_links(page, span):
    open_span(page, span)
    page.get_by_role("button", name="Links").last.click()


def test_list_of_jobs_to_job(site, page, job):
    page.goto(f"{site.url}/d/jobs?from=now-48h&to=now&refresh=")
    # The table draws the rows one sees; the one wanted may be far below.
    grid = panel(page, "Jobs").get_by_role("grid")
    link = page.get_by_role("link", name=job)
    expect(grid.get_by_role("link").first).to_be_visible()
    for top in range(0, grid.evaluate("grid => grid.scrollHeight"), 200):
        grid.evaluate(
            "(grid, top) => { grid.scrollTop = top; return new Promise(requestAnimationFrame) }", top
        )
        if link.count():
            break
    shows(follow(page, link), job)


def test_record_to_job_and_to_trace(site, page, job):
    page.goto(site.view_of(job))
    events = panel(page, "Events")
    events.get_by_text("optimization.submitted").first.click()
    shows(follow(page, events.get_by_role("link", name="Open job")), job)
    page.goto(site.view_of(job))
    events.get_by_text("optimization.submitted").first.click()
    trace = follow(page, events.get_by_role("link", name="Open trace"))
    expect(trace.get_by_text("process optimizations").first).to_be_visible()
    expect(trace.get_by_text(job).first).to_be_visible()


def test_span_to_job(site, page, job):
    page.goto(explore(site, job))
    span_links(page, "search chunk")
    with page.expect_popup() as popup:
        page.get_by_role("menuitem", name="Open job").click()
    shows(popup.value, job)


@pytest.mark.parametrize(
    ("link", "told"),
    [("Logs for this span", "trials done"), ("Logs of the whole trace", "trials done")],
)
def test_span_to_its_logs(site, page, job, link, told):
    page.goto(explore(site, job))
    span_links(page, "search chunk")
    page.get_by_role("menuitem", name=link).click()
    expect(page.get_by_text(re.compile(told)).first).to_be_visible()


def test_span_to_measurements_of_its_process(site, page):
    page.goto(explore(site, site.traffic.exported))
    span_links(page, "search chunk")
    page.get_by_role("menuitem", name="Memory of this process").click()
    expect(page.get_by_text("process_memory_usage_bytes").first).to_be_visible()
    expect(page.locator(".u-legend, .uplot").first).to_be_visible()


def exemplar(page, title):
    """Point at the last exemplar of a panel, which lies above the others."""
    seen(page, title).get_by_test_id("data-testid Exemplar marker").last.hover()


@pytest.mark.parametrize("name", ["Open job", "Open trace"])
def test_exemplar_to_job_and_to_trace(site, page, name):
    page.goto(f"{site.url}/d/jobs?from=now-15m&to=now&refresh=")
    exemplar(page, "Wait for a worker")
    led = follow(page, page.get_by_role("link", name=name))
    expect(led.get_by_text("process optimizations").first).to_be_visible()
    assert set(re.findall(r"\b[0-9a-f]{32}\b", unquote(led.url))) & set(site.traffic.all_jobs)


def test_exemplar_of_a_request_leads_to_its_trace(site, page):
    page.goto(f"{site.url}/d/api?from=now-15m&to=now&refresh=")
    exemplar(page, "95 % of each route answered within")
    led = follow(page, page.get_by_role("link", name="Open trace"))
    expect(led.get_by_text("jobscope-api").first).to_be_visible()


def test_slow_request_to_its_trace_to_the_job_it_is_about(site, page):
    page.goto(f"{site.url}/d/api?from=now-15m&to=now&refresh=")
    table = seen(page, "Slowest requests")
    row = table.get_by_role("row").filter(has_text="export").first
    row.get_by_role("link").first.click()
    page.wait_for_url(re.compile("/explore"))
    span_links(page, "GET /api/v1/optimizations/{job_id}/export")
    with page.expect_popup() as popup:
        page.get_by_role("menuitem", name="Open job").click()
    popup.value.wait_for_url(re.compile(r"/d/job[/?]"))
    expect(panel(popup.value, "State")).to_contain_text("completed")


def test_api_leads_to_worker_in_the_service_graph(site, page):
    page.goto(f"{site.url}/d/system?from=now-15m&to=now&refresh=")
    graph = seen(page, "Who calls whom")
    for name in ("jobscope-api", "jobscope-worker"):
        expect(graph.get_by_text(name)).to_be_visible()


def test_job_to_the_request_that_asked_for_it(site, page):
    page.goto(explore(site, site.traffic.exported))
    open_span(page, "send optimizations")
    page.get_by_text("References").click()
    request = follow(page, page.get_by_role("link", name="View Linked Span"))
    expect(request.get_by_role("switch", name="POST /api/v1/optimizations")).to_be_visible()
