"""One shop's imported files, their orders, and its decisions on who is who, in an SQL database."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.stores.sql import orders_statements as sql
from retailcrm.adapters.stores.sql.bulk_behind import behind
from retailcrm.adapters.stores.sql.codecs import micros, moment, proof
from retailcrm.adapters.stores.sql.orders_columns import (
    escaped,
    escaped_text,
    joined,
    read_batch,
    typed,
    unescaped_text,
    write_rows,
)
from retailcrm.adapters.stores.sql.shops import begin_shop, change_shop
from retailcrm.domain.points.documents import canonical
from retailcrm.errors import StoreError
from retailcrm.ports.batches import COLUMNS, Grain
from retailcrm.ports.orders import BY_WHO, ORDER_COLUMNS, ColumnsKept, FileKept

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from retailcrm.adapters.stores.sql.executor import Database, Row

_AT_ONCE: Final = 20_000
"""Numbers asked for in one statement."""

_MANY: Final = 50_000
_ROOM: Final = 65_536
_MOST_ROOM: Final = 262_144
"""For so many rows so many KiB, and at most so many."""


@attrs.frozen(eq=False)
class SqlOrders:
    """Keeps imported files, orders and decisions; see :class:`retailcrm.ports.orders.OrderBook`.

    Attributes:
        database: Where.
        shop: The shop's key.
    """

    database: Database
    shop: str

    def begin(self, currency: str, zone: str, now: datetime) -> tuple[str, str]:
        """Give the shop's currency and zone; a shop that is not there yet begins with these."""
        found = self._run.one(sql.SHOP, (self.shop,))
        if found is None:
            begin_shop(self._run, self.shop, currency, zone, micros(now))
            found = self._run.one(sql.SHOP, (self.shop,))
        return found[0], found[1]

    @contextmanager
    def unit(self, rows: int = 0) -> Iterator[object]:
        """Open a transaction for writing; one inside another joins it.

        Args:
            rows: How many will be written, if that is known: SQLite takes memory for very many, or it would
                write and read the pages of its indexes over and over.
        """
        with self.database.unit() as run:
            if run.dialect != "sqlite" or self.database.borrowed or rows < _MANY:
                yield run
                return
            (before,) = run.all("PRAGMA cache_size")[0]
            run.all(f"PRAGMA cache_size = {-min(rows // _MANY * _ROOM, _MOST_ROOM)}")
            try:
                with behind(self.database):
                    yield run
            finally:
                # What went wrong is not hidden by a transaction that is gone.
                with suppress(StoreError):
                    run.all(f"PRAGMA cache_size = {before}")

    def snapshot(self) -> AbstractContextManager[object]:
        """See one moment in all that is read until it ends."""
        return self.database.snapshot()

    @property
    def in_unit(self) -> bool:
        """Whether this thread is inside a unit."""
        return self.database.in_unit

    def lock(self) -> None:
        """Inside a unit: keep all others from importing and merging until it ends."""
        self._run.one(sql.LOCK[self.database.dialect], (self.shop,))

    @property
    def _run(self) -> Any:  # noqa: ANN401 - an Executor; asked for anew each time, since units change it
        return self.database.executor

    def last_file(self) -> tuple[int, str]:
        """Give number and digest of the newest file; ``(0, "")`` if there is none."""
        return self._last(sql.LAST_FILE)

    def files(self, after: int = 0) -> list[FileKept]:
        """Give the journal in order of import, without accounts; those with greater numbers."""
        return [_file(row) for row in self._run.all(sql.FILES, (self.shop, after))]

    def accounts(self) -> list[str]:
        """Give what became of each file's records, in order of import."""
        return [unescaped_text(row[0]) for row in self._run.all(sql.ACCOUNTS, (self.shop,))]

    def has(self, digest: str) -> bool:
        """Say whether a file is there."""
        return self._run.one(sql.HAS_FILE, (self.shop, digest)) is not None

    def add(self, file: FileKept, tables: Mapping[Grain, pa.Table]) -> None:
        """Keep a file and its rows."""
        with self.database.unit() as run:
            values = _values(self.shop, file)
            run.run(sql.FILE_NEW, (*values, proof(*values)))
            self._unsettle()
            for grain, rows in tables.items():
                place = pa.array(range(len(rows)), pa.int64())
                fixed = {"shop": self.shop, "file": file.file}
                write_rows(run, sql.table_of(grain), fixed, rows.append_column("place", place))

    def rows(self, file: FileKept, grain: Grain) -> pa.Table:
        """Give a file's rows of one grain, as they were added."""
        kept = file.grains[grain].columns
        found = self._whole(sql.file_rows(grain, kept), kept, self.shop, file.file)
        return joined(self.pieces(file, grain), kept) if found is None else found

    def pieces(self, file: FileKept, grain: Grain) -> Iterator[pa.Table]:
        """Give the same rows some at a time."""
        kept = file.grains[grain].columns
        with self.database.snapshot() as run:
            for rows in run.batches(sql.file_rows(grain, kept), (self.shop, file.file)):
                yield read_batch(rows, kept)

    def rows_with(
        self, grain: Grain, columns: Collection[str], numbers: pa.Array, of: str = "number"
    ) -> dict[int, pa.Table]:
        """Give the rows of all files with any of many order numbers, by file, in their order there."""
        kinds = _KINDS[grain]
        wanted = {name: kinds[name] for name in dict.fromkeys(("file", "place", *columns))}
        statement = sql.rows_with(grain, of, wanted, self.database.dialect)
        found = self._among(statement, numbers, wanted)
        found = found.sort_by([("file", "ascending"), ("place", "ascending")])
        files, starts, counts = np.unique(
            found.column("file").to_numpy(), return_index=True, return_counts=True
        )
        plain = found.select([*columns])
        spans = zip(files.tolist(), starts.tolist(), counts.tolist(), strict=True)
        return {file: plain.slice(start, count) for file, start, count in spans}

    def told(self, grain: Grain, column: str, of: str, values: pa.Array) -> pa.Array:
        """Give a column of text of the rows whose other column is one of many; each text once."""
        statement = sql.told(grain, column, of, self.database.dialect)
        return pc.unique(self._among(statement, values, {column: "text"}).column(column))

    def has_orders(self) -> bool:
        """Say whether there are any orders."""
        return self._run.one(sql.ANY_ORDER, (self.shop,)) is not None

    def orders(self) -> pa.Table:
        """Give all present orders."""
        found = self._whole(sql.ORDERS, ORDER_COLUMNS, self.shop)
        if found is not None:
            return found
        with self.database.snapshot() as run:
            parts = [read_batch(rows, ORDER_COLUMNS) for rows in run.batches(sql.ORDERS, (self.shop,))]
        return joined(parts, ORDER_COLUMNS)

    def orders_numbered(self, numbers: pa.Array) -> pa.Table:
        """Give the present orders with any of these numbers, on any platform."""
        statement = sql.orders_numbered(self.database.dialect)
        platforms = [row[0] for row in self._run.all(sql.PLATFORMS, (self.shop,))]
        parts = [self._among(statement, numbers, ORDER_COLUMNS, platform) for platform in platforms]
        return joined(parts, ORDER_COLUMNS)

    def orders_of(self, customers: Sequence[str]) -> pa.Table:
        """Give the present orders of customers, by when they were placed; ids are those before merges."""
        dialect = self.database.dialect
        wanted = pa.array(customers, pa.large_string())
        found = self._among(sql.orders_of(dialect), wanted, ORDER_COLUMNS)
        return found.take(_order(found)) if len(found) > 1 else found

    def write_orders(self, orders: pa.Table, gone: pa.Table) -> None:
        """Write orders over what was there; of ``gone`` platform and number are read."""
        with self.database.unit() as run:
            if len(gone):
                names = [escaped(gone.column(n).cast(pa.large_string())) for n in ("platform", "number")]
                keys = zip(*(column.to_pylist() for column in names), strict=True)
                run.many(sql.ORDER_GONE, ((self.shop, *key) for key in keys))
            if len(orders):
                over = sql.ORDER_OVER if self.has_orders() else ""
                write_rows(run, "retailcrm_orders", {"shop": self.shop}, orders, more=over)

    def customers(self) -> Iterator[str]:
        """Give the ids of everybody with orders, sorted; before merges."""
        with self.database.snapshot() as run:
            for rows in run.batches(sql.CUSTOMERS, (self.shop,)):
                yield from (unescaped_text(row[0]) for row in rows)

    def note_observed(self, exported_at: datetime) -> None:
        """Note with the shop how far its files know."""
        at = micros(exported_at)
        with self.database.unit() as run:
            change_shop(run, self.shop, observed_at=lambda before: at if before is None else max(before, at))

    def last_decision(self) -> tuple[int, str]:
        """Give position and proof of the newest decision; ``(0, "")`` if there is none."""
        return self._last(sql.LAST_DECISION)

    def decisions(self, after: int = 0) -> list[str]:
        """Give the documents of decisions in their order; those at greater positions."""
        return [unescaped_text(row[0]) for row in self._run.all(sql.DECISIONS, (self.shop, after))]

    def decide(self, documents: Sequence[str], after: int) -> None:
        """Add decisions after the last one that the caller knows."""
        with self.database.unit() as run:
            for position, document in enumerate(documents, after + 1):
                values = (self.shop, position, escaped_text(document))
                run.run(sql.DECISION_NEW, (*values, proof(*values)))
            change_shop(run, self.shop, decisions=after + len(documents))
            self._unsettle()

    def _last(self, statement: str) -> tuple[int, str]:
        """Ask for the last of something; in a unit that keeps others away once is enough."""
        settled = self.database.settled
        asked = statement, self.shop
        if settled is not None and asked in settled:
            return settled[asked]  # type: ignore[no-any-return]
        if (along := self.database.along.pop(asked, None)) is not None:
            return along  # type: ignore[no-any-return]
        found = self._run.one(statement, (self.shop,)) or (0, "")
        if settled is not None:
            settled[asked] = found
        return found

    def _unsettle(self) -> None:
        """Ask again from now on: something was written."""
        self.database.along.clear()
        if (settled := self.database.settled) is not None:
            settled.clear()

    def _whole(self, statement: str, columns: Mapping[str, str], *values: str | int) -> pa.Table | None:
        """Read whole columns of what is committed; ``None`` where they are read row by row."""
        database: Any = self.database  # of PostgreSQL, which can do more than the others
        if database.dialect == "sqlite" or database.borrowed or database.in_unit:
            return None
        from retailcrm.adapters.stores.postgres.columns import read_columns  # noqa: PLC0415 - an extra

        found = read_columns(database.url, statement, values, database.shared_snapshot())
        return pa.table({name: typed(found.column(name), kind) for name, kind in columns.items()})

    def _among(self, statement: str, values: pa.Array, columns: Mapping[str, str], *more: object) -> pa.Table:
        """Ask for the rows with any of many values, some values at a time."""
        wanted = escaped(pa.chunked_array([values.cast(pa.large_string())]))
        parts: list[pa.Table] = []
        with self.database.snapshot() as run:
            for start in range(0, len(wanted), _AT_ONCE):
                some = sql.many(wanted.slice(start, _AT_ONCE).to_pylist(), self.database.dialect)
                found = run.batches(statement, (some, self.shop, *more))
                parts += [read_batch(rows, columns) for rows in found]
        return joined(parts, columns)


