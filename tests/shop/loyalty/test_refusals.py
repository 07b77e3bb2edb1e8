"""Every refusal that a shop's points can give has a derivation that the independent checker verifies."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest

from retailcrm.domain.money import Money
from retailcrm.domain.points.checker import check
from retailcrm.domain.points.terms import Cart
from retailcrm.errors import InputError
from retailcrm.ports.outcomes import Refused

TEN: Final = Cart(goods=1000)
MUG: Final = {"id": "mug", "points": 20, "stock": 2, "each": 1}
HUNDREDS: Final = {"redemption": {"least": 200, "multiple": 100}}
FREE: Final = {"redemption": {"share_of_order": "0"}}
ODD: Final = {"redemption": {"points_per_unit": "300"}}


def redeem(points: int, cart: Cart | None = None) -> Callable[[Any, Any], Any]:
    return lambda shop, _: shop.loyalty.redeem("ann", points, key="k", cart=cart)


def reserve(points: int, cart: Cart | None = None) -> Callable[[Any, Any], Any]:
    return lambda shop, _: shop.loyalty.reserve("ann", points, key="k", cart=cart)


def owing(cart: Cart | None = None) -> Callable[[Any, Any], Any]:
    """Spend the points of an order that then goes back."""

    def do(shop: Any, bring: Any) -> Any:
        row = {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "50.00"}
        bring(shop, row)
        shop.loyalty.redeem("ann", 550, key="spend")
        shop.loyalty.reverse("ours/main/1", Money(5000, "CNY"), key="back")
        return shop.loyalty.redeem("ann", 10, key="k", cart=cart)

    return do


def ended(shop: Any, _: Any) -> Any:
    shop.loyalty.reserve("ann", 40, key="cart")
    shop.loyalty.void("cart", key="failed")
    return shop.loyalty.capture("cart", key="k")


def captured_more(shop: Any, _: Any) -> Any:
    shop.loyalty.reserve("ann", 40, key="cart")
    return shop.loyalty.capture("cart", key="k", points=41)


def returned_more(shop: Any, _: Any) -> Any:
    shop.loyalty.redeem("ann", 40, key="cart")
    return shop.loyalty.give_back("cart", key="k", points=41)


def signed_in_again(shop: Any, _: Any) -> Any:
    shop.loyalty.activity("ann", "signin", key="1")
    return shop.loyalty.activity("ann", "signin", key="k")


def buys(pieces: int) -> Callable[[Any, Any], Any]:
    return lambda shop, _: shop.loyalty.rewards.buy("ann", "mug", key="k", pieces=pieces)


def of_nothing(shop: Any, _: Any) -> Any:
    return shop.loyalty.reverse("web/main/0", Money(1, "CNY"), key="k")


def refunds(yuan: int, *, earned: bool) -> Callable[[Any, Any], Any]:
    """Ann's order 7 came to 5 yuan and 100 points (1 yuan); all or more of it goes back."""

    def do(shop: Any, bring: Any) -> Any:
        if earned:
            bring(shop, {"id": "7", "who": "ann", "at": "2024-03-20", "amount": "5.00"})
        shop.loyalty.redeem("ann", 100, key="spent", order="ours/main/7")
        return shop.loyalty.refund("ours/main/7", Money(yuan * 100, "CNY"), key="k")

    return do


def herself(shop: Any, _: Any) -> Any:
    return shop.loyalty.referrals.link("ann", "ann", key="k")


