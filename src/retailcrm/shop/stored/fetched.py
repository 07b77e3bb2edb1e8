"""Orders of many customers read at once, for whoever asks for them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.shop.loyalty.facts import facts_by_row
from retailcrm.shop.loyalty.orders_of import OrdersOf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import OrderTable
    from retailcrm.domain.points.following import OrderFacts


@attrs.define(eq=False)
class FetchedOrders(OrdersOf):
    """Gives customers' orders out of a table that has all orders of these customers; asks on for others.

    Attributes:
        names: The customers of the table, by their present ids.
        others: Gives everybody's.
    """

    names: frozenset[str] = attrs.field(kw_only=True)
    others: OrdersOf = attrs.field(kw_only=True)
    _facts: dict[str, list[OrderFacts]] | None = attrs.field(default=None, init=False)
    _last: tuple[str, OrderTable | None] = attrs.field(default=("", None), init=False)

    def of(self, customer: str) -> OrderTable | None:
        """Give one customer's orders as a table of its own; ``None`` if the files know none."""
        if customer not in self.names:
            return self.others.of(customer)
        if self._last[0] != customer:
            # Named in full: a class with slots is another one than the one that `super` knows of.
            self._last = customer, OrdersOf.of(self, customer)
        return self._last[1]

    def knows(self, customer: str) -> bool:
        """Tell whether the files know any order of somebody."""
        if customer not in self.names:
            return self.others.knows(customer)
        (orders,) = self.parts()
        return customer in self._of(orders).codes

    def facts_of(self, customer: str, shop: str, counting: CountingPolicy) -> tuple[OrderFacts, ...] | None:
        """Give what one customer's orders tell points, worked out for all at once."""
        if customer not in self.names:
            return self.others.facts_of(customer, shop, counting)
        if self._facts is None:
            self._facts = self._all_facts(shop, counting)
        return tuple(self._facts[customer]) if self.knows(customer) else None

    def _all_facts(self, shop: str, counting: CountingPolicy) -> dict[str, list[OrderFacts]]:
        (orders,) = self.parts()
        ids, codes = orders.customers.ids.tolist(), orders.customer.tolist()
        found: dict[str, list[OrderFacts]] = {name: [] for name in ids}
        for row, facts in facts_by_row(orders, shop, counting, self.all_lines()):
            # Of some orders nobody knows whose they are.
            if codes[row] >= 0:
                found[ids[codes[row]]].append(facts)
        return found

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
