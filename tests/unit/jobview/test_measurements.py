from __future__ import annotations

import pytest

from telemetry.jobview.local import LocalReader
from telemetry.jobview.measurements import increase
from telemetry.jobview.records import Sample

GROWING = [Sample(10, 100.0), Sample(20, 150.0), Sample(30, 180.0), Sample(40, 300.0)]


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        (20, 30, 30.0),  # both on a sample
        (15, 25, 80.0),  # from the one before, to the one after
        (5, 25, 180.0),  # the counter began after the begin
        (25, 99, 150.0),  # the process was gone before the end
    ],
)
def test_a_counters_increase(begin, end, expected):
    assert increase(GROWING, begin, end) == expected


def test_no_samples_are_no_increase():
    assert increase([], 0, 10) == 0.0


def test_jobs_that_one_process_ran_one_after_the_other_are_counted_apart(tmp_path, process, job):
    worker = process(tmp_path, "jobscope-worker", 1)
    first = job(tmp_path, 1)
    first.attempt(1, 0, 3, "completed", worker)
    second = job(tmp_path, 2, after_seconds=4)
    second.attempt(1, 0, 2, "completed", worker, exports=True)
    third = job(tmp_path, 3, after_seconds=8)
    third.attempt(1, 0, 3, "completed", worker)
    counted = [LocalReader(tmp_path).read(each.job_id).metrics[0].trials for each in (first, second, third)]
    assert counted == [
        {"completed": each.completed, "failed": each.failed} for each in (first, second, third)
    ]


def test_trials_of_other_strategies_are_those_of_other_jobs(tmp_path, process, job):
    worker = process(tmp_path, "jobscope-worker", 1)
    mine = job(tmp_path, 1)
    # Counted right before, by a job whose last export came when this one had begun.
    worker.count(5000, 100, strategy="rsi_reversion")
    mine.attempt(1, 0, 3, "completed", worker, exports=False)
    worker.export_metrics(mine.base_ns + 4 * 10**9)
    view = LocalReader(tmp_path).read(mine.job_id)
    assert view.metrics[0].trials == {"completed": 598, "failed": 2}


def test_a_killed_process_is_counted_as_far_as_it_exported(recorded):
    lost = recorded("recovered")
    view = LocalReader(lost.directory).read(lost.job_id)
    assert [metrics.trials for metrics in view.metrics] == [
        {"completed": 598, "failed": 2},  # 800 were committed, 200 of them after the last export
        {"completed": 1196, "failed": 4},
    ]
