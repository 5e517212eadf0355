from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from telemetry.contract.names import Attr, SpanName
from telemetry.contract.names import Event as EventName
from telemetry.jobview.local import LocalReader
from telemetry.jobview.model import JobView


@pytest.fixture
def view(recorded: Callable[[str], Any]) -> Callable[[str], JobView]:
    def read(scenario: str) -> JobView:
        job = recorded(scenario)
        return LocalReader(job.directory).read(job.job_id)

    return read


@pytest.mark.parametrize(
    ("scenario", "state", "outcomes", "completed", "failed"),
    [
        ("completed", "completed", ["completed"], 1994, 6),
        ("failed", "failed", ["failed"], 398, 2),
        ("cancelled", "cancelled", ["cancelled"], 598, 2),
        ("recovered", "completed", ["lost", "completed"], 1994, 6),
        ("running", "running", [None], 798, 2),
        ("interrupted", "queued", ["interrupted"], 398, 2),
        ("queued", "queued", [], 0, 0),
    ],
)
def test_a_job_of_every_kind(view, scenario, state, outcomes, completed, failed):
    job = view(scenario)
    assert job.state == state
    assert [attempt.outcome for attempt in job.attempts] == outcomes
    assert [attempt.number for attempt in job.attempts] == list(range(1, len(outcomes) + 1))
    assert (job.trials_requested, job.trials_completed, job.trials_failed) == (2000, completed, failed)
    assert (job.strategy, job.dataset, job.objective, job.sampler) == (
        "sma_cross",
        "wti-daily",
        "sharpe",
        "tpe",
    )
    assert job.problems() == ()
    assert job.notes == ()


def test_attempts_of_a_recovered_job_ran_in_processes_of_their_own(view):
    first, second = view("recovered").attempts
    assert first.instance != second.instance
    assert (first.worker, second.worker) == ("worker-1", "worker-2")
    assert first.end_ns is None
    assert second.end_ns is not None
    assert second.start_ns > first.last_seen_ns


def test_the_last_sign_of_life_of_a_killed_attempt_is_its_last_event(view):
    job = view("recovered")
    checkpoints = [e for e in job.events if e.name == EventName.OPTIMIZATION_CHECKPOINT_COMMITTED]
    assert job.attempts[0].last_seen_ns == checkpoints[3].time_ns


def test_an_attempt_that_was_only_thought_lost_is_superseded(view):
    job = view("recovered")
    first = job.attempts[0]
    told = replace(
        job.events[-1],
        uid="superseded",
        name=EventName.OPTIMIZATION_ATTEMPT_SUPERSEDED,
        attributes={Attr.JOB_ATTEMPT: 1},
        span_id=first.span_id,
    )
    assert [a.outcome for a in replace(job, events=(*job.events, told)).attempts] == [
        "superseded",
        "completed",
    ]


def test_metrics_of_the_attempts_add_up_to_the_trials(view):
    job = view("completed")
    assert [metrics.trials for metrics in job.metrics] == [{"completed": 1994, "failed": 6}]
    assert len(job.metrics[0].cpu) == len(job.metrics[0].memory) == 10


def test_the_winner_has_all_its_figures(view):
    winner = view("completed").winner
    assert winner is not None
    assert (winner.trial, winner.parameters) == (1607, {"fast": 17, "slow": 157})
    assert (winner.in_sample, winner.out_of_sample) == (0.764702, 0.42)
    assert (winner.walk_forward, winner.deflated_sharpe) == (0.5, 0.91)
    assert (winner.total_return, winner.max_drawdown, winner.trades) == (0.37, 0.12, 64)


def test_the_winner_so_far_of_a_running_job(view):
    winner = view("running").winner
    assert winner is not None
    assert (winner.trial, winner.parameters, winner.in_sample) == (407, {"fast": 17, "slow": 127}, 0.314)
    assert winner.out_of_sample is None


def test_no_winner_before_the_first_trial(view):
    assert view("queued").winner is None


def test_the_best_curve_has_a_point_for_every_checkpoint(view):
    curve = view("completed").best_curve
    assert len(curve) == 10
    assert [value for _, value in curve] == sorted(value for _, value in curve)
    assert curve[-1][1] == 0.764702


def test_duration_is_from_the_first_span_to_the_end_or_what_was_seen(view):
    assert view("completed").duration == pytest.approx(10.345, abs=1e-3)
    late = replace(view("completed").events[0], uid="late", time_ns=view("completed").end_ns + 10**9)
    superseded = JobView.of("x", view("completed").spans, (*view("completed").events, late), ())
    assert superseded.duration == view("completed").duration, "what goes on after the end is not of it"
    running = view("running")
    assert running.duration == (running.end_ns - running.start_ns) / 1e9


def test_spans_alone_tell_the_state_when_the_logs_have_expired(view):
    for scenario, state in (("completed", "completed"), ("running", "running"), ("queued", "queued")):
        assert replace(view(scenario), events=()).state == state


def test_events_alone_tell_the_state_when_the_trace_has_expired(view):
    job = replace(view("completed"), spans=())
    assert (job.state, job.trials_completed, job.strategy) == ("completed", 1994, "sma_cross")
    assert job.problems() == ()


def test_without_anything_the_state_is_unknown():
    job = JobView("6a27e740000000000000000000000001", (), ())
    assert (job.state, job.attempts, job.duration, job.winner) == ("unknown", (), None, None)


def test_what_was_delivered_twice_is_there_once_in_time_order(view):
    job = view("recovered")
    again = JobView.of(
        job.job_id, [*reversed(job.spans), *job.spans], [*reversed(job.events), *job.events], ()
    )
    assert (again.spans, again.events) == (job.spans, job.events)
    assert [e.time_ns for e in again.events] == sorted(e.time_ns for e in job.events)


