"""Points on a shop: what its orders earn, and verbs that happen once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retailcrm import open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.domain.points.terms import Cart
from retailcrm.errors import IdempotencyConflictError, InputError, NotFoundError, SettingsError
from retailcrm.ports.outcomes import Done, Refused


def points(shop: Any, who: str, **when: Any) -> tuple[int, int, int, int]:
    """Give pending, available, held and debt."""
    found = shop.loyalty.balance(who, **when)
    return found.pending, found.available, found.held, found.debt


def test_paid_gives_pending_received_activates_refund_reverses(shop: Any) -> None:
    """Ann: 50 received, 30 of 30.50 waiting; Bob: 20 less the quarter that he got back."""
    assert points(shop, "ann") == (30, 50, 0, 0)
    assert points(shop, "bob") == (0, 15, 0, 0)


def test_a_shop_without_points_says_so() -> None:
    """Asking for points where the policy has none is an error that names the section."""
    with pytest.raises(SettingsError, match=r"\[points\]"):
        _ = open_shop().loyalty


def test_reading_writes_nothing(shop: Any) -> None:
    """A balance that is asked for twice is the same, and the journal is as long as before."""
    assert shop.loyalty.history("ann") == shop.loyalty.history("ann")
    assert points(shop, "ann") == points(shop, "ann")


def test_redeeming_with_a_cart_gives_the_money(shop: Any) -> None:
    """100 points are 1 yuan by default; 20 points pay 0.20."""
    done = shop.loyalty.redeem("ann", 20, key="cart:1", cart=Cart(goods=1000))
    assert (done.points, done.detail["value"]) == (20, 20)
    assert points(shop, "ann") == (30, 30, 0, 0)


def test_the_same_key_is_the_same_command(shop: Any) -> None:
    """Sent again it gives what it came to then; sent with other points it is an error."""
    first = shop.loyalty.redeem("ann", 20, key="cart:1")
    again = shop.loyalty.redeem("ann", 20, key="cart:1")
    assert first == again
    assert (first.repeated, again.repeated) == (False, True)
    with pytest.raises(IdempotencyConflictError):
        shop.loyalty.redeem("ann", 21, key="cart:1")
    assert points(shop, "ann") == (30, 30, 0, 0)


def test_the_key_holds_later_too(shop: Any, clock: Any) -> None:
    """A command that is sent again a year later has still happened once: "now" is no part of it."""
    first = shop.loyalty.redeem("ann", 20, key="cart:1")
    clock.set("2025-03-01")
    assert shop.loyalty.redeem("ann", 20, key="cart:1") == first


def test_a_refusal_leaves_the_key_free(shop: Any, clock: Any, bring: Any) -> None:
    """Refused for want of points; when there are enough, the same key does it."""
    refused = shop.loyalty.redeem("ann", 60, key="cart:1")
    assert refused == Refused(
        key="cart:1", limit="balance", asked=60, allowed=50, message="50 points are available"
    )
    clock.set("2024-04-02")
    bring(shop, {"id": "2", "who": "ann", "at": "2024-03-05", "done": "2024-04-01", "amount": "30.50"})
    assert isinstance(shop.loyalty.redeem("ann", 60, key="cart:1"), Done)


def test_keys_of_two_verbs_do_not_meet(shop: Any) -> None:
    """A reservation and a redemption may have one key."""
    assert isinstance(shop.loyalty.redeem("ann", 10, key="7"), Done)
    assert isinstance(shop.loyalty.reserve("ann", 10, key="7"), Done)
    assert points(shop, "ann") == (30, 30, 10, 0)


def test_a_command_needs_a_key(shop: Any) -> None:
    """Without a key nobody could tell it from the next one."""
    with pytest.raises(InputError, match="key"):
        shop.loyalty.redeem("ann", 10, key=" ")


def test_reserve_capture_the_rest_returns(shop: Any) -> None:
    """Of 40 reserved points 25 are spent and 15 return."""
    shop.loyalty.reserve("ann", 40, key="cart")
    assert points(shop, "ann") == (30, 10, 40, 0)
    done = shop.loyalty.capture("cart", key="paid", points=25)
    assert (done.points, done.detail["value"]) == (25, 25)
    assert points(shop, "ann") == (30, 25, 0, 0)
    assert shop.loyalty.capture("cart", key="paid again").limit == "unknown_hold"


def test_a_reservation_ends_by_itself(shop: Any, clock: Any) -> None:
    """After the wallet's 30 minutes its points can be spent again, without any job."""
    shop.loyalty.reserve("ann", 40, key="cart")
    clock.now += timedelta(minutes=30)
    assert points(shop, "ann") == (30, 50, 0, 0)
    assert shop.loyalty.void("cart", key="too late").limit == "unknown_hold"


