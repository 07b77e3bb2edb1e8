"""Who merges two customers, or takes it back, has their points follow in the same unit."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs
import pytest

from retailcrm import open_shop
from retailcrm.domain.identity import Evidence
from retailcrm.domain.money import Money
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.errors import StoreError
from retailcrm.shop.policy import policy_from_table

SAID = (Evidence.stated("she said so"),)
RULES = {
    "shop": {"zone": "UTC"},
    "points": {"waiting": {"until": "paid"}, "wallet": [{"name": "stars", "waiting": {"until": "paid"}}]},
}


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Any, clock: Any, bring: Any) -> Iterator[Any]:
    """Give a shop in which Ann has 50 points of an order and 100 beside, and Bob 20 and 7."""
    url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/shop.db"}.get(request.param)
    with open_shop(
        url or request.getfixturevalue("postgres_url"), policy=policy_from_table(RULES), clock=clock
    ) as shop:
        bring(
            shop,
            {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "50.00"},
            {"id": "2", "who": "bob", "at": "2024-03-02", "amount": "20.00"},
            {"id": "3", "who": "cat", "at": "2024-03-03", "amount": "3.00"},
        )
        given(shop, "ann", 100)
        given(shop, "bob", 7)
        yield shop


def given(shop: Any, who: str, points: int) -> None:
    """Add points by hand."""
    shop.loyalty.adjust(who, points, key=f"{who}:{points}", reason="welcome", actor="li")


def written(shop: Any, *names: str, wallet: str = "points") -> list[int]:
    """Give what accounts have to spend, as the ledger has it: nobody is looked up."""
    ledger = shop.loyalty._accounts.ledger
    return [ledger.account(f"{wallet}/{name}").available for name in names]


def told(shop: Any, start: int) -> set[str]:
    """Give the accounts of points that the events after the first ones tell of."""
    subjects = {one.fact.subject for one in shop.events.read().facts[start:]}
    return {name for name in subjects if name.startswith("points/")}


def test_points_are_joined_when_the_merge_is_decided(opened: Any, clock: Any) -> None:
    """All of both lies in one account at once, whoever looks or does not; parted again by the undo."""
    clock.set("2024-04-02")
    before, events = written(opened, "ann", "bob"), len(opened.events.read().facts)
    assert before == [150, 27]
    merge = opened.customers.merge("ann", "bob", by="mei", note="same")
    assert written(opened, "ann", "bob") == [177, 0]
    assert told(opened, events) == {"points/ann", "points/bob"}
    events = len(opened.events.read().facts)
    clock.set("2024-04-03")
    opened.customers.undo(merge, by="mei")
    assert written(opened, "ann", "bob") == before
    assert told(opened, events) == {"points/ann", "points/bob"}
    events = len(opened.events.read().facts)
    assert [opened.loyalty.balance(who).available for who in ("ann", "bob")] == before
    assert told(opened, events) == set()


def test_points_of_three_are_where_they_belong(opened: Any) -> None:
    """Ann is Bob, Bob is Cat; taken back in the middle, Cat stays with Bob."""
    given(opened, "cat", 1)
    first = opened.customers.merge("ann", "bob", by="mei", note="same")
    opened.customers.merge("bob", "cat", by="mei", note="same")
    assert written(opened, "ann", "bob", "cat") == [181, 0, 0]
    opened.customers.undo(first, by="mei")
    assert written(opened, "ann", "bob", "cat") == [150, 31, 0]
    assert opened.loyalty.redeem("cat", 31, key="all").points == 31


def test_a_refund_takes_the_same_lots_in_every_store(opened: Any) -> None:
    """Of Ann's 50 points 10 were Bob's for a while: both lots are spent alike, so their names decide."""
    opened.loyalty.transfer("ann", "bob", 10, key="gift")
    opened.customers.merge("ann", "bob", by="mei", note="same")
    assert opened.loyalty.reverse("ours/main/1", Money(1500, "CNY"), key="part").points == 15
    moved = opened.loyalty._accounts.ledger.entries("points/ann")[-1].movements
    assert [(one.lot.partition(":")[0], one.points) for one in moved] == [("merge", 10), ("order", 5)]


def test_the_first_of_two_merges_is_taken_back(opened: Any, bring: Any) -> None:
    """Bob was Cat, and Cat is Ann: Bob's points go back to him from Ann, with the award of his order."""
    given(opened, "cat", 1)
    first = opened.customers.merge("cat", "bob", by="mei", note="same")
    second = opened.customers.merge("ann", "cat", by="mei", note="same")
    assert written(opened, "ann", "bob", "cat") == [150 + 27 + 4, 0, 0]
    opened.customers.undo(first, by="mei")
    assert written(opened, "ann", "bob", "cat") == [150 + 4, 27, 0]
    row = {"id": "2", "who": "bob", "at": "2024-03-02", "amount": "20.00"}
    bring(opened, row | {"back": "20.00", "back_at": "2024-03-30"})
    assert [opened.loyalty.balance(who).available for who in ("ann", "bob")] == [150 + 4, 7]
    opened.customers.undo(second, by="mei")
    assert [opened.loyalty.balance(who).available for who in ("ann", "bob", "cat")] == [150, 7, 4]


