"""The orders of one customer at a time, read from a store by index: nothing else is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import Customers, LineTable
from retailcrm.domain.identity import CustomerId
from retailcrm.shop.customers.cards import platform_of
from retailcrm.shop.customers.finding import buyers_of
from retailcrm.shop.loyalty.orders_of import OrdersOf, plain_of
from retailcrm.shop.merging import merged_orders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.stored.observations import StoredObservations

_BY_INDEX: Final = 20_000
"""The orders of so many customers are looked for by index; for more, a server gives whole columns sooner."""

_AT_ONCE: Final = 2_000
"""Customers whose orders are in memory at one time."""

_NOTHING: Final = np.empty(0, np.int64)
_NO_LINES: Final = LineTable(
    order=np.empty(0, np.int32), product=Coded.of([]), quantity=_NOTHING, gross=_NOTHING, refunded=_NOTHING
)


@attrs.define(eq=False)
class StoredOrdersOf(OrdersOf):
    """Gives customers' orders after all merges.

    Attributes:
        kept: The store's orders, before merges.
        merges: Who was taken for whom.
    """

    kept: StoredObservations = attrs.field(kw_only=True)
    merges: Merges = attrs.field(kw_only=True)

    def of(self, customer: str) -> OrderTable | None:
        """Give one customer's orders as a table of its own; ``None`` if the files know none."""
        if not customer:
            # Orders of nobody known are nobody's.
            return None
        aliases = self.merges.aliases
        if aliases.resolve(CustomerId(customer)) != customer:
            return None
        hers = self.kept.orders_of(sorted(aliases.members(CustomerId(customer))))
        if not len(hers):
            return None
        strength = hers.customers.strength.max(keepdims=True)
        customers = Customers(ids=Texts.of([customer]), strength=strength)
        return attrs.evolve(hers, customers=customers, customer=np.zeros(len(hers), np.int32))

    def lines_of(self, customer: str) -> tuple[tuple[int, ...], ...]:
        """Tell what the lines of each of one customer's orders sold for before refunds, minor units.

        Returns:
            One row for each row of :meth:`of`; empty if nobody knows of lines.
        """
        return self._some((customer,)).lines_of(customer)

    def among(self, customers: Collection[str]) -> Iterator[OrdersOf]:
        """Give what has the orders of some customers at hand, some thousand customers at a time.

        Args:
            customers: Present ids; the orders of very many are read with everybody's.
        """
        if len(customers) > _BY_INDEX:
            yield OrdersOf(self.parts, self.lines)
            return
        names = sorted(set(customers))
        for first in range(0, len(names), _AT_ONCE):
            yield self._some(names[first : first + _AT_ONCE])

    def _some(self, customers: Collection[str]) -> OrdersOf:
        """Read what is of some customers, and nothing else."""
        aliases = self.merges.aliases
        members = {str(member) for one in customers if one for member in aliases.members(CustomerId(one))}
        orders = merged_orders(self.kept.orders_of(sorted(members)), self.merges.present())
        lines = self._lines(orders) if self.kept.has_lines() else None
        return OrdersOf(lambda: (orders,), lambda: lines)

    def _lines(self, orders: OrderTable) -> LineTable:
        """Give the lines of some orders, by row of their table."""
        folded = self.kept.lines_of(orders)
        if folded.lines is None:
            # The shop knows of lines; these orders have none.
            return _NO_LINES
        rows = {_key(orders, row): row for row in range(len(orders))}
        # Of a number that two platforms have, one order may be somebody else's.
        here = [rows.get(_key(folded.orders, row), -1) for row in range(len(folded.orders))]
        return attrs.evolve(folded.lines, order=np.array([*here, -1], np.int32)[folded.lines.order])

    def called(self, plain: str) -> tuple[str, ...]:
        """Give the customers whose id is a plain key, or that key behind its platform and kind."""
        present = self.merges.present()
        kinds = self.kept.buyer_kinds()
        names = [f"{platform}:{kind}:{plain}" for platform, kind in kinds.strengths] if kinds.several else []
        merged = [name for name in present.values() if plain_of(name) == plain]
        wanted = [name for name in (plain, *names, *merged) if name not in present]
        return tuple(
            name for name in dict.fromkeys(wanted) if plain_of(name) == plain and self.of(name) is not None
        )

    def buyers(self, number: str) -> dict[str, str | None]:
        """Give the buyer of every order with a number, by platform; ``None`` where nobody knows her."""
        found = self.kept.orders_numbered([number])
        return buyers_of([merged_orders(found, self.merges.present())], number)

    def customers(self) -> Iterator[str]:
        """Give the ids of all customers with orders, each once."""
        present = self.merges.present()
        merged, told = set(present.values()), set[str]()
        for name in self.kept.book.customers():
            mine = present.get(name, name)
            if mine in merged:
                if mine in told:
                    continue
                told.add(mine)
            yield mine


def _key(orders: OrderTable, row: int) -> tuple[str, str]:
    return platform_of(orders, row), str(orders.numbers[row])
