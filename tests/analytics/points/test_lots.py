"""Lots and movements of orders in bulk equal those that following the orders one by one writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.analytics.points.order_points import points_of_orders
from retailcrm.analytics.points.paid_orders import earn_columns
from retailcrm.analytics.tables import Customers, LineTable, OrderTable
from retailcrm.analytics.tables.points import BUCKETS, VERBS
from retailcrm.domain.money import split
from retailcrm.domain.orders import OrderState
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.following import OrderFacts, follow
from retailcrm.domain.points.programme import Campaign, Programme
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Waiting, Wallet

START = datetime(2018, 10, 28, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PAID_STATES = (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED)
ZONES = ("Asia/Shanghai", "America/Sao_Paulo")
# Few hours, so that awards, activations, refunds and lapses fall on one instant often.
moments = st.builds(
    lambda day, hour: START + timedelta(days=day, hours=hour), st.integers(0, 80), st.sampled_from([0, 3, 4])
)


@st.composite
def rows(draw):
    """Draw an order as an export could show it."""
    gross = draw(st.integers(0, 400))
    paid = draw(moments | st.none())
    back = draw(st.sampled_from([0, 0, 0, 1, 2]))
    return {
        "c": draw(st.sampled_from([-1, 0, 0, 0, 1])),
        "placed": draw(moments),
        "paid": paid,
        "shipped": draw(st.none() | moments),
        "completed": draw(st.none() | moments),
        "state": draw(st.sampled_from([*OrderState, OrderState.COMPLETED, OrderState.REFUNDED])),
        "credit": draw(st.sampled_from([False, False, False, True])),
        "gross": gross,
        "refunded": draw(st.integers(0, gross + 5)) if back else 0,
        "refunded_at": draw(moments) if back == 2 else None,
        "first_seen": draw(st.none() | moments),
        "lines": draw(st.lists(st.integers(0, 50), max_size=3)),
        "postage": draw(st.integers(0, gross)),
    }


@st.composite
def expiries(draw):
    """Draw an expiry short enough to matter."""
    months = draw(st.none() | st.integers(1, 2))
    days = draw(st.none() | st.integers(1, 20)) if months is None else None
    return Expiry(
        months=months, days=days, snap=draw(st.sampled_from(["day", "day", "month"])),
        zone=draw(st.sampled_from(ZONES)),
    )  # fmt: skip


@st.composite
def wallets(draw):
    """Draw the rules of a wallet."""
    return Wallet(
        earn=EarnRule(
            rate=draw(st.sampled_from([Fraction(1), Fraction(10), Fraction(100)])),
            round_at=draw(st.sampled_from(["order", "line"])),
            caps=draw(st.sampled_from([(), (), (Cap(points=200, per="month"), Cap(points=60))])),
            base=EarnBase(items=draw(st.sampled_from([True, True, False])), shipping=draw(st.booleans())),
        ),
        waiting=Waiting(
            until=draw(st.sampled_from(["paid", "received", "received"])),
            days=draw(st.sampled_from([None, 0, 2, 15])),
            since=draw(st.sampled_from(["paid", "shipped"])),
        ),
        expiry=draw(expiries()),
        expiry_from=draw(st.sampled_from(["activation", "award"])),
        inactive=draw(st.none() | expiries()),
        shortfall=draw(st.sampled_from(["only_pending", "within_balance", "debt"])),
    )


def column(found):
    """Lay moments out as a column; None is NaT."""
    naive = ["NaT" if one is None else np.datetime64(one.replace(tzinfo=None), "us") for one in found]
    return np.array(naive, "datetime64[us]")


def tables(drawn):
    """Lay drawn orders out as tables; the last number is the smallest, so that ties are turned round."""
    lines = [(row, gross) for row, order in enumerate(drawn) for gross in order["lines"]]
    lines = [*lines[::2], *lines[1::2]]
    orders = OrderTable(
        currency="CNY",
        zone="Asia/Shanghai",
        customers=Customers(ids=Texts.of(["a", "b"]), strength=np.full(2, 2, np.int8)),
        numbers=Texts.of(f"{99 - row:02}" for row in range(len(drawn))),
        customer=np.array([one["c"] for one in drawn], np.int32),
        placed_at=column(one["placed"] for one in drawn),
        paid_at=column(one["paid"] for one in drawn),
        shipped_at=column(one["shipped"] for one in drawn),
        completed_at=column(one["completed"] for one in drawn),
        state=np.array([one["state"] for one in drawn], np.int8),
        credit=np.array([one["credit"] for one in drawn], bool),
        gross=np.array([one["gross"] for one in drawn], np.int64),
        refunded=np.array([one["refunded"] for one in drawn], np.int64),
        refunded_at=column(one["refunded_at"] for one in drawn),
        first_seen=column(one["first_seen"] for one in drawn),
        postage=np.array([one["postage"] for one in drawn], np.int64),
    )
    table = LineTable(
        order=np.array([row for row, _ in lines], np.int32),
        product=Coded(np.zeros(len(lines), np.int32), Texts.of(["p"])),
        quantity=np.ones(len(lines), np.int64),
        gross=np.array([gross for _, gross in lines], np.int64),
        refunded=np.zeros(len(lines), np.int64),
    )
    return orders, table


def in_line_order(drawn, row, table):
    """Give an order's lines as they stand in the line table."""
    return tuple(table.gross[table.order == row].tolist()) if drawn[row]["lines"] else ()


