"""What all sources together tell of a customer's orders: files, awards, and refunds told to verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.points.lots import MICROSECOND
from retailcrm.shop.loyalty.accounts import account_id
from retailcrm.shop.loyalty.facts import facts_of, known_by

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from retailcrm.domain.points.following import Awarded, OrderFacts
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen(kw_only=True)
class WentBack:
    """An order of which something was refunded.

    Attributes:
        net: What it comes to now, refunds taken off, minor units.
        at: When the latest refund took effect; ``None`` if nobody told.
    """

    net: int
    at: datetime | None


def imported(accounts: Accounts, customer: str) -> tuple[OrderFacts, ...]:
    """Give what the files tell of somebody's orders that were paid, as far as the clock has come."""
    orders = None if accounts.observed() is None else accounts.orders.of(accounts.customer(customer))
    if orders is None:
        return ()
    now = accounts.clock() + MICROSECOND
    facts = facts_of(orders, accounts.shop, accounts.policy.counting)
    return tuple(known for one in facts if (known := known_by(one, now)) is not None)


def bought_before(accounts: Accounts, customer: str, ids: Collection[str], order: str) -> datetime | None:
    """Tell when somebody first paid for any other order; ``None`` if nobody knows of one.

    Args:
        accounts: The shop's accounts.
        customer: Present id.
        ids: All ids that she ever had.
        order: Reference of the order that is not looked at.
    """
    known = [one for name in ids for one in _awards_of(accounts, name)]
    paid = [(one.reference, one.at) for one in known]
    paid += [(one.reference, one.paid_at) for one in imported(accounts, customer) if one.gross]
    return min((at for reference, at in paid if reference != order), default=None)


def _awards_of(accounts: Accounts, customer: str) -> list[Awarded]:
    """Give the awards that are in the accounts of one id today."""
    ledger, found = accounts.ledger, []
    for wallet in accounts.programme.wallets:
        home = account_id(wallet.name, customer)
        found += [
            one
            for reference, one in ledger.awards(home).items()
            if ledger.awarded(wallet.name, reference) == home
        ]
    return found


def went_back(
    accounts: Accounts, customer: str, order: str, told: OrderFacts | None = None
) -> WentBack | None:
    """Tell what an order comes to by all that is known of its refunds; ``None`` if none is known.

    Files and verbs may tell of the same refund: the larger of their sums counts.

    Args:
        accounts: The shop's accounts.
        customer: Whose order.
        order: Its reference.
        told: As a backend has just handed it in.
    """
    ledger, names = accounts.ledger, [wallet.name for wallet in accounts.programme.wallets]
    homes = [home for name in names if (home := ledger.awarded(name, order)) is not None]
    awards = [ledger.awards(home)[order] for home in homes]
    # What was told last comes first.
    facts = [] if told is None else [told]
    facts += [one for one in imported(accounts, customer) if one.reference == order]
    facts += [one.known for one in awards]
    if not facts:
        return None
    gross, largest = facts[0].gross, max(facts, key=lambda one: one.refunded)
    by_verbs = max((one.cash for name in names if (one := ledger.refunds(name, order))), default=0)
    whole = any(one.share == 1 for one in awards)
    back = gross if whole else max(largest.refunded, by_verbs)
    return WentBack(net=gross - back, at=largest.refunded_at) if back else None
