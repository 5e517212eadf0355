"""A stack after traffic, with Grafana on it; nothing is a mock."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.live.grafana import Frame, Grafana, Json, Window
from tests.live.stack import RunningStack, running_stack
from tests.live.traffic import Driver, Traffic


@dataclass
class Driven:
    """A stack after traffic, and Grafana on it."""

    running: RunningStack
    traffic: Traffic
    grafana: Grafana
    dashboards: dict[str, Json]

    def panels(self, uid: str) -> list[Json]:
        """Return a dashboard's panels, without its headings."""
        return [panel for panel in self.dashboards[uid]["panels"] if panel["type"] != "row"]

    def panel(self, uid: str, title: str) -> Json:
        """Return a panel by its title, which no other panel of a dashboard has."""
        (found,) = (panel for panel in self.panels(uid) if panel["title"] == title)
        return found

    def run(self, uid: str, panel: Json, window: Window | None = None, **chosen: str) -> list[Frame]:
        """Run a panel's queries over the time of the traffic, or another."""
        window = window or Window(self.traffic.began - 30, time.time())
        values = self.grafana.variables(self.dashboards[uid], window, chosen)
        return self.grafana.run(panel, window, values)


@pytest.fixture(scope="package")
def driven(tmp_path_factory, request) -> Iterator[Driven]:
    for program in ("grafana", "tempo"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not on PATH: nothing is said about what dashboards show")
    include = [
        *("postgres", "prometheus", "alertmanager", "loki", "tempo", "otel-collector", "node-exporter"),
        *("grafana", "api", "worker-1", "worker-2"),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOBSCOPE_CHECKPOINT_SECONDS", "0.2")
        with running_stack(tmp_path_factory.mktemp("driven"), include, workers=2) as running:
            traffic = Driver(running).drive(60 * request.config.getoption("--traffic-minutes"))
            grafana = Grafana(running.stack.urls["grafana"], running.grafana_password)
            try:
                yield Driven(running, traffic, grafana, grafana.dashboards())
            finally:
                grafana.close()
