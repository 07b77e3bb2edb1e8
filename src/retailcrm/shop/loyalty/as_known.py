"""Points that waited at a past moment, as was known then: their order may have been received since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.domain.points.following import activation
from retailcrm.shop.loyalty.facts import facts_of, known_by
from retailcrm.shop.loyalty.known_orders import aware, moment
from retailcrm.shop.picking import picked

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.analytics.tables.journals import JournalTable
    from retailcrm.domain.points.following import OrderFacts
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.shop.loyalty.accounts import Accounts

_NEVER = np.datetime64("NaT", "us")


def as_known(
    accounts: Accounts,
    wallet: Wallet,
    journals: JournalTable,
    waiting: NDArray[np.int64],
    whose: Mapping[str, str],
    as_of: np.datetime64,
) -> JournalTable:
    """Take out of lots that waited what nobody could know of their orders then.

    Args:
        accounts: The shop's accounts.
        wallet: The rules.
        journals: Of accounts that are nobody else's.
        waiting: Rows of the lots' states at the moment, each with points that waited.
        whose: Who has each account today.
        as_of: UTC, exclusive: what happened to orders then or later was not known.
    """
    states = journals.states
    names = journals.accounts.take(journals.entries.account[states.entry[waiting]]).tolist()
    stored = {name: accounts.ledger.lots(name) for name in dict.fromkeys(names)}
    ids = journals.lots.take(states.lot[waiting]).tolist()
    lots = [stored[name][lot] for name, lot in zip(names, ids, strict=True)]
    asked = [(whose[name], lot.root) for name, lot in zip(names, lots, strict=True)]
    facts = _facts(accounts, frozenset(asked), aware(as_of))
    activates, expires = states.activates_at.copy(), states.expires_at.copy()
    for row, one, lot in zip(waiting.tolist(), asked, lots, strict=True):
        known = facts.get(one)
        if known is not None:
            # How a lot's end follows from its activation was fixed when it was awarded.
            due = activation(known, wallet.waiting)
            end = None if due is None else lot.ends(due)
            activates[row] = _NEVER if due is None else moment(due)
            expires[row] = _NEVER if end is None else moment(end)
    return attrs.evolve(journals, states=attrs.evolve(states, activates_at=activates, expires_at=expires))


def _facts(
    accounts: Accounts, asked: Collection[tuple[str, str]], at: datetime
) -> dict[tuple[str, str], OrderFacts | None]:
    """Tell what was known of some orders at a moment, by customer and root of the lot.

    Args:
        accounts: The shop's accounts, whose orders are read at once.
        asked: Customers, and the roots of their lots.
        at: Exclusive.
    """
    found: dict[tuple[str, str], OrderFacts | None] = {}
    for orders in accounts.orders.parts() if asked and accounts.observed() is not None else ():
        rows = _rows(orders, accounts.shop, asked)
        told = facts_of(picked(orders, np.array([*rows], np.int64)), accounts.shop, accounts.policy.counting)
        by_root = {root: (customer, root) for customer, root in rows.values()}
        found |= {by_root[f"order:{one.reference}"]: known_by(one, at) for one in told}
    return found


def _rows(orders: OrderTable, shop: str, asked: Collection[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Find the rows of orders by their customers and the roots of the lots that they were awarded in."""
    assert orders.platform is not None  # noqa: S101 - folding always tells
    customers = {customer for customer, _ in asked}
    names = orders.customers.ids.tolist()
    theirs = np.array([*(name in customers for name in names), False], np.bool_)
    rows = np.flatnonzero(theirs[orders.customer])
    named = (
        (names[code], f"order:{platform}/{shop}/{number}")
        for code, platform, number in zip(
            orders.customer[rows].tolist(),
            orders.platform.take(rows).tolist(),
            orders.numbers.take(rows).tolist(),
            strict=True,
        )
    )
    return {row: one for row, one in zip(rows.tolist(), named, strict=True) if one in asked}
