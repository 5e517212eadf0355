"""The tree-structured Parzen estimator of Optuna, in memory, repeatable from any batch's border on."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial

from app.backtests.strategies import Parameter
from app.search.samplers.base import Proposal, StoredTrial, TrialResult
from app.search.space import SearchSpace


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
        self._distributions = {parameter.name: _distribution(parameter) for parameter in space.parameters}
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
        self._study.sampler = TPESampler(
            multivariate=True,  # fast and slow only mean something together
            constant_liar=True,  # or the proposals of one batch would all crowd one place
            seed=int(np.random.SeedSequence((self._seed, first_number)).generate_state(1)[0]),
        )
        for _ in range(count):
            self._study.ask(self._distributions)
        return [
            # In the space's order, which Optuna's is not.
            Proposal(
                trial.number, {name: trial.params[name] for name in self._distributions}, trial.system_attrs
            )
            for trial in self._study.get_trials(deepcopy=False)[first_number:]
        ]

    def tell(self, results: Sequence[TrialResult]) -> None:
        """Learn from a batch; of a failed trial, only that it was made."""
        for result in results:
            state = TrialState.FAIL if result.value is None else TrialState.COMPLETE
            self._study.tell(result.number, result.value, state=state)

    def restore(self, stored: Sequence[StoredTrial]) -> None:
        """Take the trials made before."""
        self._study.add_trials(
            [
                create_trial(
                    state=TrialState.FAIL if trial.value is None else TrialState.COMPLETE,
                    value=trial.value,
                    params=trial.parameters,
                    distributions=self._distributions,
                    system_attrs=trial.sampler_state,
                )
                for trial in stored
            ]
        )


def _distribution(parameter: Parameter) -> BaseDistribution:
    if parameter.kind == "int":
        return IntDistribution(int(parameter.low), int(parameter.last), step=int(parameter.step or 1))
    return FloatDistribution(parameter.low, parameter.last, step=parameter.step)
