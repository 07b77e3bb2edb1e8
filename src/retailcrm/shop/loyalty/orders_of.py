"""The orders of one customer at a time, for many customers: sorted once, not searched each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.tables import Customers
from retailcrm.shop.picking import picked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable


@attrs.define(eq=False)
class OrdersOf:
    """Gives customers' orders.

    Attributes:
        parts: Gives the shop's orders in parts of disjoint customers, after all merges.
    """

    parts: Callable[[], Iterable[OrderTable]]
    _sorted: tuple[OrderTable, _Sorted] | None = attrs.field(default=None, init=False)

    def of(self, customer: str) -> OrderTable | None:
        """Give one customer's orders as a table of its own; ``None`` if the files know none."""
        for orders in self.parts():
            found = self._of(orders).of(customer)
            if found is not None:
                return found
        return None

    def customers(self) -> Iterator[str]:
        """Give the ids of all customers with orders, part by part."""
        for orders in self.parts():
            yield from self._of(orders).codes

    def _of(self, orders: OrderTable) -> _Sorted:
        """Sort a part; the last one is kept, since a shop in memory has but one."""
        if self._sorted is None or self._sorted[0] is not orders:
            self._sorted = orders, _Sorted.of_table(orders)
        return self._sorted[1]


@attrs.frozen(eq=False)
class _Sorted:
    """One part's rows by customer."""

    orders: OrderTable
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    codes: dict[str, int]

    @classmethod
    def of_table(cls, orders: OrderTable) -> _Sorted:
        rows = np.argsort(orders.customer, kind="stable")
        starts = np.searchsorted(orders.customer[rows], np.arange(len(orders.customers) + 1))
        codes: Any = {name: code for code, name in enumerate(orders.customers.ids.tolist())}
        return cls(orders, rows, starts, codes)

    def of(self, customer: str) -> OrderTable | None:
        code = self.codes.get(customer)
        if code is None:
            return None
        hers = picked(self.orders, np.sort(self.rows[self.starts[code] : self.starts[code + 1]]))
        customers = Customers(
            ids=self.orders.customers.ids.take(np.array([code])),
            strength=self.orders.customers.strength[[code]],
        )
        return attrs.evolve(hers, customers=customers, customer=np.zeros(len(hers), np.int32))
