"""The rows of the archive: orders that count, with who bought and what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Coded
from retailcrm.analytics.counting import counted, purchase_at, refunded_as_of
from retailcrm.domain.money import exponent
from retailcrm.shop.archive.goods import goods_of
from retailcrm.shop.archive.orders import told_of_orders
from retailcrm.shop.merging import merged_orders
from retailcrm.shop.pointing import positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.folding import Folded
    from retailcrm.shop.insight import Reduced
    from retailcrm.shop.merging import MergedStore
    from retailcrm.shop.observed import Observed
    from retailcrm.shop.policy import Policy

_CONTACTS: Final = ("name", "email", "phone")
_DIGITS: Final = 19


@attrs.frozen(eq=False)
class ArchiveRows:
    """Makes the rows of the archive, part by part.

    Attributes:
        store: What the shop keeps, after all merges.
        policy: The rules.
        reduced: The shop's customers at the moment: their tiers.
        moment: UTC, exclusive.
    """

    store: MergedStore
    policy: Policy
    reduced: Reduced
    moment: np.datetime64

    def tables(self) -> Iterator[pa.Table]:
        """Give the rows in parts, each by time of purchase: a part for as much as fits the memory budget."""
        beside = self.store.beside()
        for files, folded in self.store.kept.pieces():
            yield self._table(files, folded, beside)

    def _table(self, files: Sequence[Observed], folded: Folded, beside: Beside) -> pa.Table:
        orders = merged_orders(folded.orders, self.store.merges.present())
        rows, at = self._chosen(orders)
        take = pa.array(rows)
        person = _of_each(orders, positions(beside.people.profiles.ids, orders.customers.ids))[rows]
        known = {name: _told(beside.people.contacts[name], person) for name in (*_CONTACTS, "address")}
        own = {name: told_of_orders(files, orders, name).take(take) for name in (*_CONTACTS, "address")}
        goods = goods_of(files, folded, beside.products)
        paid_back = refunded_as_of(orders, self.policy.counting, self.moment)
        net = (orders.gross - paid_back)[rows]
        return pa.table(
            {
                "date": _on_the_clock(at, self.policy.zone),
                "customer_id": _told(Coded(orders.customer, orders.customers.ids), rows),
                **{name: pc.coalesce(known[name], own[name]) for name in _CONTACTS},
                "address": pc.coalesce(own["address"], known["address"]),
                "products": goods.bought.take(take),
                "amount": _amounts(net, self.policy.currency),
                "gifts": goods.given.take(take),
                "level": self._levels(orders, rows, beside, person),
            }
        )

    def _chosen(self, orders: OrderTable) -> tuple[NDArray[np.int64], NDArray[np.datetime64]]:
        """Give the orders that count, oldest purchase first."""
        rows = np.flatnonzero(counted(orders, self.policy.counting, self.moment))
        at = purchase_at(orders, self.policy.counting)[rows]
        oldest_first = np.argsort(at, kind="stable")
        return rows[oldest_first], at[oldest_first]

    def _levels(
        self, orders: OrderTable, rows: NDArray[np.int64], beside: Beside, person: NDArray[np.int64]
    ) -> Any:  # noqa: ANN401 - Arrow has no types
        """Give tiers in the ladder's own words; without a ladder, levels as exported."""
        ladder = self.policy.ladder
        if ladder is None:
            return _told(beside.people.profiles.level, person)
        labels: Mapping[str, str] = {tier.name: tier.label.zh for tier in ladder.tiers}
        place = _of_each(orders, positions(self.reduced.ids, orders.customers.ids))[rows]
        tier = self.reduced.tier
        words = pa.array([labels[name] for name in tier.values], pa.large_string())
        codes = np.append(tier.codes, np.int32(-1))[place]
        return words.take(pa.array(codes, mask=codes < 0))


def _of_each(orders: OrderTable, of_customer: NDArray[np.int32]) -> NDArray[np.int64]:
    """Spread what is known of customers over their orders, -1 for guests."""
    return np.append(of_customer, np.int32(-1))[orders.customer].astype(np.int64)


def _told(column: Coded, rows: NDArray[np.int64]) -> Any:  # noqa: ANN401
    """Take rows of a column, -1 for nobody."""
    codes = np.append(column.codes, np.int32(-1))[rows]
    return arrow.arrow_texts(column.values).take(pa.array(codes, mask=codes < 0))


def _on_the_clock(at: NDArray[np.datetime64], zone: str) -> Any:  # noqa: ANN401
    """Give instants as the shop's clock shows them, to the second."""
    utc = pa.array(at.view(np.int64), pa.timestamp("us", "UTC"))
    local = pc.local_timestamp(utc.cast(pa.timestamp("us", zone)))
    return pc.floor_temporal(local, unit="second").cast(pa.timestamp("s"))


def _amounts(minor: NDArray[np.int64], currency: str) -> Any:  # noqa: ANN401
    """Give minor units as exact decimals: a decimal is its unscaled whole number."""
    words = np.empty((len(minor), 2), np.int64)
    words[:, 0], words[:, 1] = minor, minor >> 63
    kind = pa.decimal128(_DIGITS, exponent(currency))
    return pa.Array.from_buffers(kind, len(minor), [None, pa.py_buffer(words)])
