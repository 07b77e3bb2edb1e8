"""Tiers of everybody and the story of one: both rules say the same, whatever the ladder."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.tier_metrics import ActiveDays
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.summary import summarise
from retailcrm.domain.orders import OrderState
from retailcrm.domain.tiers import ladder_from_table, tier_as_of
from retailcrm.ports.batches import Grain
from retailcrm.shop.customers import CustomerFiles
from retailcrm.shop.policy import Policy
from retailcrm.shop.tiering import joined_at, no_tiers, rows_of, tiers_of

S = OrderState
JAN = datetime(2024, 1, 1, tzinfo=UTC)
METRICS = {"active_days": ActiveDays()}
WINDOWS = [
    {"window": "lifetime", "hold": "forever"},
    {"window": "rolling", "window_months": 2, "hold_months": 1, "drop": "to_balance"},
    {"window": "calendar", "period": "month"},
    {"window": "calendar", "period": "quarter", "hold": "period", "grace": "P1M"},
    {"window": "since_join", "hold_months": 1, "drop": "one_down"},
    {"window": "since_last_change", "hold_months": 2, "drop": "one_down"},
]


def ladder(window, qualify_at="paid"):
    """Make a ladder of three tiers by spend, orders or active days."""
    table = {
        "currency": "CNY",
        "qualify_at": qualify_at,
        "return_window_days": 5,
        "metrics": [{"name": "active_days"}],
        "tiers": [
            {"name": "base"},
            {"name": "silver", "enter": {"spend": "2.00", "orders": 3, "combine": "any"}},
            {
                "name": "gold",
                "enter": {"spend": "4.00", "orders": 5, "active_days": 3, "combine": "any"},
            },
        ],
        **window,
    }
    # Rising in every measure: the silver tier must ask for active days too.
    table["tiers"][1]["enter"]["active_days"] = 2
    return ladder_from_table(table, currency="CNY", zone="Asia/Shanghai")


_order = st.fixed_dictionaries(
    {
        "buyer": st.sampled_from(["ann", "bob", "cat", None]),
        "paid_at": st.one_of(st.none(), st.integers(0, 24 * 200)),
        "placed_at": st.integers(0, 24 * 200),
        "completed_at": st.one_of(st.none(), st.integers(0, 24 * 220)),
        "total": st.integers(0, 300),
        "refunded": st.one_of(st.just(0), st.integers(0, 100)),
        "refunded_at": st.one_of(st.none(), st.integers(0, 24 * 230)),
        "state": st.sampled_from(list(OrderState)),
    }
)
_note = st.fixed_dictionaries(
    {
        "buyer": st.sampled_from(["ann", "bob", "dan"]),
        "placed_at": st.integers(0, 24 * 200),
        "amount": st.integers(-150, -1),
    }
)


def at(hours):
    """Give an instant by hours since the year began."""
    return None if hours is None else JAN + timedelta(hours=hours)


def table_of(kit, orders, notes):
    """Make an order table with credit notes."""
    times = ("paid_at", "placed_at", "completed_at", "refunded_at")
    rows = [
        {**row, "number": f"o{i}", **{name: at(row[name]) for name in times}}
        for i, row in enumerate(orders)
    ]  # fmt: skip
    lines = [
        {**row, "number": f"c{i}", "credit": True, "placed_at": at(row["placed_at"]), "state": S.COMPLETED}
        for i, row in enumerate(notes)
    ]
    files = [kit.file(rows, name="orders.csv")] if rows else []
    files += [kit.file(lines, grain=Grain.LINES, name="notes.csv")] if lines else []
    return kit.fold(*files).orders


@given(
    st.lists(_order, max_size=12),
    st.lists(_note, max_size=3),
    st.sampled_from(WINDOWS),
    st.sampled_from(["paid", "completed"]),
    st.sampled_from(["order_date", "first_seen"]),
    st.integers(1, 24 * 230),
)
def test_the_tier_column_equals_the_rule_for_one(kit, orders, notes, window, qualify_at, undated, hours):
    """For every customer, whatever ladder, refunds and moment: column and card agree."""
    table = table_of(kit, orders, notes)
    policy = Policy(
        ladder=ladder(window, qualify_at), counting=CountingPolicy(undated_refund=undated, full_refund="keep")
    )
    as_of = JAN + timedelta(hours=hours)
    summary = summarise(table, np.datetime64(as_of.replace(tzinfo=None), "us"), policy.counting)
    column = tiers_of(table, summary, policy.ladder, policy.counting, METRICS).tolist()
    files = CustomerFiles(lambda: [table], policy, METRICS, "main")
    for code, tier in zip(summary.customer.tolist(), column, strict=True):
        card = files.get(table.customers.ids[code], as_of=as_of)
        assert card.tier.tier.name == tier
    for name in table.customers.ids:
        files.get(name, as_of=as_of)  # nobody's file fails, bought or not


def test_who_joined_when(kit):
    """With the first paid order, given back later or not; else with what counts first."""
    rows = [
        {"number": "1", "buyer": "ann", "placed_at": at(5), "state": S.PLACED, "total": 5},
        {
            "number": "2",
            "buyer": "ann",
            "placed_at": at(6),
            "paid_at": at(30),
            "state": S.REFUNDED,
            "total": 5,
        },
        {"number": "3", "buyer": "ann", "paid_at": at(99), "placed_at": at(98), "state": S.PAID, "total": 5},
        {"number": "4", "buyer": "bob", "placed_at": at(5), "state": S.PLACED, "total": 5},
    ]
    lines = [{"number": "C1", "buyer": "cat", "placed_at": at(7), "amount": -5, "credit": True}]
    notes = kit.file(lines, grain=Grain.LINES, name="notes.csv")
    table = kit.fold(kit.file(rows, name="o.csv"), notes).orders
    as_of = np.datetime64("2024-03-01", "us")
    policy = CountingPolicy()
    counted = rows_of(table, ladder(WINDOWS[0]), as_of, policy, METRICS)
    found = dict(
        zip(table.customers.ids, joined_at(table, counted, as_of, policy).astype(str).tolist(), strict=True)
    )
    assert found == {"ann": "2024-01-02T06:00:00.000000", "bob": "NaT", "cat": "2024-01-01T07:00:00.000000"}
    early = np.datetime64("2024-01-02T06:00", "us")
    counted = rows_of(table, ladder(WINDOWS[0]), early, policy, METRICS)
    assert np.isnat(joined_at(table, counted, early, policy)[table.customers.ids.tolist().index("ann")])


def test_a_refund_of_an_order_that_does_not_count_takes_nothing(kit):
    """Ann's closed order with a refund lowers neither the column nor her card."""
    rows = [
        {"number": "1", "buyer": "ann", "paid_at": at(5), "state": S.COMPLETED, "total": 250, "refunded": 0},
        {"number": "2", "buyer": "ann", "paid_at": at(6), "state": S.CLOSED, "total": 90, "refunded": 90},
    ]
    table = kit.fold(kit.file(rows)).orders
    policy = Policy(ladder=ladder(WINDOWS[0]))
    card = CustomerFiles(lambda: [table], policy, METRICS, "main").get("ann", as_of="2024-03-01")
    assert card.tier.tier.name == "silver"
    assert card.tier.values["spend"] == 250
    summary = summarise(table, np.datetime64("2024-03-01", "us"))
    assert tiers_of(table, summary, policy.ladder, policy.counting, METRICS).tolist() == ["silver"]


