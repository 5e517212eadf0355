"""What comes of trials: completed, failed, infeasible; and that all who count them agree."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest

from app.backtests.strategies import STRATEGIES, Infeasible, Parameter, Strategy
from app.exports.service import export
from app.optimizations.progress import event_id
from app.optimizations.schemas import OptimizationOut
from app.optimizations.spec import JobSpec
from telemetry.testing import captured

TRIALS = 200


def rule(series, parameters):
    if parameters["x"] % 3 == 0:
        raise Infeasible(f"x ({parameters['x']}) must not be a multiple of three")
    if parameters["x"] % 10 == 1:
        raise ZeroDivisionError(f"x is {parameters['x']}")
    return np.sign(np.sin(np.arange(len(series)) / parameters["x"]))


@pytest.fixture(params=["random", "tpe"])
def outcome(jobs, request, monkeypatch):
    """Make a job of a strategy that finds out late which sets make no sense; return it and its telemetry."""
    strategy = Strategy("late", "", (Parameter("x", "int", 1, 60, 1, ""),), rule, "x")
    monkeypatch.setitem(STRATEGIES, "late", strategy)
    with captured() as telemetry:
        job = jobs.make(strategy="late", trials=TRIALS, sampler=request.param, seed=1)
        assert telemetry.contract_violations() == []
        yield job, jobs.trials(job), telemetry


def test_every_trial_is_counted_once_by_what_came_of_it(outcome, jobs):
    job, trials, telemetry = outcome
    made = {
        name: [t.number for t in trials if t.outcome == name]
        for name in ("completed", "failed", "infeasible")
    }
    assert [len(made[name]) for name in made] == [
        job.trials_completed,
        job.trials_failed,
        job.trials_infeasible,
    ]
    assert min(map(len, made.values())) > 0
    assert sum(map(len, made.values())) == job.trials_made == TRIALS
    for name, numbers in made.items():
        assert telemetry.value(
            "optimization.trials", {"trial.outcome": name, "strategy.name": "late"}
        ) == len(numbers)
    last = telemetry.events_named("optimization.checkpoint.committed")[-1].attributes
    (ended,) = telemetry.events_named("optimization.completed")
    for told in (last, ended.attributes):
        assert [told[f"job.trials.{name}"] for name in made] == [len(numbers) for numbers in made.values()]
    assert last["job.progress"] == OptimizationOut.of(job).progress == 1
    assert str(TRIALS) in event_id(job)
    document = json.loads(b"".join(export(jobs.optimizations, job.id, "json")))
    assert [t["outcome"] for t in document["trials"]] == [t.outcome for t in trials]
    assert document["optimization"]["trials_infeasible"] == job.trials_infeasible


def test_infeasible_trial_has_a_reason_and_no_error_marks(outcome):
    _, trials, telemetry = outcome
    infeasible = {t.number: t for t in trials if t.outcome == "infeasible"}
    failed = {t.number: t for t in trials if t.outcome == "failed"}
    assert all("must not be a multiple of three" in t.error for t in infeasible.values())
    assert all((t.value, t.sharpe, t.fold_values) == (None, None, []) for t in infeasible.values())
    warned = telemetry.events_named("optimization.trial.failed")
    assert {event.attributes["trial.number"] for event in warned} <= failed.keys()
    assert all(event.attributes["exception.type"] == "ZeroDivisionError" for event in warned)
    spans = telemetry.spans_named("trial")
    errors = [span for span in spans if span.status == "error"]
    assert len(errors) == len(warned) > 0
    assert {span.attributes["trial.number"] for span in errors} <= failed.keys()
    assert all(span.attributes["trial.outcome"] == "failed" for span in errors)


def test_job_without_any_value_fails_and_says_why(jobs, monkeypatch):
    never = Strategy("never", "", (Parameter("x", "int", 3, 3, 1, ""),), rule, "x")
    monkeypatch.setitem(STRATEGIES, "never", never)
    job = jobs.make(strategy="never", trials=5)
    assert (job.state, job.error_type, job.trials_infeasible) == ("failed", "NoResult", 5)
    assert job.error_message == (
        "none of 5 trials gave a value; the first: Infeasible: x (3) must not be a multiple of three"
    )


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_shipped_strategies_have_no_infeasible_trials_however_the_ranges_overlap(jobs, sampler):
    overlapping = {"fast": {"low": 20}, "slow": {"high": 24}}
    job = jobs.make(parameters=overlapping, trials=80, sampler=sampler, seed=3)
    assert (job.state, job.trials_completed) == ("completed", 80)
    sets = {(t.parameters["fast"], t.parameters["slow"]) for t in jobs.trials(job)}
    assert sets <= {(fast, slow) for slow in range(21, 25) for fast in range(20, slow)}
    assert len(sets) > 3


def test_dataset_that_shrank_after_submission_fails_the_job_in_words(jobs):
    (jobs.settings.data_dir / "datasets").mkdir(exist_ok=True)
    file = jobs.settings.data_dir / "datasets" / "shrinking.csv"
    rows = [f"{date(2024, 1, 1) + timedelta(days=day)},{day}\n" for day in range(200)]
    file.write_text("Date,Price\n" + "".join(rows))
    waiting = jobs.optimizations.submit(JobSpec(dataset="shrinking"))
    file.write_text("Date,Price\n" + "".join(rows[:60]))
    jobs.run(waiting)
    job = jobs.optimizations.get(waiting.id)
    assert (job.state, job.error_type) == ("failed", "BadInput")
    assert "holdout: is 0.2, which leaves 12 of 60 prices" in job.error_message
