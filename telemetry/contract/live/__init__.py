"""Holds what a running program emits against a registry, with OpenTelemetry Weaver's words for it."""

from __future__ import annotations

from telemetry.contract.live.checker import DEFAULT_MAX_VALUES, LiveCheck
from telemetry.contract.live.definitions import Definitions, load_definitions
from telemetry.contract.live.findings import CheckError, Finding, Level
from telemetry.contract.live.report import Report

__all__ = [
    "DEFAULT_MAX_VALUES",
    "CheckError",
    "Definitions",
    "Finding",
    "Level",
    "LiveCheck",
    "Report",
    "load_definitions",
]
