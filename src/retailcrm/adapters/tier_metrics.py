"""The built-in tier metric: days on which a customer bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retailcrm.ports.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from retailcrm.ports.tier_metrics import TierMetric


class ActiveDays:
    """Counts each local day with a qualifying order once."""

    name = "active_days"

    def contributions(self, customer: NDArray[np.int32], local_day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give 1 to the first order of a customer's day, 0 to the others of that day."""
        order = np.lexsort((np.arange(len(customer)), local_day, customer))
        first = np.ones(len(customer), np.bool_)
        first[1:] = (np.diff(customer[order]) != 0) | (np.diff(local_day[order]) != 0)
        given = np.zeros(len(customer), np.int64)
        given[order] = first
        return given


@hookimpl
def register_tier_metrics(register: Callable[[TierMetric], None]) -> None:
    """Offer the built-in metric."""
    register(ActiveDays())
