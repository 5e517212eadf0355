"""Prometheus' directory: its configuration knows no environment, so what differs is in files beside it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from app.stack.layout import Layout
from app.stack.programs import Program


def prepare(layout: Layout, programs: Iterable[Program]) -> None:
    """Link the configuration into Prometheus' directory and write this stack's targets beside it.

    Prometheus looks for relative paths where the file it was given is, not where a link leads.

    Args:
        layout: the stack's places.
        programs: those that run; the ones with metrics become targets.

    Raises:
        OSError: the directory cannot be written.
    """
    directory = layout.directory_of("prometheus")
    source = layout.config / "backends" / "prometheus"
    for name in ("prometheus.yml", "rules"):
        _link(directory / name, source / name)
    targets = directory / "targets"
    targets.mkdir(exist_ok=True)
    running = list(programs)
    _write(
        targets / "scrape.yml",
        [
            {"targets": [f"127.0.0.1:{layout.port(program.metrics)}"], "labels": {"job": program.name}}
            for program in running
            if program.metrics
        ],
    )
    _write(
        targets / "alertmanager.yml",
        [
            {"targets": [f"127.0.0.1:{layout.port(program.ports[0])}"]}
            for program in running
            if program.name == "alertmanager"
        ],
    )


def _link(link: Path, target: Path) -> None:
    # Made anew each time: the checkout may have moved, or an installed wheel taken its place.
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
