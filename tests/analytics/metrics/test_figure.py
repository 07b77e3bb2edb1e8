"""A figure as a value: dividing, withholding, growing, joining."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from retailcrm.analytics.metrics import Figure, growth, joined
from retailcrm.errors import InputError


def figure(tops, bottoms=None, *, key="aov", groups=None, people=None, interval=False):
    """Make a figure of lists."""
    ends = np.zeros(len(tops)) if interval else None
    return Figure(
        key=key,
        unit="share",
        groups=tuple(groups or "abcdef"[: len(tops)]),
        numerator=np.array(tops, np.int64),
        denominator=None if bottoms is None else np.array(bottoms, np.int64),
        people=np.array(people or [9] * len(tops), np.int64),
        low=ends,
        high=ends,
    )


def test_values_are_exact():
    """A third is a third; nothing is divided by zero; a count is itself."""
    assert figure([1, 2, 5], [3, 0, 5]).values() == [Fraction(1, 3), None, Fraction(1)]
    assert figure([4, 0]).values() == [Fraction(4), Fraction(0)]


def test_one_value():
    """One group may be read without its name, several may not, and a wrong name is refused."""
    several = figure([1, 2], [2, 0])
    assert (several.value("a"), several.value("b"), figure([7]).value()) == (
        Fraction(1, 2),
        None,
        Fraction(7),
    )
    with pytest.raises(InputError, match="has 2 groups"):
        several.value()
    with pytest.raises(InputError, match="no group 'z'"):
        several.value("z")


def test_small_groups_are_withheld():
    """Rates of fewer than 10 people are withheld, counts never."""
    assert figure([1, 1, 1], [2, 2, 2], people=[9, 10, 11]).withheld().tolist() == [True, False, False]
    assert figure([1, 1], [2, 2], people=[2, 3]).withheld(3).tolist() == [True, False]
    assert figure([1, 1], people=[2, 3]).withheld().tolist() == [False, False]


def test_growth_by_hand():
    """From 4 to 5 is a quarter; from nothing, from less than nothing and from no figure is none."""
    now, before = figure([5, 5, 5, 2, 0]), figure([4, 0, -3, 4, 4])
    grown = growth(now, before)
    assert grown.values() == [Fraction(1, 4), None, None, Fraction(-1, 2), Fraction(-1)]
    assert growth(figure([1], [2]), figure([1], [3])).values() == [Fraction(1, 2)]
    assert growth(figure([1], [0]), figure([1], [3])).values() == [None]


def test_growth_finds_the_same_group():
    """Groups are matched by key; one that was not there has no growth."""
    now = figure([5, 6, 7], groups=("x", "new", "y"), people=[20, 20, 20])
    before = figure([14, 4], groups=("y", "x"), people=[5, 30])
    grown = growth(now, before)
    assert grown.values() == [Fraction(1, 4), None, Fraction(-1, 2)]
    assert grown.people.tolist() == [20, 0, 5]
    assert grown.withheld().tolist() == [False, True, True]


def test_growth_from_month_to_month():
    """Without a figure before, each group is held against the one before it."""
    months = figure([10, 15, 0, 3], people=[1, 2, 3, 4])
    grown = growth(months)
    assert grown.values() == [None, Fraction(1, 2), Fraction(-1), None]
    assert grown.people.tolist() == [1, 1, 2, 3]
    assert growth(figure([])).values() == []
    with pytest.raises(InputError, match="cannot grow"):
        growth(months, figure([1], key="net"))


def test_parts_are_joined():
    """Numerators, denominators and people add up by key; the interval is that of the sums."""
    a = figure([1, 2], [2, 4], groups=("x", "y"), people=[2, 4], interval=True)
    b = figure([3], [6], groups=("y",), people=[6], interval=True)
    c = figure([1], [1], groups=("z",), people=[1], interval=True)
    whole = joined([a, b, c])
    assert (whole.groups, whole.values()) == (("x", "y", "z"), [Fraction(1, 2), Fraction(5, 10), Fraction(1)])
    assert whole.people.tolist() == [2, 10, 1]
    # 5 of 10 by Wilson's formula: 0.2366 to 0.7634.
    assert (round(whole.low[1], 4), round(whole.high[1], 4)) == (0.2366, 0.7634)
    counts = joined([figure([1, 2]), figure([5])])
    assert (counts.denominator, counts.numerator.tolist(), counts.low) == (None, [6, 2], None)
    for wrong in ([], [figure([1]), figure([1], key="net")]):
        with pytest.raises(InputError, match="can be joined"):
            joined(wrong)
