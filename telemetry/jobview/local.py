"""Reads a job from the telemetry files of the embedded mode."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from telemetry.files.damage import Damage
from telemetry.files.reading import Line, TelemetryFiles
from telemetry.jobtrace import is_job_id, job_epoch_seconds
from telemetry.jobview.attempts import Attempt
from telemetry.jobview.durations import time_text
from telemetry.jobview.measurements import MARGIN_NS, SERIES_ATTRIBUTES, AttemptMetrics, Series, measure
from telemetry.jobview.model import JobView
from telemetry.jobview.otlp import decode_events, decode_series, decode_spans
from telemetry.jobview.records import Sample

# All points of a line were collected together, so the first one's time tells the line's.
_POINT_TIME = re.compile(rb'"timeUnixNano":\s*"?(\d{1,20})')


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
        if not self._directory.is_dir():
            return JobView(job_id, (), (), notes=(f"There is no telemetry directory {self._directory}.",))
        damage = Damage()
        files = TelemetryFiles(self._directory, damage)
        spans = [
            span
            for request in _requests(files.find_lines("traces", [job_id]), damage, _unique_keys)
            for span in decode_spans(request.get("resourceSpans"), job_id, damage)
        ]
        events = [
            event
            for request in _requests(files.find_lines("logs", [job_id]), damage, _unique_keys)
            for event in decode_events(request.get("resourceLogs"), job_id, damage)
        ]
        notes: list[str] = []
        if not spans and not events:
            why = _why_gone(files, "traces", job_id) or "no such job, or its telemetry went elsewhere"
            notes.append(f"Nothing of this job is in {self._directory}: {why}.")
        elif not spans:
            why = _why_gone(files, "traces", job_id) or "they are not there yet, or went elsewhere"
            notes.append(f"No spans of this job were found: {why}.")
        elif not events:
            why = _why_gone(files, "logs", job_id) or "they are not there yet, or went elsewhere"
            notes.append(f"No log records of this job were found: {why}.")
        view = JobView.of(job_id, spans, events, ())
        metrics = _metrics(view, files, notes, damage)
        return view.completed(metrics, (*damage.notes(), *notes))


def _metrics(
    view: JobView, files: TelemetryFiles, notes: list[str], damage: Damage
) -> tuple[AttemptMetrics, ...]:
    """Return what the attempts' processes measured, found in one pass over the files."""
    found: dict[str, dict[tuple[str, ...], set[Sample]]] = {a.instance: {} for a in view.attempts}
    windows = [_window(attempt) for attempt in view.attempts]
    # A process of someone else's may have no id; every line has the empty one.
    lines = files.find_lines("metrics", filter(None, found), windows) if any(found) else ()
    # Without a look at keys: of an hour that was measured each second, it would take seconds.
    for request in _requests(_collected_during(lines, windows), damage):
        for instance, samples in found.items():
            for one in decode_series(request.get("resourceMetrics"), instance, damage):
                key = (one.metric, *(one.attributes.get(name, "") for name in SERIES_ATTRIBUTES))
                samples.setdefault(key, set()).update(one.samples)
    measured = []
    for attempt in view.attempts:
        if not found[attempt.instance]:
            notes.append(f"No metrics of attempt {attempt.number}'s process {attempt.instance} were found.")
        series = [
            Series(
                metric,
                dict(zip(SERIES_ATTRIBUTES, values, strict=True)),
                tuple(sorted(_during(collected, attempt), key=lambda sample: sample.time_ns)),
            )
            for (metric, *values), collected in sorted(found[attempt.instance].items())
        ]
        measured.append(measure(attempt, view.spans, series))
    return tuple(measured)


def _why_gone(files: TelemetryFiles, signal: str, job_id: str) -> str | None:
    """Say that a job is older than what is kept of a signal, when it is."""
    oldest = files.oldest_end(signal)
    if oldest is not None and job_epoch_seconds(job_id) < oldest:
        reach = time_text(int(oldest * 1e9))
        return f"it is older than what is kept, the {signal} from {reach} on"
    return None


def _requests(
    lines: Iterable[Line], damage: Damage, make: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the lines' requests, their objects made by a function if any; count a line that is none."""
    for line in lines:
        request = _parse(line.data, make)
        if request is not None:
            yield request
        elif line.torn:
            damage.torn.add(line.file)
        else:
            damage.lines[line.file] += 1


def _parse(line: bytes, make: Callable[[list[tuple[str, Any]]], Any] | None) -> dict[str, Any] | None:
    """Return a line's object, None when it is none.

    Stricter than json.loads is by itself: no halves of surrogate pairs in UTF-8, no number that JSON does not
    have.
    """
    try:
        parsed = json.loads(line.decode(), object_pairs_hook=make, parse_constant=_no_such_constant)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is there twice")
    return made


def _no_such_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _window(attempt: Attempt) -> tuple[int, int]:
    return attempt.start_ns - MARGIN_NS, attempt.last_seen_ns + MARGIN_NS


def _during(samples: Iterable[Sample], attempt: Attempt) -> list[Sample]:
    begin, end = _window(attempt)
    return [sample for sample in samples if begin <= sample.time_ns <= end]


def _collected_during(lines: Iterable[Line], windows: list[tuple[int, int]]) -> Iterator[Line]:
    """Yield the lines collected within one of some times, and torn ones, without parsing the others."""
    for line in lines:
        found = _POINT_TIME.search(line.data)
        at = int(found.group(1)) if found else 0
        if line.torn or any(begin <= at <= end for begin, end in windows):
            yield line
