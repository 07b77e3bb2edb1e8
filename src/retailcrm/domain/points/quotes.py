"""Quotes: what points may pay of a cart, which limit binds, and how far away the next coin is.

A quote is the greatest value that may be had, and of equal values the fewest points. The discount is what
the debit returns: nothing else grants one.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.outcomes import Accepted, Limit, Outcome, Refusal
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import positive, redeem, reserve
from retailcrm.domain.points.terms import Cart, Missing, Step, Terms
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.wallets import Redemption


__all__ = ["Cart", "Granted", "NoQuote", "Quote", "quote_redemption", "redeem_quote", "reserve_quote"]


@attrs.frozen(kw_only=True)
class Quote:
    """What points pay of a cart.

    Attributes:
        points: Points to be debited; at least 1.
        value: Money off, minor units; at least 1.
        remainder: What is left to be paid, minor units.
        binding: What stood in the way of more: the balance, the order's total or the share of it that points
            may pay, the multiple, the minimum; ``nothing``: she gets what she asked for.
        allowed: Points that she could spend on this cart if she asked for as many as possible.
        missing: How far away the next coin is.
        steps: The numbers behind it, in the order in which they follow from each other.
        cart: What it was for.
        redemption: The rule.
        unit: Minor units in one whole unit of money.
    """

    points: int
    value: int
    remainder: int
    binding: Limit
    allowed: int
    missing: Missing
    steps: tuple[Step, ...]
    cart: Cart
    redemption: Redemption
    unit: int


@attrs.frozen(kw_only=True)
class NoQuote:
    """Points cannot pay any of a cart.

    Attributes:
        limit: What stood in the way.
        asked: Points that were asked for; 0 for as many as possible.
        allowed: Points that she could spend on this cart if she asked for as many as possible.
        missing: How far away the first coin is.
        steps: The numbers behind it.
        message: One sentence for a person.
    """

    limit: Limit
    asked: int
    allowed: int
    missing: Missing
    steps: tuple[Step, ...]
    message: str


@attrs.frozen(kw_only=True)
class Granted:
    """Points went, and the discount came of it.

    Attributes:
        outcome: What to write.
        value: Money off, minor units: what the debited points are worth.
        remainder: What is left to be paid, minor units.
    """

    outcome: Accepted
    value: int
    remainder: int


def quote_redemption(
    account: Account, cart: Cart, wanted: int | None, redemption: Redemption, *, unit: int, now: datetime
) -> Quote | NoQuote:
    """Quote what points pay of a cart: the most money, and of equal money the fewest points.

    Where the points of a multiple would pay more than the order takes, the multiple below is quoted: nobody
    burns points that buy nothing.

    Args:
        account: As stored; what is due by ``now`` is taken into account.
        cart: What is to be paid.
        wanted: Points that she wants to spend at most; ``None`` for as many as possible.
        redemption: The rule.
        unit: Minor units in one whole unit of money: 100 for yuan, 1 for yen.
        now: When; aware.

    Returns:
        The quote, or what stands in the way.

    Raises:
        InputError: Not a positive number of points, or of minor units.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.points.account import Account
        >>> from retailcrm.domain.points.awarding import earn
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> day = datetime(2024, 1, 1, tzinfo=UTC)
        >>> ann = earn(Account(id="ann"), 500, lot="1", source="gift", key="1", now=day, activates_at=day)
        >>> quote = quote_redemption(ann.account, Cart(goods=300), None, Redemption(), unit=100, now=day)
        >>> quote.points, quote.value, quote.remainder, quote.binding
        (300, 300, 0, 'order_total')
    """
    if wanted is not None:
        positive(wanted)
    if unit < 1:
        raise InputError(f"a whole unit of money has at least one minor unit, not {unit}")
    draft = Draft.live(account, "quote", now)
    settle(draft)
    terms = Terms(
        cart=cart, redemption=redemption, unit=unit, wanted=wanted,
        balance=draft.account.available, debt=draft.account.debt,
    )  # fmt: skip
    points = terms.best()
    value = terms.value(points)
    allowed = attrs.evolve(terms, wanted=None).best()
    steps = (*terms.steps(), Step("points", points), Step("value", value))
    if points:
        return Quote(
            points=points, value=value, remainder=cart.due - value, binding=terms.binding(points),
            allowed=allowed, missing=terms.missing(value), steps=steps, cart=cart, redemption=redemption,
            unit=unit,
        )  # fmt: skip
    limit, missing = terms.binding(0), terms.missing(0)
    return NoQuote(
        limit=limit, asked=wanted or 0, allowed=allowed, missing=missing, steps=steps,
        message=_sentence(limit, missing, terms),
    )  # fmt: skip


def redeem_quote(
    account: Account, quote: Quote, *, key: str, now: datetime, reference: str = "", reason: str = ""
) -> Granted | Refusal:
    """Spend the points of a quote; the discount is what the debit gives.

    Args:
        account: As stored.
        quote: What was quoted.
        key: The command's idempotency key.
        now: When; aware.
        reference: The order.
        reason: For the journal.

    Returns:
        Exactly the quoted points and value, or the refusal: never fewer points for the same money.

    Raises:
        InputError: The quote's value is not what its points are worth: somebody changed it.
    """
    value = _value_of(quote)
    return _granted(
        redeem(account, quote.points, key=key, now=now, reference=reference, reason=reason), quote, value
    )


def reserve_quote(
    account: Account, quote: Quote, *, hold: str, key: str, now: datetime, reference: str = ""
) -> Granted | Refusal:
    """Set the points of a quote aside for as long as the rule lets a checkout take.

    Args:
        account: As stored.
        quote: What was quoted.
        hold: The reservation's id, new in the account.
        key: The command's idempotency key.
        now: When; aware.
        reference: The order.

    Returns:
        The discount that holds once all of the reservation is captured, or the refusal.

    Raises:
        InputError: The quote's value is not what its points are worth, or the id is in use.
    """
    value = _value_of(quote)
    ends_at = now + timedelta(minutes=quote.redemption.hold_minutes)
    outcome = reserve(
        account, quote.points, hold=hold, ends_at=ends_at, key=key, now=now, reference=reference
    )
    return _granted(outcome, quote, value)


def _granted(outcome: Outcome, quote: Quote, value: int) -> Granted | Refusal:
    if isinstance(outcome, Refusal):
        return outcome
    return Granted(outcome=outcome, value=value, remainder=quote.cart.due - value)


def _value_of(quote: Quote) -> int:
    """Compute again what a quote's points buy: all but the balance follows from the quote itself."""
    terms = Terms(
        cart=quote.cart, redemption=quote.redemption, unit=quote.unit, wanted=quote.points,
        balance=quote.points, debt=0,
    )  # fmt: skip
    points, value = terms.best(), terms.value(quote.points)
    if (points, value) != (quote.points, quote.value):
        raise InputError(f"{quote.points} points are not worth {quote.value} minor units on this cart")
    return value


def _sentence(limit: Limit, missing: Missing, terms: Terms) -> str:
    """Say for a person why no points can be spent."""
    rule = terms.redemption
    reasons: dict[Limit, str] = {
        "debt": f"{terms.debt} points are owed; they are repaid first",
        "minimum": f"at least {rule.least} points are spent at a time",
        "multiple": f"points are spent in multiples of {rule.multiple}",
        "order_total": "nothing of this order is left for points to pay",
        "share_of_order": "points may not pay any share of this order",
        "balance": f"{terms.balance} points are available, too few for the smallest coin",
        "nothing": f"{terms.wanted} points are too few for the smallest coin",
    }
    ways = [f"{missing.points} points more in the account"] if missing.points else []
    ways += [f"asking for {missing.wanted} more"] if missing.wanted else []
    ways += [f"goods for {missing.order} minor units more"] if missing.order else []
    return reasons[limit] + (f"; it takes {' and '.join(ways)}" if ways and missing.order is not None else "")
