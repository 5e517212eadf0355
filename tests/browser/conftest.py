"""A stack after a little traffic, and a browser that is logged in to its Grafana; nothing is a mock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.live.recorded import give, record_job
from tests.live.stack import RunningStack, running_stack
from tests.live.traffic import Driver, Traffic

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# A busy machine with everything on it takes its time to draw a dashboard.
PATIENCE_MS = 60_000
DAY = timedelta(days=1)


@dataclass
class Site:
    """Grafana on a stack, and what it can show."""

    running: RunningStack
    traffic: Traffic
    yesterday: str
    expired: str

    @property
    def url(self) -> str:
        """Where Grafana is."""
        return self.running.stack.urls["grafana"]

    def view_of(self, job: str) -> str:
        """Return where the API says that a job is seen."""
        return f"{self.running.stack.urls['api']}/jobs/{job}/view"


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    for program in ("grafana", "tempo"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on PATH: nothing is said about what people see")
    include = [
        *("postgres", "prometheus", "alertmanager", "loki", "tempo", "otel-collector", "node-exporter"),
        *("grafana", "api", "worker-1", "worker-2"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOBSCOPE_CHECKPOINT_SECONDS", "0.2")
        with running_stack(tmp_path_factory.mktemp("site"), include, workers=2) as running:
            recorded = record_job(tmp_path_factory.mktemp("recorded"), trials=3000)
            (yesterday,) = give(running, recorded, [DAY])
            (expired,) = give(running, recorded, [DAY], signals=["traces"])
            yield Site(running, Driver(running).drive(0), yesterday, expired)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        pytest.skip("Chromium is not on PATH: nothing is said about what people see")
    # Without a sandbox, which containers and root do not get; it sees only our own pages. And quiet: it would
    # otherwise look for updates and the like.
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *quiet])
        yield browser
        browser.close()


@pytest.fixture
def context(site, browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    login = context.request.post(
        f"{site.url}/login", data={"user": "admin", "password": site.running.grafana_password}
    )
    assert login.ok, login.text()
    yield context
    context.close()


@pytest.fixture
def page(context) -> Page:
    return context.new_page()
