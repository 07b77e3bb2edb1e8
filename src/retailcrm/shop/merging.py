"""Merges on columns: all orders of one person under one customer, wherever the shop's figures are made."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.domain.customers import CustomerFile
from retailcrm.domain.identity import CustomerId
from retailcrm.shop.people import People, customer_file, people_of
from retailcrm.shop.picking import picked
from retailcrm.shop.said import Said, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import LineTable
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.buyers import BuyerKinds
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.observations import Observations
    from retailcrm.shop.partitions import PartitionedObservations


@attrs.define(eq=False)
class MergedStore:
    """A store as it stands after all merges: ids that are one person are one customer in everything it gives.

    Attributes:
        kept: The store as the files tell it.
        merges: Who was taken for whom.
    """

    kept: Observations | PartitionedObservations
    merges: Merges
    _orders: tuple[OrderTable, Mapping[str, str], OrderTable] | None = attrs.field(default=None, init=False)
    _beside: tuple[Beside, Mapping[str, str], Beside] | None = attrs.field(default=None, init=False)

    def parts(self) -> Iterator[OrderTable]:
        """Give the shop's orders in parts of disjoint customers.

        Where there is one part, its rows keep their places. Where there are several, whoever was merged is
        taken out of all of them, and comes in a part at the end: nothing needs to be sorted anew.
        """
        present = self.merges.present()
        if not present:
            yield from self.kept.parts()
            return
        parts = self.kept.parts()
        first = next(parts)
        second = next(parts, None)
        if second is None:
            yield self._merged(first, present)
            return
        moved: list[OrderTable] = []
        concerned = [*present, *dict.fromkeys(present.values())]
        for orders in chain((first, second), parts):
            stays, goes = _parted(orders, concerned)
            yield stays
            moved.append(goes)
        yield merged_orders(stacked_orders(moved), present)

    def _merged(self, orders: OrderTable, present: Mapping[str, str]) -> OrderTable:
        """Merge a table; the last one is kept, since a shop in memory is asked for the same every time."""
        last = self._orders
        if last is None or last[0] is not orders or last[1] is not present:
            last = self._orders = orders, present, merged_orders(orders, present)
        return last[2]

    def beside(self) -> Beside:
        """Give what the shop knows beside its orders; positions are those of :meth:`parts`."""
        present, beside = self.merges.present(), self.kept.beside()
        if not present:
            return beside
        last = self._beside
        if last is None or last[0] is not beside or last[1] is not present:
            last = self._beside = beside, present, self._merged_beside(beside, present)
        return last[2]

    def _merged_beside(self, beside: Beside, present: Mapping[str, str]) -> Beside:
        people = merged_people(tuple(self.kept.said()), self.kept.buyer_kinds(), present)
        reviews = beside.reviews
        if reviews is not None and (reviews.customer >= 0).any():
            merged = merged_customers(next(self.kept.parts()).customers, present)
            if merged is not None:
                reviews = attrs.evolve(reviews, customer=np.append(merged[1], np.int32(-1))[reviews.customer])
        return attrs.evolve(beside, people=people, reviews=reviews)

    def lines(self) -> LineTable | None:
        """Give the lines of all orders, by row of the only part; ``None`` if none, or many parts."""
        return self.kept.lines()

    def file(self, customer: str) -> CustomerFile:
        """Give what was told of a customer under any of her ids, by whom and when."""
        present = self.merges.aliases.resolve(CustomerId(customer))
        file, members = CustomerFile(present), sorted(self.merges.aliases.members(present))
        kept = self.kept.about(members)
        for member in members:
            file = file.joined(customer_file(kept, member))
        return file

    def about(self, customers: Iterable[str], numbers: Collection[str] = ()) -> MergedStore:
        """Give a store that knows all of some customers, and perhaps nothing of others.

        In a database only what belongs to them is read, by index.

        Args:
            customers: Any of their ids.
            numbers: Numbers of orders that are looked for too.
        """
        aliases = self.merges.aliases
        kept = self.kept.about(
            sorted({str(member) for one in customers for member in aliases.members(CustomerId(one))}), numbers
        )
        return self if kept is self.kept else MergedStore(kept, self.merges)

    def having(self, kind: str, value: str) -> frozenset[str] | None:
        """Give whose sayings tell who has a phone or e-mail address, by their present ids.

        Args:
            kind: ``"phone"`` or ``"email"``.
            value: In its normal form.

        Returns:
            All who have it, and perhaps some who had it once; ``None`` where everybody's are at hand.
        """
        found = self.kept.having(kind, value)
        if found is None:
            return None
        return frozenset(str(self.merges.aliases.resolve(CustomerId(one))) for one in found)

    def snapshot(self) -> AbstractContextManager[object]:
        """See one moment in all that this store tells until it ends, whoever imports or merges meanwhile."""
        return self.kept.snapshot()


def merged_people(said: Sequence[Said], kinds: BuyerKinds, present: Mapping[str, str]) -> People:
    """Fold what files say of people, ids that are one person together.

    The field rule goes over the statements of all her ids at once: what is in force of a merged person
    is what would be, had every file called her by her present id.

    Args:
        said: Statements, in any order.
        kinds: The shop's kinds of buyer keys.
        present: The present id of every id that was merged away.
    """
    who = named(said, kinds)
    merged = merged_customers(Customers(ids=who.ids, strength=who.strength), present)
    if merged is None:
        return people_of(said, kinds)
    customers, code = merged
    place = np.append(code, np.int32(-1))
    return people_of(
        [
            attrs.evolve(told, key=None, who=customers, customer=place[codes])
            for told, codes in zip(said, who.codes, strict=True)
        ],
        kinds,
    )


def merged_orders(orders: OrderTable, present: Mapping[str, str]) -> OrderTable:
    """Give a table's orders to the customers that their buyers are today.

    Args:
        orders: Orders as the files tell them; its rows keep their places.
        present: The present id of every id that was merged away.

    Returns:
        The same orders under present ids; the very same table if nobody in it was merged away.

    Example:
        >>> from retailcrm.analytics.columns import NO_INSTANT
        >>> from retailcrm.analytics.tables import OrderTable
        >>> never, nothing = np.full(2, NO_INSTANT), np.zeros(2, np.int64)
        >>> two = OrderTable(
        ...     currency="CNY", zone="UTC", numbers=Texts.of(["1", "2"]), placed_at=never, paid_at=never,
        ...     customers=Customers(ids=Texts.of(["ann", "a-ann"]), strength=np.array([2, 2], np.int8)),
        ...     customer=np.array([0, 1], np.int32), state=np.zeros(2, np.int8), gross=nothing,
        ...     refunded=nothing, credit=np.zeros(2, bool), refunded_at=never, first_seen=never)
        >>> one = merged_orders(two, {"a-ann": "ann"})
        >>> one.customers.ids.tolist(), one.customer.tolist()
        (['ann'], [0, 0])
    """
    merged = merged_customers(orders.customers, present)
    if merged is None:
        return orders
    customers, code = merged
    return attrs.evolve(orders, customers=customers, customer=np.append(code, np.int32(-1))[orders.customer])


def _parted(orders: OrderTable, ids: Sequence[str]) -> tuple[OrderTable, OrderTable]:
    """Take the orders of some customers out of a table; each part has its own customers."""
    goes = np.zeros(len(orders.customers) + 1, np.bool_)
    goes[list(_positions(orders.customers.ids, ids).values())] = True
    mine = goes[orders.customer]
    return _of(orders, ~mine, ~goes[:-1]), _of(orders, mine, goes[:-1])


def _of(orders: OrderTable, rows: NDArray[np.bool_], customers: NDArray[np.bool_]) -> OrderTable:
    chosen = picked(orders, np.flatnonzero(rows))
    code = np.append(np.cumsum(customers) - 1, -1).astype(np.int32)
    kept = np.flatnonzero(customers)
    people = Customers(ids=orders.customers.ids.take(kept), strength=orders.customers.strength[kept])
    return attrs.evolve(chosen, customers=people, customer=code[chosen.customer])


def stacked_orders(tables: Sequence[OrderTable]) -> OrderTable:
    """Put tables of disjoint customers one after the other; at least one.

    Args:
        tables: Of one shop.
    """
    starts = np.cumsum([0, *(len(t.customers) for t in tables)])
    codes = [
        np.where(t.customer < 0, -1, t.customer + start) for t, start in zip(tables, starts, strict=False)
    ]
    columns: dict[str, Any] = {
        field.name: _stacked([getattr(t, field.name) for t in tables], [len(t) for t in tables])
        for field in attrs.fields(OrderTable)
        if field.name not in ("currency", "zone", "customers", "customer")
    }
    customers = Customers(
        ids=Texts.concat([t.customers.ids for t in tables]),
        strength=np.concatenate([t.customers.strength for t in tables]),
    )
    return attrs.evolve(
        tables[0], customers=customers, customer=np.concatenate(codes).astype(np.int32), **columns
    )


def _stacked(columns: Sequence[Any], rows: Sequence[int]) -> Any:  # noqa: ANN401 - a column of any kind
    """Put columns one after the other; a table without the column knows nothing of its rows."""
    sample = next((column for column in columns if column is not None), None)
    if sample is None:
        return None
    if isinstance(sample, Texts):
        return Texts.concat(columns)
    if isinstance(sample, Coded):
        filled = [Coded.of([None] * n) if c is None else c for c, n in zip(columns, rows, strict=True)]
        return _stacked_codes(filled)
    untold = np.datetime64("NaT", "us") if sample.dtype.kind == "M" else 0
    return np.concatenate(
        [np.full(n, untold, sample.dtype) if c is None else c for c, n in zip(columns, rows, strict=True)]
    )


def _stacked_codes(columns: Sequence[Coded]) -> Coded:
    once = Coded.of(text for column in columns for text in column.values)
    starts = np.cumsum([0, *(len(column.values) for column in columns)])
    codes = [np.where(c.codes < 0, -1, c.codes + start) for c, start in zip(columns, starts, strict=False)]
    return Coded(np.append(once.codes, np.int32(-1))[np.concatenate(codes)], once.values)


def merged_customers(
    customers: Customers, present: Mapping[str, str]
) -> tuple[Customers, NDArray[np.int32]] | None:
    """Join customers that are one person.

    Args:
        customers: As the files tell them, each id once.
        present: The present id of every id that was merged away.

    Returns:
        The customers, each as strong as her strongest id, in the order of their first; and the new
        position of each old one, ``int32``. ``None`` if nobody was merged away.
    """
    gone = _positions(customers.ids, list(present))
    if not gone:
        return None
    there = _positions(customers.ids, sorted(set(present.values())))
    to = np.arange(len(customers), dtype=np.int32)
    names: dict[int, str] = {}
    for old, position in sorted(gone.items(), key=lambda found: found[1]):
        new = present[old]
        if new not in there:
            # Her present id never bought: the first of the ids that did stands for it.
            there[new] = position
            names[position] = new
        to[position] = there[new]
    strength = np.zeros(len(customers), np.int8)
    np.maximum.at(strength, to, customers.strength)
    stays = np.flatnonzero(to == np.arange(len(to)))
    renumbered = np.cumsum(to == np.arange(len(to)), dtype=np.int32) - np.int32(1)
    ids = _renamed(customers.ids, names).take(stays)
    return Customers(ids=ids, strength=strength[stays]), renumbered[to]


def _positions(ids: Texts, wanted: Sequence[str]) -> dict[str, int]:
    """Find some of many ids."""
    found = pc.index_in(arrow.arrow_texts(ids), value_set=pa.array(list(wanted), pa.large_string()))
    at = np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False))
    return {wanted[which]: int(i) for i, which in zip(at, found.take(pa.array(at)).to_pylist(), strict=True)}


def _renamed(ids: Texts, names: Mapping[int, str]) -> Texts:
    if not names:
        return ids
    which = np.arange(len(ids))
    which[list(names)] = len(ids) + np.arange(len(names))
    return Texts.concat([ids, Texts.of(names.values())]).take(which)
