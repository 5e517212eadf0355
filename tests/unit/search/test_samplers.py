"""Samplers: what they propose is in the space, and the same whether the run was interrupted or not."""

from __future__ import annotations

import json
import logging
from collections import Counter

import pytest

from app.backtests.strategies import STRATEGIES, Constraint, Parameter, Strategy
from app.search.samplers import SAMPLERS, StoredTrial, TrialResult
from app.search.space import SearchSpace

SPACES = {name: SearchSpace.of(strategy) for name, strategy in STRATEGIES.items()}
every_sampler = pytest.mark.parametrize("kind", SAMPLERS.values(), ids=SAMPLERS)
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
TRIALS = 75


def outcome(proposal):
    """Some trials fail; the others give what depends on the parameters alone."""
    values = list(proposal.parameters.values())
    first, last = values[0], values[-1]
    return None if (first + last) % 7 == 0 else -((first - 20) ** 2) / 100 - (last - 60) ** 2 / 50 + 0.1


def go_on(sampler, kind, stored, outcome=outcome):
    """Run to the end, from what is stored on; return all trials as the database would have them."""
    stored = list(stored)
    while len(stored) < TRIALS:
        batch = sampler.ask(len(stored), min(kind.batch_size, TRIALS - len(stored)))
        results = [TrialResult(proposal.number, outcome(proposal)) for proposal in batch]
        sampler.tell(results)
        stored += [
            StoredTrial(proposal.number, proposal.parameters, result.value, proposal.sampler_state)
            for proposal, result in zip(batch, results, strict=True)
        ]
    return stored


def through_the_database(stored):
    rows = json.loads(json.dumps([[t.number, t.parameters, t.value, t.sampler_state] for t in stored]))
    return [StoredTrial(*row) for row in rows]


@every_sampler
@every_space
def test_restored_at_any_border_it_proposes_what_an_undisturbed_run_does(kind, space):
    undisturbed = go_on(kind.make(space, 42), kind, [])
    assert any(trial.value is None for trial in undisturbed)

    for border in range(0, TRIALS, kind.batch_size):
        restored = kind.make(space, 42)
        restored.restore(through_the_database(undisturbed[:border]))
        assert go_on(restored, kind, undisturbed[:border]) == undisturbed


@every_sampler
def test_a_run_of_many_interruptions_is_the_undisturbed_one(kind):
    space = SPACES["sma_cross"]
    undisturbed = go_on(kind.make(space, 7), kind, [])

    stored = []
    while len(stored) < TRIALS:
        sampler = kind.make(space, 7)
        sampler.restore(through_the_database(stored))
        count = min(kind.batch_size, TRIALS - len(stored))
        stored += [
            StoredTrial(proposal.number, proposal.parameters, outcome(proposal), proposal.sampler_state)
            for proposal in sampler.ask(len(stored), count)
        ]

    assert stored == undisturbed


@every_sampler
def test_constraint_is_kept_where_the_best_values_lie_on_its_edge_also_when_restored(kind):
    """The nearer fast comes to slow, the better: a model of that alone would go beyond."""
    space = SearchSpace.of(STRATEGIES["sma_cross"], {"fast": {"low": 20}, "slow": {"high": 70}})

    def edge(proposal):
        return proposal.parameters["fast"] - proposal.parameters["slow"]

    undisturbed = go_on(kind.make(space, 5), kind, [], edge)

    assert all(trial.parameters["fast"] < trial.parameters["slow"] for trial in undisturbed)
    for border in range(0, TRIALS, 3 * kind.batch_size):
        restored = kind.make(space, 5)
        restored.restore(through_the_database(undisturbed[:border]))
        assert go_on(restored, kind, undisturbed[:border], edge) == undisturbed


def test_random_sets_are_as_likely_as_each_other_under_a_constraint():
    space = SearchSpace.of(STRATEGIES["sma_cross"], {"fast": {"low": 21}, "slow": {"high": 24}})

    drawn = Counter(
        (p.parameters["fast"], p.parameters["slow"]) for p in SAMPLERS["random"].make(space, 3).ask(0, 3_000)
    )

    assert set(drawn) == {(21, 22), (21, 23), (21, 24), (22, 23), (22, 24), (23, 24)}
    assert 420 < min(drawn.values()) <= max(drawn.values()) < 580


