"""``jobscope contract``: what is printed, and the exit codes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from telemetry.contract.cli import app
from telemetry.contract.registry import DEFAULT_DIRECTORY

ROOT = Path(__file__).parents[3]
CAPTURED = ROOT / "tests/unit/jobview/captured/telemetry"


def run(*arguments, columns=300):
    result = CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": str(columns)})
    assert not isinstance(result.exception, Exception), result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def registry(tmp_path):
    """Return a copy of our registry in which names can be changed."""
    path = tmp_path / "registry"
    shutil.copytree(DEFAULT_DIRECTORY, path)

    def rename(old, new):
        for file in path.glob("*.yaml"):
            file.write_text(file.read_text().replace(old, new))
        return path

    return rename


class TestCheck:
    def test_good(self):
        code, out, _ = run("check", "--from", CAPTURED)
        assert code == 0
        assert re.search(r"entities checked: 0 violation", out)
        assert "spans: 8 of 10 seen; not: restore trials, {http.request.method} {http.route}" in out

    @pytest.mark.parametrize(
        ("old", "new", "finding"),
        [
            (
                "metric_name: optimization.trials",
                "metric_name: optimization.tries",
                ("missing_metric", "metric", "optimization.trials", "Metric does not exist in the registry."),
            ),
            (
                "trial.outcome",
                "trial.result",
                (
                    "missing_attribute",
                    "metric",
                    "optimization.trials",
                    "Attribute 'trial.outcome' does not exist in the registry.",
                ),
            ),
            (
                "name: optimization.completed",
                "name: optimization.done",
                ("missing_event", "log", "optimization.completed", "Event does not exist in the registry."),
            ),
            (
                "name: search chunk",
                "name: search chunks",
                ("missing_span", "span", "search chunk", "Span does not exist in the registry."),
            ),
        ],
    )
    def test_renames_are_found_and_named(self, registry, old, new, finding):
        """The code emits one name and the contract has another: as if either had been renamed."""
        code, out, _ = run("check", "--json", "--from", CAPTURED, "--registry", registry(old, new))
        assert code == 1
        sources = {
            (one["id"], one["signal_type"], one["signal_name"], one["message"]): one["sources"]
            for one in json.loads(out)["findings"]
        }
        assert sources[finding] == ["jobscope-worker / jobscope"]

    @pytest.mark.parametrize(
        ("fail_on", "code"),
        [("violation", 0), ("improvement", 1), ("information", 1), ("unseen", 1), ("none", 0)],
    )
    def test_fail_on(self, fail_on, code):
        assert run("check", "--from", CAPTURED, "--fail-on", fail_on)[0] == code

    def test_findings_are_listed_from_a_level_up(self):
        assert "not_stable" not in run("check", "--from", CAPTURED)[1]
        assert "not_stable" in run("check", "--from", CAPTURED, "--show", "improvement")[1]

    def test_findings_are_whole_when_redirected(self, registry):
        changed = registry("trial.outcome", "trial.result")
        code, out, _ = run("check", "--from", CAPTURED, "--registry", changed, columns=80)
        assert code == 1
        assert (
            "violation missing_attribute: Attribute 'trial.outcome' does not exist in the registry.\n"
            "    6 × metric optimization.trials from jobscope-worker / jobscope\n"
        ) in out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--from", "."], "give the directory that telemetry was written to"),
            (["--from", ".", "--registry", "."], "give the registry's directory"),
            (["--from", ".", "--ignore", "nope"], "nope is no finding id"),
            (["--port", "0", "--duration", "0.01"], "no telemetry came, so nothing was checked"),
        ],
    )
    def test_cannot_be_done(self, tmp_path, monkeypatch, arguments, message):
        monkeypatch.chdir(tmp_path)
        code, _, error = run("check", *arguments)
        assert (code, message in error) == (2, True)
        assert error.count("\n") <= 2

    def test_file_that_is_not_otlp(self, tmp_path):
        (tmp_path / "x.jsonl").write_text('{"resourceLogs": []}\nnope\n')
        code, _, error = run("check", "--from", tmp_path)
        assert (code, error) == (2, f"jobscope: {tmp_path}/x.jsonl, line 2: not OTLP/JSON\n")

    def test_torn_last_line_is_left_out(self, tmp_path):
        (line, *_) = next(CAPTURED.glob("traces-*")).read_text().splitlines()
        (tmp_path / "x.jsonl").write_text(f'{line}\n{{"resourceSpans": [')
        assert run("check", "--from", tmp_path)[0] == 0

    def test_listens(self):
        """A process of its own: it says where it listens, takes telemetry, and reports once it is stopped."""
        command = [sys.executable, "-c", "from telemetry.contract.cli import app; app()", "check", "--json"]
        process = subprocess.Popen(
            [*command, "--port", "0", "--inactivity-timeout", "60"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        url = process.stderr.readline().strip().removeprefix("listening: OTEL_EXPORTER_OTLP_ENDPOINT=")
        for path in CAPTURED.glob("*.jsonl"):
            for line in path.read_text().splitlines():
                post(f"{url}/v1/{path.name.split('-')[0]}", line)
        post(f"{url}/stop", "{}")
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert json.loads(out)["statistics"]["seen_registry_metrics"]["optimization.trials"] > 0

    def test_port_in_use(self):
        from telemetry.contract.live.receiver import Receiver

        receiver = Receiver(0, print)
        try:
            code, _, error = run("check", "--port", receiver.url.rpartition(":")[2])
        finally:
            receiver.close()
        assert code == 2
        assert "cannot be listened on: Address already in use; give another with --port" in error


class TestLint:
    def test_ours(self):
        code, out, _ = run("lint", "--root", ROOT)
        assert (code, out.endswith(" queries checked: 0 findings\n")) == (0, True)

    def test_finding(self, tmp_path):
        path = tmp_path / "guide.md"
        path.write_text("```promql\nrate(nope_total[5m])\n```\n")
        finding = f"{path}: line 2\n    rate(nope_total[5m])\n  unknown_metric: no metric nope_total\n"
        expected = f"{finding}\n1 queries checked: 1 findings\n"
        assert run("lint", path, "--root", ROOT)[:2] == (1, expected)
        code, out, _ = run("lint", path, "--json", "--root", ROOT)
        assert code == 1
        assert json.loads(out)["findings"] == [
            {
                "file": str(path),
                "place": "line 2",
                "expression": "rate(nope_total[5m])",
                "id": "unknown_metric",
                "message": "no metric nope_total",
            }
        ]

    def test_cannot_be_done(self, tmp_path):
        assert run("lint", "--root", tmp_path)[0] == 2


def post(url, body):
    address = urlsplit(url)
    connection = HTTPConnection(address.netloc, timeout=10)
    try:
        connection.request("POST", address.path, body, {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
    finally:
        connection.close()
