"""Refunds of orders in parts: the share of an award, cash and points back, and both in one decision.

Everything here follows from what was refunded in all so far, never from the way there: so any number of
parts comes to what one refund of their sum would, and at the whole not a coin or point is left over.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.outcomes import Accepted, Refusal
from retailcrm.domain.points.reversal import Reversed, give_back, reverse
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import accepted, divided
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.earning import Award, Earner
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.holds import Allocation
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.wallets import RefundSplit, Wallet


def amounts_of(order: Earner) -> dict[str, int]:
    """Give what each part of an order cost, in the sequence of its award's shares.

    Args:
        order: What was earned on.

    Returns:
        Minor units by line, after discounts; then ``shipping`` and ``tax``.
    """
    lines = {line.id: line.price - line.discount for line in order.lines}
    parts = lines | {"shipping": order.shipping, "tax": order.tax}
    if len(parts) != len(order.lines) + 2:
        raise InputError(f"{order.reference}: a line's id stands there twice, or is shipping or tax")
    return parts


def refunded_share(
    award: Award, amounts: Mapping[str, int], *, lines: Mapping[str, int] | None = None, order: int = 0
) -> Fraction:
    """Give the share of an award that refunds so far take back.

    A line that is refunded wholly takes back exactly its points, half of it half of them. What is refunded
    on the order, on no line of it, lies on what is not refunded of any line yet; so does what was refunded on
    a line beyond what it cost.

    Args:
        award: What the order earned.
        amounts: What each of its parts cost, minor units, by id, in the sequence of the award's shares: from
            :func:`amounts_of`; without ``shipping`` and ``tax`` these are 0.
        lines: Refunded on each part so far, all refunds together, minor units.
        order: Refunded so far on the order as a whole, minor units.

    Returns:
        From 0 to 1, exact: 1 if and only if all that takes points back is refunded; never less after another
        refund. An order that cost nothing has nothing to refund: 0.

    Raises:
        InputError: A refund below 0 or on a part that is not there, or amounts of another order.

    Example:
        >>> from retailcrm.domain.points.earning import Earner, LineAmount, award_of
        >>> from retailcrm.domain.points.wallets import EarnRule
        >>> lines = (LineAmount(id="a", price=1990), LineAmount(id="b", price=1000))
        >>> sale = Earner(reference="1", lines=lines)
        >>> award = award_of(sale, EarnRule())
        >>> share = refunded_share(award, amounts_of(sale), lines={"b": 1000})
        >>> award.shares, share, award.points * share
        ((19, 10, 0, 0), Fraction(10, 29), Fraction(10, 1))
    """
    back = dict(lines or {})
    weights = _weights(award, amounts)
    if order < 0 or min(back.values(), default=0) < 0 or not back.keys() <= amounts.keys():
        raise InputError("a refund is an amount from 0 on a part of the order")
    paid = sum(amounts.values())
    if not paid:
        return Fraction(0)
    capped = {part: min(back.get(part, 0), amount) for part, amount in amounts.items()}
    on_lines = sum(capped.values())
    # A part that cost nothing has no share of its own to take back: it goes along with all the others.
    of_lines = sum(
        (
            weight * (Fraction(capped[part], amounts[part]) if amounts[part] else Fraction(on_lines, paid))
            for part, weight in weights.items()
        ),
        Fraction(0),
    )
    rest = paid - on_lines
    on_order = min(order + sum(back.values()) - on_lines, rest)
    return of_lines + (1 - of_lines) * Fraction(on_order, rest) if rest else Fraction(1)


def _weights(award: Award, amounts: Mapping[str, int]) -> dict[str, Fraction]:
    """Give the part of an award that each part of its order earned; they come to 1."""
    given, parts = list(award.shares), list(amounts)
    if min(amounts.values(), default=0) < 0 or len(parts) not in (len(given), len(given) - 2):
        raise InputError(f"{len(parts)} amounts from 0 do not belong to an award with {len(given)} shares")
    by = next((one for one in (award.shares, award.bases, tuple(amounts.values())) if any(one)), ())
    if any(by[len(parts) :]):
        raise InputError("postage or tax earned points, and their amounts are left out")
    whole = sum(by)
    return {part: Fraction(one, whole) for part, one in zip(parts, by, strict=False)}


@attrs.frozen(kw_only=True)
class SplitRefund:
    """What one refund of an order that was paid partly with points gives back.

    Attributes:
        cash: Money, minor units.
        value: Money's worth in points, minor units.
        points: Points.
    """

    cash: int
    value: int
    points: int


def split_refund(
    *,
    paid_cash: int,
    paid_points_value: int,
    points_spent: int,
    refund_so_far: int,
    refund_now: int,
    how: RefundSplit = "proportional",
) -> SplitRefund:
    """Divide a refund between money and points.

    Money back is never more than money paid. In proportion, the odd coin is money: the customer never gets
    less of it than her share. Odd points come back with the last of their value.

    Args:
        paid_cash: Paid with money, minor units.
        paid_points_value: Paid with points, minor units.
        points_spent: How many points those were.
        refund_so_far: Refunded before, minor units.
        refund_now: This refund, minor units; what goes beyond the order is not divided.
        how: In proportion to what was paid, money first, or points first.

    Example:
        >>> split_refund(
        ...     paid_cash=600, paid_points_value=300, points_spent=900, refund_so_far=0, refund_now=100
        ... )
        SplitRefund(cash=67, value=33, points=99)
    """
    if min(paid_cash, paid_points_value, points_spent, refund_so_far, refund_now) < 0:
        raise InputError("amounts and points of a refund are not below 0")
    if points_spent and not paid_points_value:
        raise InputError(f"{points_spent} points paid nothing")
    whole = paid_cash + paid_points_value
    before, after = (
        _so_far(paid_cash, paid_points_value, points_spent, min(refunded, whole), how)
        for refunded in (refund_so_far, refund_so_far + refund_now)
    )
    return SplitRefund(
        cash=after.cash - before.cash,
        value=after.value - before.value,
        points=after.points - before.points,
    )


def _so_far(cash: int, value: int, points: int, refunded: int, how: RefundSplit) -> SplitRefund:
    """Give what a refund of so much, in any parts, gives back."""
    if how == "cash_first":
        worth = refunded - min(refunded, cash)
    elif how == "points_first":
        worth = min(refunded, value)
    else:
        worth = refunded * value // max(cash + value, 1)
    return SplitRefund(cash=refunded - worth, value=worth, points=worth * points // max(value, 1))


@attrs.frozen(kw_only=True)
class Refunded:
    """What a refund of an order comes to.

    Attributes:
        outcome: What to write.
        taken_back: Points of the award that were taken back, other lots and debts included.
        forgiven: Points of the award that nobody will ask for any more.
        given_back: Spent points that returned.
        award: What was reversed of the award so far, for the next refund.
        spent: What is still spent on the order.
        lots: Lots as this refund left them, of those that it touched.
    """

    outcome: Accepted
    taken_back: int
    forgiven: int
    given_back: int
    award: Reversed
    spent: tuple[Allocation, ...]
    lots: Mapping[str, Lot]


def refund_order(
    account: Account,
    award: Reversed,
    spent: Sequence[Allocation],
    lots: Mapping[str, Lot],
    *,
    wallet: Wallet,
    share: Fraction,
    points_back: int,
    by_shop: bool = False,
    key: str,
    now: datetime,
    effective_at: datetime | None = None,
    reference: str = "",
) -> Refunded | Refusal:
    """Take back what an order earned, and give back what was spent on it: both, or neither.

    Spent points come back first. The other way round, a debt would be booked that the returned points repay
    at once; and where the rule takes no more than the balance, it would find nothing, let the points go, and
    hand out the others a moment later.

    Args:
        account: As stored.
        award: What the order had earned, and what was reversed of it; awarded 0 if nothing.
        spent: Points spent on the order that have not come back yet.
        lots: The lots of ``spent`` as they are now, open or not.
        wallet: The rules on what is spent already, and on points that come back late.
        share: Of the award, refunded so far including this time: from :func:`refunded_share`.
        points_back: Spent points that come back this time: from :func:`split_refund`.
        by_shop: The shop or the payment failed; else the customer cancelled.
        key: The command's idempotency key: the refund's own.
        now: When; aware.
        effective_at: When the refund took effect for what was earned; ``now`` if left out.
        reference: The refund.

    Returns:
        What to write, and what the next refund begins with; or the refusal: less is refunded than before, or
        more points would come back than are spent.
    """
    returned = give_back(
        account, spent, points_back, lots, key=key, now=now,
        policy=wallet.late_by_shop if by_shop else wallet.late, reference=reference,
    )  # fmt: skip
    if isinstance(returned, Refusal):
        return returned
    told = attrs.evolve(award, lots=_as_left(award.lots, returned.entries))
    taken = reverse(
        returned.account, told, share, key=key, now=now, effective_at=effective_at,
        shortfall=wallet.shortfall, reference=reference,
    )  # fmt: skip
    if isinstance(taken, Refusal):
        return _undone(account, taken, key, now)
    return _both(told, returned, taken, divided(spent, points_back)[1])


def _both(
    award: Reversed, returned: Accepted, taken: Accepted, still_spent: tuple[Allocation, ...]
) -> Refunded:
    """Put both halves of a refund together: what returned first, then what was taken back."""
    entries = (*returned.entries, *taken.entries)
    forgiven = sum(entry.forgiven for entry in taken.entries)
    return Refunded(
        outcome=Accepted(account=taken.account, entries=entries, points=taken.points + returned.points),
        taken_back=taken.points,
        forgiven=forgiven,
        given_back=returned.points,
        award=Reversed(
            awarded=award.awarded, lots=_as_left(award.lots, taken.entries),
            points=award.points + taken.points, forgiven=award.forgiven + forgiven,
        ),
        spent=still_spent,
        lots={lot.id: lot for entry in entries for lot in entry.lots},
    )  # fmt: skip


def _as_left(lots: Iterable[Lot], entries: Iterable[Entry]) -> tuple[Lot, ...]:
    """Give the lots of an award as some entries left them, with those in which its points go on."""
    known = {lot.id: lot for lot in lots}
    roots = {lot.root for lot in known.values()}
    touched = {lot.id: lot for entry in entries for lot in entry.lots if lot.root in roots}
    return tuple((known | touched).values())


def _undone(account: Account, refusal: Refusal, key: str, now: datetime) -> Refusal:
    """Refuse with nothing written but what fell due."""
    draft = Draft(account, key, now)
    settle(draft)
    due = accepted(draft, 0)
    return attrs.evolve(refusal, account=due.account, entries=due.entries)
