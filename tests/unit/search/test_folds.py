"""Folds adjoin, cover the search region, and never touch the tail."""

from __future__ import annotations

import pytest

from app.errors import BadInput
from app.search.folds import SHORTEST_WINDOW, split


@pytest.mark.parametrize("bars", [10_226, 500, 501, 777])
@pytest.mark.parametrize("folds", [1, 2, 5, 7, 10])
@pytest.mark.parametrize("holdout", [0.05, 0.2, 0.333, 0.5])
def test_folds_adjoin_and_never_overlap_the_holdout(bars, folds, holdout):
    made = split(bars, folds, holdout)

    used = [bar for window in (*made.windows, made.holdout) for bar in range(window.start, window.stop)]
    assert used == list(range(bars))
    assert made.search == slice(0, made.holdout.start)
    assert len(made.windows) == folds
    lengths = {window.stop - window.start for window in made.windows}
    assert max(lengths) - min(lengths) <= 1
    assert made.holdout.stop - made.holdout.start == round(bars * holdout)


def test_defaults_are_five_folds_and_a_fifth_held_out():
    made = split(10_000)

    assert len(made.windows) == 5
    assert made.holdout == slice(8_000, 10_000)


@pytest.mark.parametrize(
    ("bars", "folds", "holdout", "field"),
    [(100, 5, 0.2, "folds"), (10_000, 0, 0.2, "folds"), (10_000, 5, 0.001, "holdout"), (50, 1, 0.9, "folds")],
)
def test_windows_too_short_to_mean_anything_are_refused(bars, folds, holdout, field):
    with pytest.raises(BadInput, match=f"at least {SHORTEST_WINDOW}") as caught:
        split(bars, folds, holdout)

    assert caught.value.field == field
