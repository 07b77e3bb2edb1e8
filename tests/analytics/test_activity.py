"""Active, sleeping, lost: by fixed days or by the customer's own habit; and who never paid."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.activity import (
    ACTIVITY_STATES,
    FixedDays,
    OwnInterval,
    activity,
    own_interval_limits,
    potential,
    shop_interval,
)
from retailcrm.domain.orders import OrderState as S
from retailcrm.errors import InputError, SettingsError

AS_OF = np.datetime64("2024-07-01", "us")

rows = st.lists(
    st.integers(1, 8).flatmap(
        lambda n: st.fixed_dictionaries(
            {
                "days": st.integers(0, 300),
                "purchase_days": st.just(n),
                "active_days": st.integers(n - 1, 200) if n > 1 else st.just(0),
            }
        )
    ),
    min_size=1,
    max_size=15,
)


def test_fixed_days_begin_on_their_day(make_summary):
    """89 days is active, 90 sleep, 179 still sleep, 180 loss; the cuts are in the words."""
    found = activity(make_summary([{"days": d} for d in (0, 89, 90, 179, 180, 999)]))
    assert found.states.tolist() == ["active", "active", "sleeping", "sleeping", "lost", "lost"]
    assert found.states.values.tolist() == list(ACTIVITY_STATES)
    assert found.basis == ("仅按订单", "orders only")
    assert found.rules["active"] == ("距上次互动不足 90 天", "last touch less than 90 days ago")
    assert found.rules["sleeping"].en == "from 90 to less than 180 days"
    assert found.shop_interval is None


def test_a_shop_sets_its_days(make_summary):
    """Other limits move the states and the words."""
    found = activity(make_summary([{"days": d} for d in (29, 30, 60)]), FixedDays(30, 60))
    assert found.states.tolist() == ["active", "sleeping", "lost"]
    assert found.rules["lost"] == ("60 天及以上", "60 days or more")


def test_other_touches_count_where_loaded(make_summary):
    """A visit after the last order wakes a customer; none, or an older one, does not."""
    summary = make_summary([{"days": 200}, {"days": 200}, {"days": 10}])
    visits = np.array(["2024-06-30", "NaT", "2024-01-01"], "datetime64[us]")
    found = activity(summary, touches={"visit": visits, "wechat": np.full(3, "NaT", "datetime64[us]")})
    assert found.states.tolist() == ["active", "lost", "active"]
    assert found.days_since_touch.tolist() == [1, 200, 10]
    assert found.basis == ("订单、访问、wechat", "orders, visits, wechat")


def test_touches_must_fit_the_summary(make_summary):
    """A touch at the moment or later would look ahead; a column of another length is a mistake."""
    summary = make_summary([{"days": 5}])
    with pytest.raises(InputError, match="reach beyond"):
        activity(summary, touches={"visit": np.array([AS_OF])})
    with pytest.raises(InputError, match="2 for 1 customers"):
        activity(summary, touches={"visit": np.full(2, "NaT", "datetime64[us]")})


def test_own_interval_by_hand(make_summary):
    """Intervals 10 (twice) and 30 (once): shop median 10; each shrinks to it by weight 2."""
    summary = make_summary(
        [
            {"days": 20, "purchase_days": 3, "active_days": 20},  # (20 + 2*10) / (2 + 2) = 10: sleeps from 20
            {"days": 33, "purchase_days": 2, "active_days": 30},  # (30 + 20) / (1 + 2) = 16 2/3: from 33 1/3
            {"days": 34, "purchase_days": 2, "active_days": 30},
            {"days": 19, "purchase_days": 1},  # the shop's 10: from 20
            {"days": 40, "purchase_days": 1},  # lost from 40
            {"days": 5, "purchase_days": 3, "active_days": 20},
            {"days": 5, "purchase_days": 4, "active_days": 30},
        ]
    )
    # own means: 10, 30, 30, 10, 10: the median is 10
    assert shop_interval(summary) == 10
    found = activity(summary, OwnInterval())
    assert found.states.tolist() == ["sleeping", "active", "sleeping", "active", "lost", "active", "active"]
    assert found.shop_interval == 10
    assert (
        found.rules["active"].en
        == "less than 2 times the own interval (shrunk to the shop's median of 10 days, weight 2)"
    )
    assert found.rules["sleeping"].zh == "2 倍起、不足 4 倍个人购买间隔（向全店中位数 10 天收缩，权重 2）"


def test_a_shop_of_one_time_buyers_has_no_interval(make_summary):
    """Without any interval fixed days are used, and the words say why."""
    summary = make_summary([{"days": 100}])
    assert shop_interval(summary) is None
    found = activity(summary, OwnInterval())
    assert found.states.tolist() == ["sleeping"]
    assert (
        found.rules["sleeping"].en == "from 90 to less than 180 days (nobody bought on two days: fixed days)"
    )
    assert found.rules["sleeping"].zh.endswith("（无人购买两天以上，改用固定天数）")


@given(rows, st.fractions(Fraction(1, 2), 3, max_denominator=500), st.integers(1, 5))
def test_own_limits_agree_with_fractions(make_summary, several, multiple, weight):
    """For any habits the first day of sleep is the first whole day past the formula's value."""
    rule = OwnInterval(multiple, multiple * 2, weight)
    means = sorted(
        Fraction(r["active_days"], r["purchase_days"] - 1) for r in several if r["purchase_days"] > 1
    )
    summary = make_summary(several)
    if not means:
        assert shop_interval(summary) is None
        return
    typical = means[(len(means) - 1) // 2]
    assert shop_interval(summary) == typical
    own = [(r["active_days"] + weight * typical) / (r["purchase_days"] - 1 + weight) for r in several]
    sleeping, lost = own_interval_limits(summary, rule, typical)
    assert sleeping.tolist() == [math.ceil(multiple * x) for x in own]
    found = activity(summary, rule).states.tolist()
    assert found == [
        "lost" if r["days"] >= 2 * multiple * x else "sleeping" if r["days"] >= multiple * x else "active"
        for r, x in zip(several, own, strict=True)
    ]
    assert (lost >= sleeping).all()


def test_an_empty_shop_has_no_states(make_summary):
    """No customer, no state, under either rule."""
    for rule in (FixedDays(), OwnInterval()):
        assert activity(make_summary([]), rule).states.tolist() == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedDays(0, 10), "1 day or more"),
        (lambda: FixedDays(10, 10), "loss later"),
        (lambda: OwnInterval(0, 1), "above 0"),
        (lambda: OwnInterval(2, 2), "loss later"),
        (lambda: OwnInterval(weight=0), "weigh at least 1"),
        (lambda: OwnInterval(2.5, 5), "fraction"),
        (lambda: OwnInterval("2.0001", 5), "finer than"),
    ],
)
def test_limits_that_leave_a_state_empty_are_refused(make, message):
    """Sleep begins before loss, both after activity."""
    with pytest.raises(SettingsError, match=message):
        make()


