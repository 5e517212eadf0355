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
    parser.addoption("--chaos-jobs", type=int, default=40, help="how many jobs are run in chaos")
    parser.addoption("--chaos-seconds", type=float, default=30, help="how long chaos goes on at most")
    parser.addoption("--chaos-seed", type=int, default=7, help="what chaos does is a function of it")
