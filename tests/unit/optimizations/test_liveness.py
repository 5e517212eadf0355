"""When a worker is taken for gone; time is a number here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.optimizations.liveness import Watch

TIMEOUT = 30.0


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def watch(time):
    return Watch(TIMEOUT, time)


def beat(number):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)


def looks(watch, time, *beats, seconds=5.0):
    """Look once for each beat of a worker, so many seconds apart; return what was found gone each time."""
    found = []
    for number in beats:
        found.append(watch.silent({"they": beat(number)}))
        time.now += seconds
    return found


def test_worker_that_beats_is_not_gone(watch, time):
    assert looks(watch, time, *range(20)) == [set()] * 20


def test_worker_is_gone_after_the_timeout_and_not_before(watch, time):
    assert looks(watch, time, *[7] * 8) == [set()] * 6 + [{"they"}] * 2


def test_beat_that_is_old_when_first_seen_says_nothing(watch, time):
    assert looks(watch, time, -100_000) == [set()]


@pytest.mark.parametrize("jump", [7200, -7200])
def test_clock_that_jumps_kills_nobody(watch, time, jump):
    assert looks(watch, time, 0, 5, 10 + jump, 15 + jump, 20 + jump) == [set()] * 5


def test_another_process_has_its_own_time(watch, time):
    looks(watch, time, *[7] * 6)
    assert watch.silent({"another": beat(7)}) == set()


def test_outage_is_nobodys_death(watch, time):
    looks(watch, time, *[7] * 5)
    watch.forget()
    assert looks(watch, time, *[7] * 6) == [set()] * 6, "who could not beat has the whole timeout to do so"
    assert looks(watch, time, 7) == [{"they"}]


def test_who_was_stopped_himself_has_seen_nothing(watch, time):
    looks(watch, time, *[7] * 5)
    time.now += TIMEOUT
    assert looks(watch, time, *[7] * 6) == [set()] * 6
