"""The score interval of a share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from retailcrm.analytics.intervals import wilson
from retailcrm.errors import InputError


@given(st.integers(1, 5000), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_agrees_with_scipy(trials, data, level):
    """Of any counts the ends are those of scipy's exact formula, and hold the share."""
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(np.array([successes]), np.array([trials]), level=level)
    known = binomtest(successes, trials).proportion_ci(level, method="wilson")
    assert low[0] == pytest.approx(known.low, abs=1e-12)
    assert high[0] == pytest.approx(known.high, abs=1e-12)
    assert 0 <= low[0] <= successes / trials <= high[0] <= 1


def test_the_ends_are_exact():
    """Nobody and everybody end at 0 and 1 exactly; without trials there is no interval."""
    low, high = wilson(np.array([0, 7, 0]), np.array([7, 7, 0]))
    assert (low[0], high[1]) == (0.0, 1.0)
    assert (np.isnan(low[2]), np.isnan(high[2])) == (True, True)


@pytest.mark.parametrize(("successes", "trials", "level"), [(1, 0, 0.95), (-1, 3, 0.95), (1, 3, 1.0)])
def test_absurd_counts_are_refused(successes, trials, level):
    """More successes than trials, fewer than none, and certainty are refused."""
    with pytest.raises(InputError, match="lie"):
        wilson(np.array([successes]), np.array([trials]), level=level)
