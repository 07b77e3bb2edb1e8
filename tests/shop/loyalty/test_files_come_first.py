"""What files told of refunds is followed before points return: else those would be taken for lapsed ones."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from retailcrm import open_shop
from retailcrm.domain.money import Money
from retailcrm.ports.outcomes import Refused
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANN: Final = {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "10.00"}
BOB: Final = {"id": "2", "who": "bob", "at": "2024-03-05", "amount": "10.00"}
POINTS: Final = {
    "waiting": {"until": "paid"},
    "expiry": {"days": 4},
    "refunds": {"late": "reinstate", "late_by_shop": "expire"},
    "reward": [{"id": "mug", "points": 3}],
}
RETURNS: Final[dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    "a reward": (
        lambda points: points.rewards.buy("ann", "mug", key="x"),
        lambda points: points.rewards.bring_back("x", key="y"),
    ),
    "a redemption": (
        lambda points: points.redeem("ann", 3, key="x"),
        lambda points: points.give_back("x", key="y"),
    ),
    "a redemption, in a group": (
        lambda points: points.redeem("ann", 3, key="x"),
        lambda points: next(points.batch([lambda one: one.give_back("x", key="y")]))[0],
    ),
    "an order of another's": (
        lambda points: points.redeem("ann", 3, key="x", order="ours/main/2"),
        lambda points: points.refund("ours/main/2", Money(1003, "CNY"), key="y"),
    ),
}
"""How 3 points are spent, and how they return."""


@pytest.fixture(params=("memory", "sqlite", "postgresql"))
def shop(request: pytest.FixtureRequest, clock: Any, bring: Any, tmp_path: Path) -> Iterator[Any]:
    """Ann and Bob have 10 points each, of the 1st and of the 5th of March; it is the 5th, at noon."""
    urls: dict[str, Callable[[], str]] = {
        "memory": lambda: "memory:",
        "sqlite": lambda: f"sqlite:///{tmp_path}/shop.db",
        "postgresql": lambda: str(request.getfixturevalue("postgres_url")),
    }
    url = urls[request.param]()
    policy = policy_from_table({"shop": {"zone": "UTC"}, "points": POINTS})
    clock.set("2024-03-05T12:00")
    with closing(open_shop(url, policy=policy, clock=clock)) as opened:
        bring(opened, ANN, BOB)
        yield opened


@pytest.mark.parametrize("how", RETURNS)
@pytest.mark.parametrize("merged", [False, True])
def test_a_refund_takes_what_lapsed_before_points_return(
    shop: Any, clock: Any, bring: Any, how: str, merged: bool
) -> None:
    """Of Ann's 10 points 3 were spent and 7 lapsed on the 6th; half of her order went back on the 8th.

    That takes 5 of the 7. What returns on the 10th was not taken: she has her 3 again, whomever she was taken
    for meanwhile.
    """
    spend, give_back = RETURNS[how]
    assert spend(shop.loyalty).points == 3
    bring(shop, {"id": "3", "who": "cat", "at": "2024-03-05", "amount": "1.00"})
    if merged:
        shop.customers.merge("cat", "ann", by="li", note="she said so")
    clock.set("2024-03-10T12:00")
    bring(shop, ANN | {"back": "5.00", "back_at": "2024-03-08"})
    assert give_back(shop.loyalty).points == 3
    left = shop.loyalty.balance("ann")
    assert (left.available, left.debt) == (3, 0)


@pytest.mark.parametrize("looked", [False, True])
def test_a_refund_of_one_whose_points_another_spent(shop: Any, clock: Any, bring: Any, looked: bool) -> None:
    """Each spends 1 of 10; while they are one Ann spends her 9 and 6 of Bob's, whose other 3 lapse later.

    All of his order goes back: 3 are taken from what lapsed, and he owes the 7 that were spent. What returns
    to Ann on the 12th has lapsed by then, and pays for none of that.
    """
    for who in ("ann", "bob"):
        shop.loyalty.redeem(who, 1, key=who)
    merge = shop.customers.merge("ann", "bob", by="li", note="she said so")
    assert shop.loyalty.redeem("ann", 15, key="x").points == 15
    shop.customers.undo(merge, by="li")
    clock.set("2024-03-12T12:00")
    bring(shop, BOB | {"back": "10.00", "back_at": "2024-03-11"})
    if looked:
        shop.advance(clock.now)
    assert shop.loyalty.give_back("x", cause="shop", key="y").points == 15
    left = [shop.loyalty.balance(who) for who in ("ann", "bob")]
    assert [(one.available, one.debt) for one in left] == [(0, 0), (0, 7)]


def test_what_a_file_returned_does_not_return_again(shop: Any, clock: Any, bring: Any) -> None:
    """3 points paid for Ann's order, of which a file shows all as refunded: none is left to return."""
    shop.loyalty.redeem("ann", 3, key="x", order="ours/main/1")
    clock.set("2024-03-05T18:00")
    bring(shop, ANN | {"back": "10.00", "back_at": "2024-03-05T13:00"})
    refused = shop.loyalty.give_back("x", points=2, key="two")
    assert isinstance(refused, Refused)
    assert (refused.limit, refused.allowed) == ("hold_total", 0)
    assert shop.loyalty.give_back("x", key="all").points == 0
    left = shop.loyalty.balance("ann")
    assert (left.available, left.debt) == (0, 0)


