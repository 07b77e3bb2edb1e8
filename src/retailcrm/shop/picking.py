"""Some rows of an order table, as a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.tables import OrderTable

if TYPE_CHECKING:
    from numpy.typing import NDArray


def picked(orders: OrderTable, rows: NDArray[np.integer[Any]]) -> OrderTable:
    """Pick orders by position, in that order; the customers stay.

    Args:
        orders: The table.
        rows: Positions; shape ``(n_picked,)``.
    """
    columns: dict[str, Any] = {}
    for field in attrs.fields(OrderTable):
        value = getattr(orders, field.name)
        if isinstance(value, np.ndarray):
            columns[field.name] = value[rows]
        elif isinstance(value, Coded) or field.name == "numbers":
            columns[field.name] = value.take(rows)
    return attrs.evolve(orders, **columns)
