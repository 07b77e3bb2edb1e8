"""What many customers' orders tell points, as columns: equal to the facts of each order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import NO_INSTANT, Texts
from retailcrm.analytics.counting import refunds
from retailcrm.domain.orders import OrderState
from retailcrm.ports.bulk import FactColumns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import Instants, Ints, LineTable, OrderTable

_PAID: Final = tuple(int(state) for state in (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED))


@attrs.frozen(eq=False, kw_only=True)
class Facts(FactColumns):
    """Orders that earn, one customer after the other, each one's by payment and then by reference.

    Equal to :func:`retailcrm.shop.loyalty.facts.facts_of` and :func:`~retailcrm.shop.loyalty.facts.known_by`;
    orders for nothing are left out unless they are asked for, since they earn nothing.

    Attributes:
        customer: Code in the table they were taken from; ``int32``.
    """

    customer: NDArray[np.int32]

    @property
    def paid_back(self) -> Ints:
        """What was paid back of each order, no more than it came to."""
        return np.minimum(self.refunded, self.gross)

    def customers(self, orders: NDArray[np.bool_]) -> Ints:
        """Give the codes of whose some orders are, rising."""
        return np.unique(self.customer[orders]).astype(np.int64)

    def without(self, customers: Ints) -> Facts:
        """Leave some customers out."""
        if not len(customers):
            return self
        keep = ~np.isin(self.customer, customers)
        size = np.diff(self.line_start)
        start = np.zeros(np.count_nonzero(keep) + 1, np.int64)
        np.cumsum(size[keep], out=start[1:])
        columns: dict[str, Any] = {
            field.name: value.take(np.flatnonzero(keep)) if isinstance(value, Texts) else value[keep]
            for field in attrs.fields(Facts)
            if field.name not in ("line", "line_start")
            for value in (getattr(self, field.name),)
        }
        return Facts(line=self.line[np.repeat(keep, size)], line_start=start, **columns)


def facts_in_columns(
    orders: OrderTable,
    lines: LineTable | None,
    shop: str,
    counting: CountingPolicy,
    now: np.datetime64,
    *,
    for_nothing: bool = False,
) -> Facts:
    """Take what points need out of a table of orders, as it was known at a moment.

    Args:
        orders: The orders; buyers who are not known are left out.
        lines: Their lines; ``None`` if nobody knows of lines.
        shop: The shop's key in order references.
        counting: When a refund without a date took effect.
        now: UTC, exclusive: what happened then or later is not known.
        for_nothing: Take orders for nothing too: they earn nothing, but one may have come to more before.
    """
    paid_at = _paid_at(orders)
    wanted = (paid_at < now) & ~orders.credit & (orders.customer >= 0) & (for_nothing | (orders.gross > 0))
    rows = np.flatnonzero(wanted)
    reference = references(orders, rows, shop)
    rank = _ranks(reference)
    order = np.lexsort((rank, paid_at[rows].view(np.int64), orders.customer[rows]))
    rows, at = rows[order], paid_at[rows[order]]
    refunded, refunded_at = _refunded(orders, rows, counting, at, now)
    line, line_start = _lines(lines, rows, len(orders))
    return Facts(
        customer=orders.customer[rows],
        reference=reference.take(order),
        rank=rank[order],
        paid_at=at,
        shipped_at=_known(orders.shipped_at, rows, now),
        completed_at=_known(orders.completed_at, rows, now),
        refunded_at=refunded_at,
        gross=orders.gross[rows],
        refunded=refunded,
        shipping=np.zeros(len(rows), np.int64) if orders.postage is None else orders.postage[rows],
        line=line,
        line_start=line_start,
    )


def references(orders: OrderTable, rows: NDArray[np.int64], shop: str) -> Texts:
    """Write the references of some orders: platform, shop and number."""
    assert orders.platform is not None  # noqa: S101 - folding always tells
    fronts = pa.array([f"{name}/{shop}/" for name in orders.platform.values.tolist()], pa.large_string())
    front = fronts.take(pa.array(orders.platform.codes[rows]))
    numbers = arrow.arrow_texts(orders.numbers.take(rows))
    return arrow.texts(pc.binary_join_element_wise(front, numbers, pa.scalar("", pa.large_string())))


def _paid_at(orders: OrderTable) -> Instants:
    """Give when orders were paid; where a state alone says that they were, when they were placed."""
    said = np.isnat(orders.paid_at) & np.isin(orders.state, _PAID)
    return np.where(said, orders.placed_at, orders.paid_at)


def _ranks(reference: Texts) -> Ints:
    found = np.empty(len(reference), np.int64)
    found[pc.sort_indices(arrow.arrow_texts(reference)).to_numpy()] = np.arange(len(reference))
    return found


def _known(column: Instants | None, rows: NDArray[np.int64], now: np.datetime64) -> Instants:
    if column is None:
        return np.full(len(rows), NO_INSTANT)
    at = column[rows]
    return np.where(at < now, at, NO_INSTANT)


def _refunded(
    orders: OrderTable,
    rows: NDArray[np.int64],
    counting: CountingPolicy,
    paid_at: Instants,
    now: np.datetime64,
) -> tuple[Ints, Instants]:
    """Give what was paid back on some orders by a moment, and when."""
    back = refunds(orders, counting)
    amount, at = np.zeros(len(orders), np.int64), np.full(len(orders), NO_INSTANT)
    amount[back.row], at[back.row] = np.maximum(back.amount, 0), back.at
    amount, at = amount[rows], at[rows]
    at = np.where(np.isnat(at), paid_at, at)
    known = (amount > 0) & (at < now)
    return np.where(known, amount, 0), np.where(known, at, NO_INSTANT)


def _lines(lines: LineTable | None, rows: NDArray[np.int64], orders: int) -> tuple[Ints, Ints]:
    """Give what the lines of some orders sold for, order by order."""
    start = np.zeros(len(rows) + 1, np.int64)
    if lines is None:
        return np.empty(0, np.int64), start
    place = np.full(orders + 1, -1)
    place[rows] = np.arange(len(rows))
    order = place[lines.order]  # -1, an order that was never seen, points to the last place: nowhere
    mine = np.flatnonzero(order >= 0)
    mine = mine[np.argsort(order[mine], kind="stable")]
    np.cumsum(np.bincount(order[mine], minlength=len(rows)), out=start[1:])
    return np.maximum(lines.gross[mine], 0), start
