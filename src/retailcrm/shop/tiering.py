"""Tiers of all customers, and the story of one: between the order table and the ladder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, Coded, Texts
from retailcrm.analytics.counting import purchase_at
from retailcrm.analytics.tier_columns import ORDER_UNSEEN, TierRows, tier_rows, tiers_as_of
from retailcrm.domain.orders import OrderState
from retailcrm.domain.tiers import Ladder, TierEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import CustomerSummary, OrderTable
    from retailcrm.ports.tier_metrics import TierMetric


def no_tiers(customers: int) -> Coded:
    """Give the tier column of a shop without a ladder: nobody has one."""
    return Coded(np.full(customers, -1, np.int32), Texts.of(()))


def rows_of(
    orders: OrderTable,
    ladder: Ladder,
    as_of: np.datetime64,
    policy: CountingPolicy,
    metrics: Mapping[str, TierMetric],
) -> TierRows:
    """Take what counts towards tiers out of the orders."""
    contributions = {metric.name: metrics[metric.name].contributions for metric in ladder.metrics}
    return tier_rows(orders, ladder, as_of, policy, contributions)


def joined_at(
    orders: OrderTable, rows: TierRows, as_of: np.datetime64, policy: CountingPolicy
) -> NDArray[np.datetime64]:
    """Give the moment when each customer joined: her first paid order, given back later or not.

    Args:
        orders: The orders.
        rows: What counts towards tiers: for who never paid an order, the first of these stands in.
        as_of: UTC, exclusive.
        policy: Which states count, and which instant is the purchase.

    Returns:
        UTC, ``datetime64[us]``, shape ``(n_customers,)``; NaT for who has nothing by then.
    """
    at = purchase_at(orders, policy)
    states = [int(state) for state in (*policy.states, OrderState.REFUNDED)]
    bought = (at < as_of) & ~orders.credit & (orders.customer >= 0) & np.isin(orders.state, states)
    first = _first(orders.customer[bought], at[bought], len(orders.customers))
    counts = (rows.customer >= 0) & ~np.isnat(rows.at)
    return np.where(
        np.isnat(first), _first(rows.customer[counts], rows.at[counts], len(orders.customers)), first
    )


def _first(
    customer: NDArray[np.int32], at: NDArray[np.datetime64], n_customers: int
) -> NDArray[np.datetime64]:
    first = np.full(n_customers, np.iinfo(np.int64).max)
    np.minimum.at(first, customer, at.view(np.int64))
    return np.where(first == np.iinfo(np.int64).max, np.datetime64("NaT", "us"), first.view(INSTANT))


def tiers_of(
    orders: OrderTable,
    summary: CustomerSummary,
    ladder: Ladder,
    policy: CountingPolicy,
    metrics: Mapping[str, TierMetric],
) -> Coded:
    """Give the tier of each customer of a summary, at its moment."""
    rows = rows_of(orders, ladder, summary.as_of, policy, metrics)
    reads_joining = ladder.window.kind in ("since_join", "since_last_change")
    tiers = tiers_as_of(
        ladder,
        rows,
        n_customers=len(orders.customers),
        as_of=summary.as_of,
        joined_at=joined_at(orders, rows, summary.as_of, policy) if reads_joining else None,
    )
    return Coded(tiers[summary.customer].astype(np.int32), Texts.of(tier.name for tier in ladder.tiers))


def events_of(rows: TierRows, positions: NDArray[np.int64], keys: Sequence[str]) -> tuple[TierEvent, ...]:
    """Give one customer's rows as the events that the one-customer rule reads.

    Args:
        rows: What of her orders counts, and of nobody else's.
        positions: From :func:`order_positions`.
        keys: What each of her orders is called; one order, one key.
    """
    # A row that takes back from an order nobody counted takes back nothing.
    mine = (rows.customer >= 0) & ~np.isnat(rows.at) & (rows.refund_of != ORDER_UNSEEN)
    meant = np.where(rows.refund_of >= 0, rows.refund_of, np.arange(len(rows)))
    named = meant < len(positions)  # a credit note belongs to no order
    return tuple(
        TierEvent(
            at=moment_in_utc(rows.at[i]),
            spend_minor=int(rows.spend[i]),
            orders=int(rows.orders[i]),
            order_key=keys[positions[meant[i]]] if named[i] else None,
            metrics=tuple((name, int(column[i])) for name, column in rows.metrics.items()),
        )
        for i in np.flatnonzero(mine).tolist()
    )


def order_positions(
    orders: OrderTable, ladder: Ladder, as_of: np.datetime64, policy: CountingPolicy
) -> NDArray[np.int64]:
    """Tell which order each of the first rows of :func:`rows_of` is; refunds and credit notes follow."""
    # The rows show an order's gross, so orders numbered in that column show their number.
    numbered = attrs.evolve(orders, gross=np.arange(len(orders)))
    rows = tier_rows(numbered, ladder, as_of, policy)
    return rows.spend[rows.orders > 0]


def moment_in_utc(at: np.datetime64) -> datetime:
    """Give an instant of a column as an aware datetime."""
    moment: datetime = at.astype("datetime64[us]").astype(datetime)
    return moment.replace(tzinfo=UTC)
