"""What panels show is what the database says, what was emitted, and what was really done."""

from __future__ import annotations

import shutil
import statistics
from collections import Counter

import httpx
import psutil
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.models import Optimization, Worker
from telemetry.contract.names import Attr, Event

pytestmark = pytest.mark.stack

# Their own clocks, or what goes on meanwhile, let two readings of one thing differ by so much.
ROUGHLY = 0.1


@pytest.fixture(scope="module")
def jobs(driven) -> dict[str, Optimization]:
    """Every job of the traffic that has ended, by id, as the database has it."""
    with Session(driven.running.engine) as session:
        rows = session.scalars(select(Optimization).where(Optimization.finished_at.is_not(None))).all()
        session.expunge_all()
    return {row.id: row for row in rows}


@pytest.fixture
def shown(driven):
    """Return the frames of a panel."""

    def run(uid, title, **chosen):
        return driven.run(uid, driven.panel(uid, title), **chosen)

    return run


@pytest.fixture
def last(shown):
    """Return the last value of a panel's one series, or the value of its one row."""

    def run(uid, title, **chosen):
        (frame,) = shown(uid, title, **chosen)
        return frame.values[-1]

    return run


def series(frames) -> dict[str, list]:
    """Return the values of each series by its name; a frame of one has that of its data source."""
    found = {}
    for frame in frames:
        columns = {name: column for name, column in frame.columns.items() if name.lower() != "time"}
        for name, column in columns.items():
            found[name if len(columns) > 1 else frame.name] = [v for v in column if v is not None]
    return found


class TestJob:
    """One job's view, of every kind of job."""

    @pytest.fixture(params=["completed", "failed", "cancelled", "recovered"])
    def job(self, request, driven, jobs):
        if request.param == "completed":
            return jobs[driven.traffic.exported]
        return jobs[driven.traffic.job(request.param)]

    @pytest.fixture
    def view(self, driven, job):
        def whole():
            view = driven.running.view(job.id)
            assert view.state == job.state
            assert view.trials_completed == job.trials_completed
            return view

        return driven.running.eventually(whole)

    def test_head_is_the_database_row(self, last, job):
        def number(title):
            return last("job", title, job_id=job.id)

        assert number("State") == job.state
        assert number("Progress") == job.trials_made / job.trials
        assert number("Duration") == pytest.approx((job.finished_at - job.created_at).total_seconds())
        assert number("Queue wait") == pytest.approx((job.started_at - job.created_at).total_seconds())
        assert str(job.trials_made) in number("What happened") or job.error_type

    def test_results_are_the_database_row(self, shown, job):
        for title, value in (
            ("Best, in-sample", job.best_value),
            ("Out-of-sample", job.out_of_sample_value),
            ("Deflated Sharpe", job.deflated_sharpe),
        ):
            (frame,) = shown("job", title, job_id=job.id)
            assert frame.values == ([] if value is None else [value]), title
        (winner,) = shown("job", "Winner", job_id=job.id)
        told = dict(zip(winner.columns["name"], winner.columns["value"], strict=True))
        assert told["trial"] == ("–" if job.best_trial is None else str(job.best_trial))
        assert told["seed"] == str(job.seed)

    def test_curves_end_where_the_database_does(self, shown, job, view):
        checkpoints = [
            event.attributes for event in view.events if event.name == Event.OPTIMIZATION_CHECKPOINT_COMMITTED
        ]
        best = [value for frame in shown("job", "Best value so far", job_id=job.id) for value in frame.values]
        assert (max(best) if best else None) == job.best_value
        trials = series(shown("job", "Trials done", job_id=job.id))
        assert max(trials["completed"]) == job.trials_completed
        assert max(trials["failed"]) == job.trials_failed
        assert max(trials["infeasible"]) == job.trials_infeasible
        (durations,) = shown("job", "Checkpoint duration", job_id=job.id)
        longest = max(attributes[Attr.CHECKPOINT_DURATION] for attributes in checkpoints)
        assert max(durations.values) == pytest.approx(longest)

    def test_trace_and_events_are_all_there(self, driven, shown, job, view):
        (trace,) = shown("job", "Trace", job_id=job.id)
        assert sorted(trace.columns["spanID"]) == sorted(span.span_id for span in view.spans)
        (lines,) = shown("job", "Events", job_id=job.id)
        assert len(lines.columns["Line"]) == len(view.events)
        failures = [
            frame.columns["Line"] for frame in shown("job", "Failures, with stack traces", job_id=job.id)
        ]
        told = [event for event in view.events if Attr.EXCEPTION_TYPE in event.attributes]
        assert sum(map(len, failures)) == len(told)

    def test_trials_are_the_databases(self, driven, shown, job):
        attempts = driven.running.optimizations.attempts(job.id)
        (table,) = shown("job", "Attempts", job_id=job.id)
        assert table.columns["process"] == [attempt.instance_id[:8] for attempt in attempts]
        assert table.columns["state"] == [attempt.state for attempt in attempts]
        assert sum(table.columns["trials"]) == job.trials_made
        (histogram,) = shown("job", "Values of all trials", job_id=job.id)
        assert sum(histogram.columns.get("trials", [])) == min(job.trials_completed, 20_000)
        (best,) = shown("job", "Best trials", job_id=job.id)
        assert best.columns.get("trial", [None])[0] == job.best_trial

    def test_workers_are_those_that_made_the_attempts(self, driven, shown, job):
        processes = {attempt.instance_id[:8] for attempt in driven.running.optimizations.attempts(job.id)}
        for title in ("Worker CPU", "Worker memory"):
            assert set(series(shown("job", title, job_id=job.id))) <= processes


