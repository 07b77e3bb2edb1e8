"""Orders folded into one row a customer: exact whole numbers, no loop over orders."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.counting import DEFAULT_COUNTING, Counted, CountingPolicy, count
from retailcrm.analytics.history import purchase_history
from retailcrm.analytics.local_time import local_day, local_days
from retailcrm.analytics.tables import CustomerSummary, Ints, OrderTable
from retailcrm.errors import CurrencyMismatchError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable


_BLOCK: Final = 1 << 22
"""Orders counted together: what is made on the way stays small beside a large table."""

STABLE: Final = 2
"""Identity strength of a customer whose key stays with one person."""

WEAK: Final = 1
"""Identity strength of a customer whose key two people may share."""


def summarise(
    orders: OrderTable, as_of: np.datetime64, policy: CountingPolicy = DEFAULT_COUNTING
) -> CustomerSummary:
    """Fold the orders that count at a moment into one row a customer.

    Orders of unknown buyers are left out; a customer with credit notes but no counted order has no
    row (:func:`coverage` says how many there are). Sums are exact while a customer's stay below
    2**63 minor units.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive.
        policy: What counts.

    Returns:
        One row for each customer with at least one counted order, by rising customer code.

    Example:
        >>> from retailcrm.analytics.columns import Texts
        >>> from retailcrm.analytics.tables import Customers
        >>> when = np.array(["2024-01-05T10:00", "2024-02-01T09:00"], "datetime64[us]")
        >>> never = np.full(2, np.datetime64("NaT", "us"))
        >>> table = OrderTable(
        ...     currency="CNY", zone="Asia/Shanghai", numbers=Texts.of(["1", "2"]),
        ...     customers=Customers(ids=Texts.of(["ann"]), strength=np.array([2], np.int8)),
        ...     customer=np.zeros(2, np.int32), placed_at=when, paid_at=when, state=np.full(2, 5, np.int8),
        ...     credit=np.zeros(2, bool), gross=np.array([1900, 2500]), refunded=np.array([0, 500]),
        ...     refunded_at=never, first_seen=never,
        ... )
        >>> ann = summarise(table, np.datetime64("2024-03-01"))
        >>> ann.orders.tolist(), ann.purchase_days.tolist(), ann.net.tolist()
        ([2], [2], [3900])
    """
    blocks = (
        count(orders.part(start, start + _BLOCK), policy, as_of) for start in range(0, len(orders), _BLOCK)
    )
    return _fold(blocks, orders, as_of)


def fold(rows: Counted, orders: OrderTable, as_of: np.datetime64) -> CustomerSummary:
    """Fold orders that were already selected into one row a customer.

    Args:
        rows: The counted orders and credit notes.
        orders: The table they come from: its currency, zone and customers.
        as_of: The moment that the selection was made for.

    Returns:
        One row for each customer among the counted orders, by rising customer code.
    """
    return _fold([rows], orders, as_of)


def _fold(blocks: Iterable[Counted], orders: OrderTable, as_of: np.datetime64) -> CustomerSummary:
    """Add money up block by block, then read the histories off all blocks' instants."""
    size = len(orders.customers)
    gross, refunded = np.zeros(size, np.int64), np.zeros(size, np.int64)
    parts = []
    for rows in map(_known, blocks):
        # Not bincount: it would add money as floats.
        np.add.at(gross, rows.customer, rows.gross)
        if rows.refunded.any():
            np.add.at(refunded, rows.customer, rows.refunded)
        np.add.at(refunded, rows.credit_customer, rows.credit)
        parts.append((rows.customer, rows.at))
    history = purchase_history(parts, size, orders.zone)
    return CustomerSummary(
        as_of=as_of.astype(INSTANT),
        currency=orders.currency,
        zone=orders.zone,
        customer=history.customer.astype(np.int32),
        orders=history.orders,
        purchase_days=history.purchase_days,
        first_at=history.first_at,
        last_at=history.last_at,
        gross=gross[history.customer],
        refunded=refunded[history.customer],
    )


def days_since_last(summary: CustomerSummary) -> Ints:
    """Count the calendar days from each customer's last counted order to ``as_of``, in the shop's zone.

    Args:
        summary: The customers.

    Returns:
        Days, at least 0, ``int64``, shape ``(n_customers,)``; 1 for "the day before".
    """
    return local_day(summary.as_of, summary.zone) - local_days(summary.last_at, summary.zone)


