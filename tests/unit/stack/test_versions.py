"""Every pin agrees with versions.yaml."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = yaml.safe_load((ROOT / "versions.yaml").read_text(encoding="utf-8"))["programs"]
BUILDER = yaml.safe_load((ROOT / "otel-collector/builder.yaml").read_text(encoding="utf-8"))
TOOLS = {
    "otel-collector": "otelcol",
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "loki": "loki",
}


def test_compose_runs_the_pinned_images():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    images = {name: service["image"] for name, service in services.items() if "build" not in service}
    assert images == {name: program["image"] for name, program in PROGRAMS.items() if name != "python"}


def test_dockerfile_starts_from_the_pinned_image():
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(bases) == {PROGRAMS["python"]["image"]}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_no_pin_floats(name):
    tag = PROGRAMS[name]["image"].partition(":")[2]
    assert re.match(r"v?\d+\.\d+", tag), f"{name}: {tag} is not a release"


def test_every_tool_we_build_is_pinned():
    assert {path.parent.name for path in (ROOT / "tools").glob("*/go.mod")} == set(TOOLS.values())
    assert {name for name, program in PROGRAMS.items() if "module" in program} == set(TOOLS)


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_go_mod_requires_the_pinned_module(name):
    text = (ROOT / "tools" / TOOLS[name] / "go.mod").read_text(encoding="utf-8")
    for module, version in PROGRAMS[name]["module"].items():
        assert re.search(rf"^\s*(require )?{re.escape(module)} {re.escape(version)}\b", text, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_module_and_image_are_one_release(name):
    (version,) = PROGRAMS[name]["module"].values()
    tag = PROGRAMS[name]["image"].partition(":")[2].removeprefix("v")
    if name == "prometheus":  # module v0.316.0 is release 3.16.0
        release = re.fullmatch(r"v0\.(\d)(\d\d)\.(\d+)", version)
        assert release is not None
        version = f"v{release[1]}.{int(release[2])}.{release[3]}"
    assert version == f"v{tag}"


@pytest.mark.parametrize(
    "kind", ["receivers", "processors", "connectors", "exporters", "extensions", "providers"]
)
def test_collector_is_built_of_pinned_parts(kind):
    pin = PROGRAMS["otel-collector"]["providers" if kind == "providers" else "components"]
    assert {part["gomod"].split()[1] for part in BUILDER[kind]} == {pin}


def test_collector_calls_itself_what_it_is_built_of():
    assert f"v{BUILDER['dist']['version']}" == PROGRAMS["otel-collector"]["components"]
