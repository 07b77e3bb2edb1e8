"""Groups of several clients at the same accounts, and looking ahead at what a group asks for."""

from threading import Barrier, Thread

import attrs
import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.postgres import statements
from retailcrm.adapters.stores.postgres.failures import state_of, translated
from retailcrm.adapters.stores.sql import statements as sql
from retailcrm.domain.money import Money
from retailcrm.ports.outcomes import Done
from retailcrm.shop.loyalty.foreseen import asked_by
from retailcrm.shop.loyalty.loyalty import Loyalty
from retailcrm.shop.policy import policy_from_table

POLICY = policy_from_table({"points": {"waiting": {"until": "paid"}}})


def funded(shop, *names):
    for name in names:
        shop.loyalty.adjust(name, 1000, key=f"fund:{name}", reason="test", actor="test")


def deciding(shop, *commands):
    """Give what decides commands on a ledger."""

    def decide(ledger):
        points = Loyalty(attrs.evolve(shop.loyalty._accounts, ledger=ledger))
        for command in commands:
            command(points)

    return decide


@pytest.fixture
def shop():
    with open_shop("memory:", policy=POLICY) as shop:
        funded(shop, "ann", "bob")
        yield shop


def test_looking_ahead_names_the_accounts(shop):
    """Every account that a command asks for is named, also of one that is refused; nothing is written."""
    before = [shop.loyalty.history(name) for name in ("ann", "bob")]
    decide = deciding(
        shop,
        lambda points: points.redeem("bob", 5000, key="too many"),
        lambda points: points.redeem("ann", 7, key="a"),
        lambda points: points.redeem("ann", 7, key="b"),
    )
    assert asked_by(decide, shop.loyalty._accounts.ledger) == {"points/ann", "points/bob"}
    assert [shop.loyalty.history(name) for name in ("ann", "bob")] == before


def test_looking_ahead_goes_on_where_something_would_be_written(shop):
    """What is looked for in tables is not there, and one command then comes to nothing; it is a guess."""
    before = [shop.loyalty.history(name) for name in ("ann", "bob")]
    decide = deciding(
        shop,
        lambda points: points.redeem("ann", 7, key="a", order="web/s/1"),
        # To find what paid for the order, the redemption before would have to be in its table.
        lambda points: points.refund("web/s/1", Money(5, POLICY.currency), key="back"),
        lambda points: points.redeem("bob", 7, key="b"),
    )
    assert asked_by(decide, shop.loyalty._accounts.ledger) == {"points/ann", "points/bob"}
    assert [shop.loyalty.history(name) for name in ("ann", "bob")] == before


def crossing(url, told, monkeypatch):
    """Let two groups take two accounts in opposite order, each its second once the other has its first."""

    def translate(error):
        told.append(state_of(error))
        return translated(error)

    monkeypatch.setattr(statements, "translated", translate)
    both_have_one, results = Barrier(2, timeout=20), {}

    def sends(name, first, second):
        met = []

        def spend_second(points):
            if not met:
                met.append(True)
                both_have_one.wait()
            return points.redeem(second, 7, key=f"{name}:2")

        with open_shop(url, policy=POLICY) as mine:
            commands = [lambda points: points.redeem(first, 7, key=f"{name}:1"), spend_second]
            (results[name],) = mine.loyalty.batch(commands)

    threads = [Thread(target=sends, args=one) for one in (("x", "ann", "bob"), ("y", "bob", "ann"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_groups_that_cross_begin_anew_and_do_not_wait_for_the_deadlock(postgres_url, monkeypatch):
    """One of two groups with each other's accounts gives up soon, and takes both in one sequence."""
    told = []
    with open_shop(postgres_url, policy=POLICY) as shop:
        funded(shop, "ann", "bob")
        results = crossing(postgres_url, told, monkeypatch)
        assert all(type(one) is Done for group in results.values() for one in group)
        assert len(results) == 2
        assert shop.loyalty.balance("ann").available == shop.loyalty.balance("bob").available == 1000 - 14
    assert "55P03" in told
    assert "40P01" not in told


def test_groups_in_no_haste_run_into_the_deadlock(postgres_url, monkeypatch):
    """The same groups meet in a deadlock if they wait for longer than the server does: the test sees it."""
    told = []
    monkeypatch.setattr(sql, "HASTY", sql.HASTY.replace("'20ms'", "'20s'"))
    with open_shop(postgres_url, policy=POLICY) as shop:
        funded(shop, "ann", "bob")
        crossing(postgres_url, told, monkeypatch)
    assert "40P01" in told
