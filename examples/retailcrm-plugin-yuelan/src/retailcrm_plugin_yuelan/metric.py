"""A figure that a ladder may ask for: how many orders were placed at weekends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SATURDAY: Final = 5
"""Counted from Monday as 0."""


class WeekendOrders:
    """Counts each qualifying order of a Saturday or Sunday, in the shop's zone."""

    name = "weekend_orders"

    def contributions(self, customer: NDArray[np.int32], local_day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give 1 to each order of a weekend, 0 to the others."""
        # Day 0 is 1970-01-01, a Thursday: 3 when Monday is 0.
        weekday = (local_day + 3) % 7
        return (weekday >= SATURDAY).astype("int64")