def test_a_second_root_is_a_problem(view):
    job = view("completed")
    stray = replace(job.spans[-1], span_id="f" * 16, parent_span_id=None, name="stray")
    assert replace(job, spans=(*job.spans, stray)).problems() == (
        "The trace has 2 root spans: send optimizations, stray.",
    )


def test_a_trace_without_its_root_is_a_problem(view):
    job = view("completed")
    assert replace(job, spans=job.spans[1:]).problems() == (
        "The trace has no root span.",
        "1 span without a parent in the trace: process optimizations.",
        "1 event of a span that is not in the trace: optimization.submitted.",
    )


def test_events_that_arrive_before_their_claims_span_are_not_there_yet(view):
    job = view("running")
    claim = next(span for span in job.spans if span.name == SpanName.OPTIMIZATION_PROCESS)
    early = replace(
        job,
        spans=(job.spans[0],),
        events=tuple(event for event in job.events if event.time_ns <= claim.end_ns),
    )
    assert [event.name for event in early.events] == ["optimization.submitted", "optimization.started"]
    assert early.problems() == ()
    assert early.gaps() == ("1 event in a span that is not there yet, or died with its process.",)
    # Once the process has exported a span that began later, the claim's will not come any more.
    later = replace(early, spans=(job.spans[0], job.spans[2]))
    assert "1 event of a span that is not in the trace: optimization.started." in later.problems()


def test_events_of_a_worker_killed_before_its_first_export_are_expected(view):
    job = view("recovered")
    first = next(a for a in job.attempts if a.outcome == "lost")
    left = replace(
        job,
        spans=tuple(span for span in job.spans if span.instance != first.instance),
        events=tuple(
            event
            for event in job.events
            if event.instance != first.instance or event.name == "optimization.started"
        ),
    )
    assert left.problems() == ()
    assert len(left.gaps()) == 1


def test_a_second_attempt_of_the_same_process_is_not_taken_for_the_first(view):
    job = view("interrupted")
    (attempt,) = job.attempts
    started = next(event for event in job.events if event.name == "optimization.started")
    again = replace(
        started,
        uid="again",
        time_ns=job.end_ns + 1,
        span_id="a" * 16,
        attributes={**started.attributes, Attr.JOB_ATTEMPT: 2},
    )
    assert attempt.end_ns is not None
    assert replace(job, events=(*job.events, again)).problems() == ()


def test_a_claim_may_arrive_before_the_root(view):
    job = view("queued")
    claim = next(span for span in view("running").spans if span.name == SpanName.OPTIMIZATION_PROCESS)
    early = replace(job, spans=(replace(claim, parent_span_id=job.spans[0].span_id),))
    assert early.problems() == ()
    assert early.gaps()[0] == "The root span is not there yet."


def without_chunks(job: JobView) -> JobView:
    spans = tuple(span for span in job.spans if span.name != SpanName.OPTIMIZATION_SEARCH_CHUNK)
    return replace(job, spans=spans)


def test_missing_spans_of_an_attempt_that_closed_are_a_problem(view):
    job = without_chunks(view("cancelled"))
    assert job.gaps() == ()
    assert job.problems() == (
        "3 spans without a parent in the trace: trial × 3.",
        (
            "6 events of a span that is not in the trace: optimization.checkpoint.committed × 3, "
            "optimization.best.improved × 2, optimization.trial.failed."
        ),
    )


def test_missing_spans_of_a_running_attempt_are_expected(view):
    job = without_chunks(view("running"))
    assert job.problems() == ()
    assert job.gaps() == (
        "3 spans of the running attempt: the parent has not ended yet.",
        "7 events of attempt 1 in a span that has not ended yet.",
    )


def test_events_of_a_killed_attempt_are_expected_to_have_lost_their_span(view):
    job = view("recovered")
    assert job.problems() == ()
    assert job.gaps() == ("1 event of attempt 1 in a span that died with its worker.",)


def test_spans_without_parent_of_a_killed_attempt_are_a_problem(view):
    job = view("recovered")
    chunk = next(span for span in job.spans if span.attributes.get(Attr.CHUNK_NUMBER) == 0)
    problems = replace(job, spans=tuple(span for span in job.spans if span != chunk)).problems()
    assert problems == ("1 span without a parent in the trace: trial.",)


def test_spans_that_are_each_others_parent_do_not_hang_the_view(view):
    job = view("queued")
    root = job.spans[0]
    first = replace(root, span_id="1" * 16, parent_span_id="2" * 16)
    second = replace(root, span_id="2" * 16, parent_span_id="1" * 16)
    assert replace(job, spans=(first, second)).problems()[0] == "The trace has no root span."


def test_an_attempt_that_began_before_the_job_was_submitted_is_moved_behind(view):
    job = view("recovered")
    second = job.attempts[1]
    hours = 2 * 3600 * 10**9
    behind = JobView.of(
        job.job_id,
        [
            replace(span, start_ns=span.start_ns - hours, end_ns=span.end_ns - hours)
            if span.instance == second.instance
            else span
            for span in job.spans
        ],
        [
            replace(event, time_ns=event.time_ns - hours) if event.instance == second.instance else event
            for event in job.events
        ],
        (),
    )
    assert behind.spans[0].instance == second.instance
    moved = behind.completed((), ())
    assert moved.duration < 60
    assert moved.spans[0].name == SpanName.OPTIMIZATION_SEND
    assert [len(moved.spans), len(moved.events)] == [len(job.spans), len(job.events)]
    (note,) = moved.notes
    assert note.startswith(f"By its clock, process {second.instance} began 1 h 59 min before the job was")
    assert job.completed((), ()).spans == job.spans