def test_requests_about_a_job_are_those_that_were_made(shown, driven):
    def all_found():
        (frame,) = shown("job", "Requests about this job", job_id=driven.traffic.exported)
        assert Counter(frame.columns["traceName"]) == {
            "POST /api/v1/optimizations": 1,
            "GET /api/v1/optimizations/{job_id}": 1,
            "GET /api/v1/optimizations/{job_id}/trials": 1,
            "GET /api/v1/optimizations/{job_id}/export": 2,
        }

    driven.running.eventually(all_found)


class TestJobs:
    """The list of jobs, against what was submitted."""

    def test_list_has_every_job(self, shown, driven):
        (table,) = shown("jobs", "Jobs")
        newest = [job.id for job in driven.running.optimizations.list(limit=500)]
        assert table.columns["job"] == newest
        assert set(newest) <= set(driven.traffic.all_jobs)
        rows = dict(zip(table.columns["job"], table.columns["state"], strict=True))
        for kind, state in (("failed", "failed"), ("recovered", "completed"), ("queued", "queued")):
            assert {rows[job] for job in driven.traffic.jobs[kind]} == {state}

    def test_success_rate(self, last, driven):
        done = {kind: len(jobs) for kind, jobs in driven.traffic.jobs.items()}
        good = done["completed"] + done["recovered"]
        assert last("jobs", "Success rate") == pytest.approx(good / (good + done["failed"]))

    def test_typical_duration(self, last, jobs):
        durations = [
            (job.finished_at - job.created_at).total_seconds()
            for job in jobs.values()
            if job.state == "completed"
        ]
        assert last("jobs", "Typical duration") == pytest.approx(statistics.median(durations))

    def test_ended_jobs_by_state(self, shown, jobs):
        states = Counter(job.state for job in jobs.values())
        assert {name: sum(values) for name, values in series(shown("jobs", "Jobs ended")).items()} == states

    def test_queue_and_workers(self, last, driven):
        def as_they_are():
            assert last("jobs", "Jobs waiting") == len(driven.traffic.jobs["queued"])
            assert last("jobs", "Workers alive") == 2

        driven.running.eventually(as_they_are)

    def test_attempts_ended(self, driven, jobs):
        """By the counters, which are exact; the panel's rates of them are extrapolated."""
        states = Counter(
            attempt.state
            for job in jobs
            for attempt in driven.running.optimizations.attempts(job)
            if attempt.state != "lost"  # a killed worker counts nothing
        )
        counted = query(driven, "sum by (job_state) (max_over_time(optimization_attempts_total[1h]))")
        assert {state: count for state, count in counted.items() if count} == states


class TestApi:
    """The API dashboard, against what a client counted."""

    def test_refused_fields(self, driven, shown):
        def all_counted():
            counts = series(shown("api", "Refused requests by field"))
            assert {name: sum(values) for name, values in counts.items()} == driven.traffic.refused_fields

        driven.running.eventually(all_counted)

    def test_refused_requests(self, driven, shown):
        refused = sum(n for (_, _, status), n in driven.traffic.answers.items() if status >= 400)

        def all_told():
            (lines,) = shown("api", "Refused and failed requests")
            assert len(lines.columns["Line"]) == min(refused, 500)

        driven.running.eventually(all_told)

    def test_none_failed_for_our_reasons(self, last):
        assert last("api", "Failed for our reasons") == 0

    def test_requests_by_route_and_status(self, driven):
        """By the counter behind the panels of rates; nobody but the driver asks these routes."""
        wanted = {
            (route, method, str(status)): count
            for (route, method, status), count in driven.traffic.answers.items()
        }

        def all_counted():
            found = query(
                driven,
                "sum by (http_route, http_request_method, http_response_status_code) (api_requests_total)",
                "http_route",
                "http_request_method",
                "http_response_status_code",
            )
            assert {key: found.get(key) for key in wanted} == wanted

        driven.running.eventually(all_counted)

    def test_exports(self, driven):
        for metric in ("export_operations_total", "export_operations_completed_total"):
            assert query(driven, f"sum by (export_format) ({metric})") == driven.traffic.exports

    def test_one_process(self, last):
        assert last("api", "API processes") == 1


