"""Points without a purchase, rewards with stock, customers who bring others, balances of another system."""

from datetime import UTC, datetime
from typing import Any

import pytest

from retailcrm.domain.customers import Birthday
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.domain.points.opening import OpeningRow
from retailcrm.domain.points.reconciling import Stated
from retailcrm.errors import NotFoundError, SettingsError


def available(shop: Any, who: str) -> int:
    """Give what somebody can spend."""
    return int(shop.loyalty.balance(who).available)


def test_a_streak_of_sign_ins(make_shop: Any, clock: Any) -> None:
    """5 points a day and 20 more on the third in a row: 5, 5, 25; the same day again gives nothing."""
    shop = make_shop(activity=[{"kind": "signin", "points": 5, "streak": {"3": 20}}])
    earned = []
    for day in ("2024-04-01", "2024-04-02", "2024-04-03"):
        clock.set(day)
        earned.append(shop.loyalty.activity("ann", "signin", key=f"in:{day}").points)
    assert earned == [5, 5, 25]
    assert shop.loyalty.activity("ann", "signin", key="again").limit == "cap"
    assert available(shop, "ann") == 35


def test_a_birthday_that_nobody_knows(make_shop: Any, clock: Any) -> None:
    """No file tells it: an error; told on the day, it pays once a year."""
    shop = make_shop(activity=[{"kind": "birthday", "points": 50, "per": "year"}])
    with pytest.raises(NotFoundError):
        shop.loyalty.activity("ann", "birthday", key="1")
    assert shop.loyalty.activity("ann", "birthday", key="1", birthday=Birthday(4, 1)).points == 50
    clock.set("2024-04-02")
    assert shop.loyalty.activity("ann", "birthday", key="2", birthday=Birthday(4, 2)).limit == "cap"


def test_an_activity_that_the_programme_has_not(make_shop: Any) -> None:
    """The error names those that it has."""
    with pytest.raises(SettingsError, match="none"):
        make_shop().loyalty.activity("ann", "signin", key="1")


MUG = {"id": "mug", "kind": "goods", "points": 20, "stock": 2, "each": 1}


def test_a_reward_takes_points_and_stock(make_shop: Any) -> None:
    """Two mugs, one each: Ann takes one, not two; Bob the other; for Carl there is none left."""
    shop = make_shop(reward=[MUG])
    for who in ("ann", "bob", "carl"):
        shop.loyalty.adjust(who, 50, key=who, reason="start", actor="li")
    rewards = shop.loyalty.rewards
    assert rewards.buy("ann", "mug", key="a").detail["reward"] == "mug"
    assert rewards.buy("ann", "mug", key="b").limit == "each"
    assert rewards.buy("bob", "mug", key="c").points == 20
    assert rewards.buy("carl", "mug", key="d").limit == "stock"
    assert (rewards.left("mug"), available(shop, "ann"), available(shop, "carl")) == (0, 30, 50)


def test_a_reward_that_comes_back(make_shop: Any) -> None:
    """The points return to their lot and the mug to the shelf; a broken one does not."""
    shop = make_shop(reward=[MUG])
    rewards = shop.loyalty.rewards
    shop.loyalty.adjust("ann", 50, key="start", reason="start", actor="li")
    rewards.buy("ann", "mug", key="a")
    rewards.bring_back("a", key="back")
    assert (rewards.left("mug"), available(shop, "ann")) == (2, 50)
    rewards.buy("ann", "mug", key="b")
    rewards.bring_back("b", key="broken", restock=False)
    assert (rewards.left("mug"), available(shop, "ann")) == (1, 50)
    rewards.supply("mug", 5, key="parcel")
    rewards.supply("mug", 5, key="parcel")
    assert rewards.left("mug") == 6


def order(**told: Any) -> Any:
    """The first order of Bob, whom Ann brought."""
    at = datetime(2024, 3, 20, tzinfo=UTC)
    facts = {
        "placed_at": at, "paid_at": at, "completed_at": at, "gross": Money(5000, "CNY"),
        "state": OrderState.COMPLETED,
    } | told  # fmt: skip
    buyer = Identity.of("web", "main", "id", "bob")
    return fold([Observation(ref=OrderRef("web", "main", "9"), observed_at=at, buyer=buyer, **facts)])


