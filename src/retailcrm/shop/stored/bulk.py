"""Following the orders of many new customers at once, in columns: no object is made for an order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.points.parts import LIMIT
from retailcrm.analytics.tables import Customers
from retailcrm.ports.bulk import FreshAwards, FreshPoints
from retailcrm.shop.loyalty.known_orders import moment
from retailcrm.shop.picking import picked
from retailcrm.shop.stored.bulk_awards import activations, earned, ends
from retailcrm.shop.stored.bulk_entries import Lots, entries_of
from retailcrm.shop.stored.bulk_facts import facts_in_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts
    from retailcrm.analytics.tables import Ints, LineTable, OrderTable
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.ports.bulk import FreshEntries
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.stored.bulk_awards import Earned
    from retailcrm.shop.stored.bulk_facts import Facts


def columns_take(wallet: Wallet) -> bool:
    """Tell whether columns follow a wallet's rules; where they do not, customers are followed one by one.

    Points that lapse when a customer does nothing are prolonged by each of her orders, several lots in one
    entry; goods that earn nothing are listed one by one. Both are rare, and left to the rule of one customer.
    """
    return wallet.inactive is None and (wallet.earn is None or wallet.earn.base.items)


@attrs.frozen(eq=False, kw_only=True)
class Fresh:
    """What new customers' orders come to in one wallet.

    Attributes:
        points: All that is to be written.
        left: Customers, by their place in the table, whose numbers do not fit columns: nothing of theirs
            is among the points.
    """

    points: FreshPoints
    left: Ints


def parts_of(orders: OrderTable, *, size: int) -> Iterator[tuple[OrderTable, Ints]]:
    """Cut orders into tables of some customers each, customers sorted by their ids.

    Args:
        orders: Orders of known customers are given; others are left out.
        size: Orders in a part, more or less: a customer's stay together.
    """
    rows = np.flatnonzero(orders.customer >= 0)
    by_name = pc.sort_indices(arrow.arrow_texts(orders.customers.ids)).to_numpy()
    place = np.empty(len(by_name), np.int64)
    place[by_name] = np.arange(len(by_name))
    rows = rows[np.argsort(place[orders.customer[rows]], kind="stable")]
    of_row = place[orders.customer[rows]]
    start = 0
    while start < len(rows):
        stop = min(start + size, len(rows))
        stop = int(np.searchsorted(of_row, of_row[stop - 1], side="right"))
        yield _part(orders, rows[start:stop], by_name, of_row[start:stop]), rows[start:stop]
        start = stop


def _part(
    orders: OrderTable, rows: NDArray[np.int64], by_name: NDArray[np.int64], of_row: Ints
) -> OrderTable:
    first, last = int(of_row[0]), int(of_row[-1]) + 1
    there = np.zeros(last - first, np.bool_)
    there[of_row - first] = True
    kept = np.flatnonzero(there)
    code = np.cumsum(there) - 1
    codes = by_name[first + kept]
    people = Customers(ids=orders.customers.ids.take(codes), strength=orders.customers.strength[codes])
    chosen = attrs.evolve(picked(orders, rows), customer=np.full(len(rows), -1, np.int32))
    return attrs.evolve(chosen, customers=people, customer=code[of_row - first].astype(np.int32))


def fresh_points(
    accounts: Accounts,
    wallet: Wallet,
    orders: OrderTable,
    lines: LineTable | None,
    until: datetime,
    *,
    tell: bool = False,
) -> Fresh:
    """Work out what following new customers comes to: what following each of them would write.

    Args:
        accounts: The shop's accounts, for its rules and clock.
        wallet: Orders earn in it, and columns take its rules.
        orders: All orders of some customers, sorted by their ids.
        lines: Lines of these orders, by their rows; ``None`` if nobody knows of lines.
        until: The moment up to which the files know; aware.
        tell: Whether what is written is told to the event feed.
    """
    now = moment(accounts.clock()) + np.timedelta64(1, "us")
    facts = facts_in_columns(orders, lines, accounts.shop, accounts.policy.counting, now)
    # Amounts that no order has are refused by the rule of one order, in its own words.
    left = facts.customers((facts.shipping < 0) | (facts.shipping > facts.gross))
    facts = facts.without(left)
    found = earned(facts, orders, wallet, accounts.policy, accounts.metrics, accounts.unit)
    large = found.too_large | (found.points > LIMIT // np.maximum(facts.paid_back, 1))
    if large.any():
        left = np.union1d(left, facts.customers(large))
        facts = facts.without(left)
        found = earned(facts, orders, wallet, accounts.policy, accounts.metrics, accounts.unit)
    assert wallet.earn is not None  # noqa: S101 - the caller has looked
    held = np.flatnonzero(np.bincount(facts.customer, minlength=len(orders.customers)))
    awards, entries = _written(facts, found, wallet, until, held)
    points = FreshPoints(
        wallet=wallet, rule=wallet.earn, digest=accounts.policy.digest, recorded_at=until,
        multipliers=found.multipliers, accounts=account_names(wallet.name, orders.customers.ids.take(held)),
        awards=awards, entries=entries, tell=tell,
    )  # fmt: skip
    return Fresh(points=points, left=left)


def _written(
    facts: Facts, found: Earned, wallet: Wallet, until: datetime, held: Ints
) -> tuple[FreshAwards, FreshEntries]:
    """Write the journals, and what awards keep of them."""
    activates_at = activations(facts, wallet)
    expires_at, limit_at = ends(facts, wallet, activates_at)
    lots = Lots(
        customer=facts.customer, rank=facts.rank, paid_at=facts.paid_at, refunded_at=facts.refunded_at,
        points=found.points, wanted=found.points * facts.paid_back // facts.gross,
        activates_at=activates_at, expires_at=expires_at,
    )  # fmt: skip
    written = entries_of(lots, moment(until), wallet.shortfall)
    shared = np.gcd(facts.paid_back, facts.gross)
    awards = FreshAwards(
        account=np.searchsorted(held, facts.customer), facts=facts, share=found.share, base=found.base,
        part_start=found.part_start,
        points=found.points, exact=found.exact, times=found.times, room=found.room, cut=found.cut,
        taken=written.taken, forgiven=written.forgiven,
        back=(facts.paid_back // shared, facts.gross // shared),
        activates_at=activates_at, expires_at=expires_at, limit_at=limit_at,
    )  # fmt: skip
    return awards, written.entries


def account_names(wallet: str, ids: Texts) -> Texts:
    """Name the accounts of customers in a wallet."""
    front, joint = (pa.scalar(text, pa.large_string()) for text in (f"{wallet}/", ""))
    return arrow.texts(pc.binary_join_element_wise(front, arrow.arrow_texts(ids), joint))