def facts_of(drawn, row, table, as_of, undated):
    """Tell what was known of an order at a moment, by the words of the specification."""
    order = drawn[row]
    paid = order["paid"] or (order["placed"] if order["state"] in PAID_STATES else None)
    if order["credit"] or paid is None or paid >= as_of or order["c"] < 0 or not order["gross"]:
        return None
    whole = order["state"] == OrderState.REFUNDED
    refunded = max(order["refunded"], order["gross"]) if whole else order["refunded"]
    purchase = order["paid"] or order["placed"]
    fallback = (order["first_seen"] or purchase) if undated == "first_seen" else purchase
    back_at = order["refunded_at"] or fallback
    known = refunded > 0 and back_at < as_of
    return OrderFacts(
        reference=f"{99 - row:02}",
        paid_at=paid,
        shipped_at=order["shipped"] if order["shipped"] and order["shipped"] < as_of else None,
        completed_at=order["completed"] if order["completed"] and order["completed"] < as_of else None,
        gross=order["gross"],
        refunded=refunded if known else 0,
        refunded_at=back_at if known else None,
        lines=in_line_order(drawn, row, table),
        shipping=order["postage"],
    )


def followed(facts, wallet, as_of, multipliers=lambda _: ()):
    """Follow one customer's orders one by one; give what moved, and her lots as they are."""
    found = follow(
        Account(id="x"), facts, {}, wallet, observed_at=as_of - TICK, unit=100,
        lots_of=lambda _: (), multipliers=multipliers,
    )  # fmt: skip
    moves = [
        (move.lot.removeprefix("order:"), str(entry.verb), move.source and str(move.source),
         str(move.target), move.points, entry.effective_at)
        for entry in found.entries for move in entry.movements
    ]  # fmt: skip
    lots = {lot.id.removeprefix("order:"): lot for entry in found.entries for lot in entry.lots}
    return moves, lots


def moment(at):
    """Give an instant of a column as an aware datetime."""
    return None if np.isnat(at) else at.astype(datetime).replace(tzinfo=UTC)


def moved(orders, points):
    """List what moved in bulk, by order number."""
    table, lot_row = points.movements, points.awards.columns.row[points.awards.points > 0]
    return [
        (orders.numbers[int(lot_row[table.lot[i]])], str(VERBS[table.verb[i]]),
         str(BUCKETS[table.source[i]]) if table.source[i] >= 0 else None, str(BUCKETS[table.target[i]]),
         int(table.points[i]), moment(table.effective_at[i]))
        for i in range(len(table))
    ]  # fmt: skip


def key(move):
    """Sort moves whose source may be nowhere."""
    return tuple(str(part) for part in move)


@settings(max_examples=5 * settings.default.max_examples, deadline=None)
@given(
    st.lists(rows(), max_size=7), wallets(), moments, st.sampled_from(["order_date", "first_seen"])
)  # fmt: skip
def test_bulk_equals_following_one_by_one(drawn, wallet, as_of, undated):
    """Earned, activated, expired and taken back: the same points of the same lots at the same moments."""
    orders, table = tables(drawn)
    counting = CountingPolicy(undated_refund=undated)
    bulk = points_of_orders(
        orders, table, Programme(wallets=(wallet,)),
        as_of=np.datetime64(as_of.replace(tzinfo=None), "us"), counting=counting,
    )  # fmt: skip
    facts = [facts_of(drawn, row, table, as_of, undated) for row in range(len(drawn))]
    moves, lots = [], {}
    for who in (0, 1):
        mine = [fact for fact, order in zip(facts, drawn, strict=True) if fact and order["c"] == who]
        more, hers = followed(mine, wallet, as_of)
        moves += more
        lots |= hers
    assert sorted(moved(orders, bulk), key=key) == sorted(moves, key=key)
    numbers = [orders.numbers[int(row)] for row in bulk.awards.columns.row[bulk.awards.points > 0]]
    assert sorted(numbers) == sorted(lots)
    for row, number in enumerate(numbers):
        lot, columns = lots[number], bulk.movements.lots
        assert (columns.points[row], moment(columns.awarded_at[row])) == (lot.points, lot.awarded_at)
        if lot.is_open:
            assert moment(columns.activates_at[row]) == lot.activates_at
            assert moment(columns.expires_at[row]) == lot.expires_at


