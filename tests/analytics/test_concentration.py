"""Concentration: exact Gini with ties, shares with a part of the customer at the cut."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.concentration import lorenz, returning_share, top_share
from retailcrm.errors import InputError

values = st.lists(st.integers(-20, 1000), max_size=30)


def column(several):
    """Make a column of amounts."""
    return np.array(several, np.int64)


@pytest.mark.parametrize(
    ("several", "gini"),
    [
        ([5, 5, 5], Fraction(0)),
        ([0, 0, 0, 7], Fraction(3, 4)),
        ([1, 3], Fraction(1, 4)),
        ([1, 2, 3, 4], Fraction(1, 4)),
        ([9], Fraction(0)),
        ([0, 0], None),
        ([], None),
    ],
)
def test_gini_by_hand(several, gini):
    """Equal spenders give 0, one spender of n gives (n - 1) / n, no spending gives none."""
    assert lorenz(column(several)).gini == gini


@given(values)
def test_gini_is_half_the_relative_mean_difference(several):
    """By definition: the sum of all pairwise differences over 2 n S, ties in any order."""
    clipped = [max(v, 0) for v in several]
    curve = lorenz(column(several))
    assert curve.clipped == sum(v < 0 for v in several)
    if sum(clipped):
        differences = sum(abs(a - b) for a in clipped for b in clipped)
        assert curve.gini == Fraction(differences, 2 * len(clipped) * sum(clipped))
    else:
        assert curve.gini is None


@given(values)
def test_the_curve_runs_under_the_straight_line(several):
    """From 0 to 1, rising, never above equality, and the trapezoids under it give the Gini."""
    curve = lorenz(column(several))
    x, y = curve.customers, curve.money
    assert len(x) == len(y) == len(several) + 1
    assert (x[0], y[0]) == (0, 0)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= 0).all()
    assert (y <= x + 1e-12).all()
    if curve.gini is not None:
        assert (x[-1], y[-1]) == (1, 1)
        assert 1 - 2 * np.trapezoid(y, x) == pytest.approx(float(curve.gini), abs=1e-9)


def test_large_shops_stay_exact():
    """A million customers with huge spends: the products would not fit 64 bits."""
    n, big = 1_000_000, 9 * 10**12
    several = np.zeros(n, np.int64)
    several[: n // 2] = big
    assert lorenz(several).gini == Fraction(1, 2)


def test_negative_spenders_are_clipped_or_refused():
    """Customers who were paid back more than they paid would push the Gini above 1."""
    assert lorenz(column([-5, 0, 10])).gini == Fraction(2, 3)
    assert lorenz(column([-5, 0, 10])).clipped == 1
    for figure in (lorenz, top_share):
        with pytest.raises(InputError, match="1 values are negative"):
            figure(column([-5, 0, 10]), negative="refuse")


def test_the_curve_thins_out_for_a_chart():
    """A chart gets both ends and evenly spread points between; a short curve stays whole."""
    curve = lorenz(np.arange(1000))
    x, y = curve.points(11)
    assert (len(x), x[0], x[-1], y[-1]) == (11, 0.0, 1.0, 1.0)
    assert x == pytest.approx([i / 10 for i in range(11)])
    assert lorenz(column([3, 1])).points() == ((0.0, 0.5, 1.0), (0.0, 0.25, 1.0))
    assert lorenz(column([])).points() == ((0.0,), (0.0,))


@pytest.mark.parametrize(
    ("several", "share", "wanted"),
    [
        ([10, 20, 30, 40], Fraction(1, 4), Fraction(40, 100)),
        ([10, 20, 30, 40], 0.2, Fraction(32, 100)),
        ([10, 20, 30, 40], "0.375", Fraction(55, 100)),
        ([10, 20, 30, 40], 0, Fraction(0)),
        ([10, 20, 30, 40], 1, Fraction(1)),
        ([7, 7, 7], 0.2, Fraction(1, 5)),
        ([0], 0.2, None),
        ([], 0.2, None),
    ],
)
def test_top_share_by_hand(several, share, wanted):
    """A fifth of four customers is four fifths of the biggest one."""
    assert top_share(column(several), share) == wanted


@given(values, st.fractions(0, 1, max_denominator=50), st.fractions(0, 1, max_denominator=50))
def test_top_share_is_concave(several, a, b):
    """More customers bring more, and at least their own share."""
    low, high = sorted((a, b))
    first, second = top_share(column(several), low), top_share(column(several), high)
    assert (first is None) == (second is None)
    if first is not None:
        assert low <= first <= second <= 1


@pytest.mark.parametrize("share", [-0.1, 1.1, "2"])
def test_a_top_must_be_a_share(share):
    """The top is between nobody and everybody."""
    with pytest.raises(InputError, match="from 0 to 1"):
        top_share(column([1]), share)


def test_returning_customers_bring(make_summary):
    """Two purchase days make a returning customer; two orders on one day do not."""
    rows = [
        {"net": 300, "orders": 2, "purchase_days": 2},
        {"net": 500, "orders": 2, "purchase_days": 1},
        {"net": 200, "orders": 1},
    ]
    assert returning_share(make_summary(rows)) == Fraction(3, 10)
    assert returning_share(make_summary([])) is None
    assert returning_share(make_summary([{"net": 0}])) is None
