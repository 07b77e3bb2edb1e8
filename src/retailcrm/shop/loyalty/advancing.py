"""Time goes by: what fell due is written, and told, without any job that must run for points to be right."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.events import PointsMoved
from retailcrm.domain.identity import CustomerId
from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.settling import settle
from retailcrm.errors import ClockJumpError
from retailcrm.ports.ledger import Change, Unit
from retailcrm.shop.loyalty.accounts import account_id, customer_of, wallet_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen(kw_only=True)
class Advanced:
    """What the passing of time came to.

    Attributes:
        now: Up to when.
        accounts: Accounts in which something was written.
        events: What happened, account by account.
    """

    now: datetime
    accounts: int
    events: tuple[PointsMoved, ...]


def advance(accounts: Accounts, now: datetime, *, confirm_clock: bool = False) -> Advanced:
    """Write what fell due up to a moment in every account, each thing at its own instant.

    It may be stopped anywhere and run again: accounts that are done have nothing due any more.

    Args:
        accounts: The shop's accounts.
        now: Up to when; aware.
        confirm_clock: The clock is right although it is far ahead of everything that was seen.

    Returns:
        The events of this run; none if it ran before.

    Raises:
        ClockJumpError: The clock is further ahead of the newest file and entry than the programme's fuse
            allows, so that a wrong clock cannot let points lapse for ever.
    """
    moment = in_utc(now)
    if not confirm_clock:
        _check_clock(accounts, moment)
    written = 0
    events: list[PointsMoved] = []
    for name in _names(accounts):
        entries = _advance_one(accounts, name, moment)
        written += bool(entries)
        events += _told(name, entries)
    return Advanced(now=moment, accounts=written, events=tuple(events))


def _check_clock(accounts: Accounts, now: datetime) -> None:
    ledger = accounts.ledger
    recorded = (ledger.account(name).recorded_at for name in ledger.accounts())
    seen = [at for at in (accounts.observed(), *recorded) if at is not None]
    fuse = timedelta(days=accounts.programme.fuse)
    if seen and now - max(seen) > fuse:
        raise ClockJumpError(
            f"the clock says {now.isoformat()}, but the newest thing seen is of {max(seen).isoformat()}: "
            f"more than {fuse.days} days before. If the clock is right, confirm it; if not, points would "
            "lapse that should not"
        )


def _names(accounts: Accounts) -> Iterator[str]:
    """Give every account, those that nobody has touched yet included."""
    wallets = [wallet.name for wallet in accounts.programme.wallets]
    seen = set(accounts.ledger.accounts())
    yield from sorted(seen)
    if accounts.observed() is not None:
        for customer in accounts.orders.customers():
            yield from (name for w in wallets if (name := account_id(w, customer)) not in seen)


def _advance_one(accounts: Accounts, name: str, now: datetime) -> tuple[Entry, ...]:
    if name in accounts.ledger.merged():
        return ()
    current = accounts.current(customer_of(name), wallet_of(name))
    draft = Draft(current.account, f"advance:{now.isoformat()}", now)
    settle(draft)
    entries = (*current.entries, *draft.entries)
    if entries:
        change = Change(before=current.stored, after=draft.account, entries=entries)
        accounts.ledger.write(Unit(changes=(change,), awards=current.awards))
    return entries


def _told(name: str, entries: Iterable[Entry]) -> list[PointsMoved]:
    """Tell what entries mean to a customer."""
    return [
        PointsMoved(
            customer=CustomerId(customer_of(name)),
            wallet=wallet_of(name),
            what=entry.verb.value,
            points=sum(one.points for one in entry.movements),
            at=entry.effective_at,
            reference=entry.reference,
        )
        for entry in entries
        if entry.movements
    ]
