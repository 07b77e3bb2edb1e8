"""Observations on a store: every file in one transaction with all that follows from it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.stores.sql.orders_columns import kind_of, settled
from retailcrm.adapters.stores.sql.orders_digest import digest_of
from retailcrm.ports.batches import Grain
from retailcrm.ports.orders import ColumnsKept, FileKept
from retailcrm.shop.buyers import BuyerKinds, adopted
from retailcrm.shop.folding import fold
from retailcrm.shop.loyalty.attempts import begun_anew
from retailcrm.shop.observations import Observations
from retailcrm.shop.picking import picked
from retailcrm.shop.stored.changes import OrdersChanged
from retailcrm.shop.stored.holding import Holding
from retailcrm.shop.stored.journal import RowsKept, account_text, observed_of, told_text
from retailcrm.shop.stored.known import FilesKnown, with_who
from retailcrm.shop.stored.order_rows import changed_rows, customers_of, own_customers, rows_of, table_of
from retailcrm.shop.stored.touched import BY_NUMBER, Touched, once

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.ports.orders import OrderBook
    from retailcrm.shop.beside import Beside
    from retailcrm.shop.folding import Folded
    from retailcrm.shop.observed import Collected, FileAccount, Observed
    from retailcrm.shop.said import Said
    from retailcrm.shop.stored.changes import Listener

WHOLE_FROM: Final = 50_000
"""A file of fewer orders is folded with what the store has of them, however small the shop is."""

_ENOUGH: Final = 60.0
"""Seconds after which an import that others were in the way of is not begun anew; one may take long."""


@attrs.define(eq=False)
class StoredObservations(Observations):
    """A shop's files in a store; what is computed from all of them is kept until another one came in.

    Several processes may import: each use looks whether there is a newer file. Figures that belong together
    (orders and their lines) are asked for inside one snapshot of the store.

    Attributes:
        book: The store.
        clock: Tells when a file is taken.
        listeners: Told of each import inside its transaction.
        paused: Points do not follow for now: whoever is touched is noted, and followed later.
    """

    book: OrderBook = attrs.field(kw_only=True)
    clock: Callable[[], datetime] = attrs.field(kw_only=True)
    listeners: list[Listener] = attrs.field(factory=list, kw_only=True)
    paused: bool = attrs.field(default=False, init=False)
    _known: FilesKnown = attrs.field(init=False)
    _pinned: Any = attrs.field(factory=threading.local, init=False)

    @_known.default
    def _no_files(self) -> FilesKnown:
        return FilesKnown(self.currency, self.zone, book=self.book)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See one moment in all that is asked until it ends, by this thread; nothing can be written in it."""
        with self.book.snapshot():
            if self._pin() is not None:
                yield
                return
            # The first question settles the moment.
            self._pinned.known = self._now()
            try:
                yield
            finally:
                self._pinned.known = None

    def add(self, observed: Observed, collected: Collected) -> bool:
        """Keep a file and what follows from it, as a whole or not at all.

        Returns:
            ``False`` if the very same is there already, and nothing was done.
        """
        whole = with_who(observed.tables, observed.buyer_keys)
        tables = {grain: settled(rows) for grain, rows in whole.items()}
        kept = {grain: _kept(rows) for grain, rows in tables.items()}
        return begun_anew(
            lambda: self._added(observed, collected, tables, kept),
            in_unit=lambda: self.book.in_unit,
            enough=_ENOUGH,
        )

    def _added(
        self,
        observed: Observed,
        collected: Collected,
        tables: Mapping[Grain, pa.Table],
        kept: Mapping[Grain, ColumnsKept],
    ) -> bool:
        """Keep a file and what follows from it in one unit."""
        with self.book.unit(sum(map(len, tables.values()))):
            self.book.lock()
            if self.book.has(observed.digest):
                return False
            before = self._now().journal
            file = self._file(observed, collected.account, kept, number=self.book.last_file()[0] + 1)
            self.book.add(file, tables)
            self.book.note_observed(file.exported_at)
            change = self._changed((*before, file), tables)
            for listener in self.listeners:
                listener(change)
        return True

    def _file(
        self, observed: Observed, account: FileAccount | None, kept: Mapping[Grain, ColumnsKept], number: int
    ) -> FileKept:
        return FileKept(
            file=number,
            digest=observed.digest,
            name=observed.name,
            source="" if account is None else account.source,
            platform=observed.platform,
            exported_at=observed.exported_at,
            imported_at=self.clock(),
            buyers_only=observed.buyers_only,
            account="" if account is None else account_text(account),
            told=told_text(observed),
            grains=kept,
        )

    def _changed(self, files: Sequence[FileKept], tables: Mapping[Grain, pa.Table]) -> OrdersChanged:
        """Fold what the file can change, and write what it changed."""
        first = not self.book.has_orders()
        if len(files) == 1:
            after = fold([observed_of(files[0], tables)], currency=self.currency, zone=self.zone).orders
            before = rows_of(after).slice(0, 0)
        elif _renames(files) or _most(files, tables):
            return self._all_anew(files, tables, first=first)
        else:
            touched = Touched(self.book, files, files[-1].file, tables)
            numbers = touched.numbers()
            after = fold(touched.observed(numbers), currency=self.currency, zone=self.zone).orders
            before = self.book.orders_numbered(numbers)
        self._write(before, rows_of(after))
        return self._change(before, after, files[-1], first=first)

    def _all_anew(
        self, files: Sequence[FileKept], tables: Mapping[Grain, pa.Table], *, first: bool
    ) -> OrdersChanged:
        """Fold everything, and tell of the orders that the file names or changed."""
        whole = [observed_of(file, RowsKept(self.book, file)) for file in files[:-1]]
        after = fold([*whole, observed_of(files[-1], tables)], currency=self.currency, zone=self.zone).orders
        before, rows = self.book.orders(), rows_of(after)
        differs, gone = self._write(before, rows)
        named = [tables[grain].column("number") for grain in BY_NUMBER if grain in tables]
        numbers = once([*named, rows.column("number").filter(pa.array(differs)), gone.column("number")])
        told = np.flatnonzero(np.asarray(pc.is_in(rows.column("number"), value_set=numbers)))
        was = before.filter(pc.is_in(before.column("number"), value_set=numbers))
        return self._change(was, picked(after, told), files[-1], first=first)

    def _write(self, before: pa.Table, after: pa.Table) -> tuple[NDArray[np.bool_], pa.Table]:
        differs, gone = changed_rows(before, after)
        self.book.write_orders(after if differs.all() else after.filter(pa.array(differs)), gone)
        return differs, gone

    def _change(self, before: pa.Table, after: OrderTable, file: FileKept, *, first: bool) -> OrdersChanged:
        was, now = table_of(before, self.currency, self.zone), own_customers(after)
        return OrdersChanged(
            before=was,
            after=now,
            customers=customers_of([was, now]),
            first=first,
            exported_at=file.exported_at,
        )

    def accounts(self) -> tuple[FileAccount, ...]:
        """Give the account of every file that the shop has, in order of import."""
        return self._now().accounts()

    def observed_at(self) -> datetime | None:
        """Give the moment of the newest export; ``None`` without files."""
        return max((file.exported_at for file in self._now().journal), default=None)

    def about(self, customers: Collection[str], numbers: Collection[str] = ()) -> Observations:
        """Give observations that know all of some customers; only what is theirs is read, by index.

        Args:
            customers: Ids before merges.
            numbers: Numbers of orders that are looked for too.
        """
        return self._now().about(customers, numbers)

    def having(self, kind: str, value: str) -> Collection[str]:
        """Give whose sayings tell who has a phone or e-mail address: all who ever had it, before merges.

        Args:
            kind: ``"phone"`` or ``"email"``.
            value: In its normal form.
        """
        now = self._now()
        return Holding(self.book, now.journal, now.buyer_kinds()).customers(kind, value)

    def orders_of(self, customers: Collection[str]) -> OrderTable:
        """Give all orders of customers, by when they were placed.

        Args:
            customers: Ids before merges.
        """
        return table_of(self.book.orders_of(tuple(customers)), self.currency, self.zone)

    def orders_numbered(self, numbers: Collection[str]) -> OrderTable:
        """Give the orders with some numbers, on any platform."""
        found = self.book.orders_numbered(pa.array(list(numbers), pa.large_string()))
        return table_of(found, self.currency, self.zone)

    def has_lines(self) -> bool:
        """Say whether files tell of lines of orders."""
        kept = (file.grains.get(Grain.LINES) for file in self._now().journal)
        return any(one is not None and "product" in one.columns for one in kept)

    def lines_of(self, orders: OrderTable) -> Folded:
        """Fold what files tell of some orders and their lines, nothing of refunds and parcels.

        Args:
            orders: Which.
        """
        numbers = pc.unique(arrow.arrow_texts(orders.numbers))
        found = Touched(self.book, self._now().journal).observed(numbers, (Grain.ORDERS, Grain.LINES))
        files = [attrs.evolve(file, tables=_with_products(file.tables)) for file in found]
        return fold(files, currency=self.currency, zone=self.zone)

    def folded(self) -> Folded:
        """Give the shop's present orders."""
        return self._now().folded()

    def files(self) -> list[Observed]:
        """Give all files, oldest export first."""
        return self._now().files()

    def pieces(self) -> Iterator[tuple[list[Observed], Folded]]:
        """Give the files' rows with the orders that they fold into, in one piece."""
        return self._now().pieces()

    def said(self) -> tuple[Said, ...]:
        """Give all that files say of people."""
        return self._now().said()

    def buyer_kinds(self) -> BuyerKinds:
        """Give the kinds of buyer keys that the files have."""
        return self._now().buyer_kinds()

    def beside(self) -> Beside:
        """Give what the shop knows beside its orders."""
        return self._now().beside()

    def _pin(self) -> FilesKnown | None:
        found: FilesKnown | None = getattr(self._pinned, "known", None)
        return found

    def _now(self) -> FilesKnown:
        """Give the files as they are now, or as they were when this thread's snapshot began."""
        if (pinned := self._pin()) is not None:
            return pinned
        known, last = self._known, self.book.last_file()
        if known.last != last:
            # Of a file that was taken back nothing is left.
            known = self._known = known.newer(last)
        return known


