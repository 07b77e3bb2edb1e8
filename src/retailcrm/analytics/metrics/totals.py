"""The first figures of a shop, each defined once: what is counted, and divided by what.

Orders of unknown buyers count in orders and money, never as customers. A refund belongs to the
period of its order; a credit note, which names no order, to the period of its own date.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.counting import DEFAULT_COUNTING, Counted, CountingPolicy, count
from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.summary import fold
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints, OrderTable

_RETURNING = 2


@attrs.frozen(kw_only=True)
class Metrics:
    """Counts and money of one period, and the rates made of them.

    Attributes:
        orders: Counted orders, unknown buyers included.
        known_orders: Those of known customers.
        customers: Distinct known customers with a counted order.
        repeat_customers: Those of them who bought on two or more days of the period.
        new_customers: Those of them whose first counted order ever falls in the period.
        gross: Paid on counted orders before refunds, minor units.
        refunded: Paid back on them and by credit notes, minor units.
        known_net: Net of those customers, their credit notes of the period included, minor units.
    """

    orders: int
    known_orders: int
    customers: int
    repeat_customers: int
    new_customers: int
    gross: int
    refunded: int
    known_net: int

    @property
    def net(self) -> int:
        """Gross less refunds, minor units; may be negative."""
        return self.gross - self.refunded

    @property
    def refund_rate(self) -> Fraction | None:
        """Money paid back / money paid (退款率, by money)."""
        return _rate(self.refunded, self.gross)

    @property
    def aov(self) -> Fraction | None:
        """Net / orders, minor units (笔单价, average order value)."""
        return _rate(self.net, self.orders)

    @property
    def net_per_buyer(self) -> Fraction | None:
        """Net of those known customers / distinct known customers, minor units (客单价)."""
        return _rate(self.known_net, self.customers)

    @property
    def orders_per_buyer(self) -> Fraction | None:
        """Orders of known customers / distinct known customers (人均订单数)."""
        return _rate(self.known_orders, self.customers)

    @property
    def repurchase_rate(self) -> Fraction | None:
        """Customers with two or more purchase days / customers with one or more (复购率)."""
        return _rate(self.repeat_customers, self.customers)

    @property
    def new_customer_share(self) -> Fraction | None:
        """New customers / customers (新客占比)."""
        return _rate(self.new_customers, self.customers)


def metrics(
    orders: OrderTable,
    as_of: np.datetime64,
    policy: CountingPolicy = DEFAULT_COUNTING,
    *,
    start: np.datetime64 | None = None,
    end: np.datetime64 | None = None,
) -> Metrics:
    """Compute the figures of one period as they stood at a moment.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive: later orders and refunds do not exist yet.
        policy: What counts.
        start: First instant of the period, UTC; from the first order on if left out.
        end: First instant after it, UTC; up to ``as_of`` if left out, and never beyond it.

    Returns:
        The figures; each rate is exact, and ``None`` where it would divide by zero.

    Raises:
        InputError: The period ends before it starts.
    """
    end = as_of if end is None else end
    if start is not None and end < start:
        raise InputError(f"the period ends at {end}, before its start at {start}")
    everything = count(orders, policy, as_of)
    ever = fold(everything, orders, as_of)
    if start is None and end >= as_of:
        rows, inside = everything, ever
    else:
        rows = _within(everything, start, end)
        inside = fold(rows, orders, as_of)
    new = ever.first_at[np.searchsorted(ever.customer, inside.customer)] == inside.first_at
    return Metrics(
        orders=len(rows),
        known_orders=int(inside.orders.sum()),
        customers=len(inside),
        repeat_customers=int(np.count_nonzero(inside.purchase_days >= _RETURNING)),
        new_customers=int(np.count_nonzero(new)),
        gross=int(rows.gross.sum()),
        refunded=int(rows.refunded.sum()) + int(rows.credit.sum()),
        known_net=int(inside.net.sum()),
    )


@attrs.frozen(eq=False, kw_only=True)
class MonthlyMetrics:
    """Figures of each calendar month in the shop's zone, from the first with an order, without gaps.

    Attributes:
        months: The months, ``datetime64[M]``, rising; shape ``(n_months,)``.
        orders: Counted orders, unknown buyers included; ``int64``, same shape.
        gross: Paid on them before refunds, minor units.
        refunded: Paid back on them, and by the month's credit notes, minor units.
        buyers: Distinct known customers who bought.
        new_buyers: Those of them whose first counted order fell in the month.
    """

    months: NDArray[np.datetime64]
    orders: Ints
    gross: Ints
    refunded: Ints
    buyers: Ints
    new_buyers: Ints

    @property
    def net(self) -> Ints:
        """Gross less refunds, minor units."""
        return self.gross - self.refunded


def monthly(
    orders: OrderTable, as_of: np.datetime64, policy: CountingPolicy = DEFAULT_COUNTING
) -> MonthlyMetrics:
    """Compute the figures of each calendar month as they stood at a moment.

    The months run from the first to the last with a counted order or a dated credit note; undated
    credit notes fall in the first, if there is one.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive; the last month may be incomplete.
        policy: What counts.

    Returns:
        The months, none without a counted order or credit note.
    """
    rows = count(orders, policy, as_of)
    of_order, of_credit = (local_months(at, orders.zone) for at in (rows.at, rows.credit_at))
    undated = np.isnat(rows.credit_at)
    dated = np.concatenate([of_order, of_credit[~undated]])
    first, size = (int(dated.min()), int(np.ptp(dated)) + 1) if len(dated) else (0, 0)
    of_order, of_credit = of_order - first, np.where(undated, 0, of_credit - first)
    buyers, new_buyers = _buyers(rows.customer, of_order, size)
    return MonthlyMetrics(
        months=(np.arange(size) + first).astype("datetime64[M]"),
        orders=np.bincount(of_order, minlength=size),
        gross=_by_month(of_order, rows.gross, size),
        refunded=_by_month(of_order, rows.refunded, size) + _by_month(of_credit, rows.credit, size),
        buyers=buyers,
        new_buyers=new_buyers,
    )


def _buyers(customer: NDArray[np.int32], month: Ints, size: int) -> tuple[Ints, Ints]:
    """Count the distinct known customers of each month, and those who had not bought before."""
    known = customer >= 0
    # Sorted by hand: np.unique hashes, and is many times slower on millions of orders.
    pairs = np.sort(customer[known].astype(np.int64) * max(size, 1) + month[known])
    distinct = np.ones(len(pairs), np.bool_)
    np.not_equal(pairs[1:], pairs[:-1], out=distinct[1:])
    who, when = np.divmod(pairs[distinct], max(size, 1))
    # Pairs are sorted by customer, then month: each customer's first pair is her first month.
    first = np.ones(len(who), np.bool_)
    np.not_equal(who[1:], who[:-1], out=first[1:])
    return np.bincount(when, minlength=size), np.bincount(when[first], minlength=size)


def _within(rows: Counted, start: np.datetime64 | None, end: np.datetime64) -> Counted:
    """Keep the orders and credit notes of a period; an undated credit note is in an open one only."""
    keep, notes = rows.at < end, ~(rows.credit_at >= end)
    if start is not None:
        keep &= rows.at >= start
        notes &= rows.credit_at >= start
    return Counted(
        customer=rows.customer[keep],
        at=rows.at[keep],
        gross=rows.gross[keep],
        refunded=rows.refunded[keep],
        credit_customer=rows.credit_customer[notes],
        credit_at=rows.credit_at[notes],
        credit=rows.credit[notes],
    )


def _by_month(month: Ints, amounts: Ints, size: int) -> Ints:
    totals = np.zeros(size, np.int64)
    if size:  # without months there is at most an undated credit note, which then has no place
        np.add.at(totals, month, amounts)
    return totals


def _rate(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