def test_those_who_part_at_once_do_so_in_the_same_order_in_every_store(opened: Any) -> None:
    """Cat was Bob, then Ann was Cat; both leave Bob with the first: by their names, Ann first."""
    given(opened, "cat", 1)
    first = opened.customers.merge("bob", "cat", by="mei", note="same")
    opened.customers.merge("cat", "ann", by="mei", note="same")
    assert written(opened, "ann", "bob", "cat") == [0, 150 + 27 + 4, 0]
    opened.customers.undo(first, by="mei")
    assert written(opened, "ann", "bob", "cat") == [0, 27, 150 + 4]
    entries = opened.loyalty._accounts.ledger.entries("points/bob")
    left = [one.reference for one in entries if one.reason == "split"]
    assert left == ["points/ann", "points/cat"]


def test_points_that_go_back_from_two_people_are_not_mistaken_for_each_other(opened: Any) -> None:
    """Bob was Cat, then Ann, both accounts as long as each other. Between he spends 20 of his 27 points.

    Those 20 return to the lots that they came from: what came back from Ann is in lots of other names.
    """
    ledger, parted = opened.loyalty._accounts.ledger, []
    given(opened, "cat", 100)
    for keep in ("cat", "ann"):
        while (version := ledger.account(f"points/{keep}").version) < 10:
            opened.loyalty.redeem(keep, 1, key=f"{keep}:{version}")
    for keep in ("cat", "ann"):
        merge = opened.customers.merge(keep, "bob", by="mei", note="same")
        opened.customers.undo(merge, by="mei")
        parted.append(ledger.account(f"points/{keep}").version)
        if keep == "cat":
            opened.loyalty.redeem("bob", 20, key="x")
    assert parted == [12, 12]
    assert written(opened, "bob") == [7]
    assert opened.loyalty.give_back("x", key="y").points == 20
    assert opened.loyalty.balance("bob").available == 27
    assert check_journal([entry_document(one) for one in ledger.entries("points/bob")]) == ()


def test_points_go_back_through_all_whom_they_came_by(opened: Any) -> None:
    """Bob was Cat, Cat was Dora, Dora is Ann: whichever merge is taken back, everybody has her own."""
    given(opened, "dora", 5)
    opened.loyalty.transfer("ann", "bob", 50, key="gift")
    names = ("ann", "bob", "cat", "dora")
    log, evidence = opened.customers.decided, SAID
    with log.unit():
        log.merge("cat", "bob", evidence=evidence, actor="mei", at=opened.loyalty._accounts.clock())
        opened.customers.joined(("cat", "bob"))
    assert written(opened, *names) == [100, 0, 80, 5]
    for keep, gone in (("dora", "cat"), ("ann", "dora")):
        with log.unit():
            log.merge(keep, gone, evidence=evidence, actor="mei", at=opened.loyalty._accounts.clock())
            opened.customers.joined((keep, gone))
    assert written(opened, *names) == [185, 0, 0, 0]
    opened.customers.undo("merge-1", by="mei")
    assert written(opened, *names) == [108, 77, 0, 0]
    opened.customers.undo("merge-3", by="mei")
    assert written(opened, *names) == [100, 77, 0, 8]


def test_orders_to_come_of_one_who_is_somebody_else_by_then_count_once(
    opened: Any, clock: Any, bring: Any
) -> None:
    """A file told of Cat's order before its time; she turned out to be Ann, and then its time came."""
    bring(opened, {"id": "5", "who": "cat", "at": "2024-04-05", "amount": "8.00"})
    opened.customers.merge("ann", "cat", by="mei", note="same")
    clock.set("2024-04-06")
    bring(opened, {"id": "6", "who": "ann", "at": "2024-04-05", "amount": "1.00"})
    assert opened.loyalty.balance("ann").available == 150 + 3 + 8 + 1


@pytest.mark.parametrize(("keep", "gone"), [("ann", "bob"), ("bob", "ann")])
@pytest.mark.parametrize("from_file", [False, True])
def test_refunds_of_before_a_merge_were_the_affair_of_one(
    opened: Any, clock: Any, bring: Any, tmp_path: Any, keep: str, gone: str, *, from_file: bool
) -> None:
    """Ann gave all away, and owed 50 for an order that went back; her next 60 repaid that, not Bob's 27."""
    opened.loyalty.transfer("ann", "cat", 150, key="gift")
    clock.set("2024-04-04")
    bring(
        opened,
        {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "50.00", "back": "50.00",
         "back_at": "2024-04-02"},
        {"id": "4", "who": "ann", "at": "2024-04-03", "amount": "60.00"},
    )  # fmt: skip
    if from_file:
        path = tmp_path / "merges.csv"
        path.write_text(f"keep,gone,note\n{keep},{gone},same\n", "utf-8")
        (merge,) = opened.customers.load_merges(path)
    else:
        merge = opened.customers.merge(keep, gone, by="mei", note="same")
    assert sum(written(opened, "ann", "bob")) == 10 + 27
    opened.customers.undo(merge, by="mei")
    assert written(opened, "ann", "bob") == [10, 27]


