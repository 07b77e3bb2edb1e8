"""Fold observations of orders into their present state, on columns.

The columnar twin of :func:`retailcrm.domain.orders.fold`; the tests hold the two equal.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.columns import MISSING
from retailcrm.domain.orders import OrderState

Order = NDArray[np.intp]
_UNSEEN: Final = -1


@attrs.frozen(eq=False)
class Runs:
    """Rows grouped by order: each group keeps its rows in the sequence they were observed in.

    Attributes:
        order: Row positions sorted by group, oldest first in each; shape ``(n_rows,)``.
        starts: Where each present group begins in ``order``; shape ``(n_present,)``.
        groups: Which group that is, rising; shape ``(n_present,)``.
    """

    order: Order
    starts: Order
    groups: NDArray[np.int64]

    @classmethod
    def of(cls, group: NDArray[np.integer[Any]]) -> Runs:
        """Group rows that already stand in the sequence of observation.

        Args:
            group: Order code of each row; shape ``(n_rows,)``.
        """
        order = np.argsort(group, kind="stable")
        ranked = group[order]
        begins = np.ones(len(ranked), np.bool_)
        begins[1:] = ranked[1:] != ranked[:-1]
        starts = np.flatnonzero(begins)
        return cls(order, starts, ranked[starts].astype(np.int64))

    def newest(self, valid: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Give the newest valid row of each group, -1 where none is valid; shape ``(n_present,)``."""
        if not len(self.starts):
            return np.empty(0, np.int64)
        places = np.where(valid[self.order], np.arange(len(self.order)), _UNSEEN)
        last = np.maximum.reduceat(places, self.starts)
        return np.where(last == _UNSEEN, _UNSEEN, self.order[last])

    def any(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say for each group whether any row is flagged."""
        if not len(self.starts):
            return np.empty(0, np.bool_)
        found: NDArray[np.bool_] = np.logical_or.reduceat(flags[self.order], self.starts)
        return found

    def sums(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add up each group exactly."""
        return np.add.reduceat(values[self.order], self.starts) if len(self.starts) else np.empty(0, np.int64)

    def least(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give the smallest value of each group."""
        return np.minimum.reduceat(values[self.order], self.starts) if len(self.starts) else values[:0]

    def greatest(self, values: NDArray[Any]) -> NDArray[Any]:
        """Give the greatest value of each group."""
        return np.maximum.reduceat(values[self.order], self.starts) if len(self.starts) else values[:0]


def has_value(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which rows of a column tell something: not MISSING, not NaT, not -1 in codes and states."""
    told: NDArray[np.bool_]
    if column.dtype.kind == "M":
        told = ~np.isnat(column)
    else:
        told = column != (MISSING if column.dtype == np.int64 else _UNSEEN)
    return told


def newest_values(runs: Runs, column: NDArray[Any]) -> NDArray[Any]:
    """Give the newest value that tells something, by group; a missing cell erases nothing."""
    rows = runs.newest(has_value(column))
    return np.where(rows == _UNSEEN, _missing(column), column[rows]) if len(column) else column


def fold_states(runs: Runs, state: NDArray[np.int8]) -> NDArray[np.int8]:
    """Fold life-cycle states: the highest stage seen, unless an end was seen; a refund stays one.

    Args:
        runs: Rows by order.
        state: :class:`~retailcrm.domain.orders.OrderState` values, -1 where the file does not say.

    Returns:
        ``int8`` by group, -1 where no observation says.
    """
    if not len(state):
        return state
    stages = np.where(state <= OrderState.COMPLETED, state, _UNSEEN).astype(np.int8)
    folded: NDArray[np.int8] = runs.greatest(stages)
    folded[runs.any(state == OrderState.CLOSED)] = OrderState.CLOSED
    folded[runs.any(state == OrderState.REFUNDED)] = OrderState.REFUNDED
    return folded


def _missing(column: NDArray[Any]) -> Any:  # noqa: ANN401
    if column.dtype.kind == "M":
        return np.array("NaT", column.dtype)
    return column.dtype.type(MISSING if column.dtype == np.int64 else _UNSEEN)
