"""One customer's journal up to a moment, as its owner reads it; and what customers owe."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.periods import local_date
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.history import debts as changes_of_debt
from retailcrm.domain.points.history import falling_due
from retailcrm.domain.points.lots import OPEN, Bucket
from retailcrm.shop.loyalty.accounts import account_id, customer_of
from retailcrm.shop.loyalty.at_once import Written, before, heads_of
from retailcrm.shop.loyalty.known_orders import KnownOrders, aware

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    import numpy as np

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.lots import Lot
    from retailcrm.shop.loyalty.accounts import Accounts

_US: Final = timedelta(microseconds=1)
_ABOUT_THE_LOT: Final = (Verb.EARN, Verb.ACTIVATE, Verb.EXPIRE, Verb.REVERSE, Verb.REPAY)


@attrs.frozen(kw_only=True)
class JournalLine:
    """One thing that happened to a customer's points.

    Attributes:
        at: When it took effect, UTC.
        verb: What it was.
        points: How many points it moved, or came to be owed.
        change: By how much what she has, pending, available and held together, rose or fell.
        pending: Points that wait after it.
        available: Points to be spent after it.
        about: What it was for, such as ``order:taobao/main/4711``.
        reason: Why, where a person or a rule said so.
        actor: Who, where a person did it.
    """

    at: datetime
    verb: Verb
    points: int
    change: int
    pending: int
    available: int
    about: str
    reason: str
    actor: str = ""


@attrs.frozen(kw_only=True)
class Journal:
    """One customer's points up to a moment.

    Attributes:
        customer: Present id.
        lines: What happened, oldest first.
        pending: Points that wait at the moment.
        available: Points that can be spent.
        held: Points reserved.
        debt: Points owed.
        last_day: Last local day of the points that lapse next; ``None`` if none do, or it is not known yet.
        lapsing: Points that lapse then.
    """

    customer: str
    lines: tuple[JournalLine, ...]
    pending: int = 0
    available: int = 0
    held: int = 0
    debt: int = 0
    last_day: date | None = None
    lapsing: int = 0


def journal_of(accounts: Accounts, who: str | Identity, as_of: np.datetime64, wallet: str = "") -> Journal:
    """Give one customer's journal, with what her orders tell; nothing is written.

    Args:
        accounts: The shop's accounts.
        who: A customer id, or an identity.
        as_of: UTC, exclusive; points that have had their last day by then are shown as lapsed.
        wallet: Name of the wallet; the first if empty.
    """
    rules, customer = accounts.programme.wallet(wallet), accounts.customer(who)
    known = KnownOrders.of(accounts, {customer}, rules.name, as_of)
    entries = _entries(known, customer, aware(as_of))
    sums = dict.fromkeys(Bucket, 0)
    lines: list[JournalLine] = []
    lots: dict[str, Lot] = {}
    for entry in entries:
        lines += _line(entry, sums)
        lots |= {lot.id: lot for lot in entry.lots}
    ends = [lot.expires_at for lot in lots.values() if lot.is_open and lot.expires_at is not None]
    first = min(ends, default=None)
    lapsing = [lot for lot in lots.values() if lot.is_open and lot.expires_at == first]
    return Journal(
        customer=customer,
        lines=tuple(lines),
        pending=sums[Bucket.PENDING],
        available=sums[Bucket.AVAILABLE],
        held=sums[Bucket.HELD],
        debt=sum(entry.debt for _, entry in changes_of_debt(entries)),
        last_day=None if first is None else local_date(first - _US, rules.expiry.zone),
        lapsing=0 if first is None else sum(getattr(lot, bucket) for lot in lapsing for bucket in OPEN),
    )


def debts(
    accounts: Accounts, wallet: str, as_of: np.datetime64, free: Collection[str] = ()
) -> dict[str, int]:
    """Tell who owes points at a moment, and how many.

    Only a customer who has spent points can owe any: those are in the ledger.

    Args:
        accounts: The shop's accounts.
        wallet: Name of the wallet.
        as_of: UTC, exclusive.
        free: Ids of accounts of which it is known that they never owed any.
    """
    at, written, heads = aware(as_of), Written.of(accounts), heads_of(accounts, wallet)
    alone = {name for name, head in heads.items() if written.by(head)}
    # An account that was written before and owes nothing can only come to owe by something new.
    clear = {name for name in alone if before(heads[name], at) and not heads[name].debt}
    asked = {customer_of(name): name in alone for name in heads if name not in clear and name not in free}
    known = KnownOrders.of(accounts, {who for who, whole in asked.items() if not whole}, wallet, as_of)
    owing = {
        who: sum(one.debt for one in _entries(known, who, at, alone=whole)) for who, whole in asked.items()
    }
    return {name: points for name, points in owing.items() if points}


def _entries(known: KnownOrders, customer: str, at: datetime, *, alone: bool = False) -> Sequence[Entry]:
    """Give what took effect before a moment, and what lapses at it, by the moment when it took effect."""
    ledger, name = known.accounts.ledger, account_id(known.wallet, customer)
    written = ledger.account(name).recorded_at
    later = at if written is None else max(at, written)
    entries = tuple(ledger.entries(name))
    if not alone:
        entries += known.current(customer, later, known=at).entries
    every = (*entries, *falling_due(entries, later))
    happened = [
        entry
        for entry in every
        if entry.effective_at < at or (entry.verb is Verb.EXPIRE and entry.effective_at == at)
    ]
    return sorted(happened, key=lambda entry: (entry.effective_at, entry.version))


def _line(entry: Entry, sums: dict[Bucket, int]) -> list[JournalLine]:
    """Move an entry's points; tell it if it moved any."""
    before = sum(sums[bucket] for bucket in OPEN)
    for one in entry.movements:
        sums[one.target] += one.points
        if one.source is not None:
            sums[one.source] -= one.points
    if not entry.movements and not entry.debt:
        return []
    of_lot = entry.lots[0].source if entry.lots else ""
    return [
        JournalLine(
            at=entry.effective_at,
            verb=entry.verb,
            points=sum(one.points for one in entry.movements) + max(entry.debt, 0),
            change=sum(sums[bucket] for bucket in OPEN) - before,
            pending=sums[Bucket.PENDING],
            available=sums[Bucket.AVAILABLE],
            about=(of_lot or entry.reference) if entry.verb in _ABOUT_THE_LOT else entry.reference or of_lot,
            reason=entry.reason,
            actor=entry.actor,
        )
    ]
