"""What an order earns: exact to the point, rounded once, shared out to its lines."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.money import split
from retailcrm.domain.points.checks import MOST_POINTS
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.domain.points.wallets import EarnBase, EarnRule

_HALF: Final = Fraction(1, 2)
_ONE: Final = Fraction(1)


@attrs.frozen(kw_only=True)
class LineAmount:
    """One line of an order, as far as points are concerned; amounts in minor units.

    Attributes:
        id: The line's id in the order.
        price: Of the goods, before discounts.
        discount: Coupons and discounts on it, not above the price.
        rate: Its own points for each unit of money; ``None`` takes the rule's.
        earns: Whether it earns at all.
    """

    id: str
    price: int
    discount: int = 0
    rate: Fraction | None = None
    earns: bool = True


@attrs.frozen(kw_only=True)
class Earner:
    """An order, as far as points are concerned; amounts in minor units.

    Attributes:
        reference: Which order.
        lines: Its lines.
        shipping: Postage.
        tax: Tax that is not within the prices.
        by_points: Paid with points.
        by_gift_card: Paid with gift cards or store credit.
    """

    reference: str
    lines: tuple[LineAmount, ...]
    shipping: int = 0
    tax: int = 0
    by_points: int = 0
    by_gift_card: int = 0


@attrs.frozen
class Excluded:
    """A part of the order that earns nothing: what it is, minor units."""

    what: str
    amount: int


@attrs.frozen(kw_only=True)
class Award:
    """What an order earned and why: all that a reversal will ever ask for.

    Attributes:
        points: The award.
        shares: Points of each line, in the order's sequence; the last two are postage and tax.
        bases: Money that each of those earned on, minor units.
        exact: Points before rounding.
        multiplier: What the multipliers came to.
        excluded: Parts of the order that earned nothing.
        cut: Points that a cap took off.
        rule: Digest of the policy in force.
    """

    points: int
    shares: tuple[int, ...]
    bases: tuple[int, ...]
    exact: Fraction
    multiplier: Fraction
    excluded: tuple[Excluded, ...] = ()
    cut: int = 0
    rule: str = ""


def award_of(
    order: Earner,
    rule: EarnRule,
    *,
    unit: int = 100,
    multipliers: Sequence[Fraction] = (),
    room: int | None = None,
    digest: str = "",
) -> Award:
    """Compute what an order earns.

    Args:
        order: The order.
        rule: What orders earn.
        unit: Minor units in one whole unit of money: 100 for yuan, 1 for yen.
        multipliers: Of the customer's tier and of campaigns; none is 1.
        room: Points that the caps still leave; ``None`` without caps.
        digest: Of the policy in force.

    Returns:
        The award with its derivation; 0 points where the base is below the rule's least.

    Raises:
        InputError: An amount is negative, a discount above its price, or more was paid with points and
            gift cards than the order comes to.

    Example:
        >>> from retailcrm.domain.points.wallets import EarnRule
        >>> lines = (LineAmount(id="a", price=1990), LineAmount(id="b", price=1020, discount=20))
        >>> award = award_of(Earner(reference="1", lines=lines), EarnRule())
        >>> award.points, award.shares, award.exact
        (29, (19, 10, 0, 0), Fraction(299, 10))
    """
    bases, excluded = _bases(order, rule.base)
    multiplier = together(multipliers, rule.together)
    parts, whole = _exactly(order, bases, rule)
    parts, whole = [part * multiplier.numerator for part in parts], whole * multiplier.denominator * unit
    exact = Fraction(sum(parts), whole)
    if rule.round_at == "line":
        shares = tuple(rounded(Fraction(part, whole), rule.rounding) for part in parts)
    else:
        shares = split(rounded(exact, rule.rounding), parts)
    points = sum(shares)
    kept = points if room is None else min(points, max(room, 0))
    if kept > MOST_POINTS:
        raise InputError(f"{order.reference}: more than {MOST_POINTS} points for one order")
    return Award(
        points=kept,
        shares=shares if kept == points else split(kept, shares),
        bases=tuple(bases),
        exact=exact,
        multiplier=multiplier,
        excluded=tuple(excluded),
        cut=points - kept,
        rule=digest,
    )


def _exactly(order: Earner, bases: Sequence[int], rule: EarnRule) -> tuple[list[int], int]:
    """Give what the bases earn at their rates, in parts of a point, and how many of these make one.

    Whole numbers, because fractions are reduced at each step, and that costs most of an award.
    """
    if sum(bases) < rule.least:
        return [0] * len(bases), 1
    if all(line.rate is None for line in order.lines):
        return [base * rule.rate.numerator for base in bases], rule.rate.denominator
    rates = [line.rate if line.rate is not None else rule.rate for line in order.lines]
    rates += (rule.rate, rule.rate)
    whole = lcm(*(rate.denominator for rate in rates))
    parts = [
        base * rate.numerator * (whole // rate.denominator) for base, rate in zip(bases, rates, strict=True)
    ]
    return parts, whole


def _bases(order: Earner, base: EarnBase) -> tuple[list[int], list[Excluded]]:
    """Give what each line, postage and tax earn on, and what of the order does not."""
    excluded: list[Excluded] = []
    amounts: list[int] = []
    for line in order.lines:
        if line.price < 0 or not 0 <= line.discount <= line.price:
            raise InputError(f"{order.reference}, line {line.id}: a discount lies between 0 and the price")
        counts = base.items and line.earns
        amount = line.price if base.before_discounts else line.price - line.discount
        amounts.append(amount if counts else 0)
        if not counts:
            excluded.append(Excluded(f"line {line.id}", amount))
        elif not base.before_discounts and line.discount:
            excluded.append(Excluded(f"discount on {line.id}", line.discount))
    for name, amount, counts in (
        ("shipping", order.shipping, base.shipping),
        ("tax", order.tax, base.tax),
    ):
        if amount < 0:
            raise InputError(f"{order.reference}: {name} is below 0")
        amounts.append(amount if counts else 0)
        if amount and not counts:
            excluded.append(Excluded(name, amount))
    return _less_paid(order, base, amounts, excluded), excluded


def _less_paid(order: Earner, base: EarnBase, amounts: list[int], excluded: list[Excluded]) -> list[int]:
    """Take off what was paid with points or gift cards, in proportion to all parts that earn."""
    if not order.by_points and not order.by_gift_card:
        return amounts
    whole = sum(line.price - line.discount for line in order.lines) + order.shipping + order.tax
    off = 0
    for name, paid, counts in (
        ("paid by points", order.by_points, base.paid_by_points),
        ("paid by gift card", order.by_gift_card, base.paid_by_gift_card),
    ):
        if paid < 0:
            raise InputError(f"{order.reference}: {name} is below 0")
        if paid and not counts:
            off += paid
            excluded.append(Excluded(name, paid))
    if order.by_points + order.by_gift_card > whole:
        raise InputError(f"{order.reference}: more was paid with points and cards than it comes to")
    if not off:
        return amounts
    # The part of an order that others paid lies on all of it, goods and postage alike.
    taken = min(off * sum(amounts) // whole, sum(amounts)) if whole else 0
    return [amount - part for amount, part in zip(amounts, split(taken, amounts), strict=True)]


def together(multipliers: Sequence[Fraction], how: str) -> Fraction:
    """Join several multipliers: the greatest, 1 and what each adds to it, or their product.

    Example:
        >>> [str(together([Fraction(3, 2), Fraction(2)], how)) for how in ("max", "add", "multiply")]
        ['2', '5/2', '3']
    """
    if not multipliers:
        return _ONE
    if how == "max":
        return max(multipliers)
    if how == "add":
        # Several that take away may add up to more than there is.
        return max(1 + sum((m - 1 for m in multipliers), Fraction(0)), Fraction(0))
    product = _ONE
    for multiplier in multipliers:
        product *= multiplier
    return product


def rounded(value: Fraction, how: str) -> int:
    """Round points that are not below 0.

    Example:
        >>> [rounded(Fraction(5, 2), how) for how in ("down", "half_up", "up")]
        [2, 3, 3]
    """
    if how == "down":
        return int(value)
    return int(value + _HALF) if how == "half_up" else -int(-value // 1)
