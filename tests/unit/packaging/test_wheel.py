"""A built wheel works outside the checkout, with its data and configurations inside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's content in a directory of its own."""
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory / "site")
    return directory / "site"


def python(installed, tmp_path, code):
    """Run code with the wheel's packages, away from the checkout; -P keeps the present directory out."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "JOBSCOPE_"))
    }
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(installed), "JOBSCOPE_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_dataset_registry_and_configurations_are_inside(installed, tmp_path):
    code = """
from pathlib import Path
import app, telemetry
from app.prices import load
from app.stack.configs import config_root
from telemetry.contract.registry import load_registry
print(Path(app.__file__).parents[1])
print(len(load("wti-daily", Path(".")).close))
print(len(load_registry().metrics) > 0)
root = config_root()
print(root)
for name in ("otel-collector/gateway.yaml", "backends/prometheus/prometheus.yml", "backends/loki/loki.yaml",
             "backends/tempo/tempo.yaml", "grafana/dashboards/job.json", "grafana/provisioning"):
    print((root / name).exists())
"""
    lines = python(installed, tmp_path, code).splitlines()
    assert lines[0] == str(installed)
    assert lines[1:3] == ["10226", "True"]
    assert lines[3].startswith(str(installed))
    assert lines[4:] == ["True"] * 6


def test_command_line_answers(installed, tmp_path):
    assert "demo" in python(
        installed, tmp_path, "import sys; sys.argv = ['jobscope', '--help']; from app.cli import main; main()"
    )
