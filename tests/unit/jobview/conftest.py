"""Jobs as a worker's process would record them, made with the real SDK and the real file exporters.

Times are given, not measured, so that a job is the same at every run; ids of spans are random.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from telemetry import jobtrace
from telemetry.contract.names import Attr, Event, SpanName
from telemetry.events import IdentifyingProcessor
from telemetry.exporters.delivery import Delivery
from telemetry.exporters.exporters import DeliveredLogs, DeliveredSpans
from telemetry.files import FileDestination, RotatedFile, to_json_line

BASE_NS = 1_781_000_000 * 10**9
MS = 10**6
SECOND = 10**9


def job_id_at(base_ns: int, number: int = 1) -> str:
    """Return a job id whose first digits tell a time."""
    return f"{base_ns // SECOND:08x}{number:024x}"


def to_files(signal, directory, name):
    return Delivery(signal, FileDestination(RotatedFile(directory, f"{signal}-{name}")), 0)


class Process:
    """A process with its own instance id, spans, logs and metrics."""

    def __init__(self, directory: Path, service: str, number: int) -> None:
        self.instance = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{directory}{service}{number}"))
        name = f"{service}-{number}"
        resource = Resource(
            {
                "service.name": service,
                "service.namespace": "jobscope",
                "service.version": "0.1.0",
                "service.instance.id": self.instance,
                "process.pid": 4000 + number,
                "telemetry.sdk.language": "python",
            }
        )
        self._tracers = TracerProvider(
            resource=resource, id_generator=jobtrace.JobIdGenerator(), shutdown_on_exit=False
        )
        self._tracers.add_span_processor(
            SimpleSpanProcessor(DeliveredSpans(to_files("traces", directory, name)))
        )
        self._loggers = LoggerProvider(resource=resource, shutdown_on_exit=False)
        self._loggers.add_log_record_processor(IdentifyingProcessor())
        self._loggers.add_log_record_processor(
            SimpleLogRecordProcessor(DeliveredLogs(to_files("logs", directory, name)))
        )
        self._reader = InMemoryMetricReader()
        self._meters = MeterProvider([self._reader], resource=resource, shutdown_on_exit=False)
        meter = self._meters.get_meter("jobscope")
        self._trials = meter.create_counter("optimization.trials", "{trial}")
        self._cpu = meter.create_gauge("process.cpu.utilization", "1")
        self._memory = meter.create_up_down_counter("process.memory.usage", "By")
        self._resident = 0
        self._metrics_file = RotatedFile(directory, f"metrics-{name}")

    @contextmanager
    def span(
        self,
        name: str,
        begin: int,
        end: int | None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Context | None = None,
        attributes: Mapping[str, Any] | None = None,
        links: list[Link] | None = None,
        error: str = "",
    ) -> Iterator[Context]:
        """Make a span; with ``end=None`` it is never exported, as when the process was killed."""
        span = self._tracers.get_tracer("jobscope").start_span(
            name, parent or Context(), kind, attributes, links, start_time=begin
        )
        yield trace.set_span_in_context(span, Context())
        if error:
            span.set_status(Status(StatusCode.ERROR, error))
            span.set_attribute(Attr.ERROR_TYPE, error.partition(":")[0])
        if end is not None:
            span.end(end)

    def event(
        self,
        name: str,
        body: str,
        at: int,
        context: Context,
        attributes: Mapping[str, Any] | None = None,
        severity: SeverityNumber = SeverityNumber.INFO,
        exception: BaseException | None = None,
    ) -> None:
        """Emit an event in a span's context."""
        self._loggers.get_logger("jobscope").emit(
            event_name=name,
            body=body,
            timestamp=at,
            context=context,
            severity_number=severity,
            severity_text=severity.name,
            attributes=dict(attributes or {}),
            exception=exception,
        )

    def count(self, completed: int, failed: int, strategy: str = "sma_cross") -> None:
        """Count trials, as at a checkpoint's commit."""
        common = {Attr.STRATEGY_NAME: strategy, Attr.DATASET_NAME: "wti-daily"}
        if completed:
            self._trials.add(completed, {**common, Attr.TRIAL_OUTCOME: "completed"})
        if failed:
            self._trials.add(failed, {**common, Attr.TRIAL_OUTCOME: "failed"})

    def export_metrics(self, at: int, cpu: float = 0.25, memory: int = 120_000_000) -> None:
        """Write a collection, with its points at the time given."""
        self._cpu.set(cpu)
        self._memory.add(memory - self._resident)
        self._resident = memory
        data = self._reader.get_metrics_data()
        assert data is not None
        request = json.loads(to_json_line(encode_metrics(data)))
        for metric in request["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
            for point in (metric.get("sum") or metric.get("gauge"))["dataPoints"]:
                point["timeUnixNano"] = str(at)
        self._metrics_file.write(json.dumps(request, separators=(",", ":")).encode())


@dataclass
class Job:
    """A job under way: its API, its root, what it has committed so far."""

    directory: Path
    job_id: str
    base_ns: int
    trials: int = 2000
    chunk_trials: int = 200
    completed: int = 0
    failed: int = 0
    best: float = -0.4
    root: Context = field(default_factory=Context)

    def submit(self) -> Job:
        """Record the root and what it says."""
        api = Process(self.directory, "jobscope-api", 1)
        self.attributes = {
            Attr.JOB_ID: self.job_id,
            Attr.STRATEGY_NAME: "sma_cross",
            Attr.DATASET_NAME: "wti-daily",
            Attr.OBJECTIVE_NAME: "sharpe",
            Attr.SAMPLER_NAME: "tpe",
            Attr.JOB_TRIALS_REQUESTED: self.trials,
        }
        asking = SpanContext(
            int("ab" * 16, 16), int("cd" * 8, 16), is_remote=False, trace_flags=TraceFlags(1)
        )
        token = jobtrace._next_trace_id.set(int(self.job_id, 16))
        try:
            with api.span(
                SpanName.OPTIMIZATION_SEND,
                self.base_ns,
                self.base_ns + 6 * MS + 7,
                kind=SpanKind.PRODUCER,
                attributes=self.attributes,
                links=[Link(asking)],
            ) as self.root:
                api.event(
                    Event.OPTIMIZATION_SUBMITTED,
                    f"{self.trials} trials of sma_cross on wti-daily queued",
                    self.base_ns + 5 * MS + 3,
                    self.root,
                    {**self.attributes, Attr.REQUEST_ID: "0f8fad5bd9cb469fa165"},
                )
        finally:
            jobtrace._next_trace_id.reset(token)
        return self

    def attempt(
        self,
        number: int,
        offset: int,
        chunks: int,
        outcome: str | None,
        worker: Process | None = None,
        *,
        exports: bool = True,
        error: Exception | None = None,
    ) -> Process:
        """Record an attempt from an offset on; an outcome of None is a worker that was killed, or runs."""
        worker = worker or Process(self.directory, "jobscope-worker", number)
        begin = self.base_ns + offset
        if exports:
            worker.export_metrics(begin - 300 * MS, cpu=0.01)
        attempt = {Attr.JOB_ID: self.job_id, Attr.JOB_ATTEMPT: number}
        counts = {Attr.JOB_TRIALS_COMPLETED: self.completed, Attr.JOB_TRIALS_FAILED: self.failed}
        with worker.span(
            SpanName.OPTIMIZATION_PROCESS,
            begin,
            begin + 9 * MS,
            kind=SpanKind.CONSUMER,
            parent=self.root,
            attributes={**attempt, **counts, Attr.JOB_QUEUE_WAIT: 0.25, Attr.WORKER_SLOT: f"worker-{number}"},
        ) as claim:
            worker.event(
                Event.OPTIMIZATION_STARTED if number == 1 else Event.OPTIMIZATION_RECOVERED,
                f"attempt {number} began"
                if number == 1
                else f"attempt {number} goes on at trial {self.completed + self.failed}",
                begin + 4 * MS,
                claim,
                {**attempt, **counts, Attr.JOB_QUEUE_WAIT: 0.25, Attr.WORKER_SLOT: f"worker-{number}"},
                SeverityNumber.INFO if number == 1 else SeverityNumber.WARN,
            )
        at = self._load_prices(worker, claim, begin + 12 * MS)
        for chunk in range(chunks):
            killed = outcome is None and chunk == chunks - 1
            at = self._chunk(worker, claim, attempt, chunk, at, killed=killed)
            if exports and not killed:
                worker.export_metrics(
                    at + 11 * MS, cpu=0.4 + 0.01 * chunk, memory=120_000_000 + chunk * 3_000_000
                )
        if outcome is not None:
            self._end(worker, claim, attempt, at, outcome, error)
            if exports:
                worker.export_metrics(at + 400 * MS, cpu=0.02)
        return worker

    def lost(self, number: int, offset: int) -> None:
        """Record that another process saw the attempt's worker gone."""
        Process(self.directory, "jobscope-worker", 90).event(
            Event.OPTIMIZATION_LOST,
            f"the worker of attempt {number} is gone; the job is queued again",
            self.base_ns + offset,
            self.root,
            {Attr.JOB_ID: self.job_id, Attr.JOB_ATTEMPT: number, Attr.WORKER_SLOT: f"worker-{number}"},
            SeverityNumber.WARN,
        )

    def _load_prices(self, worker: Process, claim: Context, at: int) -> int:
        rows = {Attr.DATASET_NAME: "wti-daily", Attr.DATASET_ROWS: 10_226, Attr.DATASET_NON_POSITIVE_ROWS: 1}
        with worker.span(
            SpanName.OPTIMIZATION_LOAD_PRICES, at, at + 40 * MS, parent=claim, attributes=rows
        ) as context:
            worker.event(
                Event.DATASET_PRICE_NON_POSITIVE,
                "1 price is at or below zero, the first on 2020-04-20",
                at + 31 * MS,
                context,
                {
                    Attr.JOB_ID: self.job_id,
                    Attr.DATASET_NAME: "wti-daily",
                    Attr.DATASET_NON_POSITIVE_ROWS: 1,
                    Attr.DATASET_FIRST_NON_POSITIVE: "2020-04-20 -36.98",
                },
                SeverityNumber.WARN,
            )
        return at + 41 * MS

    def _chunk(
        self,
        worker: Process,
        claim: Context,
        attempt: Mapping[str, Any],
        chunk: int,
        at: int,
        *,
        killed: bool,
    ) -> int:
        end = at + SECOND + 17
        first = self.completed + self.failed
        failed = 2 if chunk % 3 == 1 else 0
        with worker.span(
            SpanName.OPTIMIZATION_SEARCH_CHUNK,
            at,
            None if killed else end,
            parent=claim,
            attributes={
                Attr.CHUNK_NUMBER: chunk,
                Attr.CHUNK_FIRST_TRIAL: first,
                Attr.CHUNK_TRIALS: self.chunk_trials,
                Attr.CHUNK_CHECKPOINTS: 1,
            },
        ) as context:
            if chunk % 2 == 0:
                self._better(worker, context, attempt, first + 7, at + 300 * MS, exported=not killed)
            if failed:
                self._failed_trial(worker, context, first + 11, at + 500 * MS, exported=not killed)
            self.completed += self.chunk_trials - failed
            self.failed += failed
            worker.count(self.chunk_trials - failed, failed)
            worker.event(
                Event.OPTIMIZATION_CHECKPOINT_COMMITTED,
                f"{self.completed + self.failed} of {self.trials} trials, best {self.best:.3f}",
                end - 4 * MS,
                context,
                {
                    **attempt,
                    Attr.CHECKPOINT_NUMBER: chunk,
                    Attr.CHECKPOINT_TRIALS: self.chunk_trials,
                    Attr.CHECKPOINT_DURATION: 0.996,
                    Attr.JOB_TRIALS_COMPLETED: self.completed,
                    Attr.JOB_TRIALS_FAILED: self.failed,
                    Attr.JOB_PROGRESS: (self.completed + self.failed) / self.trials,
                    Attr.JOB_BEST_VALUE: self.best,
                },
            )
        return end + MS

    def _better(
        self,
        worker: Process,
        chunk: Context,
        attempt: Mapping[str, Any],
        number: int,
        at: int,
        *,
        exported: bool,
    ) -> None:
        self.best = round(self.best + 0.3 * (1 - self.best), 6)
        self.winner = number
        trial = {
            Attr.TRIAL_NUMBER: number,
            Attr.TRIAL_VALUE: self.best,
            Attr.TRIAL_PARAMETERS: json.dumps({"fast": 10 + number % 20, "slow": 80 + number % 90}),
        }
        if exported:
            details = {**trial, Attr.TRIAL_OUTCOME: "completed", Attr.TRIAL_REASON: "best"}
            with worker.span(SpanName.OPTIMIZATION_TRIAL, at, at + 4 * MS, parent=chunk, attributes=details):
                pass
        worker.event(
            Event.OPTIMIZATION_BEST_IMPROVED,
            f"trial {number} is the best so far: {self.best:.3f}",
            at + 5 * MS,
            chunk,
            {Attr.JOB_ID: attempt[Attr.JOB_ID], **trial},
        )

    def _failed_trial(self, worker: Process, chunk: Context, number: int, at: int, *, exported: bool) -> None:
        error = "InvalidTrial: fast must be below slow"
        trial = {Attr.TRIAL_NUMBER: number, Attr.TRIAL_PARAMETERS: '{"fast": 90, "slow": 40}'}
        if exported:
            details = {**trial, Attr.TRIAL_OUTCOME: "failed", Attr.TRIAL_REASON: "failed"}
            with worker.span(
                SpanName.OPTIMIZATION_TRIAL, at, at + MS, parent=chunk, attributes=details, error=error
            ):
                pass
        worker.event(
            Event.OPTIMIZATION_TRIAL_FAILED,
            f"trial {number} failed: fast must be below slow",
            at + 2 * MS,
            chunk,
            {Attr.JOB_ID: self.job_id, **trial},
            SeverityNumber.WARN,
            exception=_raised(ValueError("fast must be below slow")),
        )

    def _end(
        self,
        worker: Process,
        claim: Context,
        attempt: Mapping[str, Any],
        at: int,
        outcome: str,
        error: Exception | None,
    ) -> None:
        facts = {
            **attempt,
            # The database counts from its own row, which is made within the root span.
            Attr.JOB_DURATION: (at + 30 * MS - self.base_ns - 4 * MS) / SECOND,
            Attr.JOB_TRIALS_COMPLETED: self.completed,
            Attr.JOB_TRIALS_FAILED: self.failed,
            Attr.JOB_BEST_VALUE: self.best,
        }
        severity, exception = SeverityNumber.INFO, None
        if outcome == "completed":
            figures = {Attr.JOB_OUT_OF_SAMPLE_VALUE: 0.42, Attr.JOB_DEFLATED_SHARPE: 0.91}
            facts |= {**figures, Attr.JOB_BEST_TRIAL: self.winner}
            details = {
                Attr.TRIAL_NUMBER: self.winner,
                Attr.JOB_BEST_VALUE: self.best,
                Attr.JOB_WALK_FORWARD_VALUE: 0.5,
                **figures,
            }
            backtest = {
                Attr.BACKTEST_TOTAL_RETURN: 0.37,
                Attr.BACKTEST_MAX_DRAWDOWN: 0.12,
                Attr.BACKTEST_TRADES: 64,
            }
            with worker.span(
                SpanName.OPTIMIZATION_EVALUATE_HOLDOUT,
                at,
                at + 20 * MS,
                parent=claim,
                attributes={**details, **backtest},
            ) as context:
                worker.event(
                    Event.OPTIMIZATION_HOLDOUT_EVALUATED,
                    "the winner's Sharpe ratio on the held-out tail is 0.42",
                    at + 19 * MS,
                    context,
                    {Attr.JOB_ID: self.job_id, **details},
                )
        if outcome == "failed":
            severity = SeverityNumber.ERROR
            exception = _raised(error or RuntimeError("the dataset has only 12 prices; a fold needs 50"))
        with worker.span(
            SpanName.OPTIMIZATION_STORE_RESULTS,
            at + 21 * MS,
            at + 29 * MS,
            parent=claim,
            attributes={Attr.JOB_STATE: outcome},
        ):
            pass
        with worker.span(
            SpanName.OPTIMIZATION_FINISH_ATTEMPT,
            at + 30 * MS,
            at + 32 * MS,
            parent=claim,
            attributes={
                Attr.JOB_ATTEMPT: attempt[Attr.JOB_ATTEMPT],
                Attr.JOB_STATE: outcome,
                Attr.JOB_TRIALS_COMPLETED: self.completed,
                Attr.JOB_TRIALS_FAILED: self.failed,
                Attr.JOB_BEST_VALUE: self.best,
            },
            error="RuntimeError: the dataset has only 12 prices" if outcome == "failed" else "",
        ) as context:
            if outcome in {"completed", "failed", "cancelled"}:
                worker.event(
                    f"optimization.{outcome}",
                    f"{outcome} with {self.completed} trials, best {self.best:.3f}",
                    at + 31 * MS,
                    context,
                    facts,
                    severity,
                    exception,
                )


def _raised(error: Exception) -> Exception:
    """Return the exception with a stack trace, which only raising it gives."""
    try:
        raise error
    except type(error) as raised:
        return raised


def _completed(job: Job) -> None:
    job.attempt(1, 250 * MS, 10, "completed")


def _failed(job: Job) -> None:
    job.attempt(1, 250 * MS, 2, "failed")


def _cancelled(job: Job) -> None:
    job.attempt(1, 250 * MS, 3, "cancelled")


def _recovered(job: Job) -> None:
    job.attempt(1, 250 * MS, 4, None)
    job.lost(1, 7 * SECOND)
    job.attempt(2, 8 * SECOND, 6, "completed")


def _running(job: Job) -> None:
    job.attempt(1, 250 * MS, 4, None)


def _interrupted(job: Job) -> None:
    job.attempt(1, 250 * MS, 2, "queued")


def _queued(job: Job) -> None:
    """Add nothing: no worker has seen it."""


SCENARIOS: dict[str, Callable[[Job], None]] = {
    "completed": _completed,
    "failed": _failed,
    "cancelled": _cancelled,
    "recovered": _recovered,
    "running": _running,
    "interrupted": _interrupted,
    "queued": _queued,
}


def record(directory: Path, scenario: str, base_ns: int = BASE_NS) -> Job:
    """Write the telemetry files of a job of one kind."""
    number = list(SCENARIOS).index(scenario) + 1
    job = Job(directory, job_id_at(base_ns, number), base_ns).submit()
    SCENARIOS[scenario](job)
    return job


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Job]:
    """Return a function that gives the job of one kind, recorded once, in a directory of its own."""
    jobs: dict[str, Job] = {}

    def get(scenario: str) -> Job:
        if scenario not in jobs:
            jobs[scenario] = record(tmp_path_factory.mktemp(scenario), scenario)
        return jobs[scenario]

    return get


@pytest.fixture
def process() -> type[Process]:
    """Return what makes a process."""
    return Process


@pytest.fixture
def job() -> Callable[..., Job]:
    """Return a function that submits a job, so many seconds after the first."""

    def submit(directory: Path, number: int, after_seconds: int = 0) -> Job:
        base_ns = BASE_NS + after_seconds * SECOND
        return Job(directory, job_id_at(base_ns, number), base_ns).submit()

    return submit
