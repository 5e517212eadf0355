"""Schemathesis against a real API: what its OpenAPI document says, and what it does, are one."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.unit.cli.command import await_listening, jobscope, running_api

OPTIONS = (
    *("--seed", "7", "--max-examples", "4", "--continue-on-failure", "--no-color"),
    # Ends with the job, which nobody works at here.
    *("--exclude-path-regex", "/events$"),
    # Which datasets there are, and that a parameter's range goes with the strategy, no schema can say.
    *("--exclude-checks", "positive_data_acceptance"),
)


def test_schemathesis_finds_nothing(tmp_path):
    key = jobscope(tmp_path / "data", "key", "create", "me", "--role", "admin").stdout.strip()
    jobscope(tmp_path / "data", "job", "submit", "--trials", "5")
    # Not as a header: so the tool knows which header it is that must be right.
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[auth.openapi.HTTPBearer]\nbearer = "{key}"\n')
    with running_api(tmp_path / "data") as (process, url), ThreadPoolExecutor() as beside:
        beside.submit(process.stderr.read)  # or the API would wait for who reads it
        await_listening(url)
        program = Path(sys.executable).with_name("schemathesis")
        result = subprocess.run(
            [program, "--config-file", config, "run", f"{url}/openapi.json", *OPTIONS],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"NO_PROXY": "127.0.0.1"},
            check=False,
        )
        process.terminate()
    assert result.returncode == 0, result.stdout
