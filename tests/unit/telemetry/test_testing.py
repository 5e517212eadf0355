"""captured() shows what a block emitted, and nothing of the block before."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.metrics import Observation

from telemetry import events
from telemetry.contract.names import Metric
from telemetry.jobtrace import new_job_id, start_job_trace
from telemetry.metrics import JOB_SECONDS, counter, histogram, observe
from telemetry.testing import captured

# Made when the module is imported, as the product's are.
ATTEMPTS = counter(Metric.OPTIMIZATION_ATTEMPTS)
WAIT = histogram(Metric.OPTIMIZATION_QUEUE_WAIT, JOB_SECONDS)
TRACER = trace.get_tracer("test")


def test_captures_spans_events_and_metrics():
    job_id = new_job_id()
    with captured() as telemetry:
        with TRACER.start_as_current_span("asking") as asking:
            with start_job_trace(job_id, "send optimizations", {"job.id": job_id}):
                events.emit("worker.started", "ready", attributes={"worker.slot": "w"})
        ATTEMPTS.add(2, {"job.state": "completed"})
        ATTEMPTS.add(1, {"job.state": "failed"})
        WAIT.record(1.5)
        observe(Metric.OPTIMIZATION_QUEUE_SIZE, lambda _: [Observation(3)])
        (sent,) = telemetry.spans_named("send optimizations")
        assert (sent.trace_id, sent.kind, sent.parent_id) == (job_id, "producer", None)
        assert sent.links[0].span_id == f"{asking.get_span_context().span_id:016x}"
        (event,) = telemetry.events_named("worker.started")
        assert (event.trace_id, event.span_id, event.body) == (job_id, sent.span_id, "ready")
        assert event.attributes["worker.slot"] == "w"
        assert event.attributes["log.record.uid"]
        assert telemetry.value("optimization.attempts", {"job.state": "completed"}) == 2
        assert telemetry.value("optimization.attempts") == 3
        (wait,) = telemetry.points("optimization.queue.wait")
        assert (wait.value, wait.count) == (1.5, 1)
        assert telemetry.value("optimization.queue.size") == 3


def test_begins_empty():
    for _ in range(2):
        with captured() as telemetry:
            assert (telemetry.spans, telemetry.records, telemetry.points("optimization.attempts")) == (
                [],
                [],
                [],
            )
            observe(Metric.OPTIMIZATION_QUEUE_SIZE, lambda _: [Observation(1)])
            ATTEMPTS.add(1, {"job.state": "completed"})
            with TRACER.start_as_current_span("x"):
                events.emit("worker.started", "ready")
            assert telemetry.value("optimization.attempts") == 1
            assert telemetry.value("optimization.queue.size") == 1
            assert len(telemetry.spans) == len(telemetry.records) == 1


def test_tells_what_is_against_the_contract():
    with captured() as telemetry:
        events.emit("worker.started", "ready")
        assert telemetry.contract_violations() == []
        events.emit("made.up", "x")
        assert telemetry.contract_violations() == ["event made.up is not in the contract"]


def test_unmeasured_metric_is_an_error_that_shows_what_there_is():
    with captured() as telemetry:
        ATTEMPTS.add(1, {"job.state": "failed"})
        with pytest.raises(AssertionError, match="failed"):
            telemetry.value("optimization.attempts", {"job.state": "completed"})


def test_cannot_be_nested():
    with captured() as telemetry:
        with pytest.raises(RuntimeError, match="captures already"), captured():
            pass
        ATTEMPTS.add(1, {"job.state": "failed"})
        assert telemetry.value("optimization.attempts") == 1
