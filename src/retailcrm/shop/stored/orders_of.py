"""The orders of one customer at a time, read from a store by index: nothing else is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.tables import Customers
from retailcrm.domain.identity import CustomerId
from retailcrm.shop.customers.cards import platform_of
from retailcrm.shop.customers.finding import buyers_of
from retailcrm.shop.loyalty.orders_of import OrdersOf, plain_of
from retailcrm.shop.merging import merged_orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.stored.observations import StoredObservations


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
        hers = self.of(customer) if self.kept.has_lines() else None
        if hers is None:
            return ()
        folded = self.kept.lines_of(hers)
        amounts: dict[tuple[str, str], list[int]] = {}
        if folded.lines is not None:
            sold = zip(folded.lines.order.tolist(), folded.lines.gross.tolist(), strict=True)
            for row, amount in sold:
                if row >= 0:
                    amounts.setdefault(_key(folded.orders, row), []).append(max(amount, 0))
        return tuple(tuple(amounts.get(_key(hers, row), ())) for row in range(len(hers)))

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
