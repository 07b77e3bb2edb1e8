"""Everything that happened to a wallet's points, as one table: journals, and what orders alone come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, Coded, Texts
from retailcrm.analytics.counting import refunds
from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.tables.points import LotTable, MovementTable
from retailcrm.domain.points.following import activation
from retailcrm.shop.loyalty.accounts import customer_of
from retailcrm.shop.loyalty.at_once import Written, at_once, before, due_by, heads_of, owners
from retailcrm.shop.loyalty.facts import known_by
from retailcrm.shop.loyalty.joining import caught_up
from retailcrm.shop.loyalty.known_orders import KnownOrders, aware, points_of
from retailcrm.shop.loyalty.read_in_columns import InColumns, read_in_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.points.order_points import OrderPoints
    from retailcrm.analytics.tables import Instants, Ints, OrderTable
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.shop.loyalty.accounts import Accounts


@attrs.frozen(eq=False, kw_only=True)
class Gathered:
    """A wallet's points up to a moment, and the sales that they come from.

    Attributes:
        movements: What moved, of all customers.
        orders: Orders that earned points.
        fallen_back: Thereof worked out one by one.
        sold_at: When orders that earned were paid, UTC.
        sold: What was paid for each, minor units; ``int64``.
        refunded_at: When something was paid back on such orders, UTC.
        refunded: How much each time, minor units; ``int64``.
        free: Ids of accounts of which it is known that they never owed a point.
    """

    movements: MovementTable
    orders: int
    fallen_back: int
    sold_at: Instants
    sold: Ints
    refunded_at: Instants
    refunded: Ints
    free: frozenset[str] = frozenset()


def gathered(accounts: Accounts, as_of: np.datetime64, wallet: str = "") -> Gathered:
    """Gather a wallet's points.

    Args:
        accounts: The shop's accounts.
        as_of: UTC, exclusive: what happened then or later is not looked at.
        wallet: Name of the wallet; the first if empty.
    """
    rules, accounts = accounts.programme.wallet(wallet), at_once(accounts)
    journals = _journals(accounts, rules, as_of)
    tables = [_of_journals(journals, rules.expiry.zone, as_of)]
    sales: list[tuple[Any, ...]] = []
    orders = fallen_back = 0
    for part in accounts.orders.parts() if accounts.observed() is not None else ():
        found = points_of(accounts, part, rules.name, as_of, accounts.orders.lines())
        orders += int(np.count_nonzero(found.awards.points))
        fallen_back += found.awards.fallen_back
        tables.append(_without(found.movements, journals.customers))
        sales.append(_sales(part, found, accounts, as_of))
    none = (np.empty(0, INSTANT), np.empty(0, np.int64))
    columns = [np.concatenate(column) for column in zip((*none, *none), *sales, strict=True)]
    return Gathered(
        movements=stacked([table for table in tables if len(table.lots)] or tables[:1]),
        orders=orders,
        fallen_back=fallen_back,
        sold_at=columns[0],
        sold=columns[1],
        refunded_at=columns[2],
        refunded=columns[3],
        free=journals.read.free,
    )


@attrs.frozen(kw_only=True)
class _Journals:
    """Journals of the ledger's accounts up to a moment, by account.

    Attributes:
        read: Of those that were read in columns.
        settled: Of accounts in which everything that fell due by then is written.
        open: Of the others.
        whose: Who has each account today.
    """

    read: InColumns = attrs.field(factory=InColumns)
    settled: dict[str, tuple[Entry, ...]] = attrs.field(factory=dict)
    open: dict[str, tuple[Entry, ...]] = attrs.field(factory=dict)
    whose: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def customers(self) -> frozenset[str]:
        """Whose they are."""
        return frozenset(map(customer_of, self.whose))


def _journals(accounts: Accounts, wallet: Wallet, as_of: np.datetime64) -> _Journals:
    """Give the journal of every account of the ledger, with what its orders told since, up to a moment."""
    ledger, at = accounts.ledger, aware(as_of)
    if not accounts.still:
        caught_up(accounts, wallet.name)
    heads, written = heads_of(accounts, wallet.name), Written.of(accounts)
    present = owners(accounts, heads)
    alone = {name for name, head in heads.items() if written.by(head)}
    read = read_in_columns(accounts, wallet, heads, alone, present, as_of)
    done = {name for name in alone if before(heads[name], at)} | read.accounts
    others = {customer for name, customer in present.items() if name not in done}
    orders = KnownOrders.of(accounts, others, wallet.name, as_of)
    found = _Journals(read=read, whose=present)
    for name in (one for one in heads if one not in read.accounts):
        account, entries = ledger.account(name), tuple(ledger.entries(name))
        later = at if account.recorded_at is None else max(at, account.recorded_at)
        if name in alone:
            entries += tuple(due_by(account, later))
        elif present[name] == customer_of(name):
            entries += orders.current(present[name], later, known=at).entries
        if name in done:
            found.settled[name] = tuple(entry for entry in entries if entry.effective_at < at)
        elif entries and entries[-1].recorded_at >= at:
            found.settled[name] = _as_known(entries, orders, present[name], at)
        else:
            found.open[name] = entries
    return found


def _as_known(
    entries: tuple[Entry, ...], orders: KnownOrders, customer: str, at: datetime
) -> tuple[Entry, ...]:
    """Take what happened later out of a journal that was written on.

    Whatever fell due before the moment was written by then. But points that still waited at the moment may
    have been awarded by somebody who knew already when their order would be received.
    """
    waiting = orders.accounts.programme.wallet(orders.wallet).waiting
    facts = {f"order:{one.reference}": known_by(one, at) for one in orders.facts.get(customer, ())}

    def seen(lot: Lot) -> Lot:
        known = facts.get(lot.root)
        if known is None or not lot.pending:
            return lot
        due = activation(known, waiting)
        return attrs.evolve(lot, activates_at=None, expires_at=None) if due is None else lot.starting(due)

    return tuple(
        attrs.evolve(entry, lots=tuple(map(seen, entry.lots))) for entry in entries if entry.effective_at < at
    )


def _of_journals(journals: _Journals, zone: str, as_of: np.datetime64) -> MovementTable:
    """Turn journals into columns."""
    one_by_one = [movements_of(journals.open, zone, as_of=as_of), movements_of(journals.settled, zone)]
    in_columns = () if journals.read.movements is None else (journals.read.movements,)
    return _named(stacked([*one_by_one, *in_columns]), journals.whose)


def _named(table: MovementTable, whose: Mapping[str, str]) -> MovementTable:
    """Call accounts as their customers, as tables made of orders do; merged ones are one."""
    names: dict[str, int] = {}
    codes = [names.setdefault(whose[name], len(names)) for name in table.lots.accounts.tolist()]
    account = np.array([*codes, 0], np.int32)[table.lots.account]
    return attrs.evolve(table, lots=attrs.evolve(table.lots, accounts=Texts.of(names), account=account))


def _without(table: MovementTable, customers: frozenset[str]) -> MovementTable:
    """Take the customers out whose accounts are in the ledger."""
    if not customers:
        return table
    lots = table.lots
    gone = np.array([name in customers for name in lots.accounts.tolist()], np.bool_)
    keep = ~gone[lots.account]
    place, code = np.cumsum(keep) - 1, (np.cumsum(~gone) - 1).astype(np.int32)
    rows = keep[table.lot]
    kept = LotTable(
        zone=lots.zone,
        accounts=lots.accounts.take(np.flatnonzero(~gone)),
        account=code[lots.account[keep]],
        points=lots.points[keep],
        awarded_at=lots.awarded_at[keep],
        activates_at=lots.activates_at[keep],
        expires_at=lots.expires_at[keep],
    )
    columns = {name: getattr(table, name)[rows] for name in _MOVED}
    return MovementTable(lots=kept, lot=place[table.lot[rows]], **columns)


_MOVED = ("verb", "source", "target", "points", "effective_at")
_OF_LOTS = ("points", "awarded_at", "activates_at", "expires_at")


def stacked(tables: Sequence[MovementTable]) -> MovementTable:
    """Put tables of one wallet and disjoint accounts under each other.

    Args:
        tables: At least one; lots that do not say where they come from come from orders.
    """
    if len(tables) == 1:
        return tables[0]
    every = [table.lots for table in tables]
    lot_start = np.cumsum([0, *(len(lots) for lots in every)])
    account_start = np.cumsum([0, *(len(lots.accounts) for lots in every)])
    lots = LotTable(
        zone=every[0].zone,
        accounts=Texts.concat([lots.accounts for lots in every]),
        account=np.concatenate(
            [lots.account + np.int32(start) for lots, start in zip(every, account_start, strict=False)]
        ).astype(np.int32),
        source=_coded([lots.source for lots in every], [len(lots) for lots in every], "order"),
        **{name: np.concatenate([getattr(lots, name) for lots in every]) for name in _OF_LOTS},
    )
    return MovementTable(
        lots=lots,
        lot=np.concatenate([table.lot + start for table, start in zip(tables, lot_start, strict=False)]),
        spent_on=_coded([table.spent_on for table in tables], [len(table) for table in tables], None),
        **{name: np.concatenate([getattr(table, name) for table in tables]) for name in _MOVED},
    )


def _coded(columns: Sequence[Coded | None], sizes: Sequence[int], missing: str | None) -> Coded | None:
    """Join columns of texts; one that is missing says the same on every row."""
    if all(column is None for column in columns):
        return None
    names: dict[str, int] = {}
    codes: list[NDArray[np.int32]] = []
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            code = -1 if missing is None else names.setdefault(missing, len(names))
            codes.append(np.full(size, code, np.int32))
            continue
        own = [names.setdefault(text, len(names)) for text in column.values.tolist()]
        codes.append(np.array([*own, -1], np.int32)[column.codes])
    return Coded(np.concatenate(codes), Texts.of(names))


def _sales(
    orders: OrderTable, found: OrderPoints, accounts: Accounts, as_of: np.datetime64
) -> tuple[Instants, Ints, Instants, Ints]:
    """Tell what was paid for orders that earned, and paid back on them."""
    earned = found.awards.points > 0
    row = found.awards.columns.row[earned]
    back = refunds(orders, accounts.policy.counting).before(as_of)
    earning = np.zeros(len(orders), np.bool_)
    earning[row] = True
    mine = earning[back.row] & ~np.isnat(back.at)
    paid_back = np.minimum(np.maximum(back.amount[mine], 0), orders.gross[back.row[mine]])
    return found.awards.columns.paid_at[earned], orders.gross[row], back.at[mine], paid_back
