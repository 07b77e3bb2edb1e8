"""Reservations: points set aside for a checkout until it pays, fails or takes too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import in_utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@attrs.frozen
class Allocation:
    """Some points of one lot.

    Attributes:
        lot: The lot's id.
        points: How many, at least 1.
    """

    lot: str
    points: int = attrs.field(validator=attrs.validators.ge(1))


def total(allocations: Sequence[Allocation]) -> int:
    """Add up the points of allocations."""
    return sum(allocation.points for allocation in allocations)


@attrs.frozen(kw_only=True)
class Hold:
    """One open reservation.

    Attributes:
        id: Unique in the account.
        allocations: Which points, in the order in which they will be spent.
        ends_at: First moment at which it no longer holds; aware, kept in UTC.
        reference: What it is for.
    """

    id: str
    allocations: tuple[Allocation, ...]
    ends_at: datetime = attrs.field(converter=in_utc)
    reference: str = ""

    @property
    def points(self) -> int:
        """Points held."""
        return total(self.allocations)
