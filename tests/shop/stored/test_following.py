"""Points on a store are what they would be in memory, had every touched customer been looked at."""

from contextlib import closing
from datetime import timedelta

import attrs
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.shop.stored.histories import DAYS, START, maybe, moments, policies

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.bulk import SqlBulk
from retailcrm.domain.points.documents import account_document
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.programme import Programme
from retailcrm.domain.points.wallets import EarnRule, Wallet
from retailcrm.ports.ledger import Unit
from retailcrm.shop.policy import Policy, in_zone
from retailcrm.shop.stored.following import rules_of_points

COLUMNS = ("number", "buyer", "placed_at", "paid_at", "shipped_at", "completed_at", "refunded_at")
MAPPING = {
    "name": "ours",
    "columns": {name: name for name in COLUMNS} | {"paid": "paid", "refunded": "back", "state": "state"},
    "money": {"paid_is": "gross"},
    "buyer": {"kind": "id", "strength": "stable"},
    "states": {"paid": ["paid"], "completed": ["done"], "closed": ["shut"], "refunded": ["gone"]},
}
FEW = max(settings().max_examples // 4, 1)
"""Each example opens two shops and imports some files into both."""

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def orders():
    """What one file tells of an order; the next one may tell something else, even another buyer."""
    times = {name: maybe(moments()) for name in COLUMNS[2:]}
    return st.fixed_dictionaries(
        {
            "number": st.integers(1, 9).map(str),
            "buyer": st.sampled_from(["ann", "bob", "cat", None]),
            "paid": st.integers(0, 900).map(str),
            "back": st.sampled_from(["0", "0", "1", "7"]),
            "state": st.sampled_from(["paid", "done", "shut", "gone"]),
            **times,
        }
    )


def files():
    """Some files, each with an order once, and hours from one to the next."""
    several = st.lists(orders(), min_size=1, max_size=7, unique_by=lambda one: one["number"])
    return st.lists(st.tuples(several, st.integers(1, 90)), min_size=1, max_size=4)


def table(found):
    """Write a file's orders as a table."""
    return pa.table({name: pa.array([one[name] for one in found], kind) for name, kind in KINDS.items()})


KINDS = {
    **dict.fromkeys(("number", "buyer", "paid", "back", "state"), pa.string()),
    **dict.fromkeys(COLUMNS[2:], pa.timestamp("us", "UTC")),
}


def journals(ledger):
    """Give everything that a ledger keeps of accounts."""
    names = [name for name in ledger.accounts() if ledger.account(name).version]
    return {
        name: (
            account_document(ledger.account(name)),
            tuple(ledger.entries(name)),
            dict(ledger.lots(name)),
            dict(ledger.awards(name)),
        )
        for name in names
    }


def look(shop, names):
    """Write what orders tell of some accounts, as whoever reads and writes them does."""
    accounts = shop.loyalty._accounts
    for wallet, customer in sorted(names):
        current = accounts.current(customer, wallet)
        if current.entries or current.awards or current.spendings:
            change = current.change(current.account)
            accounts.ledger.write(Unit(changes=(change,), awards=current.awards, spendings=current.spendings))


def told(ledger, policy):
    """Tell what is there of everybody, to see whom an import touched; awards of nothing make no account."""
    names = [(wallet.name, buyer) for wallet in policy.points.wallets for buyer in ("ann", "bob", "cat")]
    return {
        name: (ledger.account("/".join(name)).version, dict(ledger.awards("/".join(name)))) for name in names
    }


@settings(max_examples=FEW, suppress_health_check=QUIET)
@given(policies(), files())
def test_a_store_follows_as_memory_does(tmp_path_factory, policy, several):
    """After every file, accounts, journals, lots and awards are those of a shop in memory."""
    now = [START + timedelta(days=DAYS // 2)]
    url = f"sqlite:///{tmp_path_factory.mktemp('shop')}/shop.db"
    here = open_shop(policy=policy, clock=lambda: now[0])
    there = open_shop(url, policy=policy, clock=lambda: now[0])
    with closing(here), closing(there):
        memory, stored = here.loyalty._accounts.ledger, there.loyalty._accounts.ledger
        for found, hours in several:
            before = told(stored, policy)
            for shop in (here, there):
                shop.imports.table(table(found), MAPPING)
            after = told(stored, policy)
            look(here, {name for name in after if after[name] != before[name]})
            assert journals(stored) == journals(memory)
            # Nobody else has anything new, but for what falls due by itself.
            for wallet in policy.points.wallets:
                for customer in here.loyalty._accounts.orders.customers():
                    current = here.loyalty._accounts.current(customer, wallet.name)
                    assert {one.verb for one in current.entries} <= {Verb.ACTIVATE, Verb.EXPIRE}
                    assert not current.awards
            now[0] += timedelta(hours=hours)


def policy_of(**rules):
    """Give the rules of a shop in UTC with one wallet."""
    return Policy(zone="UTC", points=in_zone(Programme(wallets=(Wallet(**rules),)), "UTC"))


def one_order(number, buyer, days, **more):
    """Give an order of so many days after the start, of 50 yuan."""
    at = START + timedelta(days=days)
    plain = dict.fromkeys(KINDS) | {"number": number, "buyer": buyer, "paid": "50", "back": "0"}
    return plain | {"state": "paid", "placed_at": at, "paid_at": at} | more


@pytest.fixture
def opener(tmp_path):
    """Give an opener of one shop in a file, by any rules."""
    shops = []

    def opened(policy, days=20):
        shop = open_shop(
            f"sqlite:///{tmp_path}/shop.db", policy=policy, clock=lambda: START + timedelta(days=days)
        )
        shops.append(shop)
        return shop

    yield opened
    for shop in shops:
        shop.close()


def followed(shop):
    """Give the digest of the rules that everybody was followed by."""
    return SqlBulk(shop.loyalty._accounts.ledger.database, "main").followed()


def test_points_that_are_switched_on_later_follow_everybody(opener):
    """Orders of a shop without points earn with the first import after it has some; once for all."""
    shop = opener(Policy(zone="UTC"))
    shop.imports.table(table([one_order("1", "ann", 1), one_order("2", "bob", 2)]), MAPPING)
    shop.close()
    shop = opener(policy_of())
    shop.imports.table(table([one_order("3", "bob", 3)]), MAPPING)
    ledger = shop.loyalty._accounts.ledger
    assert {name: ledger.account(name).pending for name in ledger.accounts()} == {
        "points/ann": 50,
        "points/bob": 100,
    }
    assert followed(shop) == rules_of_points(policy_of())


def test_other_rules_follow_everybody_and_change_no_award(opener):
    """Orders that earned nothing before earn by the rules of today; what was awarded stays."""
    opener(policy_of(earn=None)).imports.table(table([one_order("1", "ann", 1)]), MAPPING)
    opener(policy_of(), 21).imports.table(table([one_order("2", "bob", 2)]), MAPPING)
    double = policy_of(earn=EarnRule(rate=2 * EarnRule().rate))
    shop = opener(double, 22)
    shop.imports.table(table([one_order("3", "cat", 3)]), MAPPING)
    pending = {name: shop.loyalty.balance(name).pending for name in ("ann", "bob", "cat")}
    assert pending == {"ann": 50, "bob": 50, "cat": 100}
    assert followed(shop) == rules_of_points(double) != rules_of_points(policy_of())


def test_orders_that_came_while_there_were_no_points_are_followed(opener):
    """Rules that come back are not taken for rules by which everybody was followed."""
    opener(policy_of()).imports.table(table([one_order("1", "ann", 1)]), MAPPING)
    opener(Policy(zone="UTC"), 21).imports.table(table([one_order("2", "bob", 2)]), MAPPING)
    shop = opener(policy_of(), 22)
    assert followed(shop) == ""
    shop.imports.table(table([one_order("3", "ann", 3)]), MAPPING)
    assert [shop.loyalty.balance(name).pending for name in ("ann", "bob")] == [100, 50]


def test_an_overlapping_file_writes_nothing(opener):
    """Orders that are known just so already are passed over, whatever fell due meanwhile."""
    shop = opener(policy_of(), 20)
    shop.imports.table(table([one_order("1", "ann", 1, completed_at=START)]), MAPPING)
    ledger = shop.loyalty._accounts.ledger
    before = journals(ledger)
    same = one_order("1", "ann", 1, completed_at=START)
    later = opener(policy_of(), 500)
    later.imports.table(table([same, one_order("9", None, 1)]), MAPPING)
    assert journals(ledger) == before


def test_what_an_import_could_not_follow_takes_it_back(opener, monkeypatch):
    """A failure while points follow leaves neither orders nor points."""
    shop = opener(policy_of())

    def fails(*_):
        raise RuntimeError("stopped")

    monkeypatch.setattr(SqlBulk, "mark_followed", fails)
    with pytest.raises(RuntimeError, match="stopped"):
        shop.imports.table(table([one_order("1", "ann", 1)]), MAPPING)
    assert list(shop.loyalty._accounts.ledger.accounts()) == []
    assert shop.imports.accounts() == ()


def test_only_what_points_depend_on_is_in_the_digest():
    """The shop's name and the report's limits follow nobody anew; the counting of refunds does."""
    policy = policy_of()
    assert rules_of_points(attrs.evolve(policy, name="other")) == rules_of_points(policy)
    late = attrs.evolve(policy.counting, undated_refund="first_seen")
    assert rules_of_points(attrs.evolve(policy, counting=late)) != rules_of_points(policy)


def test_an_order_that_comes_to_nothing_later_is_followed_too(tmp_path):
    """What was awarded is known to be of an order for nothing now, in memory and in a file alike."""
    policy, seen = policy_of(earn=EarnRule()), []
    for url in ("memory:", f"sqlite:///{tmp_path / 'shop.db'}"):
        now = [START + timedelta(days=9)]
        with closing(open_shop(url, policy=policy, clock=lambda now=now: now[0])) as shop:
            for paid in ("100", "0"):
                now[0] += timedelta(hours=1)
                order = {"number": "1", "buyer": "ann", "paid": paid, "back": "0", "state": "paid"}
                told_then = {"placed_at": START, **dict.fromkeys(COLUMNS[3:])}
                shop.imports.table(table([{**order, **told_then}]), MAPPING)
                look(shop, {("points", "ann")})
            awards = shop.loyalty._accounts.ledger.awards("points/ann")
            seen.append({name: (it.award.points, it.known.gross) for name, it in awards.items()})
    # The amount alone takes nothing back: only refunds do.
    assert seen == [{"ours/main/1": (100, 0)}] * 2
