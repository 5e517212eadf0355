"""Reads a job from the telemetry files of the embedded mode."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from telemetry.jobtrace import is_job_id
from telemetry.jobview.attempts import Attempt
from telemetry.jobview.measurements import MARGIN_NS, SERIES_ATTRIBUTES, AttemptMetrics, Series, measure
from telemetry.jobview.model import JobView
from telemetry.jobview.otlp import decode_events, decode_series, decode_spans
from telemetry.jobview.records import Sample

# All points of a line were collected together, so the first one's time tells the line's.
_POINT_TIME = re.compile(rb'"timeUnixNano":\s*"?(\d+)')


class LocalReader:
    """Reads jobs from a directory of OTLP/JSON-Lines files, one Export*ServiceRequest per line.

    Args:
        telemetry_dir: holds ``traces-*.jsonl``, ``logs-*.jsonl`` and ``metrics-*.jsonl``.
    """

    def __init__(self, telemetry_dir: Path) -> None:
        self._directory = telemetry_dir

    def read(self, job_id: str) -> JobView:
        """Return all that the files have of a job.

        What cannot be read becomes a note of the view: a view of what there is beats none.

        Raises:
            ValueError: the text is not a job id.
        """
        if not is_job_id(job_id):
            raise ValueError(f"{job_id!r} is not a job id: 32 hex digits, the first not 0")
        notes: list[str] = []
        if not self._directory.is_dir():
            return JobView(job_id, (), (), notes=(f"There is no telemetry directory {self._directory}.",))
        spans = [
            span
            for request in self._requests("traces", job_id, notes)
            for span in decode_spans(request.get("resourceSpans", ()), job_id)
        ]
        events = [
            event
            for request in self._requests("logs", job_id, notes)
            for event in decode_events(request.get("resourceLogs", ()), job_id)
        ]
        if not spans and not events:
            notes.append(
                f"Nothing of this job is in {self._directory}: no such job, or its files are rotated away."
            )
        elif not spans:
            notes.append("No spans of this job were found; its log records were.")
        elif not events:
            notes.append("No log records of this job were found; its spans were.")
        view = JobView.of(job_id, spans, events, ())
        metrics = tuple(self._metrics(view, attempt, notes) for attempt in view.attempts)
        return replace(view, metrics=metrics, notes=tuple(notes))

    def _metrics(self, view: JobView, attempt: Attempt, notes: list[str]) -> AttemptMetrics:
        begin, end = attempt.start_ns - MARGIN_NS, attempt.last_seen_ns + MARGIN_NS
        found: dict[tuple[str, ...], set[Sample]] = {}
        for request in self._requests("metrics", attempt.instance, notes, (begin, end)):
            for one in decode_series(request.get("resourceMetrics", ()), attempt.instance):
                key = (one.metric, *(one.attributes.get(name, "") for name in SERIES_ATTRIBUTES))
                found.setdefault(key, set()).update(one.samples)
        if not found:
            notes.append(f"No metrics of attempt {attempt.number}'s process {attempt.instance} were found.")
        series = [
            Series(
                metric,
                dict(zip(SERIES_ATTRIBUTES, values, strict=True)),
                tuple(sorted(samples, key=lambda sample: sample.time_ns)),
            )
            for (metric, *values), samples in sorted(found.items())
        ]
        return measure(attempt, view.spans, series)

    def _requests(
        self, signal: str, needle: str, notes: list[str], time_ns: tuple[int, int] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the requests of a signal's files that mention a text, within a time for metrics.

        A line is parsed only when it holds the text: a job is a small part of what the files have.
        """
        wanted = needle.encode()
        for path in sorted(self._directory.glob(f"{signal}-*.jsonl")):
            mentioned = False
            try:
                with path.open("rb") as lines:
                    for line in lines:
                        mentioned = mentioned or wanted in line
                        torn = not line.endswith(b"\n")
                        # A torn line may have lost the text, so it counts as soon as others have it.
                        if not (mentioned if torn else wanted in line):
                            continue
                        if time_ns and not torn and not _collected_within(line, *time_ns):
                            continue
                        yield from _parse(line, path, notes)
            except OSError as error:
                notes.append(f"{path.name} cannot be read: {error.strerror}.")


def _parse(line: bytes, path: Path, notes: list[str]) -> Iterator[dict[str, Any]]:
    """Yield a line's request; note a line that is none."""
    try:
        yield json.loads(line)
    except ValueError:
        why = "is damaged" if line.endswith(b"\n") else "breaks off, its process was killed or is writing it"
        note = f"A line of {path.name} {why}: what it holds is not shown."
        if note not in notes:
            notes.append(note)


def _collected_within(line: bytes, begin_ns: int, end_ns: int) -> bool:
    found = _POINT_TIME.search(line)
    return found is not None and begin_ns <= int(found.group(1)) <= end_ns
