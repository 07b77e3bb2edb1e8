"""An account: what its entries come to; applying the next entry gives the next state."""

from __future__ import annotations

from bisect import insort
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.lots import burn_order
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.holds import Hold
    from retailcrm.domain.points.lots import Lot


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


@attrs.frozen(kw_only=True)
class Account:
    """One customer's points in one wallet, as far as they can still do something.

    Lots of which everything is spent, expired or taken back leave the account; whoever needs one again
    (a refund) brings it along.

    Attributes:
        id: Whose, in which wallet.
        version: Entries so far.
        recorded_at: When the last of them was written; ``None`` before the first.
        lots: The open lots, in the order in which they are spent.
        holds: The open reservations, by id.
        debt: Points that a refund took back although they were spent; repaid by the next that come in.
        debt_at: When the debt changed last, so that nothing is repaid before it is owed; ``None``: never.
        settled_at: The latest moment at which any entry took effect; ``None`` before the first. A clock
            that was set back is not believed: what is decided now is decided no earlier.
    """

    id: str
    version: int = 0
    recorded_at: datetime | None = attrs.field(default=None, converter=_utc)
    lots: tuple[Lot, ...] = ()
    holds: tuple[Hold, ...] = ()
    debt: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    debt_at: datetime | None = attrs.field(default=None, converter=_utc)
    settled_at: datetime | None = attrs.field(default=None, converter=_utc)

    @cached_property
    def pending(self) -> int:
        """Points awarded and not yet to be spent, as last settled."""
        return sum(lot.pending for lot in self.lots)

    @cached_property
    def available(self) -> int:
        """Points to be spent, as last settled."""
        return sum(lot.available for lot in self.lots)

    @cached_property
    def held(self) -> int:
        """Points reserved, as last settled."""
        return sum(lot.held for lot in self.lots)

    @cached_property
    def next_change_at(self) -> datetime | None:
        """The next moment at which something changes by itself: a cached balance holds until then."""
        moments = [hold.ends_at for hold in self.holds]
        for lot in self.lots:
            if lot.pending and lot.activates_at is not None:
                moments.append(lot.activates_at)
            if lot.available and lot.expires_at is not None:
                moments.append(lot.expires_at)
        return min(moments, default=None)

    def usable(self, at: datetime) -> int:
        """Give the points that can be spent at a moment, now or later, if nothing else happens.

        Args:
            at: Aware; taken for :attr:`settled_at` if before that.
        """
        at = self.not_before(at)
        change = self.next_change_at
        if change is None or at < change:
            return self.available
        found = sum(lot.available for lot in self.lots if lot.expires_at is None or at < lot.expires_at)
        owed, since = self.debt, self.debt_at
        touched = {lot.id: lot.touched_at for lot in self.lots}
        for moment, parts in self._comings():
            if moment > at:
                break
            comes = max([moment, *(touched[lot.id] for lot, _ in parts)])
            for lot, points in parts:
                when = max(comes, since) if owed and since is not None else comes
                touched[lot.id] = when
                if lot.expires_at is not None and lot.expires_at <= when:
                    continue
                # What comes in repays a debt first, even if it has lapsed by the moment in question.
                repaid = min(owed, points)
                owed, since = owed - repaid, when if repaid else since
                found += points - repaid if lot.expires_at is None or at < lot.expires_at else 0
        return found

    def not_before(self, now: datetime) -> datetime:
        """Give the moment at which a command is decided: no earlier than anything that took effect.

        Args:
            now: What the clock says; aware.
        """
        return now if self.settled_at is None else max(now, self.settled_at)

    def _comings(self) -> list[tuple[datetime, list[tuple[Lot, int]]]]:
        """Give what will come to be spendable by itself, in its order: reservations that end, lots."""
        lots = {lot.id: lot for lot in self.lots}
        # What one reservation gives back repays in the order in which it was chosen.
        held = [
            (hold.ends_at, 0, hold.id, [(lots[one.lot], one.points) for one in hold.allocations])
            for hold in self.holds
        ]
        waiting = [
            (lot.activates_at, 1, lot.id, [(lot, lot.pending)])
            for lot in self.lots
            if lot.pending and lot.activates_at is not None
        ]
        coming = sorted(held + waiting, key=lambda one: one[:3])
        return [(moment, parts) for moment, _, _, parts in coming]

    def lot(self, lot_id: str) -> Lot | None:
        """Give an open lot."""
        return next((lot for lot in self.lots if lot.id == lot_id), None)

    def hold(self, hold_id: str) -> Hold | None:
        """Give an open reservation."""
        return next((hold for hold in self.holds if hold.id == hold_id), None)


def apply(account: Account, entry: Entry) -> Account:
    """Give the account after one more entry.

    Args:
        account: As it was before.
        entry: The next of its journal.

    Raises:
        ConflictError: The entry is another account's, or not the next one: somebody else wrote first.
    """
    if (entry.account, entry.version) != (account.id, account.version + 1):
        raise ConflictError(
            f"entry {entry.version} of {entry.account} does not follow "
            f"version {account.version} of {account.id}"
        )
    touched = {lot.id for lot in entry.lots}
    lots = [lot for lot in account.lots if lot.id not in touched]
    for lot in entry.lots:
        if lot.is_open:
            insort(lots, lot, key=burn_order)
    holds = account.holds
    if entry.opens is not None or entry.closes:
        left = {hold.id: hold for hold in holds if hold.id != entry.closes}
        if entry.opens is not None:
            left[entry.opens.id] = entry.opens
        holds = tuple(sorted(left.values(), key=lambda hold: hold.id))
    return Account(
        id=account.id,
        version=entry.version,
        recorded_at=entry.recorded_at,
        lots=tuple(lots),
        holds=holds,
        debt=account.debt + entry.debt,
        debt_at=entry.effective_at if entry.debt else account.debt_at,
        settled_at=account.not_before(entry.effective_at),
    )


def replay(account_id: str, entries: Iterable[Entry]) -> Account:
    """Give the account that a journal comes to.

    Args:
        account_id: Whose.
        entries: All of them, in the order of their versions.
    """
    account = Account(id=account_id)
    for entry in entries:
        account = apply(account, entry)
    return account
