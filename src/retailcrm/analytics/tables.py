"""The tables that every figure is computed from: checked columns, one currency, one zone."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.columns import INSTANT, Coded, Texts

Ints = NDArray[np.int64]
Instants = NDArray[np.datetime64]


def _of_dtype(dtype: str) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a column of any other dtype, or one that is not a plain row of values."""

    def check(_: object, field: attrs.Attribute[Any], value: NDArray[Any]) -> None:
        if value.dtype != np.dtype(dtype) or value.ndim != 1:
            found = f"{value.dtype}, {value.ndim} dimensions"
            raise ValueError(f"{field.name} must be one-dimensional {dtype}, got {found}")

    return check


_int8 = _of_dtype("int8")
_int32 = _of_dtype("int32")
_int64 = _of_dtype("int64")
_bool = _of_dtype("bool")
_instant = _of_dtype(INSTANT.str)
_if_any = attrs.validators.optional


def _check_lengths(table: Any) -> None:  # noqa: ANN401
    """Refuse a table whose row columns differ in length (``metadata`` marks the others)."""
    lengths = {
        name: len(column)
        for name, column in attrs.asdict(table, recurse=False).items()
        if isinstance(column, np.ndarray | Coded) or name == "numbers"
    }
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns differ in length: {lengths}")


@attrs.frozen(eq=False, kw_only=True)
class Customers:
    """The customers that order rows point to by position.

    Attributes:
        ids: Customer ids; shape ``(n_customers,)``.
        strength: Identity strength: 2 stable, 1 weak; ``int8``, shape ``(n_customers,)``.
    """

    ids: Texts
    strength: NDArray[np.int8] = attrs.field(validator=_int8)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        if len(self.ids) != len(self.strength):
            raise ValueError(f"columns differ in length: {len(self.ids)} ids, {len(self.strength)} strengths")

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.ids)


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
        platform: Platform that the order number is known on; ``None`` where there is but one.
    """

    currency: str
    zone: str
    customers: Customers
    numbers: Texts
    customer: NDArray[np.int32] = attrs.field(validator=_int32)
    placed_at: Instants = attrs.field(validator=_instant)
    paid_at: Instants = attrs.field(validator=_instant)
    state: NDArray[np.int8] = attrs.field(validator=_int8)
    credit: NDArray[np.bool_] = attrs.field(validator=_bool)
    gross: Ints = attrs.field(validator=_int64)
    refunded: Ints = attrs.field(validator=_int64)
    refunded_at: Instants = attrs.field(validator=_instant)
    first_seen: Instants = attrs.field(validator=_instant)
    completed_at: Instants | None = attrs.field(default=None, validator=_if_any(_instant))
    province: Coded | None = None
    city: Coded | None = None
    platform: Coded | None = None

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        _check_lengths(self)
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
        amount: Line amount, minor units; ``int64``.
    """

    order: NDArray[np.int32] = attrs.field(validator=_int32)
    product: Coded
    quantity: Ints = attrs.field(validator=_int64)
    amount: Ints = attrs.field(validator=_int64)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        _check_lengths(self)

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.order)


@attrs.frozen(eq=False, kw_only=True)
class CustomerSummary:
    """What segmentation needs of each customer with at least one counted order.

    Attributes:
        as_of: The moment it describes, exclusive, UTC ``datetime64[us]``.
        currency: ISO 4217 code.
        zone: IANA zone that days were counted in.
        customer: Position in the shop's customers, rising; ``int32``, shape ``(n_customers,)``.
        orders: Counted orders, at least 1; ``int64``.
        purchase_days: Distinct local days with a counted order; ``int64``.
        first_at: First counted order, UTC; ``datetime64[us]``.
        last_at: Last counted order, UTC; ``datetime64[us]``.
        gross: Paid before refunds on counted orders, minor units; ``int64``.
        refunded: Paid back, minor units, credit notes included; ``int64``.
    """

    as_of: np.datetime64
    currency: str
    zone: str
    customer: NDArray[np.int32] = attrs.field(validator=_int32)
    orders: Ints = attrs.field(validator=_int64)
    purchase_days: Ints = attrs.field(validator=_int64)
    first_at: Instants = attrs.field(validator=_instant)
    last_at: Instants = attrs.field(validator=_instant)
    gross: Ints = attrs.field(validator=_int64)
    refunded: Ints = attrs.field(validator=_int64)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        _check_lengths(self)

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.customer)

    @property
    def net(self) -> Ints:
        """Gross less refunds, minor units; may be negative."""
        return self.gross - self.refunded
