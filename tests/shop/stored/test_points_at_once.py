"""Everybody's points, read at once from a store, are those of a shop in memory."""

from contextlib import closing
from datetime import timedelta

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
