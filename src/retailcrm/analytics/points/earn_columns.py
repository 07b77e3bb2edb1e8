"""Orders to earn points on, and what they earned, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.tables.checks import BOOL, INSTANTS, INT32, INT64, Instants, Ints
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _filled(of: str, value: int) -> Any:  # noqa: ANN401 - attrs gives the column's own type
    """Fill a column that was left out, as long as another one."""

    def make(columns: Any) -> Ints:  # noqa: ANN401 - still being made
        return np.full(len(getattr(columns, of)), value, np.int64)

    return attrs.Factory(make, takes_self=True)


@attrs.frozen(eq=False, kw_only=True)
class EarnColumns:
    """Orders to earn on, as far as points are concerned; amounts in minor units.

    Attributes:
        customer: Customer codes, 0 or more; ``int32``, shape ``(n_orders,)``.
        paid_at: When each was paid, UTC; orders of one customer and instant earn in the sequence of their
            rows; ``datetime64[us]``.
        row: Where the order stands in the table that it was made from; ``int64``.
        shipping: Postage; ``int64``.
        tax: Tax that is not within the prices; ``int64``.
        by_points: Paid with points; ``int64``.
        by_gift_card: Paid with gift cards or store credit; ``int64``.
        numerator: Of what the multipliers came to, 0 or more; ``int64``.
        denominator: Of the same, 1 or more; ``int64``.
        order: Row of each line's order here, rising; ``int64``, shape ``(n_lines,)``.
        line: Where the line stands in the table that it was made from, -1 if it stands for a whole order.
        price: Of the goods, before discounts; ``int64``.
        discount: Coupons and discounts on it, not above the price; ``int64``.
        earns: Whether it earns at all; ``bool``; everything, if left out.

    Raises:
        ValueError: A column has the wrong type or length, or a row points nowhere.
        InputError: An amount is below 0, a discount above its price, or a moment is not known.
    """

    customer: NDArray[np.int32] = attrs.field(validator=INT32)
    paid_at: Instants = attrs.field(validator=INSTANTS)
    order: Ints = attrs.field(validator=INT64)
    price: Ints = attrs.field(validator=INT64)
    row: Ints = attrs.field(
        default=attrs.Factory(lambda self: np.arange(len(self.customer)), takes_self=True), validator=INT64
    )
    shipping: Ints = attrs.field(default=_filled("customer", 0), validator=INT64)
    tax: Ints = attrs.field(default=_filled("customer", 0), validator=INT64)
    by_points: Ints = attrs.field(default=_filled("customer", 0), validator=INT64)
    by_gift_card: Ints = attrs.field(default=_filled("customer", 0), validator=INT64)
    numerator: Ints = attrs.field(default=_filled("customer", 1), validator=INT64)
    denominator: Ints = attrs.field(default=_filled("customer", 1), validator=INT64)
    line: Ints = attrs.field(default=_filled("order", -1), validator=INT64)
    discount: Ints = attrs.field(default=_filled("order", 0), validator=INT64)
    earns: NDArray[np.bool_] = attrs.field(
        default=attrs.Factory(lambda self: np.ones(len(self.order), np.bool_), takes_self=True),
        validator=BOOL,
    )

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        of_orders = ("paid_at", "row", "shipping", "tax", "by_points", "by_gift_card")
        _check_lengths(self, len(self), (*of_orders, "numerator", "denominator"))
        _check_lengths(self, len(self.order), ("line", "price", "discount", "earns"))
        order = self.order
        if len(order) and (order[0] < 0 or order[-1] >= len(self) or (order[1:] < order[:-1]).any()):
            raise ValueError("lines stand in the sequence of their orders, and each has one")
        if np.isnat(self.paid_at).any() or self.customer.min(initial=0) < 0:
            raise InputError("an order earns for a known customer, at a known moment")
        for name in ("shipping", "tax", "by_points", "by_gift_card", "numerator"):
            if getattr(self, name).min(initial=0) < 0:
                raise InputError(f"{name} is below 0")
        if self.denominator.min(initial=1) < 1:
            raise InputError("a multiplier's denominator is 1 or more")
        if self.discount.min(initial=0) < 0 or (self.discount > self.price).any():
            raise InputError("a discount lies between 0 and the price")

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.customer)


@attrs.frozen(eq=False, kw_only=True)
class AwardColumns:
    """What orders earned; all shares of an order add up to its points.

    Attributes:
        columns: What they earned on.
        points: Of each order; ``int64``, shape ``(n_orders,)``.
        cut: Points that caps took off; same shape.
        base: Money that each earned on, minor units; same shape.
        line_points: Points of each line; ``int64``, shape ``(n_lines,)``.
        shipping_points: Points of postage; shape ``(n_orders,)``.
        tax_points: Points of tax; same shape.
        fallen_back: Orders whose numbers are too large for machine words: they were worked out one by one.
    """

    columns: EarnColumns
    points: Ints = attrs.field(validator=INT64)
    cut: Ints = attrs.field(validator=INT64)
    base: Ints = attrs.field(validator=INT64)
    line_points: Ints = attrs.field(validator=INT64)
    shipping_points: Ints = attrs.field(validator=INT64)
    tax_points: Ints = attrs.field(validator=INT64)
    fallen_back: int = 0

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.points)


def _check_lengths(columns: EarnColumns, wanted: int, names: tuple[str, ...]) -> None:
    for name in names:
        if len(getattr(columns, name)) != wanted:
            raise ValueError(f"{name} has {len(getattr(columns, name))} values, not {wanted}")
