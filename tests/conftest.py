"""Options of the whole suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--traffic-minutes",
        type=float,
        default=2,
        help="how long traffic is made before dashboards are looked at",
    )
