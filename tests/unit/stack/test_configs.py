"""The configuration files: the programs accept them, and whoever runs them gives what they ask for."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from app.settings import Settings
from app.stack.binaries import find_binary
from app.stack.layout import Layout
from app.stack.passwords import NAMES
from app.stack.programs import INFRASTRUCTURE, all_programs
from app.variables import require_known

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
FILES = {
    "otel-collector": ["otel-collector/gateway.yaml"],
    "loki": ["backends/loki/loki.yaml"],
    "tempo": ["backends/tempo/tempo.yaml"],
    "grafana": [
        "backends/grafana/grafana.ini",
        "grafana/provisioning/datasources/datasources.yaml",
        "grafana/provisioning/dashboards/dashboards.yaml",
    ],
}
PROGRAMS = {program.name: program for program in INFRASTRUCTURE}


def asked_for(name):
    """Return the variables a program's files name, and whether each has no default."""
    asked = {}
    for path in FILES[name]:
        text = (ROOT / path).read_text(encoding="utf-8")
        for variable, default in re.findall(
            r"\$(?:__env)?\{?(?:env:)?((?:JOBSCOPE|GF)_\w+)(:-)?", text.replace("$$", "")
        ):
            asked[variable] = asked.get(variable, False) or not default
    return asked


@pytest.mark.parametrize("name", sorted(FILES))
def test_native_stack_gives_every_variable(name, tmp_path):
    environment = Layout(tmp_path).environment(PROGRAMS[name], dict.fromkeys(NAMES, "x"))
    assert asked_for(name) != {}
    assert set(asked_for(name)) <= set(environment)


def test_our_own_processes_know_every_variable_that_the_stack_gives_them(tmp_path):
    ours = [program for program in all_programs(workers=1) if not program.binaries]
    assert [program.name for program in ours] == ["api", "worker-1"]
    for program in ours:
        require_known(Layout(tmp_path).environment(program, dict.fromkeys(NAMES, "x")), Settings.model_fields)
        require_known(COMPOSE[program.name.removesuffix("-1")]["environment"], Settings.model_fields)


@pytest.mark.parametrize("name", sorted(FILES))
def test_compose_gives_every_variable_without_default(name):
    given = {variable.removesuffix("__FILE") for variable in COMPOSE[name]["environment"]}
    required = {variable for variable, needed in asked_for(name).items() if needed}
    assert required != set()
    assert required <= given


def test_data_sources_have_the_uids_that_dashboards_and_links_name():
    path = ROOT / "grafana/provisioning/datasources/datasources.yaml"
    text = path.read_text(encoding="utf-8")
    uids = {source["uid"] for source in yaml.safe_load(text)["datasources"]}
    assert uids == {"prometheus", "loki", "tempo", "postgres", "alertmanager"}
    assert set(re.findall(r"datasourceUid: (\w+)", text)) <= uids


def test_nothing_phones_home():
    for name in ("loki", "tempo"):
        config = yaml.safe_load((ROOT / FILES[name][0]).read_text(encoding="utf-8"))
        section = config["analytics" if name == "loki" else "usage_report"]
        assert section["reporting_enabled"] is False
    ini = (ROOT / "backends/grafana/grafana.ini").read_text(encoding="utf-8")
    for key in ("reporting_enabled", "check_for_updates", "check_for_plugin_updates", "news_feed_enabled"):
        assert f"\n{key} = false\n" in ini


def run(binary, *arguments, **environment):
    """Run a checker that is installed; return its exit code and output."""
    path = find_binary((binary,))
    if path is None:
        pytest.skip(f"{binary} is not built; make stack")
    result = subprocess.run(
        [path, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


def test_otelcol_accepts_its_configuration(tmp_path):
    code, output = run(
        "otelcol", "validate", "--config=otel-collector/gateway.yaml", JOBSCOPE_QUEUE_DIR=str(tmp_path)
    )
    assert code == 0, output


def test_promtool_accepts_configuration_and_rules():
    code, output = run("promtool", "check", "config", "backends/prometheus/prometheus.yml")
    assert code == 0, output


def test_rules_fire_when_they_should():
    code, output = run("promtool", "test", "rules", "backends/prometheus/tests/jobscope_test.yml")
    assert code == 0, output


def test_every_rule_is_tested():
    rules = yaml.safe_load((ROOT / "backends/prometheus/rules/jobscope.yml").read_text(encoding="utf-8"))
    tests = yaml.safe_load((ROOT / "backends/prometheus/tests/jobscope_test.yml").read_text(encoding="utf-8"))
    fired = {
        check["alertname"]
        for test in tests["tests"]
        for check in test["alert_rule_test"]
        if check["exp_alerts"]
    }
    assert fired == {rule["alert"] for group in rules["groups"] for rule in group["rules"]}


def test_amtool_accepts_its_configuration():
    code, output = run("amtool", "check-config", "backends/alertmanager/alertmanager.yml")
    assert code == 0, output


def test_loki_accepts_its_configuration(tmp_path):
    code, output = run(
        "loki",
        "-config.file=backends/loki/loki.yaml",
        "-config.expand-env=true",
        "-verify-config",
        JOBSCOPE_LOKI_DIR=str(tmp_path),
    )
    assert code == 0, output


def test_tempo_accepts_its_configuration(tmp_path):
    code, output = run(
        "tempo",
        "-config.file=backends/tempo/tempo.yaml",
        "-config.expand-env=true",
        "-config.verify=true",
        JOBSCOPE_TEMPO_DIR=str(tmp_path),
    )
    assert code == 0, output
