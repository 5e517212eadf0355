"""Writes every dashboard as classic JSON, which Grafana's file provisioning reads.

Run ``python -m grafana.generate`` in the checkout after a change to a dashboard's module; a test fails
when the committed files are not what this writes.
"""

from __future__ import annotations

import json
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana import api, job, jobs, pipeline, strategies, system

DIRECTORY = Path(__file__).parent / "dashboards"

# Of classic JSON; the SDK's own is older, and Grafana would migrate it at every load.
_SCHEMA_VERSION = 41


def dashboards() -> dict[str, Dashboard]:
    """Return every dashboard by its uid."""
    return {
        "jobs": jobs.build_dashboard(),
        "job": job.build_dashboard(),
        "api": api.build_dashboard(),
        "strategies": strategies.build_dashboard(),
        "system": system.build_dashboard(),
        "pipeline": pipeline.build_dashboard(),
    }


def render(dashboard: Dashboard) -> str:
    """Return a dashboard's JSON; panels are numbered in their order, so that links to them hold."""
    model = dashboard.build()
    model.schema_version = _SCHEMA_VERSION
    for number, panel in enumerate(model.panels or [], start=1):
        panel.id_val = number
    return json.dumps(model, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    DIRECTORY.mkdir(exist_ok=True)
    for uid, dashboard in dashboards().items():
        (DIRECTORY / f"{uid}.json").write_text(render(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
