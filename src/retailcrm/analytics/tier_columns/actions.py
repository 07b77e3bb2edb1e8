"""Rows that count at a moment, of customers who can have left the base tier by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.tier_columns.climbs import met
from retailcrm.analytics.tier_columns.rows import ORDER_UNSEEN
from retailcrm.domain.tiers.requirement import ORDERS, SPEND
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.analytics.counting import Mask
    from retailcrm.analytics.tables import Ints
    from retailcrm.analytics.tier_columns.rows import TierRows
    from retailcrm.domain.tiers import Ladder


@attrs.frozen(eq=False, kw_only=True)
class Actions:
    """Rows as what they do: each acts from one instant on and is dated by another.

    Attributes:
        customer: Whose; shape ``(n_rows,)``.
        acts: From when, microseconds; for a refund not before its order.
        dated: The order's instant for a refund, else ``acts``.
        refund: Whether it takes back from an order.
        counts: What it adds to each measure; shape ``(n_measures, n_rows)``.
    """

    customer: Ints
    acts: Ints
    dated: Ints
    refund: Mask
    counts: Ints


def actions_of(
    ladder: Ladder, rows: TierRows, n_customers: int, as_of: np.datetime64
) -> tuple[Ints, Actions, Mask]:
    """Select what can matter.

    Args:
        ladder: Says what is measured, and what the first tier above the base asks for.
        rows: What counts.
        n_customers: How many customers there are.
        as_of: UTC; what took effect then or later is left out.

    Returns:
        The customers who can have left the base tier, rising; their rows, with positions among
        those customers; and for every customer whether she has any row at all.

    Raises:
        InputError: A metric is missing, or a refund takes back from another customer's order or from
            a refund.
    """
    seen = _seen(rows, as_of)
    counts = [_column(rows, name) for name in ladder.measures]
    active = np.zeros(n_customers, np.bool_)
    active[rows.customer[seen]] = True
    able = active & _able(ladder, rows, counts, seen, n_customers)
    who = np.flatnonzero(able)
    kept = seen[able[rows.customer[seen]]]
    at, order = rows.at.view(np.int64), rows.refund_of[kept]
    acts = at[kept]
    refund = order >= 0
    dated = np.where(refund, at[order], acts)
    actions = Actions(
        customer=(np.cumsum(able) - 1)[rows.customer[kept]],
        acts=np.maximum(acts, dated),
        dated=dated,
        refund=refund,
        counts=np.array([column[kept] for column in counts]),
    )
    return who, actions, active


def _column(rows: TierRows, name: str) -> Ints:
    if name in (SPEND, ORDERS):
        return rows.spend if name == SPEND else rows.orders
    if name not in rows.metrics:
        raise InputError(f"the ladder asks for the metric {name!r}, which the rows do not have")
    return rows.metrics[name]


def _seen(rows: TierRows, as_of: np.datetime64) -> Ints:
    """Find the rows that took effect before a moment; refunds need an order that did."""
    known = (rows.customer >= 0) & (rows.at < as_of) & (rows.refund_of != ORDER_UNSEEN)
    refund = np.flatnonzero(rows.refund_of >= 0)
    order = rows.refund_of[refund]
    if (rows.customer[order] != rows.customer[refund]).any() or (rows.refund_of[order] >= 0).any():
        raise InputError("a refund takes back from another customer's order, or from a refund")
    known[refund] &= known[order]
    return np.flatnonzero(known)


def _able(ladder: Ladder, rows: TierRows, counts: list[Ints], seen: Ints, n_customers: int) -> Mask:
    """Tell who reaches the first tier if everything that counts upwards fell into one window."""
    if len(ladder.tiers) == 1:
        return np.zeros(n_customers, np.bool_)
    customer = rows.customer[seen]
    most = [np.bincount(customer, np.maximum(column[seen], 0), n_customers) for column in counts]
    return met(ladder.tiers[1].enter, ladder.measures, np.array(most).astype(np.int64))
