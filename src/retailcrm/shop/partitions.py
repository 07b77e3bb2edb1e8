"""Imports larger than memory: rows partitioned on disk, first by order number, then by customer.

Every file is read once and its rows are spread over partitions by a hash of the order number, so that
all that any file told of an order lies in one partition. Each partition is folded by itself and its
orders are spread again by customer. A part then holds all orders of its customers, and reductions of
the parts are joined exactly.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT, MISSING, Coded
from retailcrm.analytics.hashing import hash_texts
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.ports.batches import Batch, Grain
from retailcrm.shop.beside import Beside, kinds_seen
from retailcrm.shop.beside_partitions import BesidePartitions
from retailcrm.shop.buyers import BuyerKinds, adopted
from retailcrm.shop.folding import by_moment, fold
from retailcrm.shop.observed import Collected
from retailcrm.shop.partition_refunds import refunds_of_sub_orders
from retailcrm.shop.people import people_of
from retailcrm.shop.products import product_table
from retailcrm.shop.refund_reasons import joined_reasons
from retailcrm.shop.reviews import review_table
from retailcrm.shop.said import Said, members_of
from retailcrm.shop.spread import BYTES_PER_ROW, PARTS, Spread, part_of, part_of_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from retailcrm.domain.problems import Problem
    from retailcrm.shop.folding import Folded
    from retailcrm.shop.observed import Collector, Observed

LEAST_BUDGET: Final = 1 << 20
"""A smaller budget would not hold the rows of one read."""

_INSTANTS: Final = ("placed_at", "paid_at", "refunded_at", "first_seen")
_IF_ANY: Final = ("shipped_at", "received_at", "completed_at")
_TEXTS: Final = ("platform", "province", "city", "channel")
_AMOUNTS: Final = ("gross", "refunded")
_BY_NUMBER: Final = frozenset({Grain.ORDERS, Grain.LINES, Grain.REFUNDS, Grain.PARCELS})
"""Grains whose rows are needed where their orders are; the others are few, and stay whole."""


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
    _beside: Beside | None = attrs.field(default=None, init=False)
    _told: BesidePartitions = attrs.field(factory=BesidePartitions, init=False)

    def collect(self, collector: Collector, items: Iterable[Batch | Problem]) -> Collected:
        """Spread the rows of a file over the partitions while it is read."""
        spread, whole = Spread(self._root), Spread(self._root)
        self._read += 1
        buffered: dict[Grain, list[pa.Table]] = {}
        most = max(10_000, self.budget // (3 * BYTES_PER_ROW))
        try:
            for grain, table in collector.take(items):
                buffered.setdefault(grain, []).append(_plain(table))
                if sum(map(len, buffered[grain])) >= most:
                    self._flush(spread if grain in _BY_NUMBER else whole, grain, buffered.pop(grain))
            for grain, tables in buffered.items():
                self._flush(spread if grain in _BY_NUMBER else whole, grain, tables)
        finally:
            spread.finish()
            whole.finish()
        return Collected({}, str(self._read), spread.rows)

    def _flush(self, spread: Spread, grain: Grain, tables: list[pa.Table]) -> None:
        table = pa.concat_tables(tables, promote_options="default").combine_chunks()
        part = (
            part_of_texts(table.column("number")) if grain in _BY_NUMBER else np.zeros(len(table), np.int64)
        )
        spread.add(f"{self._read}.{grain}", table, part)

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
        spread = self._spread()
        given = False
        for parts in spread.groups(self.budget):
            table = spread.read("orders", parts)
            if table is not None:
                given = True
                yield self._order_table(table)
        if not given:
            yield fold((), currency=self.currency, zone=self.zone).orders

    def _spread(self) -> Spread:
        if self._customers is None:
            self._customers = self._spread_by_customer()
        return self._customers

    def pieces(self) -> Iterator[tuple[list[Observed], Folded]]:
        """Give the files' rows in pieces that hold all of an order, each with the orders it folds into."""
        disk = Spread(self._root, sum((rows for *_, rows in self._files.values()), np.zeros(PARTS, np.int64)))
        home = refunds_of_sub_orders(disk, [stem for stem, *_ in self._files.values()], self.budget)
        try:
            for parts in disk.groups(self.budget):
                files = [
                    _part_of((disk, home), stem, observed, parts)
                    for stem, observed, _ in self._files.values()
                ]
                yield by_moment(adopted(files)), fold(files, currency=self.currency, zone=self.zone)
        finally:
            if home is not None:
                shutil.rmtree(home.folder)

    def _spread_by_customer(self) -> Spread:
        spread = Spread(Path(tempfile.mkdtemp(dir=self._root)))
        self._told = BesidePartitions(Spread(spread.folder))
        for _, folded in self.pieces():
            self._told.take(folded)
            table, key = _as_arrow(folded.orders)
            spread.add("orders", table, part_of(key))
        spread.finish()
        self._told.finish()
        return spread

    def _order_table(self, table: pa.Table) -> OrderTable:
        ids = table.column("customer").combine_chunks().dictionary_encode()
        customer = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        strength = np.zeros(len(ids.dictionary) + 1, np.int8)
        strength[customer] = table.column("strength").to_numpy()
        columns: dict[str, Any] = {name: table.column(name).to_numpy() for name in _AMOUNTS}
        columns |= {name: table.column(name).to_numpy().view(INSTANT) for name in _INSTANTS}
        columns |= {name: _instants(table, name) for name in _IF_ANY}
        columns |= {name: _coded(table, name) for name in _TEXTS}
        columns["postage"] = _amounts(table, "postage")
        return OrderTable(
            currency=self.currency,
            zone=self.zone,
            customers=Customers(ids=arrow.texts(ids.dictionary), strength=strength[:-1]),
            numbers=arrow.texts(table.column("number").combine_chunks()),
            customer=customer,
            state=table.column("state").to_numpy(),
            credit=table.column("credit").to_numpy(),
            **columns,
        )

    def _forget_customers(self) -> None:
        if self._customers is not None:
            shutil.rmtree(self._customers.folder)
            self._customers = None
        self._beside, self._told = None, BesidePartitions()

    def said(self) -> tuple[Said, ...]:
        """Give all that files say of people."""
        self._spread()
        return (*members_of(self.files()), *self._told.recipients())

    def buyer_kinds(self) -> BuyerKinds:
        """Give the kinds of buyer keys that the files have."""
        return BuyerKinds.of(adopted([observed for _, observed, _ in self._files.values()]))

    def beside(self) -> Beside:
        """Give what the shop knows beside its orders, as far as that fits no partition."""
        if self._beside is None:
            said, kinds, files = self.said(), self.buyer_kinds(), self.files()
            self._beside = Beside(
                people=people_of(said, kinds),
                products=product_table(files),
                reviews=review_table(files, kinds, None),
                refunds=joined_reasons(self._told.refunds),
                stray_refunds=self._told.stray_refunds,
                kinds=kinds_seen(files),
            )
        return self._beside

    def lines(self) -> None:
        """Say that lines are not kept in memory: they point to rows of one table, and there is none."""
        return

    def files(self) -> list[Observed]:
        """Give the files with the grains that are not partitioned, oldest export first."""
        found = [
            _part_of((Spread(self._root), None), stem, observed, range(1), set(Grain) - _BY_NUMBER)
            for stem, observed, _ in self._files.values()
        ]
        return by_moment(adopted(found))

    def about(self, customers: Collection[str], numbers: Collection[str] = ()) -> PartitionedObservations:  # noqa: ARG002 - it lies in all
        """Give observations that know all of some customers: these do.

        Args:
            customers: Ids before merges.
            numbers: Numbers of orders that are looked for too.
        """
        return self

    def having(self, kind: str, value: str) -> Collection[str] | None:  # noqa: ARG002 - all is at hand
        """Give whose sayings tell who has a phone or e-mail address; ``None``: everybody's are at hand.

        Args:
            kind: ``"phone"`` or ``"email"``.
            value: In its normal form.
        """
        return None

    def snapshot(self) -> AbstractContextManager[object]:
        """See one moment until it ends: nobody else imports here."""
        return nullcontext()

    def close(self) -> None:
        """Delete the partitions."""
        shutil.rmtree(self._root, ignore_errors=True)