def _with_products(tables: Mapping[Grain, pa.Table]) -> Mapping[Grain, pa.Table]:
    """Give lines a column of products: the shop's lines have one, if perhaps not those of this file."""
    lines = tables.get(Grain.LINES)
    if lines is None or "product" in lines.column_names:
        return tables
    return {**tables, Grain.LINES: lines.append_column("product", pa.nulls(len(lines), pa.large_string()))}


def _kept(rows: pa.Table) -> ColumnsKept:
    columns = {field.name: kind_of(field) for field in rows.schema}
    return ColumnsKept(rows=len(rows), columns=columns, digest=digest_of([rows]))


def _renames(files: Sequence[FileKept]) -> bool:
    """Say whether the last file changes what customers or platforms of the others are called."""
    every = [observed_of(file, {}) for file in files]
    before, after = adopted(every[:-1]), adopted(every)
    pairs = zip(before, after, strict=False)
    if any(a.platform != b.platform or a.buyer_keys != b.buyer_keys for a, b in pairs):
        return True
    old, new = BuyerKinds.of(before), BuyerKinds.of(after)
    return old.several != new.several or any(new.strengths[k] != s for k, s in old.strengths.items())


def _most(files: Sequence[FileKept], tables: Mapping[Grain, pa.Table]) -> bool:
    """Say whether a file tells of so many orders that reading all of them is quicker than finding them."""
    new = max((len(tables[grain]) for grain in BY_NUMBER if grain in tables), default=0)
    rows = [sum(f.grains[g].rows for f in files[:-1] if g in f.grains) for g in BY_NUMBER]
    return new >= WHOLE_FROM and 2 * new >= max(rows)
