"""Customers as columns: who they are, and what they bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.analytics.tables.checks import (
    INSTANTS,
    INT8,
    INT32,
    INT64,
    Instants,
    Ints,
    check_lengths,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts


@attrs.frozen(eq=False, kw_only=True)
class Customers:
    """The customers that order rows point to by position.

    Attributes:
        ids: Customer ids; shape ``(n_customers,)``.
        strength: Identity strength: 2 stable, 1 weak; ``int8``, shape ``(n_customers,)``.
    """

    ids: Texts
    strength: NDArray[np.int8] = attrs.field(validator=INT8)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        if len(self.ids) != len(self.strength):
            raise ValueError(f"columns differ in length: {len(self.ids)} ids, {len(self.strength)} strengths")

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.ids)


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
    customer: NDArray[np.int32] = attrs.field(validator=INT32)
    orders: Ints = attrs.field(validator=INT64)
    purchase_days: Ints = attrs.field(validator=INT64)
    first_at: Instants = attrs.field(validator=INSTANTS)
    last_at: Instants = attrs.field(validator=INSTANTS)
    gross: Ints = attrs.field(validator=INT64)
    refunded: Ints = attrs.field(validator=INT64)

    def __attrs_post_init__(self) -> None:
        """Check what the columns have in common."""
        check_lengths(self)

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.customer)

    @property
    def net(self) -> Ints:
        """Gross less refunds, minor units; may be negative."""
        return self.gross - self.refunded
