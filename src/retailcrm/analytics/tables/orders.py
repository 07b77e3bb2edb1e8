"""Orders and their lines as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables.checks import (
    BOOL,
    IF_ANY,
    INSTANTS,
    INT8,
    INT32,
    INT64,
    Instants,
    Ints,
    check_lengths,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables.customers import Customers


@attrs.frozen(eq=False, kw_only=True)
class OrderTable:
    """Orders of one shop as columns, one row an order; amounts in minor units of one currency.

    Attributes:
        currency: ISO 4217 code of every amount.
        zone: IANA zone that day boundaries are taken in.
        customers: Who ``customer`` points to.
        numbers: Order numbers as exported; shape ``(n_orders,)``.
        customer: Position in ``customers``, -1 where the buyer is unknown or only masked; ``int32``.
        placed_at: When the order was placed, UTC; ``datetime64[us]``, NaT unknown.
        paid_at: When it was paid, UTC; NaT never or unknown.
        shipped_at: When the first parcel left, UTC; ``None`` if no file says.
        received_at: When the parcel was signed for, UTC; ``None`` if no file says.
        completed_at: When receipt was confirmed, UTC; ``None`` if no file says.
        state: :class:`retailcrm.domain.orders.OrderState` values; ``int8``.
        credit: True for a refund that names no order (a credit note): never counted as an order,
            its amount stands in ``refunded`` and is dated by ``placed_at``; ``bool``.
        gross: What the buyer paid before refunds (amount due while unpaid), minor units; ``int64``.
        refunded: Paid back so far, minor units; ``int64``.
        refunded_at: When the (last) refund was settled; NaT where undated; ``datetime64[us]``.
        first_seen: Moment of the export that first showed the refund; NaT without refund.
        province: Province of delivery; ``None`` if no file says.
        city: City of delivery; ``None`` if no file says.
        channel: Sales channel, where she bought (not how we write to her); ``None`` if no file says.
        platform: Platform that the order number is known on; ``None`` where there is but one.
        postage: Part of ``gross`` that is postage, 0 where untold, minor units; ``int64``; ``None`` if no
            file says.
    """

    currency: str
    zone: str
    customers: Customers
    numbers: Texts = attrs.field(metadata={"rows": True})
    customer: NDArray[np.int32] = attrs.field(validator=INT32)
    placed_at: Instants = attrs.field(validator=INSTANTS)
    paid_at: Instants = attrs.field(validator=INSTANTS)
    state: NDArray[np.int8] = attrs.field(validator=INT8)
    credit: NDArray[np.bool_] = attrs.field(validator=BOOL)
    gross: Ints = attrs.field(validator=INT64)
    refunded: Ints = attrs.field(validator=INT64)
    refunded_at: Instants = attrs.field(validator=INSTANTS)
    first_seen: Instants = attrs.field(validator=INSTANTS)
    shipped_at: Instants | None = attrs.field(default=None, validator=IF_ANY(INSTANTS))
    received_at: Instants | None = attrs.field(default=None, validator=IF_ANY(INSTANTS))
    completed_at: Instants | None = attrs.field(default=None, validator=IF_ANY(INSTANTS))
    province: Coded | None = None
    city: Coded | None = None
    channel: Coded | None = None
    platform: Coded | None = None
    postage: Ints | None = attrs.field(default=None, validator=IF_ANY(INT64))

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)
        if len(self) and not -1 <= self.customer.min() <= self.customer.max() < len(self.customers):
            raise ValueError(f"customer must lie between -1 and {len(self.customers) - 1}")

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.customer)

    @property
    def net(self) -> Ints:
        """Gross less refunds, minor units."""
        return self.gross - self.refunded

    def part(self, start: int, stop: int) -> OrderTable:
        """Look at some consecutive rows; nothing is copied.

        Args:
            start: First row.
            stop: First row after them.

        Returns:
            A table of those rows on the same memory, with the same customers.
        """
        rows = slice(start, stop)
        columns: dict[str, Any] = {}
        for name, column in attrs.asdict(self, recurse=False).items():
            if isinstance(column, np.ndarray):
                columns[name] = column[rows]
            elif isinstance(column, Coded):
                columns[name] = Coded(column.codes[rows], column.values)
        ends = self.numbers.offsets[start : len(self.customer[:stop]) + 1]
        return attrs.evolve(self, numbers=Texts(self.numbers.data, ends), **columns)


@attrs.frozen(eq=False, kw_only=True)
class LineTable:
    """Order lines as columns, one row a line.

    Attributes:
        order: Position in the :class:`OrderTable`'s rows, -1 if that order was never seen; ``int32``.
        product: Product code or title as exported.
        quantity: Pieces, negative on returns; ``int64``.
        gross: What the line sold for before refunds, minor units; 0 for a line that was closed unpaid
            or takes back; ``int64``.
        refunded: Paid back on the line, minor units; of a line that takes back, what it takes; ``int64``.
        category: Category path as exported on the line, levels joined by ``/``; ``None`` if no file says.
    """

    order: NDArray[np.int32] = attrs.field(validator=INT32)
    product: Coded
    quantity: Ints = attrs.field(validator=INT64)
    gross: Ints = attrs.field(validator=INT64)
    refunded: Ints = attrs.field(validator=INT64)
    category: Coded | None = None

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.order)

    @property
    def net(self) -> Ints:
        """Gross less refunds, minor units; below zero on lines that only take back."""
        return self.gross - self.refunded
