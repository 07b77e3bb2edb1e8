"""Points that change hands: a gift, a pool of a household, two members who turn out to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.domain.points.drafts import Draft, shifts_of
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.holds import Allocation, Hold
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.settling import repay, settle
from retailcrm.domain.points.spending import accepted, allocate, positive, short
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.outcomes import Accepted, Refusal


@attrs.frozen(kw_only=True)
class Moved:
    """Points went from one account to another: write both sides together, or neither.

    Attributes:
        giver: What the giving account comes to.
        taker: What the taking account comes to.
    """

    giver: Accepted
    taker: Accepted


def transfer(
    giver: Account,
    taker: Account,
    points: int,
    *,
    key: str,
    now: datetime,
    reason: str = "gift",
    actor: str = "",
) -> Moved | Refusal:
    """Give spendable points to another account; they lapse there when they would have here.

    Args:
        giver: As stored.
        taker: As stored; another account.
        points: How many, at least 1.
        key: The command's idempotency key.
        now: When; aware.
        reason: ``"gift"``, ``"pool"``.
        actor: Who, where a person did it.

    Returns:
        Both sides, or the refusal: too few points, or a debt.

    Raises:
        InputError: The same account twice, not a positive number of points, or the taker has a lot already
            of the name that one of them would get: a transfer with this key was written before.
    """
    positive(points)
    giving, taking = _drafts(giver, taker, key, now)
    if (refusal := short(giving, points)) is not None:
        return refusal
    chosen = allocate(giving.account, points)
    lots = {lot.id: lot for lot in giving.account.lots}
    arriving = [
        _arrived(lots[one.lot], f"{key}/{n}", (), {Bucket.AVAILABLE: one.points})
        for n, one in enumerate(chosen)
    ]
    for lot in arriving:
        if taking.account.lot(lot.id) is not None:
            raise InputError(f"there is a lot {lot.id!r} already")
    giving.write(
        Verb.TRANSFER,
        shifts_of(giving.account.lots, chosen, Bucket.AVAILABLE, Bucket.MOVED),
        reference=taker.id, reason=reason, actor=actor,
    )  # fmt: skip
    taking.write(Verb.TRANSFER, issued=arriving, reference=giver.id, reason=reason, actor=actor)
    _repay_with(taking)
    return Moved(giver=accepted(giving, points), taker=accepted(taking, points))


def merge(gone: Account, keep: Account, *, key: str, now: datetime, actor: str = "") -> Moved:
    """Move everything of one account into another: pending, spendable and reserved points, and the debt.

    Args:
        gone: The account that is given up.
        keep: The account that stays.
        key: The command's idempotency key.
        now: When; aware.
        actor: Who decided.

    Returns:
        Both sides; the account that is given up is empty afterwards.

    Raises:
        InputError: The same account twice, or a reservation of both has one id.
    """
    giving, taking = _drafts(gone, keep, key, now)
    lots = giving.account.lots
    owners = {lot.id: (gone.id, *lot.owners) for lot in lots}
    holds, debt = giving.account.holds, giving.account.debt
    return _move_lots(giving, taking, lots, owners, holds, debt, "merge", actor)


def split(
    keep: Account, back: Account, *, key: str, now: datetime, actor: str = "", through: Sequence[str] = ()
) -> Moved:
    """Undo a merge: what is left of the lots that an account brought along returns to it.

    Points of those lots that were spent meanwhile stay spent; debts stay with the account that was kept,
    and so do reservations, with the points that they hold.

    Args:
        keep: The account that they are in.
        back: The account that they came from.
        key: The command's idempotency key.
        now: When; aware.
        actor: Who decided.
        through: Accounts between the two, where the one that they were merged into was merged on: the last
            first.
    """
    giving, taking = _drafts(keep, back, key, now)
    free = [lot for lot in giving.account.lots if lot.pending + lot.available]
    path = (*through, back.id)
    brought = [lot for lot in free if lot.owners[: len(path)] == path]
    owners = {lot.id: lot.owners[len(path) :] for lot in brought}
    return _move_lots(giving, taking, brought, owners, (), 0, "split", actor)


def hand_over(
    giver: Account, taker: Account, roots: Collection[str], *, key: str, now: datetime, actor: str = ""
) -> Moved:
    """Move what is left of some awards: an order turned out to be somebody else's.

    Args:
        giver: Where the points are.
        taker: Whose they are.
        roots: Ids of the lots that they were awarded in. Points that were spent stay spent, and what is
            reserved stays where it is.
        key: The command's idempotency key.
        now: When; aware.
        actor: Who decided.
    """
    giving, taking = _drafts(giver, taker, key, now)
    theirs = [lot for lot in giving.account.lots if lot.root in roots and lot.pending + lot.available]
    return _move_lots(giving, taking, theirs, {}, (), 0, "order", actor)


def _drafts(giver: Account, taker: Account, key: str, now: datetime) -> tuple[Draft, Draft]:
    if giver.id == taker.id:
        raise InputError(f"points of {giver.id} cannot go to {taker.id}: it is the same account")
    # Both sides at one moment: points that have left one account are in the other.
    moment = max(giver.not_before(now), taker.not_before(now))
    giving, taking = Draft(giver, key, moment), Draft(taker, key, moment)
    settle(giving)
    settle(taking)
    return giving, taking


def _move_lots(
    giving: Draft,
    taking: Draft,
    lots: Sequence[Lot],
    owners: Mapping[str, tuple[str, ...]],
    holds: Sequence[Hold],
    debt: int,
    reason: str,
    actor: str,
) -> Moved:
    """Move whole lots, with reservations on them if those go along."""
    ids = {lot.id: f"{giving.key}/{n}" for n, lot in enumerate(lots)}
    there: dict[str, Any] = {"reference": taking.account.id, "reason": reason, "actor": actor}
    here: dict[str, Any] = there | {"reference": giving.account.id}
    arriving = [_arrived(lot, ids[lot.id], owners.get(lot.id, ()), _inside(lot, holds)) for lot in lots]
    for hold in holds:
        shifts = shifts_of(giving.account.lots, hold.allocations, Bucket.HELD, Bucket.MOVED)
        giving.write(Verb.TRANSFER, shifts, closes=hold.id, **there)
    left = [
        (giving.account.lot(lot.id) or lot, bucket, Bucket.MOVED, getattr(lot, bucket))
        for lot in lots
        for bucket in (Bucket.PENDING, Bucket.AVAILABLE)
    ]
    if debt or any(points for *_, points in left):
        giving.write(Verb.TRANSFER, left, debt=-debt, **there)
    if lots or debt:
        taking.write(Verb.TRANSFER, issued=arriving, debt=debt, **here)
    for hold in holds:
        _take_hold(taking, hold, ids, here)
    _repay_with(taking)
    points = sum(lot.points for lot in arriving)
    return Moved(giver=accepted(giving, points), taker=accepted(taking, points))


def _inside(lot: Lot, holds: Sequence[Hold]) -> dict[Bucket, int]:
    """Give what arrives of a lot; what is reserved arrives spendable, and is set aside again at once."""
    return {
        Bucket.PENDING: lot.pending,
        Bucket.AVAILABLE: lot.available + (lot.held if holds else 0),
    }


def _arrived(lot: Lot, lot_id: str, owners: tuple[str, ...], inside: dict[Bucket, int]) -> Lot:
    """Give the lot in which points go on in another account."""
    return Lot(
        id=lot_id,
        source=lot.source,
        awarded_at=lot.awarded_at,
        activates_at=lot.activates_at,
        expires_at=lot.expires_at,
        touched_at=lot.touched_at,
        expiry=lot.expiry,
        limit_at=lot.limit_at,
        idle=lot.idle,
        root=lot.root,
        owners=owners,
        **{bucket.value: points for bucket, points in inside.items()},
    )


def _repay_with(taking: Draft) -> None:
    """Let what arrived repay a debt of either side."""
    for lot in taking.account.lots:
        repay(taking, lot.id, effective_at=taking.now)


def _take_hold(taking: Draft, hold: Hold, ids: Mapping[str, str], here: Mapping[str, Any]) -> None:
    """Open a reservation that came along, on the lots as they are named here."""
    if taking.account.hold(hold.id) is not None:
        raise InputError(f"both accounts have a reservation {hold.id!r}")
    moved = attrs.evolve(
        hold, allocations=tuple(Allocation(ids[one.lot], one.points) for one in hold.allocations)
    )
    shifts = shifts_of(taking.account.lots, moved.allocations, Bucket.AVAILABLE, Bucket.HELD)
    taking.write(Verb.TRANSFER, shifts, opens=moved, **here)
