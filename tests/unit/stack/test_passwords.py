import stat

from typer.testing import CliRunner

from app.stack.cli import app as cli
from app.stack.passwords import NAMES, make_passwords


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_passwords_are_random_long_and_kept(tmp_path):
    first = make_passwords(tmp_path / "a")
    assert set(first) == set(NAMES)
    assert len(set(first.values())) == len(NAMES)
    assert min(map(len, first.values())) >= 32
    assert make_passwords(tmp_path / "a") == first
    assert not set(make_passwords(tmp_path / "b").values()) & set(first.values())


def test_only_the_owner_reads_them(tmp_path):
    make_passwords(tmp_path / "secrets")
    assert mode(tmp_path / "secrets") == 0o700
    assert {mode(tmp_path / "secrets" / name) for name in NAMES} == {0o600}


def test_command_makes_them_for_containers(tmp_path):
    directory = tmp_path / "secrets"
    result = CliRunner().invoke(cli, ["secrets", str(directory)])
    assert result.exit_code == 0
    # Containers' users open the files; nobody else gets into the directory.
    assert mode(directory) == 0o700
    assert {mode(directory / name) for name in NAMES} == {0o644}
    assert (directory / ".gitignore").read_text() == "*\n"
    assert not any((directory / name).read_text() in result.output for name in NAMES)
