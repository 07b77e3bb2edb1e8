"""The orders of some customers, as a table of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.tables import Customers
from retailcrm.shop.picking import picked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable


def of_customers(orders: OrderTable, wanted: NDArray[np.bool_]) -> OrderTable:
    """Pick the orders of some customers; only they are among the customers of the table.

    Args:
        orders: The table.
        wanted: Which of its customers; shape ``(n_customers,)``.
    """
    if wanted.all() and (not len(orders) or orders.customer.min() >= 0):
        return orders
    chosen = picked(orders, np.flatnonzero(np.append(wanted, False)[orders.customer]))
    code = (np.cumsum(wanted) - 1).astype(np.int32)
    kept = np.flatnonzero(wanted)
    people = Customers(ids=orders.customers.ids.take(kept), strength=orders.customers.strength[kept])
    return attrs.evolve(chosen, customers=people, customer=code[chosen.customer])