def _part_of(
    spreads: tuple[Spread, Spread | None],
    stem: str,
    observed: Observed,
    parts: range,
    grains: Iterable[Grain] = _BY_NUMBER,
) -> Observed:
    """Give some parts of a file, refunds of sub-orders with their orders."""
    disk, home = spreads
    tables = {}
    for grain in Grain:
        if grain in grains:
            # Where refunds were sorted by their orders, all of them were.
            spread = home if grain is Grain.REFUNDS and home is not None else disk
            told = spread.read(f"{stem}.{grain}", parts)
            if told is not None:
                tables[grain] = told
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
    columns: dict[str, Any] = {
        "customer": customer,
        "strength": np.append(orders.customers.strength, np.int8(0))[orders.customer],
        "number": arrow.arrow_texts(orders.numbers),
        "state": orders.state,
        "credit": orders.credit,
        **{name: getattr(orders, name) for name in _AMOUNTS},
        **{name: getattr(orders, name).view(np.int64) for name in _INSTANTS},
        **{name: column.view(np.int64) for name in _IF_ANY if (column := getattr(orders, name)) is not None},
        **({} if orders.postage is None else {"postage": orders.postage}),
        **{
            name: arrow.arrow_coded(column).cast(pa.large_string())
            for name in _TEXTS
            if (column := getattr(orders, name)) is not None
        },
    }
    return pa.table(columns), key


def _instants(table: pa.Table, name: str) -> NDArray[np.datetime64] | None:
    """Give moments that not every partition has."""
    if name not in table.column_names:
        return None
    column = table.column(name)
    return column.fill_null(MISSING).to_numpy().view(INSTANT) if column.null_count < len(column) else None


def _amounts(table: pa.Table, name: str) -> NDArray[np.int64] | None:
    """Give amounts that not every partition has."""
    return table.column(name).fill_null(0).to_numpy() if name in table.column_names else None


def _coded(table: pa.Table, name: str) -> Coded | None:
    if name not in table.column_names:
        return None
    column = table.column(name).combine_chunks()
    return None if column.null_count == len(column) else arrow.coded(column.dictionary_encode())