LADDER: Final = {
    "currency": "CNY", "window": "lifetime", "hold": "forever", "qualify_at": "paid",
    "tiers": [
        {"name": "member", "label_zh": "会员", "label_en": "Member"},
        {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"orders": 2}},
    ],
}  # fmt: skip
CASES: Final[tuple[tuple[str, dict[str, Any], Any, dict[str, Any]], ...]] = (
    ("balance", {}, redeem(600), {}),
    ("balance", ODD, redeem(900, Cart(goods=1000)), {"cart": TEN}),
    ("debt", {"waiting": {"until": "paid"}}, owing(), {}),
    ("debt", {"waiting": {"until": "paid"}}, owing(TEN), {"cart": TEN}),
    ("minimum", HUNDREDS, redeem(150), {}),
    ("minimum", {"redemption": {"least": 200}}, redeem(150, TEN), {"cart": TEN}),
    ("multiple", HUNDREDS, reserve(250), {}),
    ("multiple", {"redemption": {"multiple": 100}}, reserve(50, TEN), {"cart": TEN}),
    ("share_of_order", FREE, redeem(100, TEN), {"cart": TEN}),
    ("order_total", {}, reserve(100, Cart(goods=1000, paid=1000)), {"cart": Cart(goods=1000, paid=1000)}),
    ("nothing", ODD, redeem(2, TEN), {"cart": TEN}),
    ("nothing", {}, of_nothing, {"about": "web/main/0"}),
    ("unknown_order", {}, refunds(6, earned=False), {"about": "ours/main/7"}),
    ("refund_total", {}, refunds(7, earned=True), {"about": "ours/main/7"}),
    ("unknown_hold", {}, ended, {"about": "cart"}),
    ("hold_total", {}, captured_more, {"about": "cart"}),
    ("hold_total", {}, returned_more, {}),
    ("cap", {"activity": [{"kind": "signin", "points": 5}]}, signed_in_again, {}),
    ("stock", {"reward": [MUG | {"each": 9}]}, buys(3), {}),
    ("each", {"reward": [MUG]}, buys(2), {}),
    ("tier", {"reward": [MUG | {"tiers": ["gold"]}]}, buys(1), {}),
    ("referral", {"referral": {}}, herself, {}),
)
"""The limit, the programme, what is done, and what its derivation needs to be told."""


@pytest.mark.parametrize(("limit", "points", "do", "told"), CASES)
def test_a_refusal_is_derived_and_verified(
    make_shop: Any, bring: Any, limit: str, points: Any, do: Any, told: Any
) -> None:
    """Ann has 500 points; what stands in her way is worked through again without our rules."""
    shop = make_shop(ladder=LADDER if limit == "tier" else None, **points)
    start = 2 if limit == "balance" and "cart" in told else 500
    shop.loyalty.adjust("ann", start, key="start", reason="start", actor="li")
    refused = do(shop, bring)
    assert isinstance(refused, Refused)
    assert refused.limit == limit
    document = json.loads(json.dumps(shop.loyalty.explain.refusal(refused, "ann", **told)))
    assert check(document) == ()
    assert check(document | {"limit": "weather"})


def test_every_limit_is_among_them() -> None:
    """Two limits no verb of a shop meets: refunds only grow there, and lots are named by orders."""
    from typing import get_args

    from retailcrm.domain.points.outcomes import Limit

    assert {limit for limit, *_ in CASES} == set(get_args(Limit)) - {"refunded_share", "unknown_lot"}


def test_a_cart_s_refusal_needs_the_cart(make_shop: Any) -> None:
    """Without the cart there is nothing that the limit could be derived from."""
    shop = make_shop(**FREE)
    shop.loyalty.adjust("ann", 500, key="start", reason="start", actor="li")
    refused = shop.loyalty.redeem("ann", 100, key="k", cart=TEN)
    with pytest.raises(InputError, match="cart"):
        shop.loyalty.explain.refusal(refused, "ann")


def test_a_refusal_is_derived_where_the_clock_was_set_back(make_shop: Any, clock: Any) -> None:
    """What she has is what stands there, at the moment up to which the account has seen."""
    shop = make_shop()
    shop.loyalty.adjust("ann", 500, key="start", reason="start", actor="li")
    clock.now -= timedelta(days=3)
    refused = shop.loyalty.redeem("ann", 600, key="k")
    assert check(json.loads(json.dumps(shop.loyalty.explain.refusal(refused, "ann")))) == ()
