"""Everybody's points, read at once from a store, are those of a shop in memory."""

from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

import attrs
import pytest
from hypothesis import given, settings
from tests.shop.stored.histories import DAYS, START, policies
from tests.shop.stored.test_following import (
    FEW,
    MAPPING,
    QUIET,
    files,
    look,
    one_order,
    policy_of,
    table,
    told,
)

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.ledger import SqlLedger
from retailcrm.domain.points.wallets import Redemption, Waiting
from retailcrm.shop.loyalty.at_once import at_once
from retailcrm.shop.stored.orders_of import StoredOrdersOf

BUYERS = ("ann", "bob", "cat")


def customers_of(standing):
    """Give a row of figures by customer."""
    rows = standing.customers
    columns = (rows.pending, rows.available, rows.held, rows.debt, rows.last_day, rows.lapsing)
    names = rows.customer_ids.tolist()
    return dict(zip(names, zip(*(column.tolist() for column in columns), strict=True), strict=True))


def figures(shop, as_of):
    """Give all that a shop tells of points at a moment."""
    found = []
    for wallet in shop.policy.points.wallets:
        there = shop.points(as_of, wallet=wallet.name)
        found.append((customers_of(there), dict(there.flows), there.past, there.expiring, there.orders))
    due = shop.points_due(START, as_of).events.to_pylist()
    return found, sorted(due, key=str)


def balances(shop, as_of):
    """Give everybody's journal, without what it takes to follow an order late."""
    found = {name: shop.points_of(name, as_of) for name in BUYERS}
    return {name: attrs.evolve(one, lines=()) for name, one in found.items()}


def one_by_one(shop, as_of):
    """Give a store's figures as they are without columns: entry by entry, account by account."""
    with patch.object(SqlLedger, "columns", None):
        return figures(shop, as_of)


@settings(max_examples=max(FEW // 3, 1), suppress_health_check=QUIET)
@given(policies(), files())
def test_points_of_a_store_are_those_of_memory(tmp_path_factory, policy, several):
    """After all files, each customer's points, what came and went and what is due are the same."""
    now = [START + timedelta(days=DAYS // 2)]
    url = f"sqlite:///{tmp_path_factory.mktemp('shop')}/shop.db"
    here = open_shop(policy=policy, clock=lambda: now[0])
    there = open_shop(url, policy=policy, clock=lambda: now[0])
    with closing(here), closing(there):
        stored = there.loyalty._accounts.ledger
        for found, hours in several:
            before = told(stored, policy)
            for shop in (here, there):
                shop.imports.table(table(found), MAPPING)
            # An order is awarded as it was first told: a store writes that down at once, memory when asked.
            after = told(stored, policy)
            look(here, {name for name in after if after[name] != before[name]})
            now[0] += timedelta(hours=hours)
        for days in (0, 40):
            as_of = now[0] + timedelta(days=days)
            assert figures(there, as_of) == figures(here, as_of)
            assert balances(there, as_of) == balances(here, as_of)
        for days in (-40, -DAYS, -5, -2, -1, 0, 1, 3, 40):
            as_of = now[0] + timedelta(days=days)
            assert figures(there, as_of) == one_by_one(there, as_of)


@pytest.fixture
def both(tmp_path):
    """Give a shop in memory and one in a file, of points that can be spent at once."""
    policy = policy_of(waiting=Waiting(until="paid"), redemption=Redemption())
    shops = [
        open_shop(url, policy=policy, clock=lambda: START + timedelta(days=30))
        for url in ("memory:", f"sqlite:///{tmp_path}/shop.db")
    ]
    yield shops
    for shop in shops:
        shop.close()


def test_debts_and_merged_customers_are_those_of_memory(both):
    """Who spent points of an order that was paid back owes them; two who are one have one row."""
    for shop in both:
        orders = [one_order("1", "ann", 1, paid="500"), one_order("2", "bob", 2), one_order("3", "cat", 3)]
        shop.imports.table(table(orders), MAPPING)
        shop.loyalty.redeem("ann", 400, key="spent")
        back = one_order("1", "ann", 1, paid="500", back="500", refunded_at=START + timedelta(days=5))
        shop.imports.table(table([back]), MAPPING)
        shop.customers.merge("bob", "cat", by="me", note="one person")
    here, there = both
    as_of = START + timedelta(days=31)
    # In the store both had accounts, and points moved from one to the other: what moved is not compared.
    assert customers_of(there.points(as_of)) == customers_of(here.points(as_of))
    assert balances(there, as_of) == balances(here, as_of)
    rows = customers_of(there.points(as_of))
    assert {name: row[:4] for name, row in rows.items()} == {"ann": (0, 0, 0, 400), "bob": (0, 100, 0, 0)}


def test_columns_tell_what_journals_tell_at_any_moment(both):
    """Points reserved, owed, spent, waiting and lapsed come out the same, before they happened and after."""
    _, there = both
    told = [(f"{day} of {name}", name, day) for day in range(1, 9) for name in BUYERS[day % 2 :]]
    orders = [one_order(*one, paid="500") for one in told]
    there.imports.table(table(orders), MAPPING)
    verbs = there.loyalty
    verbs.redeem("ann", 400, key="spent")
    verbs.reserve("bob", 300, key="kept", minutes=30)
    verbs.redeem("cat", 30, key="little")
    back = one_order("2 of ann", "ann", 2, paid="500", back="500", refunded_at=START + timedelta(days=29))
    there.imports.table(table([back]), MAPPING)
    seen = set()
    for hours in (1, 49, 193, 697, 720.25, 720.75, 745, 9000):
        as_of = START + timedelta(hours=hours)
        found = figures(there, as_of)
        assert found == one_by_one(there, as_of)
        seen.add(str(found))
    assert len(seen) > 4


def test_nobody_is_asked_for_one_by_one(both, monkeypatch):
    """However many customers have points, a store's orders are not looked for customer by customer."""
    _, there = both
    many = [one_order(str(number), f"buyer {number}", 1) for number in range(40)]
    there.imports.table(table(many), MAPPING)
    asked = []
    monkeypatch.setattr(StoredOrdersOf, "lines_of", lambda _, name: asked.append(name) or ())
    rows = customers_of(there.points(START + timedelta(days=31)))
    assert [row[1] for row in rows.values()] == [50] * 40
    there.points_due(START, START + timedelta(days=31))
    assert asked == []


def test_a_shop_in_memory_is_read_as_it_is(both):
    """What finds orders in one table already stays."""
    here, there = (shop.loyalty._accounts for shop in both)
    assert at_once(here) is here
    assert type(at_once(there).orders) is not StoredOrdersOf
