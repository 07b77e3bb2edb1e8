"""Why a command was refused: every limit is derived, and verified by a program that knows no rule of ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.checker import check
from retailcrm.domain.points.explaining import explain_refusal
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.quotes import NoQuote, quote_redemption
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.points.wallets import Redemption
from retailcrm.errors import InputError

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
EARNED = earn(Account(id="ann"), 250, lot="1", source="order:A1", key="a", now=NOON, activates_at=NOON)
RULE = Redemption(least=200, multiple=100)


def refusal(limit: Any, asked: int, allowed: int) -> Refusal:
    return Refusal(
        account=EARNED.account, entries=(), limit=limit, asked=asked, allowed=allowed, message="no"
    )


def derived(told: Refusal, **more: Any) -> Any:
    document = json.loads(json.dumps(explain_refusal(told, EARNED.entries, NOON, **more)))
    return document, check(document)


QUOTED: dict[str, tuple[Cart, int, Redemption]] = {
    "minimum": (Cart(goods=1000), 150, Redemption(least=200)),
    "multiple": (Cart(goods=1000), 50, Redemption(multiple=100)),
    "share_of_order": (Cart(goods=1000), 100, Redemption(share_of_order=Fraction(0))),
    "order_total": (Cart(goods=1000, paid=1000), 100, Redemption()),
    "nothing": (Cart(goods=1000), 2, Redemption(points_per_unit=Fraction(300))),
    "balance": (Cart(goods=1000), 9000, Redemption(points_per_unit=Fraction(90_000))),
}
"""By hand: which limit stands in the way of a cart with 250 points."""


@pytest.mark.parametrize("limit", QUOTED)
def test_what_a_cart_refuses_is_derived_by_its_quote(limit: str) -> None:
    """The quote is worked through again on the refusal's own balance; anything changed in it is found."""
    cart, asked, rule = QUOTED[limit]
    quote = quote_redemption(EARNED.account, cart, asked, rule, unit=100, now=NOON)
    assert isinstance(quote, NoQuote)
    assert quote.limit == limit
    told = refusal(limit, asked, quote.allowed)
    document, problems = derived(told, cart=cart, redemption=rule)
    assert problems == ()
    assert document["quote"]["points"] == 0
    for changed in (
        document | {"asked": asked + 1, "distance": abs(asked + 1 - quote.allowed)},
        document | {"allowed": quote.allowed + 1, "distance": abs(asked - quote.allowed - 1)},
        document | {"limit": "debt"},
        document | {"quote": document["quote"] | {"value": 1}},
        document | {"quote": document["quote"] | {"cart": attrs_of(cart, goods=1)}},
    ):
        assert check(changed)


def attrs_of(cart: Cart, **changes: int) -> dict[str, int]:
    return {name: getattr(cart, name) for name in ("goods", "shipping", "other", "paid")} | changes


@pytest.mark.parametrize(
    ("limit", "asked", "allowed", "wrong"), [("minimum", 150, 200, 100), ("multiple", 250, 200, 100)]
)
def test_too_few_points_at_a_time_are_derived_by_the_rule(
    limit: str, asked: int, allowed: int, wrong: int
) -> None:
    """At least 200 points, in hundreds: 150 are too few, and 250 are no multiple."""
    document, problems = derived(refusal(limit, asked, allowed), redemption=RULE)
    assert problems == ()
    assert document["rule"] == {"least": 200, "multiple": 100}
    for changed in (
        document | {"allowed": wrong, "distance": asked - wrong},
        document | {"asked": 300, "distance": 300 - allowed},
        document | {"limit": "nothing"},
        document | {"rule": {"least": 50, "multiple": 50}},
        document | {"rule": None},
    ):
        assert check(changed)


def test_nothing_of_an_order_is_derived_by_the_lots() -> None:
    """No lot comes of order B2; of A1 one does, so that nothing was there is not true."""
    _, problems = derived(refusal("nothing", 0, 0), about="B2")
    assert problems == ()
    _, problems = derived(refusal("nothing", 0, 0), about="A1")
    assert problems


@pytest.mark.parametrize(
    ("limit", "asked", "more"),
    [
        ("minimum", 1, {}), ("multiple", 1, {}), ("share_of_order", 1, {"redemption": RULE}),
        ("order_total", 1, {"redemption": RULE}), ("nothing", 1, {"redemption": RULE}), ("nothing", 0, {}),
        ("minimum", 1, {"cart": Cart(goods=1)}),
    ],
)  # fmt: skip
def test_what_a_limit_follows_from_must_be_given(limit: str, asked: int, more: Any) -> None:
    """No derivation is handed out that a checker would reject."""
    with pytest.raises(InputError):
        explain_refusal(refusal(limit, asked, 0), EARNED.entries, NOON, **more)
