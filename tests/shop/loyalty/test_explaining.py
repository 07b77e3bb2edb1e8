"""Derivations of what a shop's points are: each is verified by the independent checker."""

import json
from typing import Any

import pytest

from retailcrm.domain.points.checker import check
from retailcrm.domain.points.terms import Cart
from retailcrm.errors import NotFoundError


def verified(document: Any) -> Any:
    """Give a derivation as it looks after a trip through JSON, once the checker agrees with it."""
    plain = json.loads(json.dumps(document))
    assert check(plain) == ()
    return plain


def test_a_balance(shop: Any) -> None:
    """Ann's 50 spendable points and 30 waiting ones, lot by lot."""
    found = verified(shop.loyalty.explain.balance("ann"))
    assert (found["balances"]["available"], found["balances"]["pending"]) == (50, 30)


def test_an_award_by_the_rule_of_then(shop: Any) -> None:
    """30.50 earn 30 points: the half is rounded off. What nobody wrote yet is not there."""
    with pytest.raises(NotFoundError):
        shop.loyalty.explain.award("ours/main/2")
    shop.loyalty.redeem("ann", 1, key="touch")
    found = verified(shop.loyalty.explain.award("ours/main/2"))
    assert (found["exact"], found["points"]) == ("61/2", 30)


def test_a_quote(shop: Any) -> None:
    """A cart of 10 yuan takes all her 50 points; the balance binds."""
    found = verified(shop.loyalty.explain.quote("ann", Cart(goods=1000)))
    assert (found["points"], found["value"], found["limit"]) == (50, 50, "balance")


def test_a_refusal(shop: Any) -> None:
    """60 of 50 points: ten are missing."""
    refused = shop.loyalty.redeem("ann", 60, key="cart")
    found = verified(shop.loyalty.explain.refusal(refused, "ann"))
    assert (found["limit"], found["distance"]) == ("balance", 10)


def test_a_forged_derivation_is_found(shop: Any) -> None:
    """One point more than the lots hold does not pass."""
    plain = json.loads(json.dumps(shop.loyalty.explain.balance("ann")))
    plain["balances"]["available"] += 1
    assert check(plain)
