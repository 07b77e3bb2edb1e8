"""Points that lapsed unused are never asked for, whichever account they lapsed in."""

from typing import Any

import pytest

from retailcrm.domain.money import Money


@pytest.fixture
def lapsing(make_shop: Any, bring: Any, clock: Any) -> Any:
    """Ann's 30 points of March lapsed unused on the 6th; Bob has 50 of the 30th; it is the 1st of April."""
    shop = make_shop(waiting={"until": "paid"}, expiry={"days": 5})
    bring(
        shop,
        {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "30.00"},
        {"id": "2", "who": "bob", "at": "2024-03-30", "amount": "50.00"},
    )
    shop.advance(clock.now)
    return shop


def refund(shop: Any, clock: Any, bring: Any, how: str) -> None:
    """Pay back all of Ann's order: a file tells of it, or a verb."""
    clock.set("2024-04-02")
    if how == "file":
        row = {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "30.00"}
        bring(shop, row | {"back": "30.00", "back_at": "2024-04-01T12:00:00"})
    else:
        shop.loyalty.reverse("ours/main/1", Money(3000, "CNY"), key="r")


def has(shop: Any, who: str) -> tuple[int, int]:
    """Give what somebody can spend, and what she owes."""
    found = shop.loyalty.balance(who)
    return found.available, found.debt


@pytest.mark.parametrize("how", ["file", "verb"])
@pytest.mark.parametrize("first", ["merge", "refund"])
def test_a_merge_makes_nobody_owe_what_lapsed(
    lapsing: Any, clock: Any, bring: Any, how: str, first: str
) -> None:
    """Her order goes back after she was taken for Bob, or before: his 50 points stay either way."""
    if first == "refund":
        refund(lapsing, clock, bring, how)
    lapsing.customers.merge("bob", "ann", by="li", note="she said so")
    assert has(lapsing, "bob") == (50, 0)
    if first == "merge":
        refund(lapsing, clock, bring, how)
    assert has(lapsing, "ann") == has(lapsing, "bob") == (50, 0)


@pytest.mark.parametrize("how", ["file", "verb"])
def test_what_lapsed_while_they_were_one_is_not_owed_apart(
    make_shop: Any, bring: Any, clock: Any, how: str
) -> None:
    """Ann's points lapsed in Bob's account; they were not one after all, and then her order goes back."""
    shop = make_shop(waiting={"until": "paid"}, expiry={"days": 5})
    rows = (
        {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "30.00"},
        {"id": "2", "who": "bob", "at": "2024-03-01", "amount": "50.00"},
    )
    clock.set("2024-03-02")
    bring(shop, *rows)
    assert has(shop, "ann") == (30, 0)
    merge = shop.customers.merge("bob", "ann", by="li", note="she said so")
    assert has(shop, "bob") == (80, 0)
    clock.set("2024-03-20")
    shop.advance(clock.now, confirm_clock=True)
    shop.customers.undo(merge, by="li")
    refund(shop, clock, bring, how)
    assert has(shop, "ann") == has(shop, "bob") == (0, 0)


def test_what_was_spent_is_owed_all_the_same(make_shop: Any, bring: Any, clock: Any) -> None:
    """Of 30 points 20 were spent and 10 lapsed: after the merge a full refund asks for the 20 only."""
    shop = make_shop(waiting={"until": "paid"}, expiry={"days": 5})
    clock.set("2024-03-02")
    row = {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "30.00"}
    bring(shop, row, {"id": "2", "who": "bob", "at": "2024-03-30", "amount": "50.00"})
    shop.loyalty.redeem("ann", 20, key="cart")
    clock.set("2024-04-01")
    bring(shop, {"id": "2", "who": "bob", "at": "2024-03-30", "amount": "50.00"})
    shop.advance(clock.now, confirm_clock=True)
    shop.customers.merge("bob", "ann", by="li", note="she said so")
    shop.loyalty.reverse("ours/main/1", Money(1500, "CNY"), key="half")
    assert has(shop, "bob") == (45, 0)
    shop.loyalty.reverse("ours/main/1", Money(1500, "CNY"), key="rest")
    assert has(shop, "bob") == (30, 0)
