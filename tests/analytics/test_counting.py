"""Which orders count, for how much, and that nothing looks past the moment asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.counting import CountingPolicy, count, counted, purchase_at, refunded_as_of, refunds
from retailcrm.domain.orders import OrderState as S
from retailcrm.errors import SettingsError

AS_OF = np.datetime64("2024-02-01T00:00", "us")
BEFORE, AT, AFTER = "2024-01-15", "2024-02-01T00:00", "2024-02-10"
DEFAULT = CountingPolicy()
KEEP = CountingPolicy(full_refund="keep")
PLACED = CountingPolicy(clock="placed")
SEEN = CountingPolicy(undated_refund="first_seen")


def one(make_orders, policy, **row):
    """Say of one order whether it counts, and what was paid back on it."""
    table = make_orders([{"gross": 1000, **row}])
    return bool(counted(table, policy, AS_OF)[0]), int(refunded_as_of(table, policy, AS_OF)[0])


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (S.UNKNOWN, False),
        (S.PLACED, False),
        (S.PAID, True),
        (S.SHIPPED, True),
        (S.RECEIVED, True),
        (S.COMPLETED, True),
        (S.CLOSED, False),
        (S.REFUNDED, False),
    ],
)
def test_states_that_count(make_orders, state, counts):
    """From paid to completed an order counts; unpaid, closed, unknown and refunded ones do not."""
    assert one(make_orders, DEFAULT, at=BEFORE, state=state)[0] is counts


def test_a_shop_may_count_completed_orders_only(make_orders):
    """The states that count are a setting; being given back in full is dealt with apart."""
    strict = CountingPolicy(states={S.COMPLETED}, full_refund="keep")
    assert not one(make_orders, strict, at=BEFORE, state=S.PAID)[0]
    assert one(make_orders, strict, at=BEFORE, state=S.COMPLETED)[0]
    assert one(make_orders, strict, at=BEFORE, state=S.REFUNDED) == (True, 1000)


@pytest.mark.parametrize(("at", "counts"), [(BEFORE, True), (AT, False), (AFTER, False), (None, False)])
def test_as_of_is_exclusive(make_orders, at, counts):
    """An order at the very moment, later, or at no known time does not count."""
    assert one(make_orders, DEFAULT, at=at)[0] is counts


@pytest.mark.parametrize("policy", [DEFAULT, PLACED])
def test_the_other_clock_stands_in(make_orders, policy):
    """Where the policy's own instant is unknown the other one dates the purchase."""
    table = make_orders([{"placed": BEFORE}, {"paid": BEFORE}, {"placed": BEFORE, "paid": AFTER}])
    wanted = [BEFORE, BEFORE, AFTER if policy.clock == "paid" else BEFORE]
    assert purchase_at(table, policy).tolist() == np.array(wanted, "datetime64[us]").tolist()


def test_an_order_not_yet_paid_never_counts(make_orders):
    """Counted by the day it was placed, an order still waits for its payment."""
    assert not one(make_orders, PLACED, placed=BEFORE, paid=AFTER)[0]
    assert one(make_orders, PLACED, placed=BEFORE)[0]


@pytest.mark.parametrize("gross", [0, 1000])
def test_orders_for_nothing_count(make_orders, gross):
    """An order of amount zero counts; it was not given back."""
    assert one(make_orders, DEFAULT, at=BEFORE, gross=gross) == (True, 0)


def test_a_partial_refund_lowers_money_only(make_orders):
    """An order given back in part counts."""
    assert one(make_orders, DEFAULT, at=BEFORE, refunded=999, refunded_at=BEFORE) == (True, 999)


@pytest.mark.parametrize("policy", [DEFAULT, KEEP])
@pytest.mark.parametrize("row", [{"refunded": 1000}, {"refunded": 1200}, {"state": S.REFUNDED}])
def test_a_full_refund_drops_or_keeps_the_order(make_orders, policy, row):
    """By amount or by state, an order given back in full counts only if the policy keeps it."""
    kept, back = one(make_orders, policy, at=BEFORE, refunded_at=BEFORE, **row)
    assert kept is (policy is KEEP)
    assert back == max(1000, row.get("refunded", 0))


@pytest.mark.parametrize("policy", [DEFAULT, KEEP])
@pytest.mark.parametrize("row", [{"refunded": 1000}, {"state": S.REFUNDED}])
def test_a_refund_not_yet_settled_changes_nothing(make_orders, policy, row):
    """A refund settled at the moment or later leaves the order as it was."""
    assert one(make_orders, policy, at=BEFORE, refunded_at=AT, **row) == (True, 0)


def test_undated_refunds_go_by_policy(make_orders):
    """Without a date a refund counts with its order, or from the export that first showed it."""
    late = {"at": BEFORE, "refunded": 400, "first_seen": AFTER}
    assert one(make_orders, DEFAULT, **late) == (True, 400)
    assert one(make_orders, SEEN, **late) == (True, 0)
    assert one(make_orders, SEEN, **{**late, "first_seen": BEFORE}) == (True, 400)
    assert one(make_orders, SEEN, at=BEFORE, refunded=400) == (True, 400)


def test_a_date_wins_over_the_policy(make_orders):
    """A dated refund does not ask when it was first seen."""
    row = {"at": BEFORE, "refunded": 400, "refunded_at": BEFORE, "first_seen": AFTER}
    assert one(make_orders, SEEN, **row) == (True, 400)