def test_void_returns_everything(shop: Any) -> None:
    """A checkout that fails leaves the account as it was."""
    before = points(shop, "ann")
    shop.loyalty.reserve("ann", 40, key="cart")
    shop.loyalty.void("cart", key="failed")
    assert points(shop, "ann") == before


def test_unknown_reservations_and_redemptions(shop: Any) -> None:
    """A key that nobody used is an error of the caller."""
    for verb in (shop.loyalty.capture, shop.loyalty.void, shop.loyalty.give_back):
        with pytest.raises(NotFoundError):
            verb("nothing", key="1")


def test_redeemed_points_return_in_parts(shop: Any) -> None:
    """12 and then the other 8 of 20 points return; a third time there is nothing left."""
    shop.loyalty.redeem("ann", 20, key="cart")
    shop.loyalty.give_back("cart", key="a", points=12)
    assert points(shop, "ann") == (30, 42, 0, 0)
    shop.loyalty.give_back("cart", key="b")
    assert points(shop, "ann") == (30, 50, 0, 0)
    assert isinstance(shop.loyalty.give_back("cart", key="c", points=1), Refused)


@pytest.mark.parametrize(("cause", "available"), [("customer", 0), ("shop", 20)])
def test_late_points_by_whose_doing_it_is(shop: Any, clock: Any, cause: str, available: int) -> None:
    """Ann's lot lapsed at the end of 2025: cancelled by her it stays so, by the shop she gets 30 days."""
    shop.loyalty.redeem("ann", 20, key="cart")
    clock.set("2026-01-10")
    shop.loyalty.give_back("cart", key="a", cause=cause)
    assert points(shop, "ann")[1] == available
    clock.set("2026-02-11")
    assert points(shop, "ann")[1] == 0


@pytest.mark.parametrize(("points", "limit"), [(90, "minimum"), (130, "multiple"), (150, None)])
def test_points_are_spent_as_the_wallet_says(make_shop: Any, points: int, limit: str | None) -> None:
    """At least 100 at a time, in multiples of 50: with a cart or without, at once or reserved."""
    shop = make_shop(redemption={"least": 100, "multiple": 50})
    shop.loyalty.adjust("ann", 500, key="start", reason="start", actor="li")
    for verb in (shop.loyalty.redeem, shop.loyalty.reserve):
        found = verb("ann", points, key=verb.__name__)
        assert getattr(found, "limit", None) == limit


def test_transfer_keeps_the_expiry(shop: Any) -> None:
    """Points that Ann gives Bob lapse when hers would have."""
    shop.loyalty.transfer("ann", "bob", 10, key="gift")
    assert (points(shop, "ann"), points(shop, "bob")) == ((30, 40, 0, 0), (0, 25, 0, 0))
    end = datetime(2026, 1, 1, tzinfo=UTC)
    assert points(shop, "bob", at=end - timedelta(microseconds=1))[1] == 25
    assert points(shop, "bob", at=end)[1] == 0
    assert shop.loyalty.transfer("bob", "ann", 26, key="too much").limit == "balance"


def test_adjusting_needs_a_reason_and_a_name(shop: Any) -> None:
    """A correction is an entry with a reason and somebody who decided."""
    shop.loyalty.adjust("ann", 5, key="1", reason="lost parcel", actor="li")
    shop.loyalty.adjust("ann", -15, key="2", reason="booked twice", actor="li")
    assert points(shop, "ann") == (30, 40, 0, 0)
    assert [(e.reason, e.actor) for e in shop.loyalty.history("ann") if e.verb == "adjust"] == [
        ("lost parcel", "li"), ("booked twice", "li"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="reason"):
        shop.loyalty.adjust("ann", 5, key="3", reason="", actor="li")


def test_points_that_count_for_tiers_are_not_spent(make_shop: Any, bring: Any) -> None:
    """A qualifying wallet earns like any other, and nobody spends from it."""
    shop = make_shop(wallet=[{"name": "status", "qualifying": True, "earn": {"rate": "2"}}])
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "50.00"})
    assert points(shop, "ann", wallet="status") == (0, 100, 0, 0)
    with pytest.raises(SettingsError, match="status"):
        shop.loyalty.redeem("ann", 1, key="1", wallet="status")


