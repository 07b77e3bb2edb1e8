"""Settling: whatever fell due since the last entry is written first, each thing at its own moment.

So nothing needs a job that runs at midnight to be right: every command begins with this, and a balance
that is asked for in between is computed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.points.drafts import Draft, shifts_of
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import Bucket, Lot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.holds import Hold

# At one moment reservations end first, then points lapse, then points come in: what comes back from a
# reservation at the moment of its lapse lapses, and no debt is repaid by points that lapse.
_ENDS: Final = 0
_LAPSES: Final = 1
_COMES: Final = 2


def settle(draft: Draft) -> None:
    """Write what fell due up to the draft's ``now``, oldest first.

    Args:
        draft: Where to; its account is settled afterwards.
    """
    # Nearly always nothing is due, and the account knows that by itself.
    while (change := draft.account.next_change_at) is not None and change <= draft.now:
        at, kind, _, thing = _next(draft.account)
        if kind == _ENDS:
            assert not isinstance(thing, Lot)  # noqa: S101 - by its kind
            release(draft, thing, effective_at=at, reason="timeout")
        elif kind == _LAPSES:
            assert isinstance(thing, Lot)  # noqa: S101 - by its kind
            lapse(draft, [thing], effective_at=at)
        else:
            assert isinstance(thing, Lot)  # noqa: S101 - by its kind
            activate(draft, thing, effective_at=at)


def _next(account: Account) -> tuple[datetime, int, str, Lot | Hold]:
    """Find what falls due next in an account that changes by itself."""
    due: list[tuple[datetime, int, str, Lot | Hold]] = [
        (hold.ends_at, _ENDS, hold.id, hold) for hold in account.holds
    ]
    for lot in account.lots:
        if lot.pending and lot.activates_at is not None:
            due.append((lot.activates_at, _COMES, lot.id, lot))
        if lot.available and lot.expires_at is not None:
            due.append((lot.expires_at, _LAPSES, lot.id, lot))
    return min(due, key=lambda one: one[:3])


def activate(draft: Draft, lot: Lot, *, effective_at: datetime, reason: str = "") -> None:
    """Make a lot's pending points spendable; a debt takes its part first.

    Args:
        draft: Where to.
        lot: With pending points.
        effective_at: When they become spendable; their expiry counts from here.
        reason: The event that did it, empty if it was time.
    """
    begun = lot.starting(effective_at)
    entry = draft.write(
        Verb.ACTIVATE,
        [(begun, Bucket.PENDING, Bucket.AVAILABLE, lot.pending)],
        changed=[begun],
        effective_at=effective_at,
        reason=reason,
    )
    repay(draft, begun.id, effective_at=entry.effective_at)


def repay(draft: Draft, lot_id: str, *, effective_at: datetime) -> None:
    """Let points that came in settle the account's debt, before anybody can spend them.

    Points that have lapsed by the time at which they came in, or at which they were owed, repay nothing:
    they lapse.

    Args:
        draft: Where to.
        lot_id: The lot that came in.
        effective_at: When it did.
    """
    account = draft.account
    if not account.debt:
        return
    lot = account.lot(lot_id)
    part = 0 if lot is None else min(account.debt, lot.available)
    if lot is None or not part:
        return
    at = max(effective_at, lot.touched_at, account.debt_at or effective_at)
    if lot.expires_at is not None and lot.expires_at <= at:
        lapse(draft, [lot], effective_at=lot.expires_at)
    else:
        draft.write(
            Verb.REPAY,
            [(lot, Bucket.AVAILABLE, Bucket.REVERSED, part)],
            effective_at=effective_at,
            debt=-part,
        )


def release(draft: Draft, hold: Hold, *, effective_at: datetime, reason: str) -> None:
    """End a reservation: its points return to their lots, and lapse there if the lot has lapsed.

    Args:
        draft: Where to.
        hold: An open reservation.
        effective_at: When it ends.
        reason: Why.
    """
    shifts = shifts_of(draft.account.lots, hold.allocations, Bucket.HELD, Bucket.AVAILABLE)
    ended = draft.write(Verb.VOID, shifts, effective_at=effective_at, closes=hold.id, reason=reason)
    lapsed = [
        lot
        for allocation in hold.allocations
        if (lot := draft.account.lot(allocation.lot)) is not None
        and lot.expires_at is not None
        and lot.expires_at <= ended.effective_at
        and lot.available
    ]
    if lapsed:
        lapse(draft, lapsed, effective_at=ended.effective_at, reason=reason)
    for allocation in hold.allocations:
        repay(draft, allocation.lot, effective_at=ended.effective_at)


def lapse(draft: Draft, lots: Sequence[Lot], *, effective_at: datetime, reason: str = "") -> None:
    """Let what can be spent of some lots lapse.

    Args:
        draft: Where to.
        lots: Lots whose time is over.
        effective_at: When it was.
        reason: Why, where it was not time alone.
    """
    shifts = [(lot, Bucket.AVAILABLE, Bucket.EXPIRED, lot.available) for lot in lots]
    draft.write(Verb.EXPIRE, shifts, effective_at=effective_at, reason=reason)
