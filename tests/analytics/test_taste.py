"""Change of taste: total variation between category shares, recomputed by plain fractions."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.taste import TasteChange, taste_change
from retailcrm.errors import InputError

Line = tuple[int, int, int, int]
# An order belongs to one customer and lies in one window.
lines = st.lists(
    st.tuples(st.integers(0, 11), st.integers(-1, 3)).map(
        lambda pair: (pair[0] % 4 - 1, pair[1], pair[0], pair[0] // 4 - 1)
    ),
    max_size=40,
)


def measure(rows: list[Line], least: int = 1) -> TasteChange:
    """Measure rows of customer, category, order, window."""
    columns = np.array(rows, np.int32).reshape(-1, 4).T
    return taste_change(columns[0], columns[1], columns[2], columns[3].astype(np.int8), least_orders=least)


def by_loops(rows: list[Line], least: int) -> dict[int, tuple[int, int, Fraction | None]]:
    """Compute orders of both windows and the distance of each customer with dictionaries."""
    pairs: dict[Any, set[int]] = defaultdict(set)
    orders: dict[Any, set[int]] = defaultdict(set)
    for who, what, order, window in set(rows):
        if min(who, what, window) >= 0:
            pairs[who, window, what].add(order)
            orders[who, window].add(order)
    found: dict[int, tuple[int, int, Fraction | None]] = {}
    for who in {key[0] for key in orders}:
        counts = [len(orders[who, w]) for w in (0, 1)]
        if 0 in counts:
            continue
        size = [sum(len(pairs[who, w, c]) for c in range(4)) for w in (0, 1)]
        parts = [
            abs(Fraction(len(pairs[who, 0, c]), size[0]) - Fraction(len(pairs[who, 1, c]), size[1]))
            for c in range(4)
        ]
        found[who] = (counts[0], counts[1], sum(parts, Fraction(0)) / 2 if min(counts) >= least else None)
    return found


@given(lines, st.integers(1, 3))
def test_distances_agree_with_plain_fractions(rows: list[Line], least: int) -> None:
    """Customers, orders of both windows, distances and who is withheld, for any lines."""
    found = measure(rows, least)
    expected = by_loops(rows, least)
    assert found.customer.tolist() == sorted(expected)
    for i, who in enumerate(found.customer.tolist()):
        before, now, distance = expected[who]
        assert (found.orders_before[i], found.orders_now[i]) == (before, now)
        assert found.measured[i] == (distance is not None)
        if distance is None:
            assert np.isnan(found.distance[i])
        else:
            assert found.distance[i] == float(distance)


@given(lines)
def test_the_distance_is_symmetric(rows: list[Line]) -> None:
    """Taking the windows the other way round moves nobody's distance."""
    turned = [(who, what, order, 1 - w if w >= 0 else w) for who, what, order, w in rows]
    np.testing.assert_array_equal(measure(rows).distance, measure(turned).distance)


@pytest.mark.parametrize(
    ("before", "now", "distance"),
    [
        ([0, 0], [0, 0, 0], 0.0),
        ([0, 0], [1, 1], 1.0),
        ([0, 1], [1, 1], 0.5),
        ([0, 1, 2, 3], [0, 1], 0.5),
        ([0, 0, 1], [0, 1, 1], 1 / 3),
    ],
)
def test_distances_by_hand(before: list[int], now: list[int], distance: float) -> None:
    """Same shares 0, nothing in common 1, and three cases between."""
    bought = [(c, 0) for c in before] + [(c, 1) for c in now]
    found = measure([(7, what, i, window) for i, (what, window) in enumerate(bought)])
    assert found.customer.tolist() == [7]
    assert found.distance.tolist() == [distance]


def test_pieces_of_an_order_count_once() -> None:
    """Two lines of one category in one order are one purchase of it."""
    once = [(0, 0, 0, 0), (0, 1, 1, 0), (0, 0, 2, 1)]
    assert measure([*once, (0, 0, 0, 0)]).distance.tolist() == measure(once).distance.tolist() == [0.5]


def test_who_bought_in_one_window_only_has_no_row() -> None:
    """Nothing can be said of her, and nothing of unknown buyers and categories."""
    assert len(measure([(0, 0, 0, 0), (-1, 0, 1, 0), (-1, 0, 2, 1), (1, -1, 3, 0), (1, 0, 4, 1)])) == 0
    assert len(measure([])) == 0


def test_no_orders_are_not_enough() -> None:
    """Shares of nothing are not defined."""
    with pytest.raises(InputError, match="at least 1 order"):
        measure([], 0)
