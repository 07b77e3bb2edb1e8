"""Refunds: an award taken back, and spent points given back, exact however they are split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.settling import repay, settle
from retailcrm.domain.points.spending import accepted, divided, refused
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from fractions import Fraction

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.holds import Allocation
    from retailcrm.domain.points.outcomes import Outcome

Shortfall = Literal["only_pending", "within_balance", "debt"]
"""What to do where the points of a refunded order are spent: let them go (and touch nothing that was
spendable), take others of the account, or let the account owe the rest."""

Late = Literal["expire", "grace", "reinstate"]
"""What becomes of points that are given back to a lot that has lapsed meanwhile."""


def target(points: int, share: Fraction) -> int:
    """Give how much of an award is to be reversed in all once a share of its order was refunded.

    Args:
        points: The award.
        share: Of the order's earning amount, all refunds so far together, 0 to 1.

    Returns:
        Rounded down, so that a customer never loses more than her share; all at 1.

    Example:
        >>> from fractions import Fraction
        >>> [target(100, Fraction(n, 3)) for n in range(4)]
        [0, 33, 66, 100]
    """
    if not 0 <= share <= 1:
        raise InputError(f"a refunded share lies between 0 and 1, not {share}")
    return int(points * share)


@attrs.frozen(kw_only=True)
class Reversed:
    """How far an award has been reversed so far.

    Attributes:
        awarded: The award.
        lots: Lots of this account that still hold its points, open or not.
        points: Taken back so far, other lots and debts included.
        forgiven: Not to be had any more: spent, where the policy lets that go, or lapsed in another account.
        lapsed: Points of it that lapsed unused in other accounts that it was in.
    """

    awarded: int
    lots: tuple[Lot, ...]
    points: int = 0
    forgiven: int = 0
    lapsed: int = 0


def reverse(
    account: Account,
    award: Reversed,
    share: Fraction,
    *,
    key: str,
    now: datetime,
    recorded_at: datetime | None = None,
    effective_at: datetime | None = None,
    shortfall: Shortfall = "debt",
    reference: str = "",
) -> Outcome:
    """Take back what a refunded order had earned, by the award's own record.

    The rules of today are not asked. Pending points of the award go first, then spendable ones of the same
    lots, then those that lapsed unused; what was spent follows ``shortfall``. However a refund is split, the
    parts take back what one refund of their sum would, and at the whole exactly the whole.

    Args:
        account: As stored.
        award: What the order had earned, and what was reversed of it.
        share: Of the order's earning amount, refunded so far including this time, 0 to 1.
        key: The command's idempotency key: the refund's own.
        now: When; aware.
        recorded_at: When it is written; ``now`` if left out.
        effective_at: When the refund took effect; ``now`` if left out.
        shortfall: What to do where the points are spent.
        reference: The refund.

    Returns:
        Entries; none of its own where nothing is left to take.
    """
    draft = Draft(account, key, now, recorded_at)
    settle(draft)
    lots = tuple(_as_settled(draft, lot) for lot in award.lots)
    wanted = target(award.awarded, share) - award.points - award.forgiven
    if wanted < 0:
        return refused(draft, "refunded_share", wanted, 0, "less is refunded than before: refunds only grow")
    shifts, left = _from_buckets(lots, wanted, (Bucket.PENDING,))
    if shortfall != "only_pending":
        # What lapsed unused is taken from where it lapsed: nobody owes points that she never used.
        own, left = _from_buckets(lots, left, (Bucket.AVAILABLE, Bucket.EXPIRED))
        shifts += own
        # So is what lapsed in an account that was hers before; there it stays, and nobody asks for it.
        left -= min(left, max(award.lapsed - award.forgiven, 0))
        others = tuple(lot for lot in draft.account.lots if lot.id not in {one.id for one in lots})
        more, left = _from_buckets(others, left, (Bucket.AVAILABLE,))
        shifts += more
    owed = left if shortfall == "debt" else 0
    forgiven = wanted - sum(points for *_, points in shifts) - owed
    taken = sum(points for *_, points in shifts) + owed
    if wanted:
        draft.write(
            Verb.REVERSE, shifts, effective_at=effective_at, debt=owed, forgiven=forgiven,
            reference=reference, reason="refund",
        )  # fmt: skip
    return accepted(draft, taken)


Shift = tuple[Lot, Bucket, Bucket, int]


def _as_settled(draft: Draft, lot: Lot) -> Lot:
    """Give a lot as it is by now: settling may have changed and closed what the caller brought along."""
    written = (one for entry in reversed(draft.entries) for one in entry.lots if one.id == lot.id)
    return next(written, None) or draft.account.lot(lot.id) or lot


def _from_buckets(lots: Sequence[Lot], wanted: int, buckets: Sequence[Bucket]) -> tuple[list[Shift], int]:
    """Take points of some buckets of lots, in their order; give what is still wanted."""
    shifts: list[Shift] = []
    for bucket in buckets:
        for lot in lots:
            part = min(wanted, getattr(lot, bucket))
            if part:
                shifts.append((lot, bucket, Bucket.REVERSED, part))
                wanted -= part
    return shifts, wanted


@attrs.frozen(kw_only=True)
class LatePolicy:
    """What becomes of points that are given back to a lot that lapsed meanwhile.

    Attributes:
        late: ``expire``: they stay lapsed, so that nobody cancels an order to renew her points;
            ``grace``: they can be spent for some days more; ``reinstate``: they last as if awarded now.
        grace: How long, for ``grace``.

    Raises:
        SettingsError: A grace without an end: points that never lapse again.
    """

    late: Late = "expire"
    grace: Expiry = NEVER

    def __attrs_post_init__(self) -> None:
        """Refuse a grace of no length."""
        if self.late == "grace" and not (self.grace.months or self.grace.days or self.grace.on):
            raise SettingsError("late = grace says how long: a grace without an end never lapses")


def give_back(
    account: Account,
    spent: Sequence[Allocation],
    points: int,
    lots: Mapping[str, Lot],
    *,
    key: str,
    now: datetime,
    policy: LatePolicy,
    reference: str = "",
) -> Outcome:
    """Return redeemed points to the very lots that they came from, first spent first returned.

    Args:
        account: As stored.
        spent: What the redemption spent and has not got back yet.
        points: How many return, at most all of them.
        lots: The lots of ``spent`` as they are now, open or not.
        key: The command's idempotency key.
        now: When; aware.
        policy: What becomes of points whose lot lapsed meanwhile.
        reference: The refund or cancelled order.
    """
    draft = Draft.live(account, key, now)
    settle(draft)
    first, _ = divided(spent, points)
    back = sum(allocation.points for allocation in first)
    if points > back:
        return refused(draft, "hold_total", points, back, f"{back} points of this redemption can return")
    for allocation in first:
        lot = _as_settled(draft, lots[allocation.lot])
        _return(draft, lot, allocation.points, policy, reference)
    return accepted(draft, points)


def _return(draft: Draft, lot: Lot, points: int, policy: LatePolicy, reference: str) -> None:
    """Return some points to one lot."""
    alive = lot.expires_at is None or draft.now < lot.expires_at
    fresh = None if alive or policy.late == "expire" else _renewed(draft, lot, points, policy)
    if fresh is None:
        home = Bucket.AVAILABLE if alive else Bucket.EXPIRED
        draft.write(
            Verb.GIVE_BACK,
            [(lot, Bucket.SPENT, home, points)],
            reference=reference,
            reason="" if alive else "lapsed",
        )
        if alive:
            repay(draft, lot.id, effective_at=draft.now)
        return
    draft.write(
        Verb.GIVE_BACK,
        [(lot, Bucket.SPENT, Bucket.MOVED, points)],
        issued=[fresh],
        reference=reference,
        reason=policy.late,
    )
    repay(draft, fresh.id, effective_at=draft.now)


def _renewed(draft: Draft, lot: Lot, points: int, policy: LatePolicy) -> Lot | None:
    """Give the lot in which points of a lapsed one go on; ``None`` if they would be lapsed there too."""
    rule, idle = (policy.grace, None) if policy.late == "grace" else (lot.expiry, lot.idle)
    limit = None
    if policy.late == "reinstate" and lot.limit_at is not None and rule.after(draft.now) is None:
        # Their end was all that made them lapse: without one they would last for ever.
        limit = draft.now + (lot.limit_at - lot.awarded_at)
    ends = attrs.evolve(lot, expiry=rule, limit_at=limit, idle=idle).ends(draft.now)
    if ends is not None and ends <= draft.now:
        return None
    return Lot(
        id=f"{lot.id}+{draft.account.version + 1}",
        source=lot.source,
        awarded_at=draft.now,
        activates_at=draft.now,
        expires_at=ends,
        expiry=rule,
        limit_at=limit,
        idle=lot.idle,
        root=lot.root,
        owners=lot.owners,
        available=points,
    )
