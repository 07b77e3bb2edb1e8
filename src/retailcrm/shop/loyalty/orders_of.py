"""The orders of one customer at a time, for many customers: sorted once, not searched each time."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.tables import Customers
from retailcrm.shop.customers.finding import buyers_of
from retailcrm.shop.loyalty.facts import facts_of
from retailcrm.shop.picking import picked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import LineTable, OrderTable
    from retailcrm.domain.points.following import OrderFacts


def plain_of(customer: str) -> str:
    """Give the key that stands behind platform and kind where a shop mixes platforms.

    Example:
        >>> plain_of("web:id:mei"), plain_of("mei")
        ('mei', 'mei')
    """
    return customer.split(":", 2)[-1] if customer.count(":") > 1 else customer


def _none() -> LineTable | None:
    return None


@attrs.define(eq=False)
class OrdersOf:
    """Gives customers' orders.

    Attributes:
        parts: Gives the shop's orders in parts of disjoint customers, after all merges.
        lines: Gives the lines of the orders, by row of the only part; ``None`` if no file has lines, or if
            there may be several parts.
    """

    parts: Callable[[], Iterable[OrderTable]]
    lines: Callable[[], LineTable | None] = _none
    _sorted: tuple[OrderTable, _Sorted] | None = attrs.field(default=None, init=False)
    _amounts: tuple[LineTable, _Lines] | None = attrs.field(default=None, init=False)

    def of(self, customer: str) -> OrderTable | None:
        """Give one customer's orders as a table of its own; ``None`` if the files know none."""
        for orders in self.parts():
            found = self._of(orders).of(customer)
            if found is not None:
                return found
        return None

    def lines_of(self, customer: str) -> tuple[tuple[int, ...], ...]:
        """Tell what the lines of each of one customer's orders sold for before refunds, minor units.

        Returns:
            One row for each row of :meth:`of`; empty if nobody knows of lines.
        """
        table = self.lines()
        if table is None:
            return ()
        (orders,) = self.parts()
        return self._lines_of(table, orders).of(self._of(orders).rows_of(customer))

    def all_lines(self) -> tuple[tuple[int, ...], ...]:
        """Tell the same of all orders of the only part, by row."""
        table = self.lines()
        if table is None:
            return ()
        (orders,) = self.parts()
        return self._lines_of(table, orders).of(np.arange(len(orders)))

    def _lines_of(self, table: LineTable, orders: OrderTable) -> _Lines:
        if self._amounts is None or self._amounts[0] is not table:
            self._amounts = table, _Lines.of_table(table, len(orders))
        return self._amounts[1]

    def knows(self, customer: str) -> bool:
        """Tell whether the files know any order of somebody."""
        return self.of(customer) is not None

    def facts_of(self, customer: str, shop: str, counting: CountingPolicy) -> tuple[OrderFacts, ...] | None:
        """Give what one customer's orders tell points; ``None`` if the files know none.

        Args:
            customer: Her present id.
            shop: The shop's key in order references.
            counting: When a refund without a date took effect.
        """
        orders = self.of(customer)
        return None if orders is None else facts_of(orders, shop, counting, self.lines_of(customer))

    def among(self, customers: Collection[str]) -> Iterator[OrdersOf]:  # noqa: ARG002 - all is at hand
        """Give what has the orders of some customers at hand, each customer's in one of them.

        Args:
            customers: Present ids; others may be at hand too.
        """
        yield self

    def called(self, plain: str) -> tuple[str, ...]:
        """Give the customers whose id is a plain key, or that key behind its platform and kind."""
        return tuple(name for orders in self.parts() for name in self._of(orders).named.get(plain, ()))

    def buyers(self, number: str) -> dict[str, str | None]:
        """Give the buyer of every order with a number, by platform; ``None`` where nobody knows her."""
        return buyers_of(self.parts(), number)

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

    @cached_property
    def named(self) -> dict[str, list[str]]:
        """Ids by the plain key in them."""
        found: dict[str, list[str]] = {}
        for name in self.codes:
            found.setdefault(plain_of(name), []).append(name)
        return found

    @classmethod
    def of_table(cls, orders: OrderTable) -> _Sorted:
        rows = np.argsort(orders.customer, kind="stable")
        starts = np.searchsorted(orders.customer[rows], np.arange(len(orders.customers) + 1))
        codes: Any = {name: code for code, name in enumerate(orders.customers.ids.tolist())}
        return cls(orders, rows, starts, codes)

    def rows_of(self, customer: str) -> NDArray[np.int64]:
        """Give the rows of a customer's orders, rising; none of somebody unknown."""
        code = self.codes.get(customer)
        if code is None:
            return np.empty(0, np.int64)
        return np.sort(self.rows[self.starts[code] : self.starts[code + 1]])

    def of(self, customer: str) -> OrderTable | None:
        code = self.codes.get(customer)
        if code is None:
            return None
        hers = picked(self.orders, self.rows_of(customer))
        customers = Customers(
            ids=self.orders.customers.ids.take(np.array([code])),
            strength=self.orders.customers.strength[[code]],
        )
        return attrs.evolve(hers, customers=customers, customer=np.zeros(len(hers), np.int32))


@attrs.frozen(eq=False)
class _Lines:
    """What lines sold for, by row of their order."""

    amounts: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of_table(cls, lines: LineTable, orders: int) -> _Lines:
        by_order = np.argsort(lines.order, kind="stable")
        starts = np.searchsorted(lines.order[by_order], np.arange(orders + 1))
        return cls(np.maximum(lines.gross[by_order], 0), starts)

    def of(self, rows: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
        spans = zip(self.starts[rows].tolist(), self.starts[rows + 1].tolist(), strict=True)
        return tuple(tuple(self.amounts[first:last].tolist()) for first, last in spans)
