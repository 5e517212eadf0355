"""Whatever is wrong, the command line says so in one line, exits with 1 and leaves nothing half done."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from pydantic_settings import SettingsError

from app import settings
from app.errors import BadInput
from app.variables import require_known
from tests.unit.cli.command import assert_one_line, jobscope


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["job", "submit", "--strategy", "magic"], ["strategy", "magic", "sma_cross"]),
        (["job", "submit", "--dataset", "gold"], ["dataset", "gold", "wti-daily"]),
        (["job", "submit", "--sampler", "luck"], ["sampler", "random", "tpe"]),
        (["job", "submit", "--trials", "0"], ["trials", "0", "1"]),
        (["job", "submit", "--parameters", '{"fast": {"low": 1}}'], ["parameters.fast.low", "2", "60"]),
        (["job", "submit", "--parameters", '{"fats": {}}'], ["parameters.fats", "fast, slow"]),
        (["job", "submit", "--parameters", "{"], ["parameters", "JSON"]),
        (["job", "submit", "--holdout", "0.9"], ["holdout", "0.05 to 0.5"]),
        (["job", "submit", "--folds", "1"], ["folds", "2 to 50"]),
        (
            ["job", "submit", "--parameters", '{"fast": {"low": 50}, "slow": {"high": 40}}'],
            ["parameters.fast.low", "below slow"],
        ),
        (["job", "list", "--state", "lost"], ["state", "queued"]),
        (["job", "show", "xyz"], ["job_id", "32 hex digits"]),
        (["job", "show", "abc"], ["job_id", "at least 4"]),
        (["job", "cancel", "ABCD"], ["no optimization", "abcd"]),
        (["job", "show", "a" * 32], ["no telemetry"]),
        (["job", "cancel", "a" * 32], ["no optimization"]),
        (["job", "export", "a" * 32, "--to", "x.txt"], ["to", ".csv or .json"]),
        (["key", "create", "me", "--role", "king"], ["role", "viewer"]),
        (["key", "revoke", "nobody"], ["nobody"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments(tmp_path, arguments, words):
    assert_one_line(jobscope(tmp_path, *arguments), *words)


def test_dataset_too_short_for_the_job(tmp_path):
    (tmp_path / "datasets").mkdir()
    rows = "".join(f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{day}\n" for day in range(60))
    (tmp_path / "datasets" / "short.csv").write_text("Date,Price\n" + rows)
    for options, words in (([], "holdout"), (["--holdout", "0.35"], "folds: is 5; 39 prices")):
        result = jobscope(tmp_path, "job", "submit", "--dataset", "short", *options)
        assert_one_line(result, words, "take a longer dataset")


def test_export_of_an_unknown_job_leaves_no_file(tmp_path):
    target = tmp_path / "trials.csv"
    assert_one_line(jobscope(tmp_path, "job", "export", "a" * 32, "--to", str(target)), "no optimization")
    assert list(tmp_path.glob("trials*")) == []


@pytest.mark.parametrize("command", [["demo"], ["serve"], ["worker"], ["api"], ["job", "list"]], ids=" ".join)
def test_data_directory_that_cannot_be_made(tmp_path, command):
    (tmp_path / "file").touch()
    result = jobscope(tmp_path / "file" / "data", *command)
    assert_one_line(result, "data", "JOBSCOPE_DATA_DIR")


@pytest.mark.skipif(not Path("/proc").exists(), reason="there is no /proc, which not even root can write in")
@pytest.mark.parametrize("command", ["demo", "serve"])
def test_data_directory_that_cannot_be_written(command):
    assert_one_line(jobscope("/proc", command), "/proc", "JOBSCOPE_DATA_DIR")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full to stand for a full disk")
def test_full_disk(tmp_path):
    (tmp_path / "jobscope.db").symlink_to("/dev/full")
    assert_one_line(jobscope(tmp_path, "job", "list"), "database")


@pytest.mark.parametrize("command", ["api", "serve"])
def test_port_in_use(tmp_path, command):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_one_line(jobscope(tmp_path, command, JOBSCOPE_PORT=port), port, "JOBSCOPE_PORT")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JOBSCOPE_PORT", "many"),
        ("JOBSCOPE_DATABASE_URL", "nonsense"),
        ("JOBSCOPE_CHECKPOINT_SECONDS", "-1"),
        ("JOBSCOPE_CHECKPOINT_SECONDS", "nan"),
        ("JOBSCOPE_WORKER_TIMEOUT_SECONDS", "inf"),
        ("JOBSCOPE_PROT", "8001"),
        ("JOBSCOPE_API_URL", "ops.example.com/jobscope"),
        ("JOBSCOPE_TRUSTED_PROXIES", "nginx"),
        ("JOBSCOPE_TRUSTED_CALLERS", "10.0.0.0/8,10.0.0.0/33"),
        ("JOBSCOPE_TRUSTED_CALLERS", "10.0.0.1/8"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:99999"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[::1:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4318"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "ftp://127.0.0.1/logs"),
    ],
)
def test_bad_settings(tmp_path, variable, value):
    assert_one_line(jobscope(tmp_path, "job", "list", **{variable: value}), variable)


@pytest.mark.parametrize("host", ["nohost.invalid", "203.0.113.1"])  # no name, nobody's address
def test_host_that_is_not_this_machine(tmp_path, host):
    assert_one_line(jobscope(tmp_path, "serve", JOBSCOPE_HOST=host), "JOBSCOPE_HOST", host)


@pytest.mark.parametrize("name", ["worker", "api"])
def test_collector_that_cannot_be(tmp_path, name):
    result = jobscope(tmp_path, name, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:99999")
    assert_one_line(result, "OTEL_EXPORTER_OTLP_ENDPOINT")


def test_settings_that_cannot_be_parsed(monkeypatch):
    # A stand-in: no setting of today can be written so wrong that pydantic-settings gives up on it.
    def give_up():
        raise SettingsError('error parsing value for field "x"')

    monkeypatch.setattr(settings, "Settings", give_up)
    with pytest.raises(BadInput, match='JOBSCOPE_ variables: error parsing value for field "x"'):
        settings.load_settings()


@pytest.mark.parametrize("value", ["inf", "-inf", "NaN", "1e999"])
@pytest.mark.parametrize("name", ["CHECKPOINT_SECONDS", "WORKER_TIMEOUT_SECONDS"])
def test_what_is_no_finite_number_is_refused_in_words(monkeypatch, name, value):
    monkeypatch.setenv(f"JOBSCOPE_{name}", value)
    with pytest.raises(BadInput, match=rf"JOBSCOPE_{name}: is '{value}'; it should be a finite number"):
        settings.load_settings()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("JOBSCOPE_DATABSE_URL", "did you mean JOBSCOPE_DATABASE_URL?"),
        ("JOBSCOPE_TRUSTED_CALLER", "did you mean JOBSCOPE_TRUSTED_CALLERS?"),
        ("jobscope_prot", "did you mean JOBSCOPE_PORT?"),
        ("JOBSCOPE_QXZ", "unset it"),
    ],
)
def test_misspelt_variable_is_named_with_what_may_be_meant(monkeypatch, name, hint):
    monkeypatch.setenv(name, "1")
    with pytest.raises(BadInput) as caught:
        settings.load_settings()
    assert (caught.value.field, caught.value.message) == (name, f"is no setting; {caught.value.message[15:]}")
    assert hint in caught.value.message


def test_every_variable_that_something_of_ours_reads_is_known():
    root = Path(settings.__file__).parents[1]
    files = [root / "compose.yaml", root / "README.md"]
    for folder in ("app/stack", "backends", "otel-collector", "grafana/provisioning", "docs"):
        files += [
            path
            for path in (root / folder).rglob("*")
            if path.suffix in {".py", ".yaml", ".yml", ".ini", ".md"}
        ]
    names = {name for path in files for name in re.findall(r"JOBSCOPE_[A-Z_]*[A-Z]", path.read_text())}
    assert {"JOBSCOPE_PORT", "JOBSCOPE_TEMPO_GRPC_PORT", "JOBSCOPE_STACK_PORT_OFFSET"} <= names
    require_known(names, settings.Settings.model_fields)


def test_every_setting_is_in_the_readme():
    readme = (Path(settings.__file__).parents[1] / "README.md").read_text()
    table = readme[readme.index("## Settings") : readme.index("## Measured")]
    missing = [name for name in settings.Settings.model_fields if f"`JOBSCOPE_{name.upper()}`" not in table]
    assert missing == []


def test_trusted_callers_are_networks_with_commas_between(monkeypatch):
    monkeypatch.setenv("JOBSCOPE_TRUSTED_CALLERS", "10.0.0.0/8, fd00::/8")
    assert [str(network) for network in settings.load_settings().trusted_callers] == [
        "10.0.0.0/8",
        "fd00::/8",
    ]


def test_empty_variable_counts_as_unset(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    for name in ("JOBSCOPE_DATA_DIR", "JOBSCOPE_PORT", "JOBSCOPE_TRUSTED_CALLERS"):
        monkeypatch.setenv(name, "")
    assert settings.load_settings().data_dir == settings.default_data_dir() != Path()


def test_data_directory_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBSCOPE_DATA_DIR", "data")
    assert settings.load_settings().data_dir == tmp_path / "data"


def test_absent_collector_is_said_and_no_obstacle(tmp_path):
    # Port 9 (discard) of loopback: refused at once.
    result = jobscope(tmp_path, "job", "list", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert result.returncode == 0
    assert "Traceback" not in result.stderr


def test_argument_of_sixty_kilobytes_is_not_told_back_whole(tmp_path):
    result = jobscope(tmp_path, "job", "show", "x" * 60_000)
    assert_one_line(result, "job_id", "32 hex digits")
    assert len(result.stderr) < 500