def merge_summaries(parts: Iterable[CustomerSummary]) -> CustomerSummary:
    """Join summaries of disjoint sets of customers.

    Args:
        parts: At least one summary, all at the same moment, in one currency and zone, with codes
            into the same customers.

    Returns:
        One summary by rising customer code, the same whatever the order of the parts.

    Raises:
        InputError: There is no part, two parts hold the same customer (purchase days of two parts
            cannot be added), or their moments or zones differ.
        CurrencyMismatchError: Their currencies differ.
    """
    several = list(parts)
    if not several:
        raise InputError("there is no summary to merge")
    first = several[0]
    if any(part.currency != first.currency for part in several):
        raise CurrencyMismatchError(f"summaries in {', '.join(sorted({p.currency for p in several}))}")
    if any((part.as_of, part.zone) != (first.as_of, first.zone) for part in several):
        raise InputError("summaries of different moments or zones cannot be merged")
    columns: dict[str, Any] = {n: np.concatenate([getattr(p, n) for p in several]) for n in _COLUMNS}
    order = np.argsort(columns["customer"], kind="stable")
    customer = columns["customer"][order]
    if len(twice := customer[1:][customer[1:] == customer[:-1]]):
        raise InputError(f"customer {twice[0]} is in more than one summary: split orders by customer first")
    return attrs.evolve(first, **{name: column[order] for name, column in columns.items()})


_COLUMNS: Final = tuple(
    field.name for field in attrs.fields(CustomerSummary) if field.name not in {"as_of", "currency", "zone"}
)


@attrs.frozen(kw_only=True)
class Volume:
    """Counted orders and their money.

    Attributes:
        orders: Counted orders.
        gross: Paid before refunds, minor units.
        refunded: Paid back, credit notes included, minor units.
    """

    orders: int
    gross: int
    refunded: int

    @property
    def net(self) -> int:
        """Gross less refunds, minor units; may be negative."""
        return self.gross - self.refunded


@attrs.frozen(kw_only=True)
class Coverage:
    """How much of the trade has a buyer whom we can tell apart.

    Attributes:
        stable: Orders whose buyer has a key that stays with one person.
        weak: Orders whose buyer has a key that two people may share.
        none: Orders whose buyer is masked or missing.
        credit_only: Customers with credit notes but no counted order, left out of the summary.
    """

    stable: Volume
    weak: Volume
    none: Volume
    credit_only: int

    @property
    def known_orders(self) -> Fraction | None:
        """Share of the orders whose buyer is known, strongly or weakly; ``None`` without orders."""
        known = self.stable.orders + self.weak.orders
        return _share(known, known + self.none.orders)

    @property
    def known_money(self) -> Fraction | None:
        """Share of gross whose buyer is known; ``None`` without sales.

        Of gross, not net: refunds to unknown buyers could push a share of net above 1.
        """
        known = self.stable.gross + self.weak.gross
        return _share(known, known + self.none.gross)


def coverage(orders: OrderTable, as_of: np.datetime64, policy: CountingPolicy = DEFAULT_COUNTING) -> Coverage:
    """Say how many of the counted orders, and how much money, have a known buyer.

    Args:
        orders: The orders.
        as_of: The moment, UTC, exclusive.
        policy: What counts.

    Returns:
        Orders and money by identity strength.
    """
    rows = count(orders, policy, as_of)
    # One place more for the unknown buyer, which code -1 then points to.
    strength = np.append(orders.customers.strength, 0)
    of_order, of_credit = strength[rows.customer], strength[rows.credit_customer]
    volumes = {
        level: Volume(
            orders=int(np.count_nonzero(of_order == level)),
            gross=int(rows.gross[of_order == level].sum()),
            refunded=int(rows.refunded[of_order == level].sum() + rows.credit[of_credit == level].sum()),
        )
        for level in (STABLE, WEAK, 0)
    }
    # One place more for code -1.
    credited = np.zeros(len(orders.customers) + 1, np.bool_)
    credited[rows.credit_customer] = True
    credited[rows.customer] = False
    return Coverage(
        stable=volumes[STABLE],
        weak=volumes[WEAK],
        none=volumes[0],
        credit_only=int(np.count_nonzero(credited[:-1])),
    )


def _known(rows: Counted) -> Counted:
    """Leave out unknown buyers."""
    if (not len(rows) or rows.customer.min() >= 0) and (rows.credit_customer >= 0).all():
        return rows
    keep, notes = rows.customer >= 0, rows.credit_customer >= 0
    return attrs.evolve(
        rows,
        customer=rows.customer[keep],
        at=rows.at[keep],
        gross=rows.gross[keep],
        refunded=rows.refunded[keep],
        credit_customer=rows.credit_customer[notes],
        credit_at=rows.credit_at[notes],
        credit=rows.credit[notes],
    )


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole > 0 else None