def test_both_sides_of_a_referral(make_shop: Any, clock: Any) -> None:
    """Both wait 15 days from the order's completion, and can spend then."""
    shop = make_shop(referral={"referrer": 100, "referred": 60, "waiting_days": 15})
    link = datetime(2024, 3, 10, tzinfo=UTC)
    shop.loyalty.referrals.link("ann", "bob", key="click", at=link)
    done = shop.loyalty.referrals.order(order(), key="order")
    assert (done.points, done.detail["stage"]) == (160, "qualified")
    assert (shop.loyalty.balance("ann").pending, shop.loyalty.balance("bob").pending) == (100, 60)
    clock.set("2024-04-04")
    assert (available(shop, "ann"), available(shop, "bob")) == (100, 60)


def test_both_sides_go_back_with_the_order(make_shop: Any) -> None:
    """The order is refunded: nobody has brought anybody."""
    shop = make_shop(referral={})
    shop.loyalty.referrals.link("ann", "bob", key="click", at=datetime(2024, 3, 10, tzinfo=UTC))
    shop.loyalty.referrals.order(order(), key="order")
    back = order(refunded=Money(5000, "CNY"), refunded_at=datetime(2024, 3, 25, tzinfo=UTC))
    assert shop.loyalty.referrals.order(back, key="refund").detail["stage"] == "returned"
    assert shop.loyalty.balance("ann").pending == shop.loyalty.balance("bob").pending == 0


def test_a_ring_is_flagged(make_shop: Any) -> None:
    """Bob brought Ann before: the built-in check sees the ring, and a person decides."""
    shop = make_shop(referral={"flagged": "wait"})
    referrals = shop.loyalty.referrals
    referrals.link("bob", "ann", key="1", at=datetime(2024, 3, 1, tzinfo=UTC))
    first = Identity.of("web", "main", "id", "ann")
    at = datetime(2024, 3, 5, tzinfo=UTC)
    hers = fold([Observation(
        ref=OrderRef("web", "main", "8"), observed_at=at, buyer=first, placed_at=at, paid_at=at,
        completed_at=at, gross=Money(5000, "CNY"), state=OrderState.COMPLETED,
    )])  # fmt: skip
    assert referrals.order(hers, key="2").detail["stage"] == "qualified"
    referrals.link("ann", "bob", key="3", at=datetime(2024, 3, 10, tzinfo=UTC))
    assert referrals.order(order(), key="4").detail["stage"] == "held"
    assert referrals.decide("bob", release=False, actor="li", key="5").detail["stage"] == "refused"
    assert available(shop, "ann") == 100


def test_nobody_brings_herself(make_shop: Any) -> None:
    """A link of one's own is refused."""
    assert make_shop(referral={}).loyalty.referrals.link("ann", "ann", key="1").limit == "referral"


def test_balances_of_another_system(make_shop: Any) -> None:
    """Two rows are taken, a wrong one is a problem with its place; the same file again changes nothing."""
    shop = make_shop()
    end = datetime(2024, 6, 1, tzinfo=UTC)
    rows = [
        OpeningRow(source="old:1", account="ann", points=70, expires_at=end, record=1),
        OpeningRow(source="old:2", account="bob", points=30, record=2),
        OpeningRow(source="old:3", account="bob", points=-1, record=3),
    ]
    found = shop.loyalty.opening.take(rows, key="cut-over", file="old.csv")
    assert (found.opened, [(p.record, p.code) for p in found.problems]) == (2, [(3, "points")])
    again = shop.loyalty.opening.take(rows, key="cut-over", file="old.csv")
    assert (again.opened, again.unchanged) == (0, 2)
    assert (available(shop, "ann"), available(shop, "bob")) == (70, 30)
    assert shop.loyalty.balance("ann", at=end).available == 0


def test_what_was_taken_is_compared_with_what_was_stated(make_shop: Any) -> None:
    """100 points of two accounts were stated, and are there; 101 were not."""
    shop = make_shop()
    rows = [
        OpeningRow(source="old:1", account="ann", points=70, record=1),
        OpeningRow(source="old:2", account="bob", points=30, record=2),
    ]
    shop.loyalty.opening.take(rows, key="cut-over", file="old.csv")
    opening = shop.loyalty.opening
    assert opening.compare(rows, Stated(accounts=2, points=100, by_account={"ann": 70, "bob": 30})).agrees
    assert not opening.compare(rows, Stated(accounts=2, points=101)).agrees
    wrong = opening.compare(rows, Stated(points=100, by_account={"ann": 60, "bob": 40}))
    assert not wrong.agrees
