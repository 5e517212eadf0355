"""What the program needs is among the pins that `make demo` installs."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[3]


def imported():
    """The top-level modules that the packages of the wheel import, wherever in a file that is."""
    for package in ("app", "telemetry"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from (alias.name.partition(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module.partition(".")[0]


def test_every_import_is_pinned_for_runtime():
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE)
    distributions = packages_distributions()
    others = set(imported()) - sys.stdlib_module_names - {"app", "telemetry"}
    unpinned = {
        module
        for module in others
        if not {name.lower().replace("_", "-") for name in distributions[module]} & set(pins)
    }
    assert "rich" in others
    assert unpinned == set()
