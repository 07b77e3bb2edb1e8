"""Imports larger than memory: rows partitioned on disk, first by order number, then by customer.

Every file is read once and its rows are spread over partitions by a hash of the order number, so that
all that any file told of an order lies in one partition. Each partition is folded by itself and its
orders are spread again by customer. A part then holds all orders of its customers, and reductions of
the parts are joined exactly.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT, Coded
from retailcrm.analytics.hashing import hash_texts
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.ports.batches import Batch, Grain
from retailcrm.shop.folding import fold
from retailcrm.shop.observed import Collected
from retailcrm.shop.partition_refunds import refunds_of_sub_orders
from retailcrm.shop.spread import BYTES_PER_ROW, PARTS, Spread, part_of, part_of_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from retailcrm.domain.problems import Problem
    from retailcrm.shop.observed import Collector, Observed

LEAST_BUDGET: Final = 1 << 20
"""A smaller budget would not hold the rows of one read."""

_INSTANTS: Final = ("placed_at", "paid_at", "refunded_at", "first_seen")
_AMOUNTS: Final = ("gross", "refunded")


@attrs.define(eq=False)
class PartitionedObservations:
    """Observations on disk, for imports larger than memory.

    Attributes:
        currency: The shop's ISO 4217 code.
        zone: The shop's IANA zone.
        budget: Bytes that the rows of one partition may take while it is worked on.
    """

    currency: str
    zone: str
    budget: int = attrs.field(validator=attrs.validators.ge(LEAST_BUDGET))
    _root: Path = attrs.field(factory=lambda: Path(tempfile.mkdtemp(prefix="retailcrm-")), init=False)
    _files: dict[str, tuple[str, Observed, NDArray[np.int64]]] = attrs.field(factory=dict, init=False)
    _read: int = attrs.field(default=0, init=False)
    _customers: Spread | None = attrs.field(default=None, init=False)

    def collect(self, collector: Collector, items: Iterable[Batch | Problem]) -> Collected:
        """Spread the rows of a file over the partitions while it is read."""
        spread = Spread(self._root)
        self._read += 1
        buffered: dict[Grain, list[pa.Table]] = {}
        most = max(10_000, self.budget // (3 * BYTES_PER_ROW))
        try:
            for grain, table in collector.take(items):
                buffered.setdefault(grain, []).append(_plain(table))
                if sum(map(len, buffered[grain])) >= most:
                    self._flush(spread, grain, buffered.pop(grain))
            for grain, tables in buffered.items():
                self._flush(spread, grain, tables)
        finally:
            spread.finish()
        return Collected({}, str(self._read), spread.rows)

    def _flush(self, spread: Spread, grain: Grain, tables: list[pa.Table]) -> None:
        table = pa.concat_tables(tables, promote_options="default").combine_chunks()
        spread.add(f"{self._read}.{grain}", table, part_of_texts(table.column("number")))

    def add(self, observed: Observed, collected: Collected) -> bool:
        """Keep a file; ``False`` if the very same is there already."""
        if observed.digest in self._files:
            for path in self._root.glob(f"{collected.stem}.*"):
                path.unlink()
            return False
        self._files[observed.digest] = (collected.stem, observed, collected.rows)
        self._forget_customers()
        return True

    def parts(self) -> Iterator[OrderTable]:
        """Give the shop's orders in parts of disjoint customers; at least one, maybe empty."""
        if self._customers is None:
            self._customers = self._spread_by_customer()
        given = False
        for parts in self._customers.groups(self.budget):
            table = self._customers.read("orders", parts)
            if table is not None:
                given = True
                yield self._order_table(table)
        if not given:
            yield fold((), currency=self.currency, zone=self.zone).orders

    def _spread_by_customer(self) -> Spread:
        spread = Spread(Path(tempfile.mkdtemp(dir=self._root)))
        disk = Spread(self._root, sum((rows for *_, rows in self._files.values()), np.zeros(PARTS, np.int64)))
        home = refunds_of_sub_orders(disk, [stem for stem, *_ in self._files.values()], self.budget)
        for parts in disk.groups(self.budget):
            files = [
                _part_of((disk, home), stem, observed, parts) for stem, observed, _ in self._files.values()
            ]
            orders = fold(files, currency=self.currency, zone=self.zone).orders
            table, key = _as_arrow(orders)
            spread.add("orders", table, part_of(key))
        spread.finish()
        if home is not None:
            shutil.rmtree(home.folder)
        return spread

    def _order_table(self, table: pa.Table) -> OrderTable:
        ids = table.column("customer").combine_chunks().dictionary_encode()
        customer = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        strength = np.zeros(len(ids.dictionary) + 1, np.int8)
        strength[customer] = table.column("strength").to_numpy()
        wholes = {name: table.column(name).to_numpy() for name in (*_AMOUNTS, *_INSTANTS, "completed_at")}
        completed = wholes.pop("completed_at").view(INSTANT)
        return OrderTable(
            currency=self.currency,
            zone=self.zone,
            customers=Customers(ids=arrow.texts(ids.dictionary), strength=strength[:-1]),
            numbers=arrow.texts(table.column("number").combine_chunks()),
            customer=customer,
            state=table.column("state").to_numpy(),
            credit=table.column("credit").to_numpy(),
            completed_at=None if np.isnat(completed).all() else completed,
            platform=_coded(table, "platform"),
            province=_coded(table, "province"),
            city=_coded(table, "city"),
            **{
                name: column.view(INSTANT) if name in _INSTANTS else column for name, column in wholes.items()
            },
        )

    def _forget_customers(self) -> None:
        if self._customers is not None:
            shutil.rmtree(self._customers.folder)
            self._customers = None

    def close(self) -> None:
        """Delete the partitions."""
        shutil.rmtree(self._root, ignore_errors=True)