@settings(max_examples=2 * settings.default.max_examples, deadline=None)
@given(
    st.lists(moments, min_size=2, max_size=9),
    st.sampled_from([Expiry(days=5, zone="Asia/Shanghai"), Expiry(days=12), Expiry(months=1, snap="month")]),
    st.sampled_from([Expiry(), Expiry(days=40)]),
    moments,
)
def test_lapse_by_doing_nothing_equals_following_one_by_one(paid, idle, expiry, as_of):
    """Many orders of one customer: what each kept alive lapses at the very moment it does one by one."""
    drawn = [row_of(placed=at, paid=at, shipped=at) for at in paid]
    wallet = Wallet(waiting=Waiting(days=3), expiry=expiry, inactive=idle)
    orders, table = tables(drawn)
    at = np.datetime64(as_of.replace(tzinfo=None), "us")
    bulk = points_of_orders(orders, table, Programme(wallets=(wallet,)), as_of=at)
    facts = [facts_of(drawn, row, table, as_of, "order_date") for row in range(len(drawn))]
    moves, lots = followed([fact for fact in facts if fact], wallet, as_of)
    assert sorted(moved(orders, bulk), key=key) == sorted(moves, key=key)
    ends = [moment(end) for end in bulk.movements.lots.expires_at]
    numbers = [orders.numbers[int(row)] for row in bulk.awards.columns.row]
    assert all(
        lots[name].expires_at == end for name, end in zip(numbers, ends, strict=True) if lots[name].is_open
    )


@settings(max_examples=2 * settings.default.max_examples, deadline=None)
@given(st.lists(rows(), max_size=6), moments, st.booleans())
def test_orders_become_columns_as_the_specification_says(drawn, as_of, lines):
    """Gross less postage shared over lines by their gross; unpaid, unknown, free, later orders left out."""
    orders, table = tables(drawn)
    found = earn_columns(orders, table if lines else None, np.datetime64(as_of.replace(tzinfo=None), "us"))
    facts = [facts_of(drawn, row, table, as_of, "order_date") for row in range(len(drawn))]
    assert sorted(found.row.tolist()) == [row for row, fact in enumerate(facts) if fact]
    for place, row in enumerate(found.row.tolist()):
        weights = facts[row].lines if lines else ()
        goods = drawn[row]["gross"] - drawn[row]["postage"]
        wanted = split(goods, weights) if any(weights) else (goods,)
        assert found.shipping[place] == drawn[row]["postage"]
        mine = found.order == place
        assert [one for one in found.price[mine].tolist() if one] == [one for one in wanted if one]
        for line, price in zip(found.line[mine].tolist(), found.price[mine].tolist(), strict=True):
            assert line == -1 or (table.order[line] == row and price <= facts[row].gross)


def row_of(**changes):
    """Give a plain order: 100.00 paid at the start, completed, not refunded."""
    plain = {
        "c": 0, "placed": START, "paid": START, "shipped": None, "completed": None,
        "state": OrderState.PAID, "credit": False, "gross": 10_000, "refunded": 0, "refunded_at": None,
        "first_seen": None, "lines": [], "postage": 0,
    }  # fmt: skip
    return plain | changes


def days(number):
    """Give a moment some days after the start."""
    return START + timedelta(days=number)


def verbs_and_points(drawn, wallet, as_of):
    """List what moved, in the order of time."""
    orders, _ = tables(drawn)
    found = points_of_orders(
        orders, None, Programme(wallets=(wallet,)), as_of=np.datetime64(as_of.replace(tzinfo=None), "us")
    )
    return [(verb, source, points) for _, verb, source, _, points, _ in
            sorted(moved(orders, found), key=lambda one: one[5])]  # fmt: skip


EARNED, FREED = ("earn", None, 100), ("activate", "pending", 100)
LAPSE = datetime(2018, 11, 11, tzinfo=UTC)
"""End of the tenth day after the third day after the start."""