def test_the_reasons_name_orders(kit):
    """Why gold: the order that lifted her, by platform, shop and number."""
    rows = [
        {"number": n, "buyer": "ann", "paid_at": at(h), "state": S.COMPLETED, "total": 250}
        for n, h in (("193", 5), ("194", 50))
    ]
    table = kit.fold(kit.file(rows)).orders
    files = CustomerFiles(lambda: [table], Policy(ladder=ladder(WINDOWS[0])), METRICS, "main")
    why = files.get("ann", as_of="2024-03-01").tier.why[0]
    assert (why.rule, why.tier, why.orders) == ("entered", "gold", ("taobao/main/194",))


def test_without_a_ladder_nobody_has_a_tier():
    """The column is there, and empty."""
    assert no_tiers(3).tolist() == [None, None, None]
    assert no_tiers(0).tolist() == []


def test_the_one_customer_rule_is_the_domains(kit):
    """The card's tier is what the domain makes of her orders, written down by hand."""
    from retailcrm.domain.tiers import TierEvent

    rows = [
        {"number": "1", "buyer": "ann", "paid_at": at(5), "state": S.COMPLETED, "total": 250, "refunded": 0},
        {
            "number": "2",
            "buyer": "ann",
            "paid_at": at(30),
            "state": S.COMPLETED,
            "total": 260,
            "paid": 200,
            "refunded": 60,
            "refunded_at": at(40),
        },
    ]
    table = kit.fold(kit.file(rows)).orders
    rules = ladder(WINDOWS[1])
    metrics = (("active_days", 1),)
    events = [
        TierEvent(at(5), 250, 1, "taobao/main/1", metrics),
        TierEvent(at(30), 260, 1, "taobao/main/2", metrics),
        TierEvent(at(40), -60, 0, "taobao/main/2"),
    ]
    as_of = at(24 * 40)
    files = CustomerFiles(lambda: [table], Policy(ladder=rules), METRICS, "main")
    assert files.get("ann", as_of=as_of).tier == tier_as_of(events, rules, as_of, at(5))


@pytest.mark.parametrize("window", WINDOWS)
def test_customers_with_refunded_orders_alone_break_no_ladder(kit, window):
    """Their orders are dropped from the scores; windows since joining still work for the others."""
    rows = [
        {"number": "1", "buyer": "ann", "paid_at": at(5), "state": S.REFUNDED, "total": 250},
        {"number": "2", "buyer": "bob", "paid_at": at(5), "state": S.COMPLETED, "total": 250},
    ]
    table = kit.fold(kit.file(rows)).orders
    rules = ladder(window)
    summary = summarise(table, np.datetime64("2024-01-09", "us"))
    assert tiers_of(table, summary, rules, CountingPolicy(), METRICS).tolist() == ["silver"]
