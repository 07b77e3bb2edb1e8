"""The built-in tier metric."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.tier_metrics import ActiveDays

ORDERS = st.lists(st.tuples(st.integers(0, 3), st.integers(19_000, 19_004)), max_size=20)


@given(ORDERS)
def test_active_days_are_the_distinct_days_of_each_customer(orders: list[tuple[int, int]]) -> None:
    """Each day counts once, with its first order, whatever sequence the customers stand in."""
    customers = np.array([who for who, _ in orders], np.int32)
    given_ = ActiveDays().contributions(customers, np.array([day for _, day in orders], np.int64))
    assert given_.dtype == np.int64
    assert len(given_) == len(orders)
    for who in range(4):
        mine = given_[customers == who]
        assert mine.sum() == len({day for customer, day in orders if customer == who})
    seen: set[tuple[int, int]] = set()
    for order, value in zip(orders, given_.tolist(), strict=True):
        assert value == (order not in seen)
        seen.add(order)


def test_two_orders_of_a_day_count_once() -> None:
    """Customer 0 buys twice on one day and once on the next, customer 1 once."""
    given_ = ActiveDays().contributions(np.array([0, 1, 0, 0], np.int32), np.array([5, 5, 5, 6], np.int64))
    assert given_.tolist() == [1, 1, 0, 1]
