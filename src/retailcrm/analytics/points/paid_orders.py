"""From a table of orders and their lines to columns that points are earned on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.points.earn_columns import EarnColumns
from retailcrm.analytics.points.earning_caps import by_customer_and_time
from retailcrm.analytics.points.parts import Parts
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints, LineTable, OrderTable

PAID_FOR_SURE: Final = (OrderState.PAID, OrderState.COMPLETED, OrderState.REFUNDED)
"""States that only paid orders reach; cash on delivery is shipped and received before it is paid."""


def earn_columns(orders: OrderTable, lines: LineTable | None, as_of: np.datetime64) -> EarnColumns:
    """Take what earns points out of a table of orders.

    An order earns if it was paid before a moment (where a state says that it was paid but nobody knows when,
    the moment when it was placed stands in), by a known customer, for more than nothing; credit notes do not.
    Exports tell what an order came to after all discounts, and of that the postage; the rest is shared out to
    its lines by what they sold for, as :func:`~retailcrm.domain.points.following.earner_of` does. Orders of
    one customer that were paid at one instant stand in the sequence of their platforms and numbers.

    Args:
        orders: The orders.
        lines: Their lines; ``None``, or none of an order that sold for anything: it is one part.
        as_of: UTC, exclusive.

    Returns:
        The orders, multiplied by nothing.
    """
    row, paid_at = _paid(orders, as_of)
    shipping = np.zeros(len(row), np.int64) if orders.postage is None else orders.postage[row]
    goods = orders.gross[row] - shipping
    parts = _weighed(orders, lines, row)
    share, _ = parts.shared(goods)
    alone = np.ones(len(row), np.bool_)
    alone[parts.owner] = False
    order = np.concatenate([parts.order, np.flatnonzero(alone)])
    rank = np.argsort(order, kind="stable")
    return EarnColumns(
        customer=orders.customer[row],
        paid_at=paid_at,
        row=row,
        shipping=shipping,
        order=order[rank],
        line=np.concatenate([parts.place, np.full(np.count_nonzero(alone), -1)])[rank],
        price=np.concatenate([share, goods[alone]])[rank],
    )


def _paid(orders: OrderTable, as_of: np.datetime64) -> tuple[Ints, Instants]:
    """Find the orders that earn, and when they were paid."""
    said = np.isin(orders.state, [int(state) for state in PAID_FOR_SURE])
    at = np.where(np.isnat(orders.paid_at) & said, orders.placed_at, orders.paid_at)
    row = np.flatnonzero((at < as_of) & ~orders.credit & (orders.customer >= 0) & (orders.gross > 0))
    row = _ties_by_number(orders, row, at[row])
    return row, at[row]


def _ties_by_number(orders: OrderTable, row: Ints, at: Instants) -> Ints:
    """Let orders of one customer and instant stand by platform and number."""
    customer = orders.customer[row]
    order = by_customer_and_time(customer, at)
    same = (customer[order][1:] == customer[order][:-1]) & (at[order][1:] == at[order][:-1])
    if not same.any():
        return row
    ties: dict[tuple[int, int], list[int]] = {}
    for place in order[np.append(same, False) | np.append(False, same)].tolist():
        ties.setdefault((int(customer[place]), int(at[place].astype(np.int64))), []).append(place)
    found = row.copy()
    for places in ties.values():
        found[places] = sorted(row[places].tolist(), key=lambda one: _reference(orders, one))
    return found


def _reference(orders: OrderTable, row: int) -> tuple[str, str]:
    """Give what orders of one moment are sorted by."""
    platform = -1 if orders.platform is None else int(orders.platform.codes[row])
    name = "" if orders.platform is None or platform < 0 else str(orders.platform.values[platform])
    return name, str(orders.numbers[row])


def _weighed(orders: OrderTable, lines: LineTable | None, row: Ints) -> Parts:
    """Lay out the lines of some orders by what they sold for."""
    none = np.empty(0, np.int64)
    if lines is None:
        return Parts.of(none, none, none)
    place_of: NDArray[np.int64] = np.full(len(orders) + 1, -1)
    place_of[row] = np.arange(len(row))
    order = place_of[lines.order]  # -1, an order that was never seen, points to the last place: nowhere
    line = np.flatnonzero((order >= 0) & (lines.gross > 0))
    return Parts.of(line, order[line], lines.gross[line])