@pytest.mark.parametrize(
    ("orders", "is_potential"),
    [
        ([{"placed": "2024-06-01", "state": S.PLACED}], True),
        ([{"placed": "2024-06-01", "state": S.CLOSED}], True),
        ([{"placed": "2024-07-01", "state": S.PLACED}], False),
        ([{"placed": "2024-06-01", "state": S.PLACED, "credit": True}], False),
        ([{"placed": "2024-06-01", "state": S.COMPLETED}], False),
        ([{"placed": "2024-06-01", "paid": "2024-06-01", "state": S.REFUNDED}], False),
        ([{"placed": "2024-06-01", "state": S.REFUNDED}], False),
        ([{"placed": "2024-06-01", "paid": "2024-07-02", "state": S.PAID}], True),
        ([{"placed": "2024-06-01", "state": S.UNKNOWN}], False),
        ([{"placed": "2024-06-01", "paid": "2024-06-01", "state": S.UNKNOWN}], False),
        ([{"state": S.PAID}, {"placed": "2024-06-01", "state": S.CLOSED}], False),
        ([{"placed": "2024-06-01", "state": S.CLOSED}, {"at": "2024-06-02"}], False),
        ([{"placed": "2024-06-01", "state": S.CLOSED}, {"at": "2024-07-02"}], True),
    ],
)
def test_potential_customers_ordered_and_never_paid(make_orders, orders, is_potential):
    """An unpaid or closed order makes a potential customer, as long as nothing was paid by the moment."""
    assert potential(make_orders(orders), AS_OF).tolist() == [0] * is_potential


def test_potential_customers_are_listed_once(make_orders):
    """Codes rise, each once, unknown buyers are nobody."""
    table = make_orders([{"c": c, "placed": "2024-06-01", "state": S.CLOSED} for c in (2, 0, 2, -1)])
    assert potential(table, AS_OF).tolist() == [0, 2]
    assert potential(table, AS_OF).dtype == np.int32
