"""What an import changed: the orders it touched, before and after, for whoever keeps figures by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.analytics.tables import OrderTable


@attrs.frozen(eq=False, kw_only=True)
class OrdersChanged:
    """The orders that a file touched, as they stood and as they stand; customers are those before merges.

    A file may touch orders without changing them: whoever listens compares.

    Attributes:
        before: The touched orders as they stood; those that the shop had.
        after: The touched orders as they stand now.
        customers: The ids of all customers of either, each once; before merges.
        first: The shop had no orders before.
        exported_at: When the file was exported; aware, UTC.
    """

    before: OrderTable
    after: OrderTable
    customers: tuple[str, ...]
    first: bool
    exported_at: datetime


Listener = Callable[[OrdersChanged], None]
"""Told of each import inside its transaction: what it raises takes the import back."""