def _order(orders: pa.Table) -> pa.Array:
    """Give the order of orders by when they were placed."""
    platform, names = orders.column("platform").cast(pa.large_string()), ("placed_at", "platform", "number")
    keys = pa.table({**{name: orders.column(name) for name in names}, "platform": platform})
    return pc.sort_indices(keys, [(name, "ascending") for name in names])


_KIND: Final[Mapping[str, str]] = {
    "instant": "int64",
    "whole": "int64",
    "state": "int8",
    "flag": "bool",
    "answer": "int8",
    "gender": "int8",
    "birthday": "int32",
    "event": "int8",
}
_KINDS: Final = {
    grain: {
        **dict.fromkeys(("file", "place", "record"), "int64"),
        **{name: _KIND.get(kind, kind) for name, kind in columns.items()},
        **({"who": "text"} if grain in BY_WHO else {}),
    }
    for grain, columns in COLUMNS.items()
}
"""Kind of every column of a grain; texts that repeat are not told from others."""


def _values(shop: str, file: FileKept) -> tuple[Any, ...]:
    grains = {grain.value: attrs.asdict(kept) for grain, kept in file.grains.items()}
    texts = (file.name, file.source, file.platform)
    return (
        shop, file.file, file.digest, *map(escaped_text, texts), micros(file.exported_at),
        micros(file.imported_at), int(file.buyers_only), escaped_text(file.account), escaped_text(file.told),
        canonical(grains),
    )  # fmt: skip


def _file(row: Row) -> FileKept:
    file, digest, name, source, platform, exported_at, imported_at, buyers_only, account, told, grains = row
    return FileKept(
        file=file,
        digest=digest,
        name=unescaped_text(name),
        source=unescaped_text(source),
        platform=unescaped_text(platform),
        exported_at=moment(exported_at),
        imported_at=moment(imported_at),
        buyers_only=bool(buyers_only),
        account=account,
        told=unescaped_text(told),
        grains={Grain(grain): ColumnsKept(**kept) for grain, kept in json.loads(grains).items()},
    )
