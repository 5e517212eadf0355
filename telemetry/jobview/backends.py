"""Reads a job from the stack: Tempo, Loki and Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import httpx

from telemetry.jobtrace import is_job_id, job_epoch_seconds
from telemetry.jobview import loki, prometheus, tempo
from telemetry.jobview.measurements import AttemptMetrics, measure
from telemetry.jobview.model import JobView
from telemetry.jobview.records import Event, Span

# The clocks of the process that made the id and of those that wrote the records differ a little.
_CLOCK_MARGIN_NS = 60 * 10**9
_TIMEOUT_SECONDS = 15.0
# A proxy of the environment's is the way to other machines, and not to this one.
_DIRECT = dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]"))

T = TypeVar("T")


class BackendReader:
    """Reads jobs from the stack's backends; a backend that does not answer becomes a note of the view.

    Args:
        tempo_url: such as ``http://127.0.0.1:3200``.
        loki_url: such as ``http://127.0.0.1:3100``.
        prometheus_url: such as ``http://127.0.0.1:9090``.
        transport: stands in for the network in tests.
    """

    def __init__(
        self,
        tempo_url: str,
        loki_url: str,
        prometheus_url: str,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._tempo = tempo_url.rstrip("/")
        self._loki = loki_url.rstrip("/")
        self._prometheus = prometheus_url.rstrip("/")
        self._transport = transport

    def read(self, job_id: str, start: float | None = None, end: float | None = None) -> JobView:
        """Return all that the backends have of a job.

        Args:
            job_id: the job's id, which is its trace's id.
            start: where to begin to look for log records, in seconds since 1970; a minute before the
                time that the id tells when None.
            end: where to stop, in seconds since 1970; now when None.

        Raises:
            ValueError: the text is not a job id.
        """
        if not is_job_id(job_id):
            raise ValueError(f"{job_id!r} is not a job id: 32 hex digits, the first not 0")
        start_ns = _ns(start) if start is not None else job_epoch_seconds(job_id) * 10**9 - _CLOCK_MARGIN_NS
        end_ns = _ns(end) if end is not None else time.time_ns() + _CLOCK_MARGIN_NS
        notes: list[str] = []
        with httpx.Client(timeout=_TIMEOUT_SECONDS, transport=self._transport, mounts=_DIRECT) as client:
            trace = _ask(notes, "Tempo", self._tempo, lambda: tempo.read_spans(client, self._tempo, job_id))
            spans, told = trace or (None, [])
            notes += told
            events = _ask(
                notes,
                "Loki",
                self._loki,
                lambda: loki.read_events(
                    client, self._loki, job_id, start_ns, min(end_ns, start_ns + loki.MAX_RANGE_NS)
                ),
            )
            notes += _missing(spans, events)
            view = JobView.of(job_id, spans or (), events or (), ())
            metrics = self._metrics(client, view, notes)
        return view.completed(metrics, notes)

    def _metrics(self, client: httpx.Client, view: JobView, notes: list[str]) -> tuple[AttemptMetrics, ...]:
        measured = []
        for attempt in view.attempts:
            series = _ask(
                notes,
                "Prometheus",
                self._prometheus,
                lambda attempt=attempt: prometheus.read_series(client, self._prometheus, attempt),  # type: ignore[misc]
            )
            if series is None:
                break  # it would not answer for the other attempts either
            if not series:
                notes.append(
                    f"Prometheus has no metrics of attempt {attempt.number}'s process {attempt.instance}."
                )
            measured.append(measure(attempt, view.spans, series))
        return tuple(measured)


def _ask(notes: list[str], backend: str, url: str, ask: Callable[[], T]) -> T | None:
    """Return a backend's answer, or None with a note that says why there is none."""
    try:
        return ask()
    except httpx.HTTPStatusError as error:
        answer = error.response.text.strip()[:200]
        notes.append(f"{backend} at {url} refused with {error.response.status_code}: {answer}")
    except httpx.HTTPError as error:
        notes.append(f"{backend} at {url} does not answer: {str(error) or type(error).__name__}.")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        notes.append(f"{backend} at {url} answers with something else than its API: {error!r}.")
    return None


def _missing(spans: list[Span] | None, events: list[Event] | None) -> list[str]:
    """Say what the backends that did answer do not have."""
    if spans == [] and events == []:
        return ["Neither Tempo nor Loki has anything of this job: no such job, or it has expired there."]
    notes = []
    if spans == []:
        notes.append("Tempo has no trace of this job: it has expired there, or is not there yet.")
    if events == []:
        notes.append("Loki has no log records of this job: they have expired there, or are not there yet.")
    return notes


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
