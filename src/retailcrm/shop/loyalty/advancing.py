"""Time goes by: what fell due is written, and told, without any job that must run for points to be right."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.events import PointsMoved
from retailcrm.domain.identity import CustomerId
from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.settling import settle
from retailcrm.errors import ClockJumpError, ConflictError, RetryTransactionError
from retailcrm.ports.ledger import Change, Unit
from retailcrm.shop.loyalty.accounts import account_id, customer_of, wallet_of
from retailcrm.shop.loyalty.attempts import Attempts
from retailcrm.shop.loyalty.grouping import GroupLedger
from retailcrm.shop.loyalty.referral_refunds import undone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.shop.loyalty.accounts import Accounts


_GROUP: Final = 500
"""Accounts that are written together."""


@attrs.frozen(kw_only=True)
class Advanced:
    """What the passing of time came to.

    Attributes:
        now: Up to when.
        since: Whatever runs, verbs and exports write after this run is recorded at or after this moment:
            from here :func:`events_since` tells what may be new to whoever has these events.
        accounts: Accounts in which something was written.
        events: What happened, account by account.
    """

    now: datetime
    since: datetime
    accounts: int
    events: tuple[PointsMoved, ...]


@attrs.frozen(kw_only=True)
class ToldEvent:
    """An event as the journals tell it, whoever wrote it.

    Attributes:
        account: In which journal.
        version: Its place there: both together name it for ever, so that nobody acts on it twice.
        recorded_at: When it was written, or up to when the files knew of it.
        event: What happened.
    """

    account: str
    version: int
    recorded_at: datetime
    event: PointsMoved


def advance(
    accounts: Accounts,
    now: datetime,
    *,
    confirm_clock: bool = False,
    each: Callable[[PointsMoved], None] | None = None,
) -> Advanced:
    """Write what fell due up to a moment in every account, each thing at its own instant.

    Whoever lets time go by says that everything up to then is known. Files that come later and tell of
    older orders, receipts or refunds are taken in all the same, but what has lapsed by then stays lapsed,
    even points that they would have kept. So import first, and advance then.

    Referrals whose order was refunded meanwhile are taken back on both sides.

    It may be stopped anywhere and run again: accounts that are done have nothing due any more. The second
    run tells only what it wrote itself: what a run that was stopped has written, and what verbs wrote
    between two runs, :func:`events_since` tells.

    Args:
        accounts: The shop's accounts.
        now: Up to when; aware.
        confirm_clock: The clock is right although it is far ahead of everything that was seen.
        each: Is handed every event, which is then not kept: a run over millions of lots needs little memory.

    Returns:
        The events of this run; none if it ran before.

    Raises:
        ClockJumpError: The clock is further ahead than the programme's fuse allows: of the newest file, the
            last run, and the entries that follow on from them. So no wrong clock lets all points lapse for
            ever, not even one that verbs went by.
    """
    moment = in_utc(now)
    if not confirm_clock:
        _check_clock(accounts, moment)
    written = 0
    events: list[PointsMoved] = []
    tell = each or events.append
    for change in _changes(accounts, moment):
        written += bool(change.entries)
        for _, event in _told(change.after.id, change.entries):
            tell(event)
    accounts.ledger.write(Unit(advanced=moment))
    since = min(moment, accounts.clock(), accounts.observed() or moment)
    return Advanced(now=moment, since=since, accounts=written, events=tuple(events))


def events_since(accounts: Accounts, since: datetime) -> tuple[ToldEvent, ...]:
    """Tell again everything that was recorded at or after a moment, by whichever verb or run.

    Whoever asks each time from the :attr:`Advanced.since` of the last run whose events she has misses
    nothing, whatever was stopped meanwhile. Some events come twice: account and version tell which. Two
    imports write as of an earlier time, so that one asks from there after them: the first export of a shop,
    as of that export, and a file of redemptions, each at its own moment.

    Args:
        accounts: The shop's accounts; those that nobody has touched yet have written nothing.
        since: From when, inclusive; aware.

    Returns:
        Events in the order in which they were recorded.
    """
    moment = in_utc(since)
    found = [
        ToldEvent(account=name, version=entry.version, recorded_at=entry.recorded_at, event=event)
        for name in accounts.ledger.accounts()
        for entry, event in _told(name, (e for e in accounts.ledger.entries(name) if e.recorded_at >= moment))
    ]
    return tuple(sorted(found, key=lambda one: (one.recorded_at, one.account, one.version)))


def _check_clock(accounts: Accounts, now: datetime) -> None:
    """Refuse a clock too far ahead of what was seen.

    Verbs go by the clock too, and it may be wrong for them as well: what they wrote counts as seen only as
    far as it follows on from what was seen before, no step of it longer than the fuse.
    """
    fuse = timedelta(days=accounts.programme.fuse)
    told = [at for at in (accounts.observed(), accounts.ledger.advanced()) if at is not None]
    seen = max(told, default=None)
    if seen is not None and now - seen <= fuse:
        return
    for first, last in accounts.ledger.recorded_days(seen):
        if seen is not None and first - seen > fuse:
            break
        seen = last
    if seen is not None and now - seen > fuse:
        raise ClockJumpError(
            f"the clock says {now.isoformat()}, but the newest thing seen is of {seen.isoformat()}: "
            f"more than {fuse.days} days before. If the clock is right, confirm it (confirm_clock=True, "
            "--confirm-clock); if not, points would lapse that should not"
        )


def _changes(accounts: Accounts, now: datetime) -> Iterator[Change]:
    """Write group by group what fell due, then what refunds undo of referrals; give what was written."""
    coming = _names(accounts, now)
    while names := tuple(islice(coming, _GROUP)):
        yield from _advance_some(accounts, names, now)
    for plan in undone(accounts, now):
        accounts.ledger.write(
            Unit(changes=plan.changes, awards=plan.awards, spendings=plan.spendings, referrals=plan.referrals)
        )
        yield from plan.changes


def _advance_some(accounts: Accounts, names: Sequence[str], now: datetime) -> list[Change]:
    """Write what fell due in some accounts, all together: whoever is beaten to it begins anew."""
    attempts = Attempts()
    while True:
        try:
            with accounts.ledger.unit():
                kept = GroupLedger(accounts.ledger)
                kept.lock(*names)
                grouped, merged = attrs.evolve(accounts, ledger=kept), kept.merged()
                mine = (name for name in names if name not in merged)
                changes = [change for name in mine for change in _advance_one(grouped, name, now)]
                kept.flush()
        except RetryTransactionError:
            raise
        except ConflictError:
            if not attempts.again():
                raise
        else:
            return changes


def _names(accounts: Accounts, now: datetime) -> Iterator[str]:
    """Give every account in which something may be due, those that nobody has touched yet included."""
    wallets = [wallet.name for wallet in accounts.programme.wallets]
    if accounts.ledger.whole("", accounts.rules):
        # Whoever was taken for somebody else may not have been asked for since; of others more is known.
        present = accounts.merges.present()
        people = sorted({*present.values(), *present, *accounts.ledger.stale()})
        yield from (account_id(wallet, one) for wallet in wallets for one in people)
        yield from accounts.ledger.due(now)
        return
    seen = set(accounts.ledger.accounts())
    yield from sorted(seen)
    if accounts.observed() is not None:
        for customer in accounts.orders.customers():
            yield from (name for w in wallets if (name := account_id(w, customer)) not in seen)


def _advance_one(accounts: Accounts, name: str, now: datetime) -> Iterator[Change]:
    current = accounts.current(customer_of(name), wallet_of(name))
    draft = Draft(current.account, f"advance:{now.isoformat()}", now)
    settle(draft)
    change = Change(before=current.stored, after=draft.account, entries=(*current.entries, *draft.entries))
    if change.entries or current.awards or current.spendings:
        accounts.ledger.write(Unit(changes=(change,), awards=current.awards, spendings=current.spendings))
        yield change


def _told(name: str, entries: Iterable[Entry]) -> Iterator[tuple[Entry, PointsMoved]]:
    """Tell what entries mean to a customer."""
    for entry in entries:
        if entry.movements:
            yield (
                entry,
                PointsMoved(
                    customer=CustomerId(customer_of(name)),
                    wallet=wallet_of(name),
                    what=entry.verb.value,
                    points=sum(one.points for one in entry.movements),
                    at=entry.effective_at,
                    reference=entry.reference,
                ),
            )
