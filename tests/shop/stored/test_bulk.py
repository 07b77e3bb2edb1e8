"""Following in columns leaves the very rows that following one by one leaves."""

from contextlib import suppress
from datetime import timedelta
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.adapters.stores.databases import KINDS, whole_metadata
from tests.shop.stored.histories import (
    NAMES,
    START,
    accounts_of,
    histories,
    moments,
    numbered,
    orders_by_hand,
    policies,
    table_of,
)

from retailcrm.adapters.stores.sql.bulk import SqlBulk
from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.adapters.stores.sql.ledger import SqlLedger
from retailcrm.analytics.columns import Texts
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.programme import Programme
from retailcrm.domain.points.wallets import EarnBase, EarnRule, Waiting, Wallet
from retailcrm.errors import ConflictError
from retailcrm.ports.ledger import Unit
from retailcrm.shop.loyalty.accounts import account_id
from retailcrm.shop.policy import Policy, in_zone
from retailcrm.shop.stored.bulk import columns_take, fresh_points, parts_of
from retailcrm.shop.stored.bulk_lines import taken

PROVEN = ("accounts", "entries", "lots", "awards")
TABLES = (*PROVEN, "events", "rules")
BOTH = pytest.mark.parametrize("new_database", KINDS, indirect=True)
LATER = START + timedelta(days=400)


class UndoneError(Exception):
    """Ends a unit without keeping it."""


def followed_one_by_one(accounts):
    """Write what each customer's orders tell, as whoever asks for her account does."""
    for wallet in accounts.programme.wallets:
        for who in accounts.orders.customers():
            current = accounts.current(who, wallet.name)
            if current.entries or current.awards:
                change = (current.change(current.account),) if current.entries else ()
                accounts.ledger.write(Unit(changes=change, awards=current.awards))


def lines_at(lines, rows, orders):
    """Give the lines of some rows of a table of so many, by their places among them."""
    place = np.full(orders + 1, -1, np.int32)
    place[rows] = np.arange(len(rows))
    order = place[lines.order]
    return taken(lines, np.flatnonzero(order >= 0), order[order >= 0])


def followed_in_columns(accounts, bulk, *, size=5):
    """Write the same in columns, a few orders at a time; give how many entries."""
    (orders,), lines = accounts.orders.parts(), accounts.orders.lines()
    until, found = min(accounts.observed(), accounts.clock()), []
    for wallet in accounts.programme.wallets:
        for part, rows in parts_of(orders, size=size) if wallet.earn is not None else ():
            mine = None if lines is None else lines_at(lines, rows, len(orders))
            fresh = fresh_points(accounts, wallet, part, mine, until, tell=True)
            assert not len(fresh.left)
            found.append(fresh.points)
    bulk.write_fresh(found)
    return sum(len(one.entries) for one in found)


def rows(database, shop):
    """Give all rows of a shop's ledger, without what is other in another shop."""
    found, run = {}, database.executor
    for table in TABLES:
        columns = whole_metadata().tables[f"retailcrm_{table}"].columns.keys()
        left_out = ("shop", "proof", "position", "transaction_id")
        names = ", ".join(name for name in columns if name not in left_out)
        asked = f"SELECT {names} FROM retailcrm_{table} WHERE shop = ?"  # noqa: S608 - our own names
        found[table] = sorted(run.all(asked, (shop,)))
    return found


def wrong_proofs(database, shop):
    """Give the rows whose digest is not that of their values."""
    asked = (f"SELECT * FROM retailcrm_{table} WHERE shop = ?" for table in PROVEN)  # noqa: S608 - our own
    every = (row for one in asked for row in database.executor.all(one, (shop,)))
    return [row for row in every if proof(*row[:-1]) != row[-1]]


@pytest.fixture
def database(new_database):
    """Give an empty database."""
    return new_database()


def compare(database, found, policy, until, now):
    """Follow the same orders in both ways in two shops, and keep neither."""
    one, many = SqlLedger(database, "one"), SqlLedger(database, "many")
    singly, columns = (accounts_of(ledger, policy, found, until, now) for ledger in (one, many))
    with suppress(UndoneError), database.unit():
        followed_one_by_one(singly)
        # The keys of orders have the shop in them; accounts of both call it "main".
        followed_in_columns(columns, SqlBulk(database, "many"))
        assert rows(database, "many") == rows(database, "one")
        assert wrong_proofs(database, "many") == []
        raise UndoneError


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    histories(),
    policies().filter(lambda one: all(map(columns_take, one.points.wallets))),
    moments(),
    moments(),
)
def test_columns_leave_the_rows_that_units_leave(database, found, policy, until, now):
    """Accounts, journals, lots, awards, facts and digests are byte for byte those of one customer's rule."""
    compare(database, numbered(found), policy, until, now)


def policy_of(**rules):
    """Give the rules of a shop in UTC with one wallet."""
    return Policy(zone="UTC", points=in_zone(Programme(wallets=(Wallet(**rules),)), "UTC"))


