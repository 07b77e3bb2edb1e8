"""A draft: entries being written for one command, each seeing what the ones before it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.points.account import Account, apply
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.lots import MICROSECOND, Bucket, Lot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from retailcrm.domain.points.holds import Allocation

_BUCKETS: Final = tuple(Bucket)
_NO_LOTS: Final[tuple[Lot, ...]] = ()


@attrs.define
class Draft:
    """Entries of one command.

    Attributes:
        account: As it is after the entries so far.
        key: The command's idempotency key.
        now: When it is decided.
        recorded_at: When it is written; :attr:`now` if left out.
        entries: What is to be written, in order.
    """

    account: Account
    key: str
    now: datetime
    recorded_at: datetime | None = None
    entries: list[Entry] = attrs.field(factory=list)

    @classmethod
    def live(cls, account: Account, key: str, now: datetime) -> Draft:
        """Begin a command that somebody gives now: a clock that was set back does not turn time round.

        Args:
            account: As stored.
            key: The command's idempotency key.
            now: What the clock says; aware.
        """
        return cls(account, key, account.not_before(now))

    def write(
        self,
        verb: Verb,
        shifts: Iterable[tuple[Lot, Bucket, Bucket, int]] = (),
        *,
        issued: Iterable[Lot] = _NO_LOTS,
        changed: Iterable[Lot] = _NO_LOTS,
        effective_at: datetime | None = None,
        **details: Any,  # noqa: ANN401 - further fields of the entry
    ) -> Entry:
        """Add an entry.

        Args:
            verb: What it does.
            shifts: Lots as they are, and the points to move between two of their buckets.
            issued: New lots, with their points in the buckets where they begin.
            changed: Lots whose moments change; they take the place of the ones in ``shifts``.
            effective_at: When it takes effect; ``now`` if left out, or if it lies ahead of all that is
                known. Never before the last effect on one of its lots, and with ``debt`` never before the
                debt last changed, so that what an account held or owed at a moment is never below nothing.
            details: ``reference``, ``reason``, ``actor``, ``debt``, ``opens``, ``closes``.
        """
        new = tuple(issued)
        moved = [shift for shift in shifts if shift[3]]
        lots = {lot.id: lot for lot in (*new, *changed)}
        for lot, *_ in moved:
            lots.setdefault(lot.id, lot)
        movements = [
            Movement(lot.id, None, bucket, points)
            for lot in new
            for bucket in _BUCKETS
            if (points := getattr(lot, bucket))
        ]
        effective = self._effective(effective_at, lots.values(), owing=bool(details.get("debt")))
        for lot, source, target, points in moved:
            lots[lot.id] = lots[lot.id].shifted(source, target, points, effective)
            movements.append(Movement(lot.id, source, target, points))
        entry = Entry(
            account=self.account.id,
            version=self.account.version + 1,
            verb=verb,
            key=self.key,
            effective_at=effective,
            recorded_at=self._recorded_at(),
            movements=tuple(movements),
            lots=tuple(
                lot if lot.touched_at == effective else attrs.evolve(lot, touched_at=effective)
                for lot in lots.values()
            ),
            **details,
        )
        self.account = apply(self.account, entry)
        self.entries.append(entry)
        return entry

    def _effective(self, at: datetime | None, lots: Iterable[Lot], *, owing: bool) -> datetime:
        """Give the moment at which an entry takes effect; see :meth:`write`."""
        known = self.account.not_before(self.now)
        effective = self.now if at is None else min(at, known)
        for lot in lots:
            effective = max(effective, lot.touched_at)
        owed_at = self.account.debt_at if owing else None
        return effective if owed_at is None else max(effective, owed_at)

    def _recorded_at(self) -> datetime:
        """Give a moment after the account's last: a clock set back never turns the journal round."""
        last, now = self.account.recorded_at, self.recorded_at or self.now
        return now if last is None or last < now else last + MICROSECOND


def shifts_of(
    lots: Iterable[Lot], allocations: Iterable[Allocation], source: Bucket, target: Bucket
) -> list[tuple[Lot, Bucket, Bucket, int]]:
    """Turn allocations into shifts of their lots."""
    known = {lot.id: lot for lot in lots}
    return [(known[a.lot], source, target, a.points) for a in allocations]
