"""Rewards: what points buy beside money off. Points and stock change together, or neither does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.holds import Allocation, total
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.outcomes import Accepted, Limit, Outcome, Refusal
from retailcrm.domain.points.reversal import LatePolicy, give_back
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import capture, divided, positive, redeem, refused, reserve, void
from retailcrm.domain.points.stocks import Aside, Stock, changed, first_stock, stock_at, supply
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.programme import Reward

__all__ = [
    "Bought",
    "RewardDone",
    "Stock",
    "capture_reward",
    "first_stock",
    "redeem_reward",
    "reserve_reward",
    "return_reward",
    "stock_at",
    "supply",
    "void_reward",
]


@attrs.frozen(kw_only=True)
class Bought:
    """Pieces that a customer has, and the points that she spent on them.

    Attributes:
        reward: The reward's id.
        pieces: How many she has not brought back.
        spent: The points of those pieces, by lot.
    """

    reward: str
    pieces: int
    spent: tuple[Allocation, ...]


@attrs.frozen(kw_only=True)
class RewardDone:
    """Points and stock after a command: write both, or neither.

    Attributes:
        outcome: Of the account.
        stock: Afterwards; its version is the one read and 1.
        pieces: How many it was about.
        bought: What she has of it; ``None`` where nothing is bought yet, or not any more.
        issue: Id of the reward that a coupon is to be issued for; empty: none.
    """

    outcome: Accepted
    stock: Stock
    pieces: int
    bought: Bought | None = None
    issue: str = ""


def redeem_reward(
    account: Account,
    stock: Stock,
    reward: Reward,
    pieces: int = 1,
    *,
    taken_before: int,
    tier: str | None,
    key: str,
    now: datetime,
    reason: str = "",
) -> RewardDone | Refusal:
    """Buy a reward with points.

    Args:
        account: As stored.
        stock: As stored.
        reward: What.
        pieces: How many, at least 1.
        taken_before: Pieces that she took before and did not bring back, or has set aside.
        tier: Hers; ``None``: none.
        key: The command's idempotency key.
        now: When; aware.
        reason: For the journal, whose reference is ``reward:`` and the reward's id.

    Returns:
        Account and stock, or the refusal: ``tier``, ``each``, ``stock``, ``debt`` or ``balance``.

    Raises:
        InputError: Not a positive number of pieces, or another reward's stock.
    """
    there = _checked(stock, reward, pieces, now)
    if (refusal := _barred(account, there, reward, pieces, taken_before, tier, key, now)) is not None:
        return refusal
    reference = f"reward:{reward.id}"
    outcome = redeem(account, reward.points * pieces, key=key, now=now, reference=reference, reason=reason)
    if isinstance(outcome, Refusal):
        return outcome
    return _taken(outcome, changed(there, taken=there.taken + pieces), reward, pieces)


def reserve_reward(
    account: Account,
    stock: Stock,
    reward: Reward,
    pieces: int = 1,
    *,
    taken_before: int,
    tier: str | None,
    hold: str,
    ends_at: datetime,
    key: str,
    now: datetime,
) -> RewardDone | Refusal:
    """Set a reward and its points aside until a moment; both return then by themselves.

    Args:
        account: As stored.
        stock: As stored.
        reward: What.
        pieces: How many, at least 1.
        taken_before: Pieces that she took before and did not bring back, or has set aside.
        tier: Hers; ``None``: none.
        hold: The reservation's id, new in the account and for the stock.
        ends_at: First moment at which it no longer holds; after ``now``.
        key: The command's idempotency key.
        now: When; aware.
    """
    there = _checked(stock, reward, pieces, now)
    if (refusal := _barred(account, there, reward, pieces, taken_before, tier, key, now)) is not None:
        return refusal
    if there.aside_of(hold) is not None:
        raise InputError(f"there is a reservation {hold!r} already")
    outcome = reserve(
        account, reward.points * pieces, hold=hold, ends_at=ends_at, key=key, now=now,
        reference=f"reward:{reward.id}",
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return outcome
    held = outcome.account.hold(hold)
    aside = Aside(account=account.id, hold=hold, pieces=pieces, ends_at=held.ends_at if held else ends_at)
    return RewardDone(outcome=outcome, stock=changed(there, aside=(*there.aside, aside)), pieces=pieces)


def capture_reward(
    account: Account, stock: Stock, reward: Reward, hold: str, *, key: str, now: datetime
) -> RewardDone | Refusal:
    """Take what was set aside, at the price of that moment.

    Args:
        account: As stored.
        stock: As stored.
        reward: What was set aside.
        hold: The reservation.
        key: The command's idempotency key.
        now: When; aware.

    Returns:
        Account and stock, or the refusal: the reservation has ended.
    """
    there = _checked(stock, reward, 1, now)
    aside, outcome = there.aside_of(hold), capture(account, hold, key=key, now=now)
    if aside is None or isinstance(outcome, Refusal):
        return _ended(outcome, account, hold, key, now)
    after = changed(there, aside=there.aside_without(aside), taken=there.taken + aside.pieces)
    return _taken(outcome, after, reward, aside.pieces)


def void_reward(
    account: Account, stock: Stock, hold: str, *, key: str, now: datetime, reason: str = ""
) -> RewardDone | Refusal:
    """Give up what was set aside: points to their lots, pieces to the stock.

    Args:
        account: As stored.
        stock: As stored.
        hold: The reservation.
        key: The command's idempotency key.
        now: When; aware.
        reason: Why.
    """
    there = stock_at(stock, now)
    aside, outcome = there.aside_of(hold), void(account, hold, key=key, now=now, reason=reason)
    if aside is None or isinstance(outcome, Refusal):
        return _ended(outcome, account, hold, key, now)
    after = changed(there, aside=there.aside_without(aside))
    return RewardDone(outcome=outcome, stock=after, pieces=aside.pieces)


def return_reward(
    account: Account,
    stock: Stock,
    bought: Bought,
    pieces: int,
    lots: Mapping[str, Lot],
    *,
    key: str,
    now: datetime,
    policy: LatePolicy,
    restock: bool = True,
) -> RewardDone | Refusal:
    """Bring pieces back: what was spent on them returns to the very lots, whatever they cost today.

    Args:
        account: As stored.
        stock: As stored.
        bought: What she has, and what she spent on it.
        pieces: How many come back, at least 1.
        lots: The lots of what was spent as they are now, open or not.
        key: The command's idempotency key.
        now: When; aware.
        policy: What becomes of points whose lot lapsed meanwhile.
        restock: Whether the pieces can be taken again; damaged ones are gone for good.

    Returns:
        Account and stock, and what she still has; or the refusal: she has not so many.

    Raises:
        InputError: Not a positive number of pieces, another reward's stock, or pieces of unequal prices.
    """
    positive(pieces)
    price, odd = divmod(total(bought.spent), max(bought.pieces, 1))
    if odd or stock.reward != bought.reward:
        raise InputError(f"{total(bought.spent)} points did not buy {bought.pieces} of {stock.reward!r}")
    outcome = give_back(
        account, bought.spent, price * pieces, lots, key=key, now=now, policy=policy,
        reference=f"reward:{bought.reward}",
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return outcome
    there = stock_at(stock, now)
    if pieces > there.taken:
        raise InputError(f"{there.taken} of {stock.reward!r} are out; {pieces} cannot come back")
    _, kept = divided(bought.spent, price * pieces)
    rest = attrs.evolve(bought, pieces=bought.pieces - pieces, spent=kept)
    return RewardDone(
        outcome=outcome, stock=changed(there, taken=there.taken - pieces * restock), pieces=pieces,
        bought=rest if rest.pieces else None,
    )  # fmt: skip


def _checked(stock: Stock, reward: Reward, pieces: int, now: datetime) -> Stock:
    """Give the stock as it is now, if it is this reward's."""
    positive(pieces)
    if stock.reward != reward.id:
        raise InputError(f"the stock of {stock.reward!r} is not that of {reward.id!r}")
    return stock_at(stock, now)


