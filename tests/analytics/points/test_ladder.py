"""The chain ladder gives the published figures of the published triangle."""

from __future__ import annotations

from fractions import Fraction
from math import isnan

import numpy as np
import pytest

from retailcrm.analytics.points.ladder import (
    development_factors,
    growth,
    growth_rates,
    latest,
    standard_errors,
)

# Taylor and Ashe (1983), as Mack (1993) uses it.
PUBLISHED = (
    (357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463),
    (352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085),
    (290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315),
    (310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268),
    (443160, 1136350, 2128333, 2897821, 3402672, 3873311),
    (396132, 1333217, 2180715, 2985752, 3691712),
    (440832, 1288463, 2419861, 3483130),
    (359480, 1421128, 2864498),
    (376686, 1363294),
    (344014,),
)


def triangle(rows):
    """Fill rows up to a square."""
    n = len(rows)
    return np.array([[*row, *([0] * (n - len(row)))] for row in rows], np.int64)


def test_the_published_factors_and_reserves():
    """Factors, reserves by year and their sum of 18,680,856 are those of the paper."""
    square = triangle(PUBLISHED)
    factors = development_factors(square)
    assert [round(float(f), 3) for f in factors] == [
        3.491, 1.747, 1.457, 1.174, 1.104, 1.086, 1.054, 1.077, 1.018
    ]  # fmt: skip
    reserves = [(growth(factors, 9 - i) - 1) * now for i, now in enumerate(latest(square))]
    assert [round(r) for r in reserves] == [
        0, 94634, 469511, 709638, 984889, 1419459, 2177641, 3920301, 4278972, 4625811
    ]  # fmt: skip
    assert round(sum(reserves)) == 18_680_856


def test_the_published_standard_errors():
    """Standard errors of each year, and 2,447,095 of all together, are those of the paper."""
    spread = standard_errors(triangle(PUBLISHED))
    assert [round(error) for error in spread.cohorts] == [
        0, 75535, 121699, 133549, 261406, 411010, 558317, 875328, 971258, 1363155
    ]  # fmt: skip
    assert round(spread.total) == 2_447_095


@pytest.mark.parametrize("older", [1, 3])
def test_older_cohorts_of_nothing_change_nothing(older):
    """With years before it that came to nothing, the published triangle gives the published figures."""
    n = len(PUBLISHED) + older
    square = triangle([[0] * (n - i) for i in range(older)] + list(PUBLISHED))
    bare = triangle(PUBLISHED)
    assert development_factors(square) == (*development_factors(bare), *[Fraction(1)] * older)
    spread, alone = standard_errors(square), standard_errors(bare)
    assert spread.cohorts[older:] == pytest.approx(alone.cohorts)
    assert spread.total == pytest.approx(alone.total)


def test_growth_rates_by_hand():
    """All that grew at an age over the volumes of all that are old enough, those of nothing included."""
    square = triangle([[0, 0, 0, 0], [0, 10, 16], [5, 25], [7]])
    rates = growth_rates(square, [Fraction(n) for n in (20, 80, 100, 50)])
    assert rates == (Fraction(30, 200), Fraction(6, 100), 0)
    assert growth_rates(square, [Fraction(0)] * 4) == (0, 0, 0)


def test_cohorts_that_grow_alike_do_not_scatter():
    """Where every cohort follows one pattern, the factors are the pattern's and the errors nothing."""
    square = triangle([[10, 20, 30, 33], [20, 40, 60], [40, 80], [50]])
    assert development_factors(square) == (2, Fraction(3, 2), Fraction(11, 10))
    spread = standard_errors(square)
    assert spread.cohorts.tolist() == [0, 0, 0, 0]
    assert spread.total == 0


def test_an_age_at_which_nobody_had_anything():
    """There is no factor from nothing, no growth through it, and no error of who needs it."""
    square = triangle([[0, 20, 30, 33, 33], [0, 40, 64, 66], [0, 80, 110], [0, 50], [0]])
    factors = development_factors(square)
    assert factors[0] is None
    assert growth(factors, 0) is None
    assert growth(factors, 1) == Fraction(30 + 64 + 110, 20 + 40 + 80) * Fraction(99, 94)
    assert growth(factors, 0, 0) == 1
    spread = standard_errors(square)
    assert [isnan(error) for error in spread.cohorts] == [False, False, False, False, True]
    assert spread.total > max(spread.cohorts[1:4])


def test_a_spread_that_nobody_can_see_is_not_nothing():
    """One cohort cannot grow any more, the other's error is not known: nor is that of both."""
    spread = standard_errors(triangle([[0, 0, 0, 0], [0, 0, 0], [0, 5], [3]]))
    assert isnan(spread.total)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_cohorts_have_no_spread(n):
    """With fewer than four cohorts nothing is said of errors."""
    assert standard_errors(np.ones((n, n), np.int64)) is None
    assert len(development_factors(np.ones((n, n), np.int64))) == max(n - 1, 0)