def an_order(number: str = "77", **told: Any) -> Any:
    """An order of Carl's as his shop's backend knows it."""
    ref, at = OrderRef("web", "main", number), datetime(2024, 3, 30, tzinfo=UTC)
    facts = {"paid_at": at, "gross": Money(9900, "CNY"), "state": OrderState.PAID} | told
    buyer = Identity.of("web", "main", "id", "carl")
    return fold([Observation(ref=ref, observed_at=at, buyer=buyer, **facts)])


def test_a_backend_hands_its_orders_in(make_shop: Any) -> None:
    """Paid gives 99 pending points, receipt sets them free, a refund of a third takes 33."""
    shop = make_shop()
    assert shop.loyalty.earn(an_order(), key="paid").points == 99
    assert points(shop, "carl") == (99, 0, 0, 0)
    received = an_order(completed_at=datetime(2024, 3, 31, tzinfo=UTC), state=OrderState.COMPLETED)
    shop.loyalty.earn(received, key="received")
    assert points(shop, "carl") == (0, 99, 0, 0)
    done = shop.loyalty.reverse("web/main/77", Money(3300, "CNY"), key="refund:1")
    assert done.points == 33
    assert points(shop, "carl") == (0, 66, 0, 0)


def test_an_unpaid_order_earns_nothing(make_shop: Any) -> None:
    """An order that nobody paid is refused, and the key stays free for the payment."""
    shop = make_shop()
    unpaid = an_order(paid_at=None, state=OrderState.PLACED)
    assert shop.loyalty.earn(unpaid, key="77").limit == "nothing"
    assert shop.loyalty.earn(an_order(), key="77").points == 99


@pytest.mark.parametrize("parts", [[9900], [1, 9899], [3300, 3300, 3300], [99] * 100])
def test_a_refund_in_parts_is_one_refund(make_shop: Any, parts: list[int]) -> None:
    """However 99 yuan go back, exactly the 99 points of the order go back with them."""
    shop = make_shop()
    shop.loyalty.earn(an_order(), key="paid")
    taken = [
        shop.loyalty.reverse("web/main/77", Money(part, "CNY"), key=f"r{n}").points
        for n, part in enumerate(parts)
    ]
    assert sum(taken) == 99
    assert points(shop, "carl") == (0, 0, 0, 0)
    assert shop.loyalty.reverse("web/main/77", Money(1, "CNY"), key="more").points == 0


def test_a_refund_of_spent_points_is_a_debt(make_shop: Any) -> None:
    """Carl spent 90 of 99 points and sends everything back: he owes 90, and his next points repay them."""
    shop = make_shop(waiting={"until": "paid"})
    shop.loyalty.earn(an_order(), key="paid")
    shop.loyalty.redeem("carl", 90, key="cart")
    shop.loyalty.reverse("web/main/77", Money(9900, "CNY"), key="refund")
    assert points(shop, "carl") == (0, 0, 0, 90)
    assert shop.loyalty.redeem("carl", 1, key="more").limit == "debt"
    shop.loyalty.adjust("carl", 100, key="sorry", reason="goodwill", actor="li")
    assert points(shop, "carl") == (0, 10, 0, 0)


@pytest.mark.parametrize(
    ("how", "first"),
    [("proportional", (2500, 500)), ("cash_first", (3000, 0)), ("points_first", (1000, 2000))],
)
@pytest.mark.parametrize("parts", [[12000], [3000, 9000], [3000] * 4, [1, 11999]])
def test_a_refund_of_an_order_paid_with_points(make_shop: Any, how: str, first: Any, parts: Any) -> None:
    """100 yuan and 2,000 points (20 yuan) paid: a quarter back by the wallet's rule; all of it exactly."""
    shop = make_shop(waiting={"until": "paid"}, redemption={"refund": how})
    shop.loyalty.adjust("carl", 2000, key="start", reason="start", actor="li")
    shop.loyalty.redeem("carl", 2000, key="cart", cart=Cart(goods=12000), order="web/main/77")
    shop.loyalty.earn(an_order(gross=Money(10000, "CNY")), key="paid")
    told = [
        shop.loyalty.refund("web/main/77", Money(part, "CNY"), key=f"r{n}") for n, part in enumerate(parts)
    ]
    if parts[0] == 3000:
        assert (told[0].detail["cash"], told[0].points) == first
    assert sum(one.detail["cash"] for one in told) == 10000
    assert sum(one.points for one in told) == 2000
    assert points(shop, "carl") == (0, 2000, 0, 0)


