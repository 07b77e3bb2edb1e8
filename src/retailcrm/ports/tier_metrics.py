"""The port of a tier metric: one more figure that a ladder may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class TierMetric(Protocol):
    """Says how much each qualifying order adds to a figure, beside its spend and its one order.

    The contributions of one customer are added up within the ladder's window, exactly like spend.
    """

    name: str
    """The word that a requirement of the ladder uses, unique among metrics."""

    def contributions(self, customer: NDArray[np.int32], local_day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give each order's contribution.

        Args:
            customer: Customer code of each order; shape ``(n_orders,)``.
            local_day: Day of the order in the shop's zone, days since 1970-01-01; same shape,
                rising within each customer.

        Returns:
            Whole numbers of the same shape, not negative.
        """
        ...