@every_sampler
def test_what_no_draw_keeps_is_proposed_all_the_same(kind):
    parameters = tuple(Parameter(name, "int", 1, 9, 1, "") for name in "ab")
    space = SearchSpace(parameters, (Constraint("a", "b"), Constraint("b", "a")))

    assert len(go_on(kind.make(space, 1), kind, [], lambda _: None)) == TRIALS


@every_sampler
def test_steps_of_tenths_are_tenths(kind):
    parameter = Parameter("x", "float", 0.1, 0.9, 0.1, "")
    space = SearchSpace.of(Strategy("made", "", (parameter,), lambda series, _: series.ticks, "x"))

    trials = go_on(kind.make(space, 1), kind, [], lambda proposal: proposal.parameters["x"])

    assert {trial.parameters["x"] for trial in trials} <= {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}


@every_sampler
def test_another_seed_is_another_search(kind):
    sets = [go_on(kind.make(SPACES["sma_cross"], seed), kind, []) for seed in (1, 2)]

    same = sum(a.parameters == b.parameters for a, b in zip(*sets, strict=True))
    assert same < TRIALS / 10


@every_sampler
def test_batches_do_not_repeat_each_other_even_when_nothing_is_learnt(kind):
    sampler = kind.make(SPACES["rsi_reversion"], 4)
    drawn = []
    for first in range(0, 50, 10):
        batch = sampler.ask(first, 10)
        sampler.tell([TrialResult(proposal.number, None) for proposal in batch])
        drawn += [tuple(proposal.parameters.values()) for proposal in batch]

    assert len(set(drawn)) == 50


@every_sampler
@every_space
def test_proposals_are_numbered_in_range_and_of_their_kind(kind, space):
    for number, trial in enumerate(go_on(kind.make(space, 2**31 - 1), kind, [])):
        assert trial.number == number
        assert list(trial.parameters) == [parameter.name for parameter in space.parameters]
        for parameter in space.parameters:
            value = trial.parameters[parameter.name]
            assert parameter.validate(value) == value
            assert isinstance(value, int if parameter.kind == "int" else float)


@every_sampler
def test_parameter_of_one_value_keeps_it(kind):
    space = SearchSpace.of(STRATEGIES["sma_cross"], {"fast": {"low": 9, "high": 9}})

    trials = go_on(kind.make(space, 1), kind, [])

    assert {trial.parameters["fast"] for trial in trials} == {9}
    assert len({trial.parameters["slow"] for trial in trials}) > 10


@every_sampler
def test_range_that_steps_do_not_fill_is_searched_up_to_the_last_step(kind):
    parameter = Parameter("x", "float", 1.0, 2.9, 0.5, "")
    space = SearchSpace.of(Strategy("made", "", (parameter,), lambda series, _: series.ticks, "x"))

    trials = go_on(kind.make(space, 1), kind, [])

    assert {trial.parameters["x"] for trial in trials} == {1.0, 1.5, 2.0, 2.5}


def test_random_search_addresses_trials_by_number():
    sampler = SAMPLERS["random"].make(SPACES["sma_cross"], 3)

    assert sampler.ask(50, 10) == sampler.ask(0, 100)[50:60]


def test_random_search_covers_its_space_evenly():
    drawn = [p.parameters["fast"] for p in SAMPLERS["random"].make(SPACES["sma_cross"], 3).ask(0, 5_900)]

    counts = [drawn.count(value) for value in range(2, 61)]
    assert sum(counts) == 5_900
    assert 60 < min(counts) <= max(counts) < 140


def test_tpe_learns_where_the_best_values_are():
    trials = go_on(SAMPLERS["tpe"].make(SPACES["sma_cross"], 42), SAMPLERS["tpe"], [])

    def distance(part):
        return sum(abs(t.parameters["slow"] - 60) for t in part) / len(part)

    assert distance(trials[50:]) < distance(trials[:20]) / 2


def test_tpe_refuses_to_go_on_without_the_trials_made_before():
    with pytest.raises(ValueError, match="asked for trial 10, but the next one is 0"):
        SAMPLERS["tpe"].make(SPACES["sma_cross"], 1).ask(10, 10)


def test_optuna_does_not_log_the_studies_it_makes(capfd):
    SAMPLERS["tpe"].make(SPACES["sma_cross"], 1)

    assert logging.getLogger("optuna").level == logging.WARNING
    assert capfd.readouterr() == ("", "")