@pytest.mark.parametrize(
    ("row", "back"),
    [
        ({"at": BEFORE}, 700),
        ({"at": AT}, 0),
        ({"at": None, "refunded_at": BEFORE}, 700),
        ({"at": None, "refunded_at": AFTER}, 0),
        ({"at": BEFORE, "refunded_at": AFTER}, 700),
        ({"at": None}, 700),
    ],
)
def test_credit_notes_are_dated_and_never_orders(make_orders, row, back):
    """A credit note counts from its own date, always if it has none, and never as an order."""
    assert one(make_orders, KEEP, credit=True, gross=0, refunded=700, **row) == (False, back)


def test_count_splits_orders_from_credit_notes(make_orders):
    """The selection holds counted orders and credit notes in force, each with its amounts."""
    table = make_orders(
        [
            {"c": 0, "at": BEFORE, "gross": 500, "refunded": 100},
            {"c": 1, "at": AFTER, "gross": 500},
            {"c": 1, "at": BEFORE, "refunded": 70, "credit": True},
            {"c": 1, "at": AFTER, "refunded": 80, "credit": True},
            {"c": -1, "at": BEFORE, "gross": 900},
        ]
    )
    rows = count(table, DEFAULT, AS_OF)
    assert rows.customer.tolist() == [0, -1]
    assert rows.net.tolist() == [400, 900]
    assert (rows.credit_customer.tolist(), rows.credit.tolist()) == ([1], [70])
    assert len(rows) == 2


def test_refunds_lists_only_rows_with_one(make_orders):
    """Most orders have no refund; those that have one are listed with what and when."""
    table = make_orders(
        [
            {"at": BEFORE, "gross": 100},
            {"at": BEFORE, "gross": 100, "refunded": 100, "refunded_at": AFTER},
            {"at": BEFORE, "refunded": 30, "credit": True},
        ]
    )
    found = refunds(table)
    assert found.row.tolist() == [1, 2]
    assert found.in_full.tolist() == [True, False]
    assert found.credit.tolist() == [False, True]
    assert found.at.tolist() == np.array([AFTER, BEFORE], "datetime64[us]").tolist()


def test_an_empty_table_counts_nothing(make_orders):
    """A shop without orders has no counted rows and no refunds."""
    table = make_orders([])
    assert len(count(table, DEFAULT, AS_OF)) == 0
    assert refunded_as_of(table, DEFAULT, AS_OF).tolist() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"clock": "shipped"},
        {"full_refund": "maybe"},
        {"undated_refund": "never"},
        {"states": {S.PLACED}},
        {"states": {S.REFUNDED}},
        {"states": set()},
    ],
)
def test_wrong_settings_are_refused(wrong):
    """A policy that says something impossible is refused, naming the setting."""
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        CountingPolicy(**wrong)


dates = st.sampled_from([None, BEFORE, AT, AFTER, "2023-12-01", "2024-01-31T23:59:59.999999"])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "c": st.integers(-1, 2),
            "placed": dates,
            "paid": dates,
            "state": st.sampled_from(list(S)),
            "gross": st.integers(0, 3),
            "refunded": st.integers(0, 4),
            "refunded_at": dates,
            "first_seen": dates,
            "credit": st.booleans(),
        }
    ),
    max_size=12,
)
policies = st.builds(
    CountingPolicy,
    clock=st.sampled_from(["paid", "placed"]),
    full_refund=st.sampled_from(["drop", "keep"]),
    undated_refund=st.sampled_from(["order_date", "first_seen"]),
    states=st.sets(st.sampled_from([S.PAID, S.SHIPPED, S.RECEIVED, S.COMPLETED]), min_size=1),
)


def by_the_rules(row, policy):
    """Decide one row in plain words: (counts as an order, paid back)."""
    order = ("paid", "placed") if policy.clock == "paid" else ("placed", "paid")
    bought = next((row[name] for name in order if row[name]), None)
    undated = bought
    if policy.undated_refund == "first_seen" and row["first_seen"]:
        undated = row["first_seen"]
    settled = row["refunded_at"] or undated
    if row["credit"] and row["placed"]:
        settled = row["placed"]
    visible = (row["credit"] and settled is None) or (settled is not None and np.datetime64(settled) < AS_OF)
    amount = row["refunded"]
    if row["state"] == S.REFUNDED:
        amount = max(amount, row["gross"])
    back = amount if visible else 0
    if row["credit"] or bought is None or not np.datetime64(bought) < AS_OF:
        return False, back
    if row["paid"] and not np.datetime64(row["paid"]) < AS_OF:
        return False, back
    if row["state"] != S.REFUNDED and row["state"] not in policy.states:
        return False, back
    whole = row["state"] == S.REFUNDED or (row["gross"] > 0 and row["refunded"] >= row["gross"])
    return not (visible and whole and policy.full_refund == "drop"), back


@given(rows, policies)
def test_columns_decide_like_the_plain_rule(make_orders, several, policy):
    """On any rows and policy the column kernels decide each row as the rule in plain words does."""
    table = make_orders(several, customers=3)
    wanted = [by_the_rules(row, policy) for row in several]
    assert counted(table, policy, AS_OF).tolist() == [counts for counts, _ in wanted]
    assert refunded_as_of(table, policy, AS_OF).tolist() == [back for _, back in wanted]
