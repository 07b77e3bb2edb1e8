"""Tiers of all customers, and the story of one: between the order table and the ladder."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tier_columns import TierRows, tier_rows, tiers_as_of
from retailcrm.domain.tiers import Ladder, TierEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def tiers_of(
    orders: OrderTable,
    summary: CustomerSummary,
    ladder: Ladder,
    policy: CountingPolicy,
    metrics: Mapping[str, TierMetric],
) -> Coded:
    """Give the tier of each customer of a summary, at its moment.

    A customer joins with her first counted order.
    """
    rows = rows_of(orders, ladder, summary.as_of, policy, metrics)
    joined = np.full(len(orders.customers), np.datetime64("NaT", "us"))
    joined[summary.customer] = summary.first_at
    tiers = tiers_as_of(
        ladder, rows, n_customers=len(orders.customers), as_of=summary.as_of, joined_at=joined
    )
    return Coded(tiers[summary.customer].astype(np.int32), Texts.of(tier.name for tier in ladder.tiers))


def events_of(rows: TierRows, customer: int, numbers: NDArray[np.int64]) -> tuple[TierEvent, ...]:
    """Give one customer's rows as the events that the one-customer rule reads.

    Args:
        rows: Everybody's.
        customer: Her code.
        numbers: A key for each row's order; shape ``(n_rows,)``.
    """
    events = []
    for i in np.flatnonzero((rows.customer == customer) & ~np.isnat(rows.at)).tolist():
        refund_of = int(rows.refund_of[i])
        counted = {name: int(column[i]) for name, column in rows.metrics.items()}
        events.append(
            TierEvent(
                at=_moment(rows.at[i]),
                spend_minor=int(rows.spend[i]),
                orders=int(rows.orders[i]),
                order_key=_key(i, refund_of, numbers),
                metrics=tuple(counted.items()),
            )
        )
    return tuple(events)


def _key(row: int, refund_of: int, numbers: NDArray[np.int64]) -> str | None:
    if refund_of >= 0:
        return str(numbers[refund_of])
    # Credit notes and refunds of unseen orders belong to no order.
    return str(numbers[row]) if numbers[row] >= 0 else None


def _moment(at: np.datetime64) -> datetime:
    moment: datetime = at.astype("datetime64[us]").astype(datetime)
    return moment.replace(tzinfo=UTC)
