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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from retailcrm.domain.problems import Problem
    from retailcrm.shop.observed import Collector, Observed

_BYTES_PER_ROW: Final = 700
"""Measured peak of folding and reducing one order, scratch space included."""

_PARTS: Final = 256
"""Partitions of each pass. A budget of 256 MB then carries some 90 million orders."""

_IPC: Final = pa.ipc.IpcWriteOptions(compression="lz4")
_INSTANTS: Final = ("placed_at", "paid_at", "refunded_at", "first_seen")
_AMOUNTS: Final = ("gross", "refunded")


@attrs.define(eq=False)
class _Spread:
    """Rows spread over the files of one folder; each file is an Arrow stream."""

    folder: Path
    rows: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(_PARTS, np.int64))
    _writers: dict[str, Any] = attrs.field(factory=dict, init=False)

    def add(self, name: str, table: pa.Table, part: NDArray[np.int64]) -> None:
        """Write each row to the file of its part."""
        order = np.argsort(part, kind="stable")
        sorted_table = table.take(pa.array(order))
        ends = np.searchsorted(part[order], np.arange(_PARTS + 1))
        self.rows += np.diff(ends)
        for p in np.flatnonzero(ends[1:] > ends[:-1]).tolist():
            self._write(f"{name}.{p}", sorted_table.slice(ends[p], ends[p + 1] - ends[p]))

    def _write(self, name: str, table: pa.Table) -> None:
        writer = self._writers.get(name)
        if writer is None:
            writer = self._writers[name] = pa.ipc.new_stream(
                str(self.folder / name), table.schema, options=_IPC
            )
        writer.write_table(table)

    def finish(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def read(self, name: str, parts: range) -> pa.Table | None:
        """Read some parts back as one table, ``None`` if no row fell there."""
        tables = []
        for part in parts:
            path = self.folder / f"{name}.{part}"
            if path.exists():
                with pa.ipc.open_stream(str(path)) as reader:
                    tables.append(reader.read_all())
        return pa.concat_tables(tables, promote_options="default") if tables else None

    def groups(self, budget: int) -> Iterator[range]:
        """Give runs of parts that together fit a budget of bytes; a part alone may exceed it."""
        start, held = 0, 0
        for part, rows in enumerate(self.rows.tolist()):
            if held and (held + rows) * _BYTES_PER_ROW > budget:
                yield range(start, part)
                start, held = part, 0
            held += rows
        if held:
            yield range(start, _PARTS)


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
    budget: int = attrs.field(validator=attrs.validators.ge(1 << 20))
    _root: Path = attrs.field(factory=lambda: Path(tempfile.mkdtemp(prefix="retailcrm-")), init=False)
    _files: dict[str, tuple[str, Observed, NDArray[np.int64]]] = attrs.field(factory=dict, init=False)
    _read: int = attrs.field(default=0, init=False)
    _last: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(_PARTS, np.int64), init=False)
    _customers: _Spread | None = attrs.field(default=None, init=False)

    def collect(self, collector: Collector, items: Iterable[Batch | Problem]) -> Mapping[Grain, pa.Table]:
        """Spread the rows of a file over the partitions while it is read."""
        spread = _Spread(self._root)
        self._read += 1
        buffered: dict[Grain, list[pa.Table]] = {}
        most = max(10_000, self.budget // (3 * _BYTES_PER_ROW))
        for grain, table in collector.take(items):
            buffered.setdefault(grain, []).append(_plain(table))
            if sum(map(len, buffered[grain])) >= most:
                self._flush(spread, grain, buffered.pop(grain))
        for grain, tables in buffered.items():
            self._flush(spread, grain, tables)
        spread.finish()
        self._last = spread.rows
        return {}

    def _flush(self, spread: _Spread, grain: Grain, tables: list[pa.Table]) -> None:
        table = pa.concat_tables(tables, promote_options="default").combine_chunks()
        number = arrow.texts(table.column("number").combine_chunks())
        spread.add(f"{self._read}.{grain}", table, _part(hash_texts(number)))

    def add(self, observed: Observed) -> bool:
        """Keep the file just collected; ``False`` if the very same is there already."""
        stem = str(self._read)
        if observed.digest in self._files:
            for path in self._root.glob(f"{stem}.*"):
                path.unlink()
            return False
        self._files[observed.digest] = (stem, observed, self._last)
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

    def _spread_by_customer(self) -> _Spread:
        spread = _Spread(Path(tempfile.mkdtemp(dir=self._root)))
        disk = _Spread(
            self._root, sum((rows for *_, rows in self._files.values()), np.zeros(_PARTS, np.int64))
        )
        for parts in disk.groups(self.budget):
            files = [self._part_of(disk, stem, observed, parts) for stem, observed, _ in self._files.values()]
            orders = fold(files, currency=self.currency, zone=self.zone).orders
            table, key = _as_arrow(orders)
            spread.add("orders", table, _part(key))
        spread.finish()
        return spread

    def _part_of(self, disk: _Spread, stem: str, observed: Observed, parts: range) -> Observed:
        tables = {grain: disk.read(f"{stem}.{grain}", parts) for grain in Grain}
        return attrs.evolve(
            observed, tables={grain: table for grain, table in tables.items() if table is not None}
        )

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


def _part(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    return (hashes % np.uint64(_PARTS)).astype(np.int64)


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
