"""The tree-structured Parzen estimator of Optuna, in memory, repeatable from any batch's border on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from app.backtests.strategies import Parameter
from app.backtests.strategies.base import Value
from app.search.samplers.base import Proposal, StoredTrial, TrialResult
from app.search.samplers.random_search import RandomSampler
from app.search.space import SearchSpace

# It is drawn to where the best neighbours are, feasible or not; where four draws missed, more do as well.
_DRAWS = 4


class TpeSampler:
    """Proposes near what did well, all parameters together.

    Each batch gets an Optuna sampler of its own, seeded by the job's seed and the batch's first trial, over
    one study. So all that carries from batch to batch is the study's finished trials, and those can be
    stored: Optuna's own random state cannot.

    Args:
        space: where to look.
        seed: the job's, not negative.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        # Optuna logs each study it makes, on its own handler.
        logging.getLogger("optuna").setLevel(logging.WARNING)
        self._axes = _Axes(space)
        self._random = RandomSampler(space, seed)
        self._seed = seed
        self._study = optuna.create_study(direction="maximize")

    def ask(self, first_number: int, count: int) -> list[Proposal]:
        """Return the proposals with these numbers.

        Raises:
            ValueError: the first is not the next; results or stored trials were left out.
        """
        made = len(self._study.get_trials(deepcopy=False))
        if first_number != made:
            raise ValueError(f"asked for trial {first_number}, but the next one is {made}")
        seed = int(np.random.SeedSequence((self._seed, first_number)).generate_state(1)[0])
        self._study.sampler = _FeasibleSampler(self._axes, self._random, seed)
        for _ in range(count):
            self._study.ask(self._axes.distributions)
        return [
            Proposal(trial.number, self._axes.values(trial.params), trial.system_attrs)
            for trial in self._study.get_trials(deepcopy=False)[first_number:]
        ]

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Learn from a batch; of a trial without a value, only that it was made."""
        for result in results:
            state = TrialState.FAIL if result.value is None else TrialState.COMPLETE
            self._study.tell(result.number, result.value, state=state)

    def restore(self, stored: Iterable[StoredTrial]) -> None:
        """Take the trials made before."""
        for trial in stored:
            self._study.add_trial(self._trial(trial))

    def _trial(self, trial: StoredTrial) -> FrozenTrial:
        if trial.value is None:
            return create_trial(state=TrialState.FAIL)
        return create_trial(
            value=trial.value,
            params=self._axes.places(trial.parameters),
            distributions=self._axes.distributions,
            system_attrs=trial.sampler_state,
        )


class _Axes:
    """Parameters as Optuna sees them: those with a step as the number of steps above the lowest value.

    Its own values of such parameters are sums of doubles, ours are not. It does not see what has one value.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.distributions = {
            parameter.name: _distribution(parameter)
            for parameter in space.parameters
            if parameter.low < parameter.last
        }

    def values(self, places: Mapping[str, Any]) -> dict[str, Value]:
        """Return a parameter set, in the space's order, which Optuna's is not."""
        values: dict[str, Value] = {}
        for parameter in self.space.parameters:
            if parameter.name not in places:
                values[parameter.name] = parameter.low
            elif parameter.step is None:
                values[parameter.name] = places[parameter.name]
            else:
                values[parameter.name] = parameter.values[places[parameter.name]]
        return values

    def places(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return where on the axes a parameter set is."""
        return {
            parameter.name: values[parameter.name]
            if parameter.step is None
            else round((values[parameter.name] - parameter.low) / parameter.step)
            for parameter in self.space.parameters
            if parameter.name in self.distributions
        }


class _FeasibleSampler(TPESampler):
    """Draws anew what breaks a constraint; Optuna's own constraints only make such trials rarer."""

    def __init__(self, axes: _Axes, random: RandomSampler, seed: int) -> None:
        super().__init__(
            multivariate=True,  # fast and slow only mean something together
            constant_liar=True,  # or the proposals of one batch would all crowd one place
            seed=seed,
        )
        self._axes = axes
        self._random = random

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002 - Optuna's signature
        trial: FrozenTrial,  # noqa: ARG002
    ) -> dict[str, BaseDistribution]:
        """Return all parameters: unlike in general, they are known before the first trial."""
        return self._axes.distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return a feasible set: a random one while there are too few trials to learn from, or in vain."""
        for _ in range(_DRAWS):
            drawn = super().sample_relative(study, trial, search_space)
            if not drawn:
                break
            if self._axes.space.feasible(self._axes.values(drawn)):
                return drawn
        (proposal,) = self._random.ask(trial.number, 1)
        return self._axes.places(proposal.parameters)


def _distribution(parameter: Parameter) -> BaseDistribution:
    if parameter.step is None:
        return FloatDistribution(parameter.low, parameter.high)
    return IntDistribution(0, len(parameter.values) - 1)