def test_nothing_was_awarded_for_an_order_nobody_knows(shop: Any) -> None:
    """A refund of an unknown order is refused."""
    assert shop.loyalty.reverse("web/main/0", Money(1, "CNY"), key="1").limit == "nothing"


def test_what_we_believed_and_what_was(shop: Any) -> None:
    """On 20 March a file of 1 April tells of 50 points; by what was written on 20 March there was nothing."""
    shop.loyalty.redeem("ann", 10, key="cart")
    march = datetime(2024, 3, 20, tzinfo=UTC)
    assert points(shop, "ann", at=march) == (30, 50, 0, 0)
    assert points(shop, "ann", at=march, known=march) == (0, 0, 0, 0)


def test_a_clock_in_the_past_knows_no_later(shop: Any, clock: Any) -> None:
    """On 3 March Ann's first order is paid and not received, and the second is not there."""
    clock.set("2024-03-03")
    assert points(shop, "ann") == (50, 0, 0, 0)
    assert shop.loyalty.redeem("ann", 1, key="early").limit == "balance"


LADDER = {
    "currency": "CNY", "window": "lifetime", "hold": "forever", "qualify_at": "paid",
    "tiers": [
        {"name": "member", "label_zh": "会员", "label_en": "Member"},
        {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"orders": 2},
         "points_multiplier": "2"},
    ],
}  # fmt: skip


def test_orders_that_a_backend_hands_in_lift_her_too(make_shop: Any) -> None:
    """Gold from the second order on, doubling: the third order of 99 yuan earns 198."""
    shop = make_shop(LADDER)
    for n, day in enumerate((20, 22, 24), 1):
        at = datetime(2024, 3, day, tzinfo=UTC)
        shop.loyalty.earn(an_order(number=str(n), paid_at=at), key=str(n))
    awards = [shop.loyalty.explain.award(f"web/main/{n}")["points"] for n in (1, 2, 3)]
    assert awards == [99, 99, 198]


@pytest.mark.parametrize(("tier_at", "earned"), [("before", 10 + 10 + 20), ("after", 10 + 20 + 20)])
def test_the_tier_at_the_order_multiplies(make_shop: Any, bring: Any, tier_at: str, earned: int) -> None:
    """The second order lifts her to gold: it earns by the tier before it, or after it; the third by gold."""
    shop = make_shop(LADDER, tier_at=tier_at)
    days = ("2024-03-01", "2024-03-02", "2024-03-03")
    bring(
        shop, *({"id": str(n), "who": "ann", "at": day, "amount": "10.00"} for n, day in enumerate(days, 1))
    )
    assert points(shop, "ann") == (earned, 0, 0, 0)


def test_campaigns_multiply_while_they_last(make_shop: Any, bring: Any) -> None:
    """Orders of 11 November earn three times as much, those before and after do not."""
    days = [{"name": "11.11", "start": "2023-11-11", "end": "2023-11-12", "multiplier": "3"}]
    shop = make_shop(campaign=days)
    moments = ("2023-11-10T23:59:59", "2023-11-11T00:00:00", "2023-11-11T23:59:59", "2023-11-12T00:00:00")
    bring(
        shop, *({"id": str(n), "who": "ann", "at": at, "amount": "10.00"} for n, at in enumerate(moments, 1))
    )
    earned = [e.movements[0].points for e in shop.loyalty.history("ann") if e.verb == "earn"]
    assert earned == [10, 30, 30, 10]


def test_inactive_customers_lose_their_points(make_shop: Any, bring: Any) -> None:
    """Three months after her last order or redemption everything lapses; a redemption puts that off."""
    shop = make_shop(inactive={"months": 3}, expiry={"never": True}, waiting={"until": "paid"})
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "amount": "50.00"})
    assert points(shop, "ann", at=datetime(2024, 6, 1, 23, tzinfo=UTC))[1] == 50
    assert points(shop, "ann", at=datetime(2024, 6, 2, tzinfo=UTC))[1] == 0
    shop.loyalty.redeem("ann", 10, key="cart")
    assert points(shop, "ann", at=datetime(2024, 7, 1, 23, tzinfo=UTC))[1] == 40
    assert points(shop, "ann", at=datetime(2024, 7, 2, tzinfo=UTC))[1] == 0
