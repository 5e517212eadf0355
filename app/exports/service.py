"""Writes a job's trials as CSV, or the job with its trials as JSON, piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from app.database.models import Optimization, Trial
from app.exports.instruments import COMPLETED, FAILED, OPERATIONS, SIZE
from app.optimizations.schemas import OptimizationOut, TrialOut
from app.optimizations.service import Optimizations
from telemetry import events
from telemetry.contract.names import Attr, Event

# Trials read at a time: a million of them must not be in memory at once.
_PAGE = 1000

Trials = Iterator[Trial]


def export(optimizations: Optimizations, job_id: str, export_format: str) -> Iterator[bytes]:
    """Return a job's export, to be written in order.

    Of a running job it has the trials committed so far.

    Args:
        optimizations: where the job is.
        job_id: the job.
        export_format: ``csv``, one row a trial, or ``json``, the job with its trials.

    Raises:
        NotFound: there is no such job; at once, not when the first piece is asked for.
    """
    job = optimizations.get(job_id)
    pieces = _FORMATS[export_format](job, _trials(optimizations, job_id))
    return _measured(pieces, job_id, export_format)


def _measured(pieces: Iterator[bytes], job_id: str, export_format: str) -> Iterator[bytes]:
    """Pass pieces on; count the export, its size, and whether it was delivered whole."""
    labels = {Attr.EXPORT_FORMAT: export_format}
    size = 0
    OPERATIONS.add(1, labels)
    try:
        for piece in pieces:
            size += len(piece)
            yield piece
    except GeneratorExit:  # whoever reads has gone
        FAILED.add(1, labels | {Attr.ERROR_TYPE: "ReaderGone"})
        raise
    except Exception as error:
        FAILED.add(1, labels | {Attr.ERROR_TYPE: type(error).__name__})
        raise
    COMPLETED.add(1, labels)
    SIZE.record(size, labels)
    events.emit(
        Event.EXPORT_COMPLETED,
        f"optimization {job_id} exported as {export_format}, {size} bytes",
        attributes={Attr.JOB_ID: job_id, Attr.EXPORT_FORMAT: export_format, Attr.EXPORT_SIZE: size},
    )


def _trials(optimizations: Optimizations, job_id: str) -> Trials:
    last = -1
    while page := optimizations.trials(job_id, after=last, limit=_PAGE):
        yield from page
        last = page[-1].number


def _csv(job: Optimization, trials: Trials) -> Iterator[bytes]:
    first = next(trials, None)
    parameters = list(first.parameters) if first else []
    folds = [f"fold_{number + 1}" for number in range(job.folds)]
    yield _csv_row(
        ["number", "outcome", "value", *parameters, *folds, "sharpe", "attempt", "duration_seconds", "error"]
    )
    for trial in chain([first] if first else [], trials):
        chosen = [trial.parameters.get(name) for name in parameters]
        # A trial without a value has no fold values.
        values = [*trial.fold_values, *[None] * job.folds][: job.folds]
        outcome = [trial.number, trial.outcome, trial.value]
        effort = [trial.attempt, trial.duration_seconds]
        yield _csv_row([*outcome, *chosen, *values, trial.sharpe, *effort, trial.error])


def _csv_row(cells: list[Any]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _json(job: Optimization, trials: Trials) -> Iterator[bytes]:
    shown = OptimizationOut.of(job).model_dump_json(exclude={"links"})
    yield f'{{"optimization":{shown},"trials":['.encode()
    separator = "\n"
    for trial in trials:
        yield (separator + TrialOut.of(trial).model_dump_json()).encode()
        separator = ",\n"
    yield b"\n]}\n"


_FORMATS: dict[str, Callable[[Optimization, Trials], Iterator[bytes]]] = {"csv": _csv, "json": _json}
