"""What counts towards tiers, as columns: one row an order, a refund or a credit note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.counting import DEFAULT_COUNTING, CountingPolicy, purchase_at, refunds
from retailcrm.analytics.local_time import local_days
from retailcrm.domain.orders import OrderState

if TYPE_CHECKING:
    from retailcrm.analytics.tables import Instants, Ints, OrderTable
    from retailcrm.domain.tiers import Ladder

NOT_A_REFUND: Final = -1
"""In ``refund_of``: the row stands for itself (an order, or a refund that names no order)."""

ORDER_UNSEEN: Final = -2
"""In ``refund_of``: the row takes back from an order that is not among the rows, so it counts nothing."""

Contributions = Callable[[NDArray[np.int32], NDArray[np.int64]], NDArray[np.int64]]
"""What each order adds to a metric, from customer codes and local days (rising within a customer)."""


@attrs.frozen(eq=False, kw_only=True)
class TierRows:
    """Orders and what was taken back of them, in any order.

    Attributes:
        customer: Customer codes, -1 unknown; ``int32``, shape ``(n_rows,)``.
        at: When each took effect, UTC, NaT for what never did or was not known; ``datetime64[us]``.
        spend: Minor units, negative when given back; ``int64``.
        orders: How many orders it counts as, -1 for one taken back in full; ``int64``.
        refund_of: Row of the order that it takes back from, :data:`NOT_A_REFUND` or
            :data:`ORDER_UNSEEN`; ``int64``.
        metrics: What it adds to metrics, by name; ``int64``.

    Raises:
        ValueError: A column has the wrong dtype or length, or a refund points nowhere.
    """

    customer: NDArray[np.int32]
    at: Instants
    spend: Ints
    orders: Ints
    refund_of: Ints
    metrics: Mapping[str, Ints] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        """Refuse columns that do not belong together."""
        wanted = {
            "customer": "int32",
            "at": "datetime64[us]",
            "spend": "int64",
            "orders": "int64",
            "refund_of": "int64",
        }
        columns: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in wanted}
        for name, column in (*columns.items(), *self.metrics.items()):
            dtype = np.dtype(wanted.get(name, "int64"))
            if column.dtype != dtype or column.shape != self.customer.shape:
                found = f"{column.dtype} {column.shape}"
                raise ValueError(f"{name} must be {dtype} of shape {self.customer.shape}, not {found}")
        if ((self.refund_of < ORDER_UNSEEN) | (self.refund_of >= len(self))).any():
            raise ValueError("refund_of points outside the rows")

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.customer)


def tier_rows(
    orders: OrderTable,
    ladder: Ladder,
    as_of: np.datetime64,
    policy: CountingPolicy = DEFAULT_COUNTING,
    metrics: Mapping[str, Contributions] | None = None,
) -> TierRows:
    """Take what counts towards tiers out of an order table.

    An order counts in the policy's states (and, until it is taken back, if it was refunded) from when
    it was completed or paid, as the ladder says. Where a completion is not dated the purchase instant
    stands in, for orders that are received or completed; others are not complete.

    Args:
        orders: The orders.
        ladder: Its ``qualify_at`` decides from when an order counts.
        as_of: UTC; nothing that took effect then or later is taken.
        policy: Says which states count and when an undated refund took effect.
        metrics: What orders add to each of the ladder's metrics. An order taken back in full takes
            its contribution with it.

    Returns:
        The orders that count, then the refunds and credit notes.
    """
    at = _qualified_at(orders, ladder, policy)
    states = [int(state) for state in (*policy.states, OrderState.REFUNDED)]
    taken = np.flatnonzero(
        np.isin(orders.state, states) & ~orders.credit & (at < as_of) & (orders.customer >= 0)
    )
    place = np.full(len(orders), ORDER_UNSEEN, np.int64)
    place[taken] = np.arange(len(taken))
    back = refunds(orders, policy).before(as_of)
    added = _contributions(orders.customer[taken], at[taken], orders.zone, metrics or {})
    full = np.where(back.in_full, place[back.row], ORDER_UNSEEN)
    return TierRows(
        customer=np.concatenate([orders.customer[taken], orders.customer[back.row]]),
        at=np.concatenate([at[taken], back.at]),
        spend=np.concatenate([orders.gross[taken], -back.amount]),
        orders=np.concatenate([np.ones(len(taken), np.int64), -back.in_full.astype(np.int64)]),
        refund_of=np.concatenate(
            [np.full(len(taken), NOT_A_REFUND), np.where(back.credit, NOT_A_REFUND, place[back.row])]
        ),
        # Two more places: ORDER_UNSEEN points to the first of them.
        metrics={name: np.append(one, -np.append(one, (0, 0))[full]) for name, one in added.items()},
    )


def _qualified_at(orders: OrderTable, ladder: Ladder, policy: CountingPolicy) -> Instants:
    """Find when each order begins to count; NaT if it has not."""
    bought = purchase_at(orders, attrs.evolve(policy, clock="paid"))
    if ladder.qualify_at == "paid":
        return bought
    complete = np.isin(orders.state, [int(OrderState.RECEIVED), int(OrderState.COMPLETED)])
    undated = np.where(complete, bought, np.datetime64("NaT", "us"))
    if orders.completed_at is None:
        return undated
    return np.where(np.isnat(orders.completed_at), undated, orders.completed_at)


def _contributions(
    customer: NDArray[np.int32], at: Instants, zone: str, metrics: Mapping[str, Contributions]
) -> dict[str, Ints]:
    """Ask each metric once, with the orders sorted as it expects them."""
    if not metrics:
        return {}
    order = np.lexsort((at, customer))
    days = local_days(at[order], zone)
    found = {}
    for name, contributions in metrics.items():
        found[name] = np.empty(len(customer), np.int64)
        found[name][order] = contributions(customer[order], days)
    return found
