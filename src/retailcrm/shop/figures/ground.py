"""What the report's figures are made of, and the parts that a shop's orders come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.local_time import local_day
from retailcrm.analytics.metrics import sales_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.metrics import Sales
    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.insight import Reduced
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.scores import Scores


CHINESE_ZONES: Final = frozenset({"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei"})
CHINESE_CURRENCIES: Final = frozenset({"CNY", "HKD", "MOP", "TWD"})


@attrs.frozen(eq=False, kw_only=True)
class Part:
    """Orders of some of the customers, ready for figures.

    Attributes:
        orders: The orders.
        sales: Those of them that count.
        tier: Tier of each customer of the table, code -1 none.
        profile: Row in the shop's profiles of each customer of the table, -1 none; ``int64``.
    """

    orders: OrderTable
    sales: Sales
    tier: Coded
    profile: NDArray[np.int64]


@attrs.define(eq=False, kw_only=True)
class Ground:
    """Everything that the report's figures are made of.

    Attributes:
        policy: The rules in force.
        as_of: The moment, exclusive, UTC.
        reduced: The shop's orders, reduced.
        scores: Its customers, scored.
        beside: What it knows beside its orders.
        orders: Gives its orders in parts of disjoint customers, the same every time.
        files: Accounts of the imported files.
    """

    policy: Policy
    as_of: np.datetime64
    reduced: Reduced
    scores: Scores
    beside: Beside
    orders: Callable[[], Iterable[OrderTable]]
    files: Sequence[FileAccount]
    _only: Part | None = attrs.field(default=None, init=False)

    @property
    def in_china(self) -> bool:
        """Whether Chinese provinces and festivals mean something to the shop, by its zone or its money."""
        return self.policy.zone in CHINESE_ZONES or self.policy.currency in CHINESE_CURRENCIES

    @property
    def today(self) -> int:
        """Local day of the moment, days from 1970-01-01."""
        return local_day(self.as_of, self.policy.zone)

    @property
    def since(self) -> int | None:
        """Local day of the first counted order; ``None`` without one."""
        return None if np.isnat(self.reduced.since) else local_day(self.reduced.since, self.policy.zone)

    def parts(self) -> Iterator[Part]:
        """Prepare the parts one after the other; a shop in one part is prepared once."""
        if self._only is not None:
            yield self._only
            return
        start, parts = 0, 0
        for orders in self.orders():
            part = self._part(orders, start)
            start += _customers(part.sales)
            parts += 1
            yield part
        if parts == 1:
            self._only = part

    @property
    def whole(self) -> Part | None:
        """The shop in one part, which lines can be told of; ``None`` if it comes in several."""
        if self._only is None:
            for _ in self.parts():  # the last thing a single part does is to stay
                pass
        return self._only

    def _part(self, orders: OrderTable, start: int) -> Part:
        sales = sales_of(orders, self.as_of, self.policy.counting)
        # Both scores and sales have a customer for each counted order's buyer, by rising code.
        who = _rising(sales)
        codes = np.full(len(orders.customers), -1, np.int32)
        codes[who] = self.scores.tier.codes[start : start + len(who)]
        return Part(
            orders=orders,
            sales=sales,
            tier=Coded(codes, self.scores.tier.values),
            profile=self.beside.people.find(orders.customers.ids),
        )


def _rising(sales: Sales) -> NDArray[np.int32]:
    known = sales.customer[: sales.known]
    return known[np.append(True, known[1:] != known[:-1])] if len(known) else known


def _customers(sales: Sales) -> int:
    return len(_rising(sales))