@BOTH
def test_a_year_by_hand(database):
    """Points are earned when paid for, come in when received and lapse after; a refund takes its share."""
    policy = policy_of(waiting=Waiting(days=None), expiry=Expiry(days=30, zone="UTC"))
    found = orders_by_hand(
        {"paid_at": 0, "completed_at": 8, "gross": 10_000},
        {"paid_at": 1, "completed_at": 9, "gross": 2_000, "refunded": 500, "refunded_at": 20},
        {"paid_at": 2, "gross": 700},
    )
    accounts = accounts_of(SqlLedger(database, "main"), policy, found, LATER, LATER)
    with database.unit():
        assert followed_in_columns(accounts, SqlBulk(database, "main")) == 8
    ledger = accounts.ledger
    told = [
        (one.verb.value, (one.effective_at - START).days, sum(move.points for move in one.movements), one.key)
        for one in ledger.entries("points/ann")
    ]
    first, second, third = (f"order:web/main/{n}" for n in range(3))
    assert told == [
        ("earn", 0, 100, first),
        ("earn", 1, 20, second),
        ("earn", 2, 7, third),
        ("activate", 8, 100, "refund:web/main/1:500"),
        ("activate", 9, 20, "refund:web/main/1:500"),
        ("reverse", 20, 5, "refund:web/main/1:500"),
        ("expire", 39, 100, f"follow:{LATER.isoformat()}"),
        ("expire", 40, 15, f"follow:{LATER.isoformat()}"),
    ]
    ann = ledger.account("points/ann")
    assert (ann.version, ann.pending, ann.available, len(ann.lots)) == (8, 7, 0, 1)
    assert ledger.awards("points/ann")["web/main/1"].taken == 5


def test_numbers_that_do_not_fit_are_left_to_the_rule_of_one(database):
    """A customer whose amounts do not fit is left out as a whole, and told; the others are followed."""
    policy = policy_of(earn=EarnRule(rate=Fraction(7, 10**9)), waiting=Waiting(until="paid"))
    other = {"paid_at": 1, "gross": 10**12, "customer": 1}
    found = orders_by_hand({"paid_at": 0, "gross": 2**60}, {"paid_at": 1, "gross": 5}, other)
    accounts = accounts_of(SqlLedger(database, "main"), policy, found, LATER, LATER)
    fresh = fresh_points(accounts, policy.points.wallet(), table_of(found)[0], None, LATER)
    assert fresh.left.tolist() == [0]
    assert fresh.points.accounts.tolist() == [f"points/{NAMES[1]}"]
    assert fresh.points.awards.points.tolist() == [70]


@pytest.mark.parametrize(
    ("rules", "takes"),
    [
        ({}, True),
        ({"inactive": Expiry(days=2, zone="UTC")}, False),
        ({"earn": EarnRule(base=EarnBase(items=False))}, False),
        ({"earn": None}, True),
    ],
)
def test_which_rules_columns_take(rules, takes):
    """Points that idle and goods that earn nothing are followed one by one."""
    assert columns_take(Wallet(**rules)) is takes


@BOTH
def test_an_account_is_new_only_once(database):
    """The same batch again is refused, and nothing of it is kept."""
    found = orders_by_hand({"paid_at": 0, "gross": 500})
    accounts = accounts_of(SqlLedger(database, "main"), policy_of(), found, LATER, LATER)
    bulk = SqlBulk(database, "main")
    assert bulk.is_empty()
    with database.unit():
        followed_in_columns(accounts, bulk)
    assert not bulk.is_empty()
    before = rows(database, "main")
    with pytest.raises(ConflictError), database.unit():
        followed_in_columns(accounts, bulk)
    assert rows(database, "main") == before


@BOTH
def test_who_is_no_stranger(database):
    """Accounts, awards and points that wait are found among many names; facts are known until they change."""
    found = orders_by_hand({"paid_at": 0, "gross": 500}, {"paid_at": 1, "gross": 50, "customer": 1})
    policy = policy_of(waiting=Waiting(days=None))
    accounts = accounts_of(SqlLedger(database, "main"), policy, found, LATER, LATER)
    bulk = SqlBulk(database, "main")
    with database.unit():
        followed_in_columns(accounts, bulk)
    ann, bob, cat = (account_id("points", name) for name in (NAMES[0], NAMES[1], "cat"))
    known = bulk.strange("points", [cat, bob, ann], Texts.of(["web/main/0", "web/main/7"]))
    # Half a yuan earns nothing: there is no account, but the award says so.
    assert (known.accounts, known.orders, known.waiting) == ({ann, bob}, {"web/main/0"}, {ann})
    fresh = fresh_points(accounts, policy.points.wallet(), table_of(found)[0], None, LATER).points
    facts, homes = fresh.awards.facts, fresh.accounts.take(fresh.awards.account)
    assert bulk.told("points", homes, facts).tolist() == [True, True]
    changed = attrs.evolve(facts, refunded=np.array([0, 50]), refunded_at=facts.paid_at)
    assert bulk.told("points", homes, changed).tolist() == [False, False]
    assert bulk.told("points", Texts.of([ann, ann]), facts).tolist() == [True, False]
    assert bulk.told("status", homes, facts).tolist() == [False, False]
