"""The job id is the trace id."""

from __future__ import annotations

import time

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler

from telemetry import jobtrace


@pytest.fixture
def tracing(monkeypatch):
    """Providers of a sampler's, whose finished spans it returns."""

    def make(sampler: Sampler) -> InMemorySpanExporter:
        exporter = InMemorySpanExporter()
        provider = TracerProvider(
            sampler=jobtrace.JobSampler(sampler),
            id_generator=jobtrace.JobIdGenerator(),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
        return exporter

    return make


def test_new_job_id_tells_its_time_and_is_unique():
    before = int(time.time())
    ids = {jobtrace.new_job_id() for _ in range(1000)}
    assert len(ids) == 1000
    for job_id in ids:
        assert jobtrace.is_job_id(job_id)
        assert before <= jobtrace.job_epoch_seconds(job_id) <= time.time()


@pytest.mark.parametrize(
    "text", ["", "0" * 32, "0" + "a" * 31, "A" * 32, "a" * 31, "a" * 33, "g" * 32, "a" * 32 + "\n"]
)
def test_what_is_no_job_id(text):
    assert not jobtrace.is_job_id(text)


def test_root_has_the_job_id_as_trace_id_and_is_linked_both_ways(tracing):
    exporter = tracing(ALWAYS_ON)
    job_id = jobtrace.new_job_id()
    with trace.get_tracer("t").start_as_current_span("POST"):
        with jobtrace.start_job_trace(job_id, "send optimizations", {"job.id": job_id}) as (_, traceparent):
            pass
        # The asking span stays current, and its own trace is another.
        with trace.get_tracer("t").start_as_current_span("after"):
            pass
    root, after, post = exporter.get_finished_spans()
    assert f"{root.context.trace_id:032x}" == job_id
    assert root.parent is None
    assert [link.context.span_id for link in root.links] == [post.context.span_id]
    assert [link.context.trace_id for link in post.links] == [int(job_id, 16)]
    assert after.context.trace_id == post.context.trace_id != int(job_id, 16)
    assert traceparent == f"00-{job_id}-{root.context.span_id:016x}-03"


def test_job_is_sampled_whatever_the_sampler_says(tracing):
    exporter = tracing(ALWAYS_OFF)
    job_id = jobtrace.new_job_id()
    with trace.get_tracer("t").start_as_current_span("POST"):
        with jobtrace.start_job_trace(job_id, "send optimizations", {}):
            pass
    assert [span.name for span in exporter.get_finished_spans()] == ["send optimizations"]


def test_attempt_continues_the_trace_under_its_root(tracing):
    exporter = tracing(ALWAYS_ON)
    job_id = jobtrace.new_job_id()
    with jobtrace.start_job_trace(job_id, "send optimizations", {}) as (_, traceparent):
        pass
    context = jobtrace.attempt_context(job_id, traceparent)
    with trace.get_tracer("t").start_as_current_span("process optimizations", context=context):
        pass
    root, attempt = exporter.get_finished_spans()
    assert attempt.context.trace_id == root.context.trace_id
    assert attempt.parent.span_id == root.context.span_id


@pytest.mark.parametrize("stored", ["", "nonsense", f"00-{'b' * 32}-{'c' * 16}-01"])
def test_attempt_keeps_the_job_id_without_a_usable_traceparent(tracing, stored):
    exporter = tracing(ALWAYS_ON)
    job_id = jobtrace.new_job_id()
    with trace.get_tracer("t").start_as_current_span("x", context=jobtrace.attempt_context(job_id, stored)):
        pass
    assert f"{exporter.get_finished_spans()[0].context.trace_id:032x}" == job_id


def test_root_refuses_what_is_no_job_id():
    with pytest.raises(ValueError, match="32 hex digits"), jobtrace.start_job_trace("abc", "x", {}):
        pass