def _barred(
    account: Account,
    stock: Stock,
    reward: Reward,
    pieces: int,
    taken_before: int,
    tier: str | None,
    key: str,
    now: datetime,
) -> Refusal | None:
    """Refuse what no number of points buys: another tier's reward, too many for one, none left."""
    if reward.tiers and tier not in reward.tiers:
        return _refusal(account, key, now, "tier", pieces, 0, f"{reward.id} is for {', '.join(reward.tiers)}")
    if reward.each is not None and pieces > (more := max(reward.each - taken_before, 0)):
        message = f"{reward.each} of {reward.id} for each customer, and she took {taken_before} before"
        return _refusal(account, key, now, "each", pieces, more, message)
    if stock.left is not None and pieces > stock.left:
        message = f"{stock.left} of {reward.id} are left"
        return _refusal(account, key, now, "stock", pieces, stock.left, message)
    return None


def _refusal(
    account: Account, key: str, now: datetime, limit: Limit, asked: int, allowed: int, message: str
) -> Refusal:
    draft = Draft(account, key, now)
    settle(draft)
    return refused(draft, limit, asked, allowed, message)


def _taken(outcome: Accepted, stock: Stock, reward: Reward, pieces: int) -> RewardDone:
    """Say what she has now, by what the debit took."""
    spent = tuple(
        Allocation(movement.lot, movement.points)
        for entry in outcome.entries
        for movement in entry.movements
        if movement.target is Bucket.SPENT
    )
    return RewardDone(
        outcome=outcome, stock=stock, pieces=pieces,
        bought=Bought(reward=reward.id, pieces=pieces, spent=spent),
        issue=reward.id if reward.kind == "coupon" else "",
    )  # fmt: skip


def _ended(outcome: Outcome, account: Account, hold: str, key: str, now: datetime) -> Refusal:
    """Refuse a reservation that one side does not know any more."""
    if isinstance(outcome, Refusal):
        return outcome
    return _refusal(account, key, now, "unknown_hold", 0, 0, f"reservation {hold!r} has no pieces of it")
