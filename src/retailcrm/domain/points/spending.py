"""Spending points: which ones go first, and reservations that end exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.checks import MOST_POINTS
from retailcrm.domain.points.drafts import Draft, shifts_of
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.holds import Allocation, Hold, total
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.outcomes import Accepted, Limit, Outcome, Refusal
from retailcrm.domain.points.settling import release, settle
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account


def allocate(account: Account, points: int) -> tuple[Allocation, ...]:
    """Choose the points to spend: soonest expiry first, then earliest activation, then id.

    Args:
        account: Settled.
        points: How many; at most what is available.

    Raises:
        InputError: There are not so many.
    """
    chosen: list[Allocation] = []
    left = points
    for lot in account.lots:
        part = min(left, lot.available)
        if part:
            chosen.append(Allocation(lot.id, part))
            left -= part
    if left:
        raise InputError(f"{points} points were to be chosen of {points - left}")
    return tuple(chosen)


def redeem(
    account: Account, points: int, *, key: str, now: datetime, reference: str = "", reason: str = ""
) -> Outcome:
    """Spend points at once.

    Args:
        account: As stored.
        points: How many, at least 1.
        key: The command's idempotency key.
        now: When; aware.
        reference: What they are spent on.
        reason: For the journal.

    Returns:
        Entries with the allocation to lots, or the refusal: too few points, or a debt.

    Raises:
        InputError: Not a positive number of points.
    """
    draft = _begun(account, points, key, now)
    if (refusal := short(draft, points)) is not None:
        return refusal
    chosen = allocate(draft.account, points)
    shifts = shifts_of(draft.account.lots, chosen, Bucket.AVAILABLE, Bucket.SPENT)
    draft.write(Verb.REDEEM, shifts, reference=reference, reason=reason)
    return accepted(draft, points)


def reserve(
    account: Account,
    points: int,
    *,
    hold: str,
    ends_at: datetime,
    key: str,
    now: datetime,
    reference: str = "",
) -> Outcome:
    """Set points aside for a checkout.

    Args:
        account: As stored.
        points: How many, at least 1.
        hold: The reservation's id, new in the account.
        ends_at: First moment at which it no longer holds; after ``now``.
        key: The command's idempotency key.
        now: When; aware.
        reference: What it is for.

    Returns:
        Entries with the reservation, which lasts as long as was asked for even where the clock was set back;
        or the refusal: too few points, or a debt.

    Raises:
        InputError: Not a positive number of points, an end that is past, or an id that is in use.
    """
    if ends_at <= now:
        raise InputError("a reservation ends after it begins")
    draft = _begun(account, points, key, now)
    ends_at += draft.now - now
    if draft.account.hold(hold) is not None:
        raise InputError(f"there is a reservation {hold!r} already")
    if (refusal := short(draft, points)) is not None:
        return refusal
    chosen = allocate(draft.account, points)
    shifts = shifts_of(draft.account.lots, chosen, Bucket.AVAILABLE, Bucket.HELD)
    opened = Hold(id=hold, allocations=chosen, ends_at=ends_at, reference=reference)
    draft.write(Verb.RESERVE, shifts, opens=opened, reference=reference)
    return accepted(draft, points)


def capture(account: Account, hold: str, points: int | None = None, *, key: str, now: datetime) -> Outcome:
    """Spend what was reserved, all or a part; the rest returns to its lots.

    Points that were set aside before they lapsed can still be spent; those that return may lapse.

    Args:
        account: As stored.
        hold: The reservation.
        points: How many of its points, at least 1; ``None`` for all.
        key: The command's idempotency key.
        now: When; aware.
    """
    draft = Draft.live(account, key, now)
    settle(draft)
    held = draft.account.hold(hold)
    if held is None:
        return refused(
            draft, "unknown_hold", points or 0, 0, f"no open reservation {hold!r}: it ended before"
        )
    wanted = held.points if points is None else points
    positive(wanted)
    if wanted > held.points:
        return refused(draft, "hold_total", wanted, held.points, f"{held.points} points are reserved")
    spent, rest = divided(held.allocations, wanted)
    shifts = shifts_of(draft.account.lots, spent, Bucket.HELD, Bucket.SPENT)
    left = attrs.evolve(held, allocations=rest)
    draft.write(
        Verb.CAPTURE,
        shifts,
        opens=left if rest else None,
        closes="" if rest else held.id,
        reference=held.reference,
    )
    if rest:
        release(draft, left, effective_at=draft.now, reason="rest")
    return accepted(draft, wanted)


def void(account: Account, hold: str, *, key: str, now: datetime, reason: str = "") -> Outcome:
    """End a reservation without spending.

    Args:
        account: As stored.
        hold: The reservation.
        key: The command's idempotency key.
        now: When; aware.
        reason: Why.
    """
    draft = Draft.live(account, key, now)
    settle(draft)
    held = draft.account.hold(hold)
    if held is None:
        return refused(draft, "unknown_hold", 0, 0, f"no open reservation {hold!r}: it ended before")
    release(draft, held, effective_at=draft.now, reason=reason or "void")
    return accepted(draft, held.points)


def divided(
    allocations: Sequence[Allocation], points: int
) -> tuple[tuple[Allocation, ...], tuple[Allocation, ...]]:
    """Divide allocations into the first so many points, and the rest.

    Example:
        >>> first, rest = divided([Allocation("a", 3), Allocation("b", 4)], 5)
        >>> [(a.lot, a.points) for a in first], [(a.lot, a.points) for a in rest]
        ([('a', 3), ('b', 2)], [('b', 2)])
    """
    first: list[Allocation] = []
    rest: list[Allocation] = []
    left = min(points, total(allocations))
    for allocation in allocations:
        part = min(left, allocation.points)
        left -= part
        if part:
            first.append(Allocation(allocation.lot, part))
        if part < allocation.points:
            rest.append(Allocation(allocation.lot, allocation.points - part))
    return tuple(first), tuple(rest)


def accepted(draft: Draft, points: int) -> Accepted:
    """Give what a draft came to."""
    return Accepted(account=draft.account, entries=tuple(draft.entries), points=points)


def refused(draft: Draft, limit: Limit, asked: int, allowed: int, message: str) -> Refusal:
    """Say what stood in the way; what fell due stays in the draft."""
    return Refusal(
        account=draft.account,
        entries=tuple(draft.entries),
        limit=limit,
        asked=asked,
        allowed=allowed,
        message=message,
    )


def _begun(account: Account, points: int, key: str, now: datetime) -> Draft:
    positive(points)
    draft = Draft.live(account, key, now)
    settle(draft)
    return draft


def positive(points: int) -> None:
    """Refuse what is no number of points."""
    if isinstance(points, bool) or not isinstance(points, int) or points < 1:
        raise InputError(f"a number of points is a whole number from 1, not {points!r}")
    not_too_many(points)


def not_too_many(points: int) -> None:
    """Refuse more points at a time than any programme gives or takes."""
    if points > MOST_POINTS:
        raise InputError(f"{points} points are too many for one command: {MOST_POINTS} are the most")


def short(draft: Draft, points: int) -> Refusal | None:
    """Refuse while there is a debt, or too few points."""
    debt, available = draft.account.debt, draft.account.available
    if debt:
        return refused(draft, "debt", points, 0, f"{debt} points are owed; they are repaid first")
    if points > available:
        return refused(draft, "balance", points, available, f"{available} points are available")
    return None
