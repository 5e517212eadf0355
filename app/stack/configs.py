"""Where the stack's configuration files are: at the top of a checkout, or inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

_APP = Path(__file__).resolve().parents[1]


def config_root() -> Path:
    """Return the directory that holds ``otel-collector/``, ``backends/`` and ``grafana/``."""
    packaged = _APP / "_configs"
    return packaged if packaged.is_dir() else _APP.parent


def built_binaries() -> Path:
    """Return where ``tools/build`` puts what it builds; only a checkout has it."""
    return _APP.parent / "tools" / "bin"
