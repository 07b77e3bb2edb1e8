"""Orders of many customers read at once, for whoever asks for them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.shop.loyalty.orders_of import OrdersOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.analytics.tables import OrderTable


@attrs.define(eq=False)
class FetchedOrders(OrdersOf):
    """Gives customers' orders out of a table that has all orders of these customers; asks on for others.

    Attributes:
        names: The customers of the table, by their present ids.
        others: Gives everybody's.
    """

    names: frozenset[str] = attrs.field(kw_only=True)
    others: OrdersOf = attrs.field(kw_only=True)
    _last: tuple[str, OrderTable | None] = attrs.field(default=("", None), init=False)

    def of(self, customer: str) -> OrderTable | None:
        """Give one customer's orders as a table of its own; ``None`` if the files know none."""
        if customer not in self.names:
            return self.others.of(customer)
        if self._last[0] != customer:
            # Named in full: a class with slots is another one than the one that `super` knows of.
            self._last = customer, OrdersOf.of(self, customer)
        return self._last[1]

    def lines_of(self, customer: str) -> tuple[tuple[int, ...], ...]:
        """Tell what the lines of each of one customer's orders sold for."""
        if customer in self.names:
            return OrdersOf.lines_of(self, customer)
        return self.others.lines_of(customer)

    def called(self, plain: str) -> tuple[str, ...]:
        """Give the customers whose id is a plain key, or that key behind its platform and kind."""
        return self.others.called(plain)

    def customers(self) -> Iterator[str]:
        """Give the ids of all customers with orders."""
        return self.others.customers()
