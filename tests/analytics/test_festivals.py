"""Festival lift: a ratio of two risks, by hand, by loops, and by a published interval."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.festivals import Lift, daily_orders, festival_lift
from retailcrm.errors import InputError

Line = tuple[int, int, int]
# An order lies on one day.
lines = st.lists(
    st.tuples(st.integers(0, 30), st.integers(-1, 2)).map(lambda p: (p[0] // 2, p[0], p[1])), max_size=60
)
WINDOWS = [(2, 5), (9, 11)]


def lift(
    rows: list[Line], windows: list[tuple[int, int]], observed: tuple[int, int], groups: int = 3
) -> Lift:
    """Measure rows of day, order, group."""
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    order, group = columns[1].astype(np.int32), columns[2].astype(np.int32)
    return festival_lift(daily_orders(columns[0], order, group, groups, observed), windows)


@given(lines, st.integers(0, 4), st.integers(8, 16))
def test_counts_and_lifts_agree_with_sets_of_orders(rows: list[Line], first: int, end: int) -> None:
    """Windows cut by the data's ends are in neither count; the lift is rates over rates, by fractions."""
    found = lift(rows, WINDOWS, (first, end))
    full = [w for w in WINDOWS if first <= w[0] and w[1] <= end]
    days = range(first, end)
    inside = {d for d in days if any(s <= d < e for s, e in full)}
    outside = {d for d in days if not any(s <= d < e for s, e in WINDOWS)}
    assert (found.years, found.days_inside, found.days_outside) == (len(full), len(inside), len(outside))
    shop = [len({o for d, o, _ in rows if d in chosen}) for chosen in (inside, outside)]
    assert [found.shop_inside, found.shop_outside] == shop
    for g in range(3):
        a, b = (len({o for d, o, what in rows if d in chosen and what == g}) for chosen in (inside, outside))
        assert (found.inside[g], found.outside[g]) == (a, b)
        if not (a and b):
            assert np.isnan([found.lift[g], found.low[g], found.high[g]]).all()
            continue
        of_group = Fraction(a, len(inside)) / Fraction(b, len(outside))
        of_shop = Fraction(shop[0], len(inside)) / Fraction(shop[1], len(outside))
        assert found.lift[g] == pytest.approx(float(of_group / of_shop))
        assert found.low[g] <= found.lift[g] <= found.high[g]


def test_the_interval_is_the_published_one() -> None:
    """The physicians' health study: 104 of 11,037 with aspirin, 189 of 11,034 with placebo.

    Agresti, An Introduction to Categorical Data Analysis (2nd ed., 2007), section 2.2, prints the
    ratio of the two risks as 1.82 with the 95 % interval (1.43, 2.30).
    """
    inside = [(0, order, 0 if order < 189 else -1) for order in range(11034)]
    outside = [(1, 20000 + order, 0 if order < 104 else -1) for order in range(11037)]
    found = lift(inside + outside, [(0, 1)], (0, 2), groups=1)
    assert round(found.lift[0], 2) == 1.82
    assert (found.low[0], found.high[0]) == pytest.approx((1.43, 2.30), abs=0.01)


def test_a_category_that_moves_with_the_shop_has_no_lift() -> None:
    """The shop sells five times as much in the window, and so does the category: lift 1."""
    rows = [(0, order, order % 2) for order in range(100)]
    rows += [(day, 1000 * day + order, order % 2) for day in (1, 2, 3, 4) for order in range(20)]
    found = lift(rows, [(0, 1)], (0, 5), groups=2)
    assert found.lift.tolist() == [1.0, 1.0]
    assert found.low[0] < 1 < found.high[0]


def test_lift_by_hand() -> None:
    """In the window 6 of 8 orders, outside 2 of 8: three times, interval by the formula."""
    rows = [(0, i, 0 if i < 6 else 1) for i in range(8)] + [(1, 8 + i, 0 if i < 2 else 1) for i in range(8)]
    found = lift(rows, [(0, 1)], (0, 2), groups=2)
    width = 1.959963984540054 * math.sqrt(1 / 6 - 1 / 8 + 1 / 2 - 1 / 8)
    assert found.lift[0] == 3
    assert found.low[0] == pytest.approx(3 / math.exp(width))
    assert found.high[0] == pytest.approx(3 * math.exp(width))


def test_a_category_in_every_order_is_the_shop() -> None:
    """Nothing is uncertain about it: 1, from 1 to 1."""
    found = lift([(d, d, 0) for d in range(4)], [(0, 2)], (0, 4), groups=1)
    assert (found.lift[0], found.low[0], found.high[0]) == (1, 1, 1)


def test_windows_beyond_the_data_say_nothing() -> None:
    """No window held in full: no years, no lift."""
    found = lift([(0, 0, 0), (1, 1, 0)], [(1, 3)], (0, 2), groups=1)
    assert found.years == 0
    assert np.isnan(found.lift).all()
    assert np.isnan(lift([], [(1, 3)], (0, 0), groups=1).lift).all()


@pytest.mark.parametrize(("windows", "said"), [([(3, 3)], "must have a day"), ([(0, 3), (2, 4)], "overlap")])
def test_impossible_windows_are_refused(windows: list[tuple[int, int]], said: str) -> None:
    """A window without a day, and two that share one."""
    with pytest.raises(InputError, match=said):
        lift([], windows, (0, 9))
