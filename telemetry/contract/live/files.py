"""Reads OTLP/JSON Lines: what the OTLP file exporter writes, ours and the Collector's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from telemetry.contract.live.findings import CheckError


def read_requests(directory: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the requests in a directory's ``*.jsonl``, ``*.jsonl.gz`` and ``*.json`` files, or in one file.

    A last line that a killed process left torn is left out.

    Raises:
        CheckError: there is no such file, or a line is not OTLP/JSON.
    """
    paths = sorted(
        path for path in directory.rglob("*") if path.name.endswith((".jsonl", ".jsonl.gz", ".json"))
    )
    if directory.is_file():
        paths = [directory]
    if not paths:
        raise CheckError(f"{directory} has no *.jsonl file: give the directory that telemetry was written to")
    for path in paths:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            lines = file.read().decode().split("\n")
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    request = json.loads(line)
                except ValueError:
                    if number == len(lines):  # no line feed behind it
                        continue
                    raise CheckError(f"{path}, line {number}: not OTLP/JSON") from None
                if not isinstance(request, Mapping):
                    raise CheckError(f"{path}, line {number}: not OTLP/JSON")
                yield request