@pytest.mark.parametrize("keep", ["ann", "bob"])
def test_refunds_of_while_they_were_one_stay_so(opened: Any, clock: Any, bring: Any, keep: str) -> None:
    """While Ann was Bob his 27 repaid a part of her 50; that stays when they are parted."""
    gone = {"ann": "bob", "bob": "ann"}[keep]
    opened.loyalty.transfer("ann", "cat", 150, key="gift")
    merge = opened.customers.merge(keep, gone, by="mei", note="same")
    clock.set("2024-04-04")
    bring(
        opened,
        {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "50.00", "back": "50.00",
         "back_at": "2024-04-02"},
    )  # fmt: skip
    opened.customers.undo(merge, by="mei")
    assert written(opened, "ann", "bob") == [0, 0]
    assert sum(opened.loyalty.balance(who).debt for who in ("ann", "bob")) == 50 - 27


def test_every_wallet_follows(opened: Any) -> None:
    """Stars are joined as points are."""
    opened.loyalty.adjust("bob", 5, key="stars", reason="x", actor="li", wallet="stars")
    opened.customers.merge("ann", "bob", by="mei", note="same")
    stars = [opened.loyalty.balance(who, wallet="stars").available for who in ("ann", "bob")]
    assert written(opened, "ann", "bob", wallet="stars") == [75, 0]
    assert stars == [75, 75]


def test_a_file_of_merges_moves_points_too(opened: Any, tmp_path: Any) -> None:
    """All pairs of it, in the unit of them all."""
    path = tmp_path / "merges.csv"
    path.write_text("keep,gone,note\nann,bob,same\nann,cat,same\n", "utf-8")
    assert len(opened.customers.load_merges(path)) == 2
    assert written(opened, "ann", "bob", "cat") == [180, 0, 0]


@pytest.mark.parametrize("how", ["merge", "undo"])
def test_a_decision_whose_points_cannot_follow_was_not_taken(opened: Any, how: str) -> None:
    """The disk fails after the points were moved: neither they nor the decision are there."""
    merge = opened.customers.merge("ann", "cat", by="mei", note="same") if how == "undo" else ""
    present, before = dict(opened.customers.decided.present()), written(opened, "ann", "bob", "cat")
    events = len(opened.events.read().facts)
    follow = opened.customers.joined

    def broken(ids: Any) -> None:
        with opened.loyalty._accounts.ledger.unit():
            follow(ids)
            raise StoreError

    customers = attrs.evolve(opened.customers, joined=broken)
    with suppress(StoreError):
        if how == "merge":
            customers.merge("ann", "bob", by="mei", note="same")
        else:
            customers.undo(merge, by="mei")
        pytest.fail("it was decided")
    assert dict(opened.customers.decided.present()) == present
    assert written(opened, "ann", "bob", "cat") == before
    assert told(opened, events) == set()
    assert opened.customers.merge("ann", "bob", by="mei", note="same")
    assert written(opened, "ann", "bob")[1] == 0


def test_what_nobody_has_written_yet_stays_unwritten(clock: Any, bring: Any) -> None:
    """In memory a till's file may tell of redemptions before the merge: points follow when asked for."""
    shop = open_shop(policy=policy_from_table(RULES), clock=clock)
    bring(shop, *({"id": who, "who": who, "at": "2024-03-01", "amount": "5.00"} for who in ("ann", "bob")))
    shop.customers.merge("ann", "bob", by="mei", note="same")
    assert list(shop.loyalty._accounts.ledger.accounts()) == []
    assert shop.loyalty.balance("bob").available == 10


def test_journals_are_those_of_memory(tmp_path: Any, clock: Any) -> None:
    """The same commands, merges and undoings write the same entries in memory and in a file."""
    journals = []
    for url in ("memory:", f"sqlite:///{tmp_path}/same.db"):
        clock.set("2024-04-01")
        with open_shop(url, policy=policy_from_table(RULES), clock=clock) as shop:
            for day, who in enumerate(("ann", "bob", "cat"), 2):
                given(shop, who, 10 * day)
                clock.set(f"2024-04-0{day}")
            log = shop.customers.decided
            # No file tells of them, so nothing but a decision can bring them together.
            for keep, gone in (("ann", "bob"), ("cat", "ann")):
                with log.unit():
                    log.merge(keep, gone, evidence=SAID, actor="mei", at=clock())
                    shop.customers.joined((keep, gone))
            shop.loyalty.redeem("bob", 25, key="r")
            shop.customers.undo("merge-1", by="mei")
            ledger = shop.loyalty._accounts.ledger
            names = [f"points/{who}" for who in ("ann", "bob", "cat")]
            journals.append([[entry_document(one) for one in ledger.entries(name)] for name in names])
            assert sum(written(shop, "ann", "bob", "cat")) == 20 + 30 + 40 - 25
    assert journals[0] == journals[1]
