"""compose.yaml, as far as it can be checked without an engine."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from app.stack.programs import INFRASTRUCTURE, NODE_COLLECTORS

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def test_fits_the_compose_schema():
    # The package ships the compose specification's schema.
    schema_file = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(COMPOSE))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


def test_has_the_whole_stack():
    assert set(SERVICES) == {program.name for program in INFRASTRUCTURE} | {"api", "worker"}


@each_service
def test_mounts_only_files_that_exist_and_declared_volumes(name):
    for volume in SERVICES[name].get("volumes", []):
        source, target, *mode = volume.split(":")
        assert target.startswith("/"), volume
        if source.startswith("./"):
            assert (ROOT / source).exists(), volume
            assert mode == ["ro"], volume
        elif source != "/":
            assert source in COMPOSE["volumes"], volume
        else:
            assert mode == ["ro"], volume


def test_every_volume_is_used():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert set(COMPOSE["volumes"]) <= used


@each_service
def test_ports_are_open_on_loopback_alone(name):
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port), f"{port} is not 127.0.0.1:N:N"


def test_no_two_services_share_a_host_port():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == len(set(ports))
    assert "127.0.0.1:3001:3001" in SERVICES["grafana"]["ports"]


@each_service
def test_contains_no_password(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|SECRET|TOKEN", variable):
            assert variable.endswith("_FILE"), f"{variable} would carry a password itself"
            assert value.startswith("/run/secrets/")
            assert value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"]
        # user:password@ in a URL
        assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), f"{variable} has a password in its URL"


def test_secrets_are_files_that_the_command_makes():
    from app.stack.passwords import NAMES

    assert {name: f"./secrets/{name}" for name in NAMES} == {
        name: secret["file"] for name, secret in COMPOSE["secrets"].items()
    }
    assert {secret for service in SERVICES.values() for secret in service.get("secrets", [])} == set(NAMES)


@each_service
def test_container_may_do_as_little_as_possible(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["restart"] == "unless-stopped"
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])


@each_service
def test_says_when_it_is_ready(name):
    if name == "worker":
        assert "healthcheck" not in SERVICES[name]  # no port to ask; compose.yaml says so
        return
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"  # no shell: most images have none
    assert check["interval"] == "10s"


@each_service
def test_waits_only_for_services_that_say_when_they_are_ready(name):
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        assert condition == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[other]


def test_our_image_is_built_here_and_has_the_projects_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in ("api", "worker"):
        assert SERVICES[name]["build"] == "."
        assert SERVICES[name]["image"] == f"jobscope:{project['version']}"


def test_image_is_built_from_what_the_wheel_needs():
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["packages"], *(path.split("/")[0] for path in wheel["force-include"])}
    assert ignore[1:] != []
    assert {f"!{path}" for path in needed} <= set(ignore)


def native_arguments(name):
    return next(program.arguments for program in INFRASTRUCTURE if program.name == name)


@pytest.mark.parametrize(
    ("name", "differ"),
    [
        ("prometheus", {"--config.file", "--storage.tsdb.path", "--web.listen-address"}),
        ("alertmanager", {"--config.file", "--storage.path", "--web.listen-address"}),
        ("loki", {"-config.file"}),
        ("tempo", {"-config.file"}),
    ],
)
def test_flags_are_those_of_the_native_stack(name, differ):
    def flags(arguments):
        return {argument for argument in arguments if argument.split("=")[0] not in differ}

    assert flags(SERVICES[name]["command"]) == flags(native_arguments(name))


def test_node_exporter_measures_the_same_natively():
    measured = {
        argument.removeprefix("--collector.")
        for argument in SERVICES["node-exporter"]["command"]
        if argument.startswith("--collector.")
    }
    assert measured == {"disable-defaults", *NODE_COLLECTORS}


def test_scrape_targets_are_services():
    targets = yaml.safe_load((ROOT / "backends/prometheus/targets/scrape.yml").read_text(encoding="utf-8"))
    names = {target.split(":")[0] for group in targets for target in group["targets"]}
    assert names == {program.name for program in INFRASTRUCTURE if program.metrics}
    assert names <= set(SERVICES)
    assert all(group["labels"]["job"] == group["targets"][0].split(":")[0] for group in targets)
