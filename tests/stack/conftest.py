"""The whole stack on native binaries, with the configuration files of compose.yaml; nothing is a mock."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.live.stack import RunningStack, running_stack

# Without these nothing can be claimed: their absence fails the tests. Tempo cannot be built from a Go
# module, so its absence skips what needs it, loudly.
REQUIRED = ["postgres", "prometheus", "loki", "otel-collector", "api", "worker-1"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    include = [*REQUIRED]
    if shutil.which("tempo"):
        include.append("tempo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOBSCOPE_CHECKPOINT_SECONDS", "0.2")
        with running_stack(tmp_path_factory.mktemp("stack"), include, workers=1) as running:
            yield running


@pytest.fixture
def tempo(running: RunningStack) -> str:
    if shutil.which("tempo") is None:
        pytest.skip("tempo is not on PATH: nothing is said about traces")
    return running.stack.urls["tempo"]
