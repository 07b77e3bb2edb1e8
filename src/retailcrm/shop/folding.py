"""From observations to the shop's orders: files in order of export, joined by order number, folded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.observations import Runs, newest_values
from retailcrm.analytics.tables import Customers, LineTable, OrderTable, ParcelEventTable
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.buyers import BuyerKinds, Buyers, adopted
from retailcrm.shop.line_totals import line_totals
from retailcrm.shop.order_facts import OrderFacts
from retailcrm.shop.parcels import parcel_events, timed_by_parcels
from retailcrm.shop.picking import picked
from retailcrm.shop.said import Said, recipients_of
from retailcrm.shop.stacked import JOINED, Stacked, is_range, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.observed import Observed
    from retailcrm.shop.refund_reasons import RefundReasons

_PLACES: Final = ("province", "city", "channel")


@attrs.frozen(eq=False)
class Folded:
    """The shop's present state.

    Attributes:
        orders: Every order once.
        lines: Their lines, where item files or line-grain files were imported.
        stray_refunds: Refunds whose order no file has.
        refunds: Refunds that succeeded, where refund reports were imported.
        parcels: What happened to parcels, where a file tells.
        recipients: What the order reports say of recipients, where they were read.
    """

    orders: OrderTable
    lines: LineTable | None
    stray_refunds: int = 0
    refunds: RefundReasons | None = None
    parcels: ParcelEventTable | None = None
    recipients: tuple[Said, ...] = ()


def fold(files: Sequence[Observed], *, currency: str, zone: str) -> Folded:
    """Fold what all files told into the shop's orders.

    Args:
        files: In any sequence: the export moment orders them.
        currency: The shop's ISO 4217 code.
        zone: The shop's IANA zone.
    """
    files = by_moment(adopted(files))
    numbers, stacks, platform = stack(files)
    orders, lines, refunds = (stacks[grain] for grain in JOINED)
    facts = OrderFacts.empty(len(numbers))
    totals = line_totals(lines, files, len(numbers)) if len(lines.code) else None
    if totals is not None:
        facts.take_lines(totals)
    facts.take_orders(orders, files)
    reasons, stray = facts.take_refunds(refunds, lines, files) if len(refunds.code) else (None, 0)
    buyers = _buyers(files, orders, lines)
    known = facts.known
    customers, customer = _customers(buyers, orders, lines, known)
    table = facts.table(
        currency=currency,
        zone=zone,
        numbers=numbers,
        customers=customers,
        customer=customer,
        places=_places(orders, lines, len(numbers)),
        platform=platform,
    )
    line_table = None if totals is None else totals.table(known)
    if not known.all():
        # Numbers that only a buyers file or a refund names: no file told of such an order.
        table = picked(table, np.flatnonzero(known))
        reasons = None if reasons is None else reasons.renumbered(known)
    parcels = parcel_events(files, table)
    return Folded(
        orders=table if parcels is None else timed_by_parcels(table, parcels),
        lines=line_table,
        stray_refunds=stray,
        refunds=reasons,
        parcels=parcels,
        recipients=tuple(recipients_of(orders, files, customers, customer)),
    )


def by_moment(files: Sequence[Observed]) -> list[Observed]:
    """Sort files, oldest export first; of the same moment by name."""
    return sorted(files, key=lambda f: (f.exported_at, f.name, f.digest))


def _buyers(files: Sequence[Observed], orders: Stacked, lines: Stacked) -> Buyers:
    nobody = BuyerKey(platform="", kind="", strength=0)
    parts = []
    for rows, grain in ((lines, Grain.LINES), (orders, Grain.ORDERS)):
        for table, i in zip(rows.parts, rows.files, strict=True):
            key = files[i].buyer_keys.get(grain, nobody)
            if "buyer" in table.column_names:
                parts.append((key, table.column("buyer")))
            else:
                parts.append((key, pa.nulls(len(table), pa.large_string())))
    # Ids must not depend on which files happen to have rows in a partition.
    return BuyerKinds.of(files).number(parts)


def _customers(
    buyers: Buyers, orders: Stacked, lines: Stacked, known: NDArray[np.bool_]
) -> tuple[Customers, NDArray[np.int32]]:
    """Choose each order's buyer: the strongest key told, the newest among equals."""
    keys = np.concatenate([*buyers.codes, np.empty(0, np.int32)]).astype(np.int64)
    code = np.concatenate([lines.code, orders.code])
    strength = np.append(buyers.strength, np.int8(0))[keys]
    chosen = np.full(len(known), -1, np.int64)
    if len(code) == len(known) and is_range(code):
        chosen = np.where(strength > 0, keys, -1)
    elif len(code):
        file = np.concatenate([lines.file, orders.file])
        if len(lines.code) and len(orders.code):
            oldest_first = np.argsort(file, kind="stable")
            code, keys, strength = code[oldest_first], keys[oldest_first], strength[oldest_first]
        runs = Runs.of(code)
        for level in (1, 2):
            newest = runs.newest(strength == level)
            found = newest >= 0
            chosen[runs.groups[found]] = keys[newest[found]]
    # Whoever bought only what no file tells of is nobody's customer yet.
    chosen[~known] = -1
    used = np.zeros(len(buyers.ids) + 1, np.bool_)
    used[chosen] = True
    used = used[:-1]
    renumbered = np.append(np.cumsum(used) - 1, -1)
    ids = buyers.ids if used.all() else buyers.ids.take(np.flatnonzero(used))
    customers = Customers(ids=ids, strength=buyers.strength[used])
    return customers, renumbered[chosen].astype(np.int32)


def _places(orders: Stacked, lines: Stacked, n_orders: int) -> dict[str, Coded | None]:
    return {name: _place(name, orders, lines, n_orders) for name in _PLACES}


def _place(name: str, orders: Stacked, lines: Stacked, n_orders: int) -> Coded | None:
    """Give the newest place of each order, by the lines where no order report tells."""
    columns = [(rows, rows.coded(name)) for rows in (lines, orders)]
    told = [(rows, column) for rows, column in columns if column is not None]
    if not told:
        return None
    if len(told) == 1 and len(told[0][0].code) == n_orders and is_range(told[0][0].code):
        return told[0][1]
    codes, start = np.full(n_orders, -1, np.int32), 0
    for rows, column in told:
        runs = Runs.of(rows.code)
        newest = newest_values(runs, column.codes)
        codes[runs.groups] = np.where(newest < 0, codes[runs.groups], newest + start)
        start += len(column.values)
    joined = Coded.of(text for _, column in told for text in column.values)
    return Coded(np.append(joined.codes, np.int32(-1))[codes], joined.values)
