"""Writing an award into an account, and setting it free when its event comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.lots import Lot, end_of
from retailcrm.domain.points.settling import activate, settle
from retailcrm.domain.points.spending import accepted, not_too_many, refused
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.outcomes import Outcome


def earn(
    account: Account,
    points: int,
    *,
    lot: str,
    source: str,
    key: str,
    now: datetime,
    recorded_at: datetime | None = None,
    effective_at: datetime | None = None,
    activates_at: datetime | None = None,
    expiry: Expiry = NEVER,
    limit_at: datetime | None = None,
    idle: Expiry | None = None,
    verb: Verb = Verb.EARN,
    reason: str = "",
    actor: str = "",
) -> Outcome:
    """Award points; they wait until their moment, or until their event if that is not known.

    Args:
        account: As stored.
        points: How many; 0 writes nothing.
        lot: The lot's id, new in the account.
        source: What they are awarded for.
        key: The command's idempotency key.
        now: When; aware.
        recorded_at: When it is written; ``now`` if left out.
        effective_at: When the award took effect; ``now`` if left out, or if it lies ahead.
        activates_at: When they can be spent; ``None`` waits for :func:`set_free`.
        expiry: How their expiry follows from the activation.
        limit_at: Their end where it does not: opening balances, awards that lapse from the award on.
        idle: They lapse at the latest so long after the customer's last earning or spending.
        verb: What the entry is called: an opening balance is no earning.
        reason: For the journal.
        actor: Who, where a person did it.

    Raises:
        InputError: A negative number of points, too many, or a lot that is there already.
    """
    if isinstance(points, bool) or not isinstance(points, int) or points < 0:
        raise InputError(f"an award is a whole number of points, not {points!r}")
    not_too_many(points)
    draft = Draft(account, key, now, recorded_at)
    settle(draft)
    if draft.account.lot(lot) is not None:
        raise InputError(f"there is a lot {lot!r} already")
    if not points:
        return accepted(draft, 0)
    begun = min(effective_at or now, draft.account.not_before(now))
    fresh = Lot(
        id=lot, source=source, awarded_at=begun, activates_at=activates_at, expiry=expiry,
        expires_at=None if activates_at is None else end_of(expiry, limit_at, idle, activates_at),
        limit_at=limit_at, idle=idle, pending=points,
    )  # fmt: skip
    draft.write(verb, issued=[fresh], effective_at=begun, reference=source, reason=reason, actor=actor)
    settle(draft)
    return accepted(draft, points)


def set_free(
    account: Account, lot: str, *, key: str, now: datetime, effective_at: datetime | None = None
) -> Outcome:
    """Make a waiting lot spendable: its event came.

    Args:
        account: As stored.
        lot: The lot's id.
        key: The command's idempotency key.
        now: When; aware.
        effective_at: When the event was; ``now`` if left out.
    """
    draft = Draft(account, key, now)
    settle(draft)
    waiting = draft.account.lot(lot)
    if waiting is None or not waiting.pending:
        return refused(draft, "unknown_lot", 0, 0, f"no points of {lot!r} are waiting")
    points = waiting.pending
    activate(draft, waiting, effective_at=effective_at or now, reason="event")
    settle(draft)
    return accepted(draft, points)


def reschedule(
    account: Account,
    lot: str,
    activates_at: datetime,
    *,
    key: str,
    now: datetime,
    recorded_at: datetime | None = None,
) -> Outcome:
    """Let a waiting lot become spendable at another moment than was thought.

    Args:
        account: As stored.
        lot: The lot's id.
        activates_at: The new moment; one that is past takes effect at once.
        key: The command's idempotency key.
        now: When; aware.
        recorded_at: When it is written; ``now`` if left out.
    """
    draft = Draft(account, key, now, recorded_at)
    settle(draft)
    waiting = draft.account.lot(lot)
    if waiting is None or not waiting.pending:
        return refused(draft, "unknown_lot", 0, 0, f"no points of {lot!r} are waiting")
    draft.write(Verb.RESCHEDULE, changed=[waiting.starting(activates_at)])
    settle(draft)
    return accepted(draft, waiting.pending)


def extend(
    account: Account, *, key: str, now: datetime, active_at: datetime, recorded_at: datetime | None = None
) -> Outcome:
    """Let points that lapse when the customer does nothing last longer: she did something.

    Args:
        account: As stored.
        key: The idempotency key of what she did.
        now: When it is decided; aware.
        active_at: When she did it.
        recorded_at: When it is written; ``now`` if left out.
    """
    draft = Draft(account, key, now, recorded_at)
    settle(draft)
    longer = [
        attrs.evolve(lot, expires_at=end)
        for lot in draft.account.lots
        if lot.idle is not None and (lot.available or lot.held) and lot.activates_at is not None
        and (end := lot.ends(lot.activates_at, max(active_at, lot.activates_at))) is not None
        and lot.expires_at is not None and active_at < lot.expires_at < end
    ]  # fmt: skip
    if longer:
        draft.write(Verb.EXTEND, changed=longer, effective_at=active_at, reason="active")
    return accepted(draft, len(longer))
