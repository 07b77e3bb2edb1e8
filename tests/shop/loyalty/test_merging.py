"""Customers who turn out to be one, and who turn out not to be: their points follow."""

from typing import Any

import pyarrow as pa
import pytest

from retailcrm.domain.identity import Evidence, Identity

SAID = (Evidence.stated("she said so"),)


def points(shop: Any, who: Any) -> tuple[int, int, int, int]:
    """Give pending, available, held and debt."""
    found = shop.loyalty.balance(who)
    return found.pending, found.available, found.held, found.debt


def merge(shop: Any, keep: str, gone: str) -> str:
    """Decide that two customers are one."""
    return str(shop.customers.merge(keep, gone, evidence=SAID, by="li"))


def test_a_merge_joins_the_points_and_undoing_it_parts_them(shop: Any) -> None:
    """30 + 50 of Ann's and 15 of Bob's are one account's, under either id, and two accounts' again."""
    before = points(shop, "ann"), points(shop, "bob")
    number = merge(shop, "ann", "bob")
    assert points(shop, "ann") == points(shop, "bob") == (30, 65, 0, 0)
    shop.customers.undo(number, by="li")
    assert (points(shop, "ann"), points(shop, "bob")) == before


def test_what_was_spent_while_merged_stays_spent(shop: Any) -> None:
    """Points that both had written before the merge: 20 are spent, the rest parts by whose lots they are."""
    shop.loyalty.redeem("ann", 10, key="a")
    shop.loyalty.redeem("bob", 5, key="b")
    number = merge(shop, "ann", "bob")
    assert points(shop, "bob") == (30, 50, 0, 0)
    shop.loyalty.redeem("bob", 20, key="c")
    shop.customers.undo(number, by="li")
    parted = points(shop, "ann")[1], points(shop, "bob")[1]
    assert sum(parted) == 30
    assert min(parted) >= 0


def test_reservations_and_debts_go_along(shop: Any) -> None:
    """A reservation of Bob's is captured after the merge; it spends his points."""
    shop.loyalty.reserve("bob", 10, key="cart")
    merge(shop, "ann", "bob")
    assert points(shop, "ann") == (30, 55, 10, 0)
    assert shop.loyalty.capture("cart", key="paid").points == 10
    assert points(shop, "ann") == (30, 55, 0, 0)


def test_a_redemption_of_before_the_merge_can_be_given_back(shop: Any) -> None:
    """Bob's redeemed points return to his old lot, and from there to the one account."""
    shop.loyalty.redeem("bob", 10, key="cart")
    merge(shop, "ann", "bob")
    assert points(shop, "ann") == (30, 55, 0, 0)
    shop.loyalty.give_back("cart", key="back")
    assert points(shop, "ann") == (30, 65, 0, 0)


def test_orders_of_both_ids_are_awarded_once(shop: Any, bring: Any) -> None:
    """After a merge a file tells of Bob's order again, with more refunded: the one award is reversed."""
    shop.loyalty.redeem("bob", 1, key="touch")
    merge(shop, "ann", "bob")
    bring(shop, {"id": "3", "who": "bob", "at": "2024-03-07", "done": "2024-03-08", "amount": "20.00",
                 "back": "10.00", "back_at": "2024-03-20"})  # fmt: skip
    assert points(shop, "ann") == (30, 50 + 10 - 1, 0, 0)


@pytest.mark.parametrize("touched", [True, False])
def test_the_total_never_changes_by_who_is_who(shop: Any, touched: bool) -> None:
    """Merging and parting five times over leaves the sum of both as it was."""
    if touched:
        shop.loyalty.redeem("ann", 1, key="a")
        shop.loyalty.redeem("bob", 1, key="b")
    before = points(shop, "ann"), points(shop, "bob")
    for _ in range(5):
        number = merge(shop, "ann", "bob")
        assert points(shop, "ann")[1] == before[0][1] + before[1][1]
        shop.customers.undo(number, by="li")
        assert (points(shop, "ann"), points(shop, "bob")) == before


def test_a_second_platform_strands_nobody(make_shop: Any) -> None:
    """Mei had points before the shop had two platforms; her id has its platform before it now."""
    shop = make_shop()
    mei = Identity.of("web", "main", "id", "mei")
    shop.loyalty.adjust(mei, 50, key="start", reason="start", actor="li")
    for platform, who in (("web", "mei"), ("wx", "lei")):
        orders = pa.table({"id": ["1"], "who": [who], "at": ["2024-03-01"], "amount": ["10.00"]})
        shop.imports.table(orders, {
            "name": platform, "platform": platform,
            "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            "buyer": {"kind": "id", "strength": "stable"}, "constants": {"state": "paid"},
        })  # fmt: skip
    for who in (mei, "mei", "web:id:mei"):
        assert points(shop, who) == (10, 50, 0, 0)
    assert shop.loyalty.redeem(mei, 20, key="spend").points == 20
    assert points(shop, "mei") == (10, 30, 0, 0)


def test_points_that_nobody_has_written_are_as_if_they_had_never_been_one(
    make_shop: Any, bring: Any, clock: Any
) -> None:
    """Ann's 30 points would have lapsed after 20 idle days; Bob's order kept them while she was he."""
    shop = make_shop(waiting={"until": "paid"}, inactive={"days": 20})
    bring(
        shop,
        {"id": "1", "who": "ann", "at": "2024-03-15", "amount": "30.00"},
        {"id": "2", "who": "bob", "at": "2024-03-25", "amount": "50.00"},
    )
    number = merge(shop, "bob", "ann")
    assert points(shop, "ann") == points(shop, "bob") == (0, 80, 0, 0)
    clock.set("2024-04-06")
    assert points(shop, "bob") == (0, 80, 0, 0)
    shop.customers.undo(number, by="li")
    assert (points(shop, "ann"), points(shop, "bob")) == ((0, 0, 0, 0), (0, 50, 0, 0))


@pytest.mark.parametrize("first", ["merge", "lapse"])
def test_what_lapsed_before_the_merge_does_not_come_back(
    make_shop: Any, bring: Any, clock: Any, first: str
) -> None:
    """Bob's 50 lapse after his own idle days: Ann, who ordered before they were one, was not he then."""
    shop = make_shop(waiting={"until": "paid"}, inactive={"days": 20})
    shop.loyalty.adjust("ann", 7, key="start", reason="start", actor="li")
    clock.set("2024-04-03T01:00:00")
    bring(
        shop,
        {"id": "1", "who": "bob", "at": "2024-03-14", "amount": "50.00"},
        {"id": "2", "who": "ann", "at": "2024-04-03", "amount": "30.00"},
    )
    if first == "merge":
        merge(shop, "ann", "bob")
    clock.set("2024-04-05")
    if first == "lapse":
        merge(shop, "ann", "bob")
    assert points(shop, "ann") == points(shop, "bob") == (0, 37, 0, 0)
