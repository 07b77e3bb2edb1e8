"""Lots: points that were awarded together, wait together and lapse together."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.errors import InputError

MICROSECOND: Final = timedelta(microseconds=1)


class Bucket(StrEnum):
    """Where the points of a lot are. Every point of a lot is in exactly one bucket, for ever."""

    PENDING = "pending"
    """Awarded, not yet to be spent."""

    AVAILABLE = "available"
    """To be spent."""

    HELD = "held"
    """Reserved for a checkout that has not ended."""

    SPENT = "spent"
    EXPIRED = "expired"

    REVERSED = "reversed"
    """Taken back: a refund, a repaid debt, a correction."""

    MOVED = "moved"
    """Gone on in another lot: a transfer, a merge, points given back with a new expiry."""


OPEN: Final = (Bucket.PENDING, Bucket.AVAILABLE, Bucket.HELD)
"""Buckets whose points can still do something by themselves."""


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


def _counts(_: object, field: attrs.Attribute[int], value: Any) -> None:  # noqa: ANN401 - any wrong value
    # Nearly always: a lot is made anew whenever one of its points moves.
    if type(value) is int and value >= 0:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{field.name} of a lot is a whole number of points, not {value!r}")
    if value < 0:
        raise InputError(f"{field.name} of a lot is not below 0: {value}")


@attrs.frozen(kw_only=True)
class Lot:
    """Points awarded together.

    Attributes:
        id: Unique in the account.
        source: What they were awarded for: ``order:...``, ``signin:...``, ``import:...``.
        awarded_at: When; aware, kept in UTC.
        activates_at: When they can be spent; ``None`` while that waits for an event.
        expires_at: First moment at which they cannot be spent any more; ``None``: never, or not known yet.
        touched_at: When the last entry about it took effect; :attr:`awarded_at` at first.
        expiry: How the expiry follows from the activation, as it was when they were awarded.
        limit_at: Their end where it does not follow from the activation: opening balances, awards that
            lapse from the award on; ``None``: ask :attr:`expiry`.
        idle: They lapse at the latest so long after the customer's last earning or spending.
        root: Id of the lot that the points were first awarded in; its own, unless they were moved.
        owners: Accounts that brought them along in a merge, the last first: undoing it gives them back.
        pending: Points in each bucket, whole numbers; they add up to :attr:`points`.

    Raises:
        TypeError: A number of points is no ``int``.
        InputError: A bucket is below 0.
    """

    id: str
    source: str
    awarded_at: datetime = attrs.field(converter=in_utc)
    activates_at: datetime | None = attrs.field(default=None, converter=_utc)
    expires_at: datetime | None = attrs.field(default=None, converter=_utc)
    touched_at: datetime = attrs.field(
        default=attrs.Factory(lambda lot: lot.awarded_at, takes_self=True), converter=in_utc
    )
    expiry: Expiry = NEVER
    limit_at: datetime | None = attrs.field(default=None, converter=_utc)
    idle: Expiry | None = None
    root: str = attrs.field(default=attrs.Factory(lambda lot: lot.id, takes_self=True))
    owners: tuple[str, ...] = ()
    pending: int = attrs.field(default=0, validator=_counts)
    available: int = attrs.field(default=0, validator=_counts)
    held: int = attrs.field(default=0, validator=_counts)
    spent: int = attrs.field(default=0, validator=_counts)
    expired: int = attrs.field(default=0, validator=_counts)
    reversed: int = attrs.field(default=0, validator=_counts)
    moved: int = attrs.field(default=0, validator=_counts)

    @property
    def points(self) -> int:
        """Points awarded: what all buckets hold together."""
        open_points = self.pending + self.available + self.held
        return open_points + self.spent + self.expired + self.reversed + self.moved

    @property
    def is_open(self) -> bool:
        """Whether any of its points can still do something by themselves."""
        return bool(self.pending or self.available or self.held)

    def usable(self, at: datetime) -> int:
        """Give the points that can be spent at a moment, by what is known now.

        Args:
            at: Aware.
        """
        if self.expires_at is not None and at >= self.expires_at:
            return 0
        due = self.activates_at is not None and self.activates_at <= at
        return self.available + (self.pending if due else 0)

    def ends(self, activated_at: datetime, active_at: datetime | None = None) -> datetime | None:
        """Give the moment at which they lapse.

        Args:
            activated_at: When they could first be spent.
            active_at: The customer's last earning or spending; the activation if left out.

        Returns:
            First moment at which they cannot be spent any more; ``None``: never.
        """
        return end_of(self.expiry, self.limit_at, self.idle, activated_at, active_at)

    def starting(self, activates_at: datetime) -> Lot:
        """Give the lot with its points to be spent from a moment on, and lapsing by that.

        Args:
            activates_at: When they can first be spent.
        """
        ends = self.ends(activates_at)
        # Nearly always it was known when they were awarded.
        if activates_at == self.activates_at and ends == self.expires_at:
            return self
        return attrs.evolve(self, activates_at=activates_at, expires_at=ends)

    def shifted(self, source: Bucket, target: Bucket, points: int, at: datetime) -> Lot:
        """Move points from one bucket to another.

        Args:
            source: Where they are.
            target: Where they go.
            points: How many.
            at: When it takes effect.

        Raises:
            InputError: The bucket does not hold so many.
        """
        buckets = {
            "pending": self.pending, "available": self.available, "held": self.held, "spent": self.spent,
            "expired": self.expired, "reversed": self.reversed, "moved": self.moved,
        }  # fmt: skip
        buckets[source.value] -= points
        buckets[target.value] += points
        # Each redemption does this: attrs.evolve would look for the fields each time.
        return Lot(
            id=self.id, source=self.source, awarded_at=self.awarded_at, activates_at=self.activates_at,
            expires_at=self.expires_at, touched_at=at, expiry=self.expiry, limit_at=self.limit_at,
            idle=self.idle, root=self.root, owners=self.owners, **buckets,
        )  # fmt: skip


def end_of(
    expiry: Expiry,
    limit_at: datetime | None,
    idle: Expiry | None,
    activated_at: datetime,
    active_at: datetime | None = None,
) -> datetime | None:
    """Give the moment at which points lapse; see :meth:`Lot.ends`.

    Args:
        expiry: How it follows from the activation.
        limit_at: Their end where it does not.
        idle: They lapse at the latest so long after the customer's last earning or spending.
        activated_at: When they could first be spent.
        active_at: The customer's last earning or spending; the activation if left out.
    """
    own = limit_at if limit_at is not None else expiry.after(activated_at)
    if idle is None:
        return own
    ends = idle.after(active_at or activated_at)
    return min((end for end in (own, ends) if end is not None), default=None)


def burn_order(lot: Lot) -> tuple[bool, datetime, datetime, str]:
    """Give what sorts lots in the order in which they are spent.

    Soonest expiry first, what never expires last; then earliest activation; then id.
    """
    start = lot.activates_at or lot.awarded_at
    return (lot.expires_at is None, lot.expires_at or start, start, lot.id)
