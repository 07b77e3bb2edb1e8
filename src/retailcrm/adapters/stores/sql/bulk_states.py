"""New accounts as their journals leave them: their lots, those that are open, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.adapters.stores.sql.codecs import micros
from retailcrm.ports.bulk import AVAILABLE, NOTHING, PENDING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints
    from retailcrm.ports.bulk import FreshAwards, FreshPoints

FAR: Final = int(np.iinfo(np.int64).max)
"""A moment that never comes, in microseconds."""


@attrs.frozen(eq=False, kw_only=True)
class LotsNow:
    """Lots as they are in the end.

    Attributes:
        award: Row of each one's award, rising.
        buckets: Points in each bucket.
        touched_at: When the last entry about each took effect.
    """

    award: Ints
    buckets: tuple[Ints, ...]
    touched_at: Instants

    @classmethod
    def of(cls, points: FreshPoints) -> LotsNow:
        """Read the lots off the journals."""
        entries = points.entries
        touching = np.flatnonzero(entries.target != NOTHING)
        last = np.full(len(points.awards), NOTHING)
        # The last of several values for one place is the one that stays.
        last[entries.award[touching]] = touching
        award = np.flatnonzero(last != NOTHING)
        at = last[award]
        buckets = tuple(column[at] for column in entries.buckets)
        return cls(award=award, buckets=buckets, touched_at=entries.effective_at[at])


@attrs.frozen(eq=False, kw_only=True)
class OpenLots:
    """Lots that are still open, account by account in the order in which they are spent.

    Attributes:
        account: Row of the account, rising.
        place: Place among all lots.
        due: When something will happen to each by itself, microseconds; far if nobody knows.
    """

    account: Ints
    place: Ints
    due: Ints

    @classmethod
    def of(cls, lots: LotsNow, awards: FreshAwards) -> OpenLots:
        """Find the lots of which anything can still do something."""
        place = np.flatnonzero((lots.buckets[PENDING] > 0) | (lots.buckets[AVAILABLE] > 0))
        award = lots.award[place]
        activates, expires = (_us(column[award]) for column in (awards.activates_at, awards.expires_at))
        begins = np.where(activates == FAR, awards.facts.paid_at[award].view(np.int64), activates)
        ends = np.where(expires == FAR, begins, expires)
        account = awards.account[award]
        order = np.lexsort((awards.facts.rank[award], begins, ends, expires == FAR, account))
        waits = lots.buckets[PENDING][place] > 0
        return cls(account=account[order], place=place[order], due=np.where(waits, activates, expires)[order])


@attrs.frozen(eq=False, kw_only=True)
class AccountsNow:
    """Accounts in which something was written; moments in microseconds."""

    account: Ints
    version: Ints
    recorded_at: Ints
    settled_at: Ints
    pending: Ints
    available: Ints
    next_change_at: Ints

    def __len__(self) -> int:
        return len(self.account)

    @classmethod
    def of(cls, lots: LotsNow, open_lots: OpenLots, points: FreshPoints) -> AccountsNow:
        """Add up what accounts hold."""
        entries, n = points.entries, len(points.accounts)
        of_entry = points.awards.account[entries.award]
        version = np.bincount(of_entry, minlength=n)
        account = np.flatnonzero(version)
        settled, due = np.full(n, -FAR), np.full(n, FAR)
        np.maximum.at(settled, of_entry, entries.effective_at.view(np.int64))
        np.minimum.at(due, open_lots.account, open_lots.due)
        sums = {}
        for name, bucket in (("pending", PENDING), ("available", AVAILABLE)):
            sums[name] = np.zeros(n, np.int64)
            np.add.at(sums[name], points.awards.account[lots.award], lots.buckets[bucket])
        version = version[account]
        return cls(
            account=account, version=version, recorded_at=micros(points.recorded_at) + version - 1,
            settled_at=settled[account], pending=sums["pending"][account],
            available=sums["available"][account], next_change_at=due[account],
        )  # fmt: skip


def _us(at: NDArray[np.datetime64]) -> Ints:
    return np.where(np.isnat(at), FAR, at.view(np.int64))
