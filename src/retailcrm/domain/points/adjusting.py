"""Corrections by a person: always with a reason and a name, always another entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.drafts import Draft, shifts_of
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import accepted, allocate, positive, refused
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.outcomes import Outcome


def adjust(
    account: Account,
    points: int,
    *,
    key: str,
    now: datetime,
    reason: str,
    actor: str,
    expiry: Expiry = NEVER,
) -> Outcome:
    """Add points to an account, or take some away.

    Args:
        account: As stored.
        points: How many; below 0 takes them away, soonest expiry first.
        key: The command's idempotency key.
        now: When; aware.
        reason: Why; not empty.
        actor: Who decided; not empty.
        expiry: How added points lapse.

    Returns:
        Entries, or the refusal: there are not so many to take away.

    Raises:
        InputError: No points or too many, no reason or nobody who decided.
    """
    if not reason.strip() or not actor.strip():
        raise InputError("a correction needs a reason, and somebody who decided it")
    positive(abs(points))
    draft = Draft.live(account, key, now)
    if points > 0:
        return earn(
            account, points, lot=f"adjust:{key}", source=f"adjust:{key}", key=key, now=draft.now,
            activates_at=draft.now, expiry=expiry, verb=Verb.ADJUST, reason=reason, actor=actor,
        )  # fmt: skip
    settle(draft)
    available = draft.account.available
    if -points > available:
        return refused(draft, "balance", -points, available, f"{available} points are available")
    shifts = shifts_of(
        draft.account.lots, allocate(draft.account, -points), Bucket.AVAILABLE, Bucket.REVERSED
    )
    draft.write(Verb.ADJUST, shifts, reason=reason, actor=actor)
    return accepted(draft, -points)
