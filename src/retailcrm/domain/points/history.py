"""What an account held at any moment, past or to come, by what was known at any other.

Two times run beside each other: when something took effect, and when it was written down. "What did we
believe on 1 March about 1 February?" leaves out what was written after 1 March, and counts what took effect
up to 1 February. What had not been written by then but would fall due by itself is continued first, so that
the answer never depends on whether a job ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.periods import in_utc, local_date
from retailcrm.domain.points.account import replay
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import MICROSECOND, Bucket
from retailcrm.domain.points.settling import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry

DUE: Final = "due"
"""Key of entries that nobody has written yet, and that will be without anybody doing anything."""


@attrs.frozen(kw_only=True)
class Balances:
    """What an account holds at a moment.

    Attributes:
        pending: Points awarded and not yet to be spent.
        available: Points to be spent.
        held: Points reserved for a checkout.
        debt: Points owed.
    """

    pending: int = 0
    available: int = 0
    held: int = 0
    debt: int = 0


@attrs.frozen(kw_only=True)
class Step:
    """One line of an account's history as its owner reads it.

    Attributes:
        moment: When it took effect, UTC.
        verb: What it was.
        points: How many points it moved, or came to be owed.
        available: Points to be spent after it.
        version: Version of the entry; ``None`` if nobody has written it yet.
        reference: What it was about.
        reason: Why.
    """

    moment: datetime
    verb: Verb
    points: int
    available: int
    version: int | None
    reference: str
    reason: str


@attrs.frozen(kw_only=True)
class Lapse:
    """Points that will lapse if nothing else happens.

    Attributes:
        day: Last local day on which they can be spent.
        at: First moment at which they cannot, UTC.
        points: How many.
    """

    day: date
    at: datetime
    points: int


def known_by(entries: Iterable[Entry], known: datetime | None) -> tuple[Entry, ...]:
    """Give the entries that had been written by a moment.

    Args:
        entries: An account's journal, oldest first.
        known: The moment, included; ``None`` for all.
    """
    return tuple(entry for entry in entries if known is None or entry.recorded_at <= known)


def falling_due(entries: Sequence[Entry], at: datetime) -> tuple[Entry, ...]:
    """Give what would be written by a moment if nobody did anything: points come in, lapse, return.

    Args:
        entries: An account's journal, oldest first.
        at: The moment, included; aware.

    Returns:
        Entries that follow the journal, with the key :data:`DUE`.
    """
    if not entries:
        return ()
    draft = Draft(replay(entries[0].account, entries), DUE, in_utc(at))
    settle(draft)
    return tuple(draft.entries)


def balance(entries: Iterable[Entry], at: datetime, *, known: datetime | None = None) -> Balances:
    """Give what an account held, or will hold, at a moment.

    Args:
        entries: Its journal, oldest first.
        at: The moment about which is asked, past or to come; what takes effect at it counts. Aware.
        known: The moment at which is asked: what was written later is left out; ``None``: nothing is.

    Returns:
        Sums of whole points, none below 0.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.points.account import Account
        >>> from retailcrm.domain.points.awarding import earn
        >>> may, june = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
        >>> ann = Account(id="ann")
        >>> earned = earn(ann, 50, lot="1", source="order:1", key="k", now=may, activates_at=june)
        >>> balance(earned.entries, may).pending, balance(earned.entries, june).available
        (50, 50)
    """
    written = known_by(entries, known)
    journal = (*written, *falling_due(written, at))
    sums = dict.fromkeys(Bucket, 0)
    for entry in journal:
        if entry.effective_at <= at:
            _add(sums, entry)
    return Balances(
        pending=sums[Bucket.PENDING],
        available=sums[Bucket.AVAILABLE],
        held=sums[Bucket.HELD],
        debt=sum(entry.debt for moment, entry in debts(journal) if moment <= at),
    )


def debts(entries: Iterable[Entry]) -> Iterator[tuple[datetime, Entry]]:
    """Give the entries that change the debt, each with the moment from which that counts.

    No entry changes the debt before the one that changed it last, so these moments only rise.

    Args:
        entries: An account's journal, oldest first.
    """
    for entry in entries:
        if entry.debt:
            yield entry.effective_at, entry


def timeline(entries: Sequence[Entry], start: datetime, end: datetime) -> tuple[Step, ...]:
    """Give what happened to an account, and what will by itself, as its owner reads it.

    Args:
        entries: Its journal, oldest first.
        start: First moment of interest; aware.
        end: First moment after it; what falls due up to there is continued.

    Returns:
        Steps by the moment when they took effect.
    """
    journal = (*entries, *falling_due(entries, end - MICROSECOND))
    sums = dict.fromkeys(Bucket, 0)
    steps: list[Step] = []
    for entry in sorted(journal, key=lambda one: (one.effective_at, one.version)):
        if entry.effective_at >= end:
            break
        _add(sums, entry)
        if entry.effective_at >= start:
            steps.append(_step(entry, sums[Bucket.AVAILABLE], planned=entry.version > len(entries)))
    return tuple(steps)


def expiring(account: Account, until: datetime, *, zone: str) -> tuple[Lapse, ...]:
    """Give the points that will lapse if nothing else happens, day by day.

    Points that wait or are reserved count where they will have come in or returned by then.

    Args:
        account: As stored.
        until: First moment that is not looked at; aware.
        zone: IANA zone of the days.

    Returns:
        Soonest first, one for each moment.
    """
    draft = Draft(account, DUE, in_utc(until) - MICROSECOND)
    settle(draft)
    lapsing: dict[datetime, int] = {}
    for entry in draft.entries:
        if entry.verb is Verb.EXPIRE:
            points = sum(one.points for one in entry.movements)
            lapsing[entry.effective_at] = lapsing.get(entry.effective_at, 0) + points
    return tuple(
        Lapse(day=local_date(at - MICROSECOND, zone), at=at, points=points)
        for at, points in sorted(lapsing.items())
    )


def _add(sums: dict[Bucket, int], entry: Entry) -> None:
    """Move an entry's points."""
    for one in entry.movements:
        sums[one.target] += one.points
        if one.source is not None:
            sums[one.source] -= one.points


def _step(entry: Entry, available: int, *, planned: bool) -> Step:
    return Step(
        moment=entry.effective_at,
        verb=entry.verb,
        points=sum(one.points for one in entry.movements) + max(entry.debt, 0),
        available=available,
        version=None if planned else entry.version,
        reference=entry.reference,
        reason=entry.reason,
    )