@pytest.mark.parametrize(
    ("changes", "shortfall", "as_of", "wanted"),
    [
        ({}, "debt", 3, [EARNED]),
        ({}, "debt", 4, [EARNED, FREED]),
        ({"refunded": 3333, "refunded_at": days(2)}, "debt", 4,
         [EARNED, ("reverse", "pending", 33), ("activate", "pending", 67)]),
        ({"refunded": 3333, "refunded_at": days(3)}, "debt", 4,
         [EARNED, FREED, ("reverse", "available", 33)]),
        ({"refunded": 3333, "refunded_at": days(4)}, "debt", 4, [EARNED, FREED]),
        ({"refunded": 3333, "refunded_at": days(3)}, "only_pending", 4, [EARNED, FREED]),
        ({"refunded": 3333, "refunded_at": days(2)}, "only_pending", 4,
         [EARNED, ("reverse", "pending", 33), ("activate", "pending", 67)]),
        ({"refunded": 3333, "refunded_at": days(5)}, "within_balance", 40,
         [EARNED, FREED, ("reverse", "available", 33), ("expire", "available", 67)]),
        ({"refunded": 3333, "refunded_at": LAPSE - TICK}, "debt", 40,
         [EARNED, FREED, ("reverse", "available", 33), ("expire", "available", 67)]),
        ({"refunded": 3333, "refunded_at": LAPSE}, "debt", 40,
         [EARNED, FREED, ("expire", "available", 100), ("reverse", "expired", 33)]),
        ({"state": OrderState.REFUNDED, "refunded_at": days(20)}, "debt", 40,
         [EARNED, FREED, ("expire", "available", 100), ("reverse", "expired", 100)]),
    ],
)  # fmt: skip
def test_what_a_refund_takes_reckoned_by_hand(changes, shortfall, as_of, wanted):
    """Before the activation from pending, from it on from available, after the lapse from expired."""
    wallet = Wallet(waiting=Waiting(days=None), expiry=Expiry(days=10), shortfall=shortfall)
    assert verbs_and_points([row_of(completed=days(3), **changes)], wallet, days(as_of)) == wanted


# Points last ten days from the last order, to midnight in Shanghai: 20:00 there and four hours more.
MIDNIGHT = timedelta(hours=4)


@pytest.mark.parametrize(
    ("later", "lapsed"),
    [
        ([days(9)], 0),
        ([days(10) + MIDNIGHT - TICK], 0),
        ([days(10) + MIDNIGHT], 1),
        ([days(11)], 1),
        ([days(5), days(15) + MIDNIGHT - TICK], 0),
        ([days(5), days(15) + MIDNIGHT], 2),
        ([days(5), days(12), days(20)], 0),
        ([days(5), days(12), days(20), days(31)], 4),
        ([days(5), days(12), days(30), days(38)], 3),
    ],
)
def test_doing_nothing_for_too_long_reckoned_by_hand(later, lapsed):
    """Orders keep all points alive that have not lapsed by then; an order at the moment of lapse is late."""
    idle = Expiry(days=10, zone="Asia/Shanghai")
    wallet = Wallet(waiting=Waiting(until="paid"), expiry=Expiry(), inactive=idle)
    drawn = [row_of(placed=at, paid=at) for at in (START, *later)]
    found = verbs_and_points(drawn, wallet, later[-1] + TICK)
    assert [verb for verb, _, _ in found].count("expire") == lapsed


def test_campaigns_multiply_the_orders_they_hold():
    """From the first moment of a campaign to the moment before its end an order earns twice as much."""
    campaign = Campaign(name="double", start=days(1), end=days(2), multiplier=Fraction(2))
    drawn = [row_of(placed=at, paid=at) for at in (days(1) - TICK, days(1), days(2) - TICK, days(2))]
    orders, _ = tables(drawn)
    programme = Programme(campaigns=(campaign, attrs.evolve(campaign, name="gold", tiers=("gold",))))
    found = points_of_orders(orders, None, programme, as_of=np.datetime64("2019-01-01", "us"))
    assert found.awards.points.tolist() == [100, 200, 200, 100]


def test_a_wallet_that_orders_do_not_fill_stays_empty():
    """Without a rule for orders there is nothing in the wallet."""
    orders, _ = tables([row_of()])
    programme = Programme(wallets=(Wallet(name="status", earn=None),))
    found = points_of_orders(orders, None, programme, as_of=np.datetime64("2019-01-01", "us"))
    assert (len(found.movements), len(found.movements.lots)) == (0, 0)