class TestStrategies:
    """Strategy performance, against the database."""

    @pytest.fixture
    def completed(self, jobs):
        found: dict[str, list[Optimization]] = {}
        for job in jobs.values():
            if job.state == "completed":
                found.setdefault(job.strategy, []).append(job)
        return found

    def test_best(self, shown, completed):
        (table,) = shown("strategies", "Best of each strategy and dataset")
        rows = {row[0]: row for row in zip(*table.columns.values(), strict=True)}
        columns = list(table.columns)
        assert set(rows) == set(completed)
        for strategy, done in completed.items():
            best = max(done, key=lambda job: job.best_value)
            row = dict(zip(columns, rows[strategy], strict=True))
            assert (row["jobs"], row["trials"]) == (len(done), sum(job.trials_completed for job in done))
            assert row["in-sample"] == best.best_value
            assert row["gap"] == pytest.approx(row["in-sample"] - row["out-of-sample"])

    def test_gap(self, shown, completed):
        (table,) = shown("strategies", "Gap by strategy")
        gaps = dict(zip(table.columns["strategy"], table.columns["mean gap"], strict=True))
        for strategy, done in completed.items():
            assert gaps[strategy] == pytest.approx(
                statistics.mean(job.best_value - job.out_of_sample_value for job in done)
            )

    def test_dots_are_jobs(self, shown, completed):
        (dots,) = shown("strategies", "In-sample against out-of-sample")
        assert len(dots.columns["in-sample"]) == sum(map(len, completed.values()))

    @pytest.mark.parametrize(
        ("title", "column"),
        [
            ("Best value of the latest job", "best_value"),
            ("Out-of-sample value of the latest job", "out_of_sample_value"),
            ("Deflated Sharpe ratio", "deflated_sharpe"),
        ],
    )
    def test_curves_end_at_the_latest_job(self, driven, shown, completed, title, column):
        def agree():
            curves = series(shown("strategies", title))
            for strategy, done in completed.items():
                latest = max(done, key=lambda job: job.finished_at)
                assert curves[f"{strategy} on wti-daily"][-1] == getattr(latest, column)

        driven.running.eventually(agree)


class TestSystem:
    """System health, against the machine."""

    def test_memory(self, shown, last):
        memory = psutil.virtual_memory()
        used = 1 - memory.available / memory.total
        assert last("system", "Memory in use") == pytest.approx(used, abs=ROUGHLY)
        parts = series(shown("system", "Memory of the host"))
        assert sum(values[-1] for values in parts.values()) == pytest.approx(memory.total)

    def test_fullest_disk(self, last):
        used = shutil.disk_usage("/")
        assert last("system", "Fullest disk") >= used.used / used.total - ROUGHLY

    def test_no_check_fails_and_no_backend_is_down(self, driven, last):
        health = driven.running.client.get("/api/v1/health").json()
        failing = [name for name, found in health["checks"].items() if found[0]["status"] != "pass"]
        assert last("system", "Failing checks") == len(failing) == 0
        assert last("system", "Backends down") == 0

    def test_memory_of_the_workers(self, driven):
        with Session(driven.running.engine) as session:
            workers = session.scalars(select(Worker)).all()
        alive = {
            worker.instance_id: psutil.Process(worker.pid)
            for worker in workers
            if psutil.pid_exists(worker.pid)
        }
        measured = query(
            driven, 'process_memory_usage_bytes{service_name="jobscope-worker"}', "service_instance_id"
        )
        assert alive
        for instance, process in alive.items():
            assert measured[instance] == pytest.approx(process.memory_info().rss, rel=ROUGHLY)


class TestPipeline:
    """The pipeline, against what arrived."""

    def test_nothing_was_lost(self, last):
        assert last("pipeline", "Lost in this time range") == 0

    def test_series(self, driven, last):
        status = httpx.get(f"{driven.running.stack.urls['prometheus']}/api/v1/status/tsdb").json()
        assert last("pipeline", "Series in Prometheus") == pytest.approx(
            status["data"]["headStats"]["numSeries"], rel=ROUGHLY
        )

    def test_news_are_fresh(self, driven, last):
        def fresh():
            assert last("pipeline", "Oldest news") < 15

        driven.running.eventually(fresh)


def query(driven, expression, *labels):
    """Ask Prometheus itself; return values by the one label, or the labels named."""
    url = f"{driven.running.stack.urls['prometheus']}/api/v1/query"
    found = {}
    for one in httpx.get(url, params={"query": expression}).json()["data"]["result"]:
        key = tuple(one["metric"].get(label, "") for label in labels or one["metric"])
        found[key if len(key) > 1 else key[0]] = float(one["value"][1])
    return found