def test_what_a_file_returned_is_in_the_table(shop: Any, clock: Any, bring: Any) -> None:
    """3 of 10 points paid for an order, half of which went back: 5 are taken, and 1.5, rounded down, return.

    The table of all customers has them from the moment after the import on, until they lapse with the day.
    """
    shop.loyalty.redeem("ann", 3, key="x", order="ours/main/1")
    clock.set("2024-03-05T14:30")
    bring(shop, ANN | {"back": "5.00", "back_at": "2024-03-05T14:00"})
    wanted = {"2024-03-05T14:31": 10 - 3 - 5 + 1, "2024-03-05T23:00": 3, "2024-03-06T00:01": 0}
    for as_of, left in wanted.items():
        rows = shop.points(as_of).customers.to_arrow().to_pylist()
        assert {row["customer_id"]: row["available"] for row in rows}.get("ann", 0) == left
        assert shop.loyalty.balance("ann", at=datetime.fromisoformat(f"{as_of}+00:00")).available == left


@pytest.mark.parametrize("keep", ["ann", "bob"])
def test_what_was_spent_before_a_merge_returns_with_the_order(
    shop: Any, clock: Any, bring: Any, keep: str
) -> None:
    """3 points paid for Ann's order, then she is taken for Bob: whose id is kept makes no difference.

    With half of the order 5 of its 10 points go and 1 of the 3 returns, as 1.5 is rounded down; with all of
    it the other 5 go and 2 return. Bob's 10 are left, and none can be given back once more.
    """
    shop.loyalty.redeem("ann", 3, key="x", order="ours/main/1")
    shop.customers.merge(keep, "bob" if keep == "ann" else "ann", by="li", note="she said so")
    for hour, back, left in ((14, "5.00", 20 - 3 - 5 + 1), (15, "10.00", 10), (15, "10.00", 10)):
        clock.set(f"2024-03-05T{hour}:30")
        bring(shop, ANN | {"back": back, "back_at": f"2024-03-05T{hour}:00"})
        found = [shop.loyalty.balance(who) for who in ("bob", "ann")]
        assert [(one.available, one.debt) for one in found] == [(left, 0), (left, 0)]
        assert shop.points("2024-03-05T23:00").customers.to_arrow()["available"].to_pylist() == [left]
    assert shop.loyalty.give_back("x", key="y").points == 0


def test_what_a_file_returned_is_there_at_once(shop: Any, clock: Any, bring: Any) -> None:
    """1 and 2 of 10 points paid for an order at one instant; half of it goes back then: 5 are taken.

    Half of the 2 returns, and half of the 1 is nothing, rounded down; whichever way one asks for the balance.
    """
    shop.loyalty.redeem("ann", 1, key="x", order="ours/main/1")
    shop.loyalty.redeem("ann", 2, key="y", order="ours/main/1")
    bring(shop, ANN | {"back": "5.00", "back_at": "2024-03-05T11:00"})
    left = [shop.loyalty.balance("ann"), shop.loyalty.balance("ann", at=clock.now)]
    assert [one.available for one in left] == [10 - 3 - 5 + 1] * 2