def _part_of(spreads: tuple[Spread, Spread | None], stem: str, observed: Observed, parts: range) -> Observed:
    """Give some parts of a file, refunds of sub-orders with their orders."""
    tables = {}
    for grain in Grain:
        read = [spread.read(f"{stem}.{grain}", parts) for spread in spreads if spread is not None]
        told = [table for table in read if table is not None]
        if told:
            tables[grain] = pa.concat_tables(told, promote_options="default")
    return attrs.evolve(observed, tables=tables)


def _plain(table: pa.Table) -> pa.Table:
    """Decode dictionaries: a row that goes to another file must not carry everybody's values along."""
    fields = [
        pa.field(field.name, pa.large_string() if pa.types.is_dictionary(field.type) else field.type)
        for field in table.schema
    ]
    return table.cast(pa.schema(fields))


def _as_arrow(orders: OrderTable) -> tuple[pa.Table, NDArray[np.uint64]]:
    """Give the orders with customers as texts, and the hash that decides their part."""
    ids = orders.customers.ids
    known = orders.customer >= 0
    customer = pa.DictionaryArray.from_arrays(
        pa.array(orders.customer, mask=~known), arrow.arrow_texts(ids)
    ).cast(pa.large_string())
    # An order without a customer may lie anywhere, but always in the same place.
    key = np.where(
        known, np.append(hash_texts(ids), np.uint64(0))[orders.customer], hash_texts(orders.numbers)
    )
    never = np.full(len(orders), np.datetime64("NaT", "us"))
    columns: dict[str, Any] = {
        "customer": customer,
        "strength": np.append(orders.customers.strength, np.int8(0))[orders.customer],
        "number": arrow.arrow_texts(orders.numbers),
        "state": orders.state,
        "credit": orders.credit,
        "completed_at": (never if orders.completed_at is None else orders.completed_at).view(np.int64),
        **{name: getattr(orders, name) for name in _AMOUNTS},
        **{name: getattr(orders, name).view(np.int64) for name in _INSTANTS},
        **{
            name: _texts_or_null(getattr(orders, name), len(orders))
            for name in ("platform", "province", "city")
        },
    }
    return pa.table(columns), key


def _texts_or_null(column: Coded | None, rows: int) -> Any:  # noqa: ANN401 - Arrow has no types
    if column is None:
        return pa.nulls(rows, pa.large_string())
    return arrow.arrow_coded(column).cast(pa.large_string())


def _coded(table: pa.Table, name: str) -> Coded | None:
    column = table.column(name).combine_chunks()
    return None if column.null_count == len(column) else arrow.coded(column.dictionary_encode())
