"""The supervisor, with small programs of our own in place of the real ones."""

import json
import os
import signal
import socket
import sys

import psutil
import pytest
from typer.testing import CliRunner

from app.errors import BadInput, Conflict, Unavailable
from app.stack import stack as stack_module
from app.stack.cli import app as cli
from app.stack.programs import Program
from app.stack.readiness import free_offset, port_is_free
from app.stack.stack import Stack
from app.stack.status import status

SERVER = """
import http.server, sys
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); " + SERVER
)


def server(name, port, *, code=SERVER, phase=0, **more):
    arguments = (sys.executable, "-c", code, "{" + port + "}")
    return Program(name=name, arguments=arguments, ports=(port,), ready="/", phase=phase, **more)


@pytest.fixture
def offset():
    return free_offset()


@pytest.fixture
def programs(monkeypatch):
    """Make these programs the stack."""

    def replace(*programs):
        monkeypatch.setattr(stack_module, "all_programs", lambda workers: programs)
        monkeypatch.setattr(stack_module, "_PROGRAMS", {program.name: program for program in programs})

    replace(server("first", "loki"), server("second", "tempo", phase=1))
    return replace


@pytest.fixture
def stack(tmp_path, offset, programs):
    stack = Stack(tmp_path, offset)
    yield stack
    stack.down()


def pids(stack):
    return {name: stack.record(name).pid for name in stack.names}


def test_up_starts_phase_by_phase_and_down_stops_in_reverse(stack):
    told = []
    stack.up(lambda name, state, detail: told.append((name, state)))
    assert told == [("first", "starting"), ("first", "ready"), ("second", "starting"), ("second", "ready")]
    assert all(line.ready for line in status(stack))
    told.clear()
    stack.down(lambda name, state, detail: told.append((name, state)))
    assert told == [
        ("second", "stopping"),
        ("second", "stopped"),
        ("first", "stopping"),
        ("first", "stopped"),
    ]
    assert [line.state for line in status(stack)] == ["stopped", "stopped"]


def test_up_again_leaves_running_programs_alone_and_starts_killed_ones(stack):
    stack.up()
    before = pids(stack)
    stack.kill("second")
    assert [line.state for line in status(stack)] == ["running", "died"]
    stack.up()
    assert stack.record("first").pid == before["first"]
    assert stack.record("second").pid != before["second"]


def test_another_object_for_the_same_directory_sees_and_stops_it(stack, tmp_path, offset):
    stack.up()
    other = Stack(tmp_path, offset)
    assert [line.state for line in status(other)] == ["running", "running"]
    other.down()
    assert [line.state for line in status(stack)] == ["stopped", "stopped"]


def test_down_leaves_a_process_alone_that_was_given_the_same_pid(stack, tmp_path):
    stack.up()
    path = stack.layout.run_file_of("first")
    real = json.loads(path.read_text())
    path.write_text(json.dumps({**real, "pid": os.getpid()}))
    stack.down()  # would end the tests otherwise
    assert not path.exists()
    os.kill(real["pid"], signal.SIGKILL)
    os.waitpid(real["pid"], 0)


def test_program_that_does_not_stop_is_killed(stack, programs):
    programs(server("deaf", "loki", code=STUBBORN, grace_seconds=0.2))
    stack.programs = stack_module.all_programs(0)
    stack.up()
    pid = stack.record("deaf").pid
    told = []
    stack.down(lambda name, state, detail: told.append(state))
    assert told == ["stopping", "killed"]
    assert not psutil.pid_exists(pid)


def test_port_in_use_is_told_and_nothing_is_started(stack):
    with socket.create_server(("127.0.0.1", stack.layout.port("tempo"))):
        with pytest.raises(
            Unavailable, match=rf"port {stack.layout.port('tempo')}, which second needs, is in use"
        ):
            stack.up()
    assert [line.state for line in status(stack)] == ["stopped", "stopped"]


def test_program_that_ends_early_takes_the_others_down_and_its_log_is_told(tmp_path, offset, programs):
    programs(
        server("good", "loki"), server("bad", "tempo", code="raise SystemExit('no such option')", phase=1)
    )
    stack = Stack(tmp_path, offset)
    with pytest.raises(
        Unavailable, match=r"bad ended with code 1 before it was ready\n(.|\n)*no such option"
    ):
        stack.up()
    assert [line.state for line in status(stack)] == ["stopped", "stopped"]
    assert port_is_free(stack.layout.port("loki"))


def test_program_that_never_gets_ready_is_told(tmp_path, offset, programs):
    programs(server("silent", "loki", code="import signal; signal.pause()"))
    stack = Stack(tmp_path, offset)
    with pytest.raises(Unavailable, match="silent was not ready within 0 s"):
        stack.up(timeout=0.1)
    assert [line.state for line in status(stack)] == ["stopped"]


def test_missing_optional_program_is_told_and_left_out(tmp_path, offset, programs):
    missing = server("extra", "tempo", binaries=("no-such-binary",), install="build it", optional=True)
    programs(server("first", "loki"), missing)
    stack = Stack(tmp_path, offset)
    told = []
    stack.up(lambda *report: told.append(report))
    stack.down()
    assert told[0] == ("extra", "missing", "left out: build it")
    with pytest.raises(Unavailable, match="extra is not installed: build it"):
        Stack(tmp_path, offset, include=["first", "extra"]).up()


def test_missing_required_program_is_an_error_with_its_remedy(tmp_path, offset, programs):
    programs(server("needed", "loki", binaries=("no-such-binary",), install="run tools/build needed"))
    with pytest.raises(Unavailable, match="needed is not installed: run tools/build needed"):
        Stack(tmp_path, offset).up()


def test_wrong_arguments_name_the_field(tmp_path, programs):
    with pytest.raises(BadInput, match=r"include: third: no such program"):
        Stack(tmp_path, include=["third"])
    with pytest.raises(BadInput, match="JOBSCOPE_STACK_PORT_OFFSET: must be from 0 to"):
        Stack(tmp_path, 60_000)
    with pytest.raises(Conflict, match="first does not run"):
        Stack(tmp_path).kill("first")


def test_unwritable_data_directory_is_told(tmp_path, offset, programs):
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(
        Unavailable, match=r"data directory .*/file/data cannot be written: .* JOBSCOPE_DATA_DIR"
    ):
        Stack(tmp_path / "file" / "data", offset).up()


def test_two_at_once_do_not_mix(stack):
    with stack._alone(), pytest.raises(Conflict, match="another process is starting or stopping"):
        Stack(stack.layout.data_dir, stack.layout.offset).up()


def test_prometheus_is_told_what_runs(tmp_path, offset, programs):
    programs(server("loki", "loki", metrics="loki"), server("alertmanager", "alertmanager"))
    stack = Stack(tmp_path, offset)
    stack.up()
    stack.down()
    targets = stack.layout.directory_of("prometheus") / "targets"
    assert str(stack.layout.port("loki")) in (targets / "scrape.yml").read_text()
    assert str(stack.layout.port("alertmanager")) in (targets / "alertmanager.yml").read_text()
    link = stack.layout.directory_of("prometheus") / "prometheus.yml"
    assert link.resolve() == stack.layout.config / "backends/prometheus/prometheus.yml"


def test_command_line(tmp_path, offset, programs, monkeypatch):
    monkeypatch.setenv("JOBSCOPE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JOBSCOPE_STACK_PORT_OFFSET", str(offset))
    runner = CliRunner()
    try:
        up = runner.invoke(cli, ["up"])
        assert up.exit_code == 0, up.output
        assert f"http://127.0.0.1:{3100 + offset}" in up.output
        lines = json.loads(runner.invoke(cli, ["status", "--json"]).output)
        assert [(line["name"], line["state"], line["ready"]) for line in lines] == [
            ("first", "running", True),
            ("second", "running", True),
        ]
        assert lines[0]["rss_bytes"] > 0
        assert "first" in runner.invoke(cli, ["status"]).output
        assert "serving" in runner.invoke(cli, ["logs", "first"]).output
        assert "second | serving" in runner.invoke(cli, ["logs"]).output
    finally:
        down = runner.invoke(cli, ["down"])
    assert down.output.split() == ["second", "stopped", "first", "stopped"]
    unknown = runner.invoke(cli, ["logs", "third"])
    assert "third has no log; programs: first, second" in str(unknown.exception)


def test_offset_that_is_no_number_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("JOBSCOPE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JOBSCOPE_STACK_PORT_OFFSET", "-1")
    assert "JOBSCOPE_STACK_PORT_OFFSET: '-1'" in str(CliRunner().invoke(cli, ["status"]).exception)
