"""A shop's files up to one of them, and what is computed from them: never changed, so threads share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.ports.batches import Grain
from retailcrm.ports.orders import BY_WHO
from retailcrm.shop.buyers import plain_ids
from retailcrm.shop.observations import Observations
from retailcrm.shop.observed import Collected
from retailcrm.shop.stored.journal import RowsKept, account_of, observed_of
from retailcrm.shop.stored.touched import BY_NUMBER, Touched, once

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from retailcrm.ports.batches import BuyerKey
    from retailcrm.ports.orders import FileKept, OrderBook
    from retailcrm.shop.observed import FileAccount

_TEXT: Final = pa.large_string()


@attrs.define(eq=False)
class FilesKnown(Observations):
    """The files of a journal, their rows read when they are first asked for.

    Attributes:
        book: The store.
        last: Number and digest of the newest file.
        journal: Every file.
    """

    book: OrderBook = attrs.field(kw_only=True)
    last: tuple[int, str] = attrs.field(default=(0, ""), kw_only=True)
    journal: tuple[FileKept, ...] = attrs.field(default=(), kw_only=True)
    _told: tuple[FileAccount, ...] | None = attrs.field(default=None, init=False)

    def newer(self, last: tuple[int, str]) -> FilesKnown:
        """Give the files up to another one; rows that were read already are not read again.

        Args:
            last: Number and digest of the newest file.
        """
        # Another one may have come in since.
        journal = tuple(file for file in self.book.files() if file.file <= last[0])
        found = FilesKnown(self.currency, self.zone, book=self.book, last=last, journal=journal)
        kept = set(map(_place, found.journal))
        same = {old.file: self._files[old.digest] for old in self.journal if _place(old) in kept}
        found._files = {
            file.digest: same.get(file.file) or observed_of(file, RowsKept(self.book, file))
            for file in found.journal
        }
        return found

    def accounts(self) -> tuple[FileAccount, ...]:
        """Give the account of every file, in order of import."""
        if self._told is None:
            self._told = tuple(account_of(text) for text in self.book.accounts() if text)
        return self._told

    def about(self, customers: Collection[str], numbers: Collection[str] = ()) -> Observations:
        """Give all files with those of their rows alone that tell of some customers.

        What is folded of them is, of these customers, what is folded of all rows: their orders are all there,
        with whatever refunds tie to these, and so is all that is said of them.

        Args:
            customers: Ids before merges.
            numbers: Numbers of orders that are looked for too.
        """
        hers = self.book.orders_of(tuple(customers)).column("number")
        touched = Touched(self.book, self.journal)
        known = touched.tied(once([hers, pa.array(list(numbers), _TEXT)]))
        rows = {grain: touched.rows(grain, known) for grain in BY_NUMBER}
        kinds = self.buyer_kinds()
        ids = pa.array(sorted({plain for one in customers for plain in kinds.plain_ids(one)}), _TEXT)
        rows |= {grain: self._said(touched, grain, ids, known) for grain in BY_WHO}
        found = Observations(self.currency, self.zone)
        for file in self.journal:
            part = attrs.evolve(self._files[file.digest], tables=touched.tables_of(file, rows))
            found.add(part, Collected(part.tables))
        return found

    def _said(self, touched: Touched, grain: Grain, ids: pa.Array, numbers: pa.Array) -> dict[int, pa.Table]:
        """Give the rows that are about some people, or about their orders."""
        parts = [touched.rows(grain, ids, "who")]
        if grain is Grain.REVIEWS:
            parts.append(touched.rows(grain, numbers))
        files = sorted({file for part in parts for file in part})
        return {file: _once([part[file] for part in parts if file in part]) for file in files}


def _place(file: FileKept) -> tuple[int, str]:
    return file.file, file.digest


def _once(tables: list[pa.Table]) -> pa.Table:
    """Join rows of one file, each once and in their order there."""
    rows = pa.concat_tables(tables)
    _, first = np.unique(rows.column("place").to_numpy(), return_index=True)
    return rows.take(pa.array(first))


def with_who(tables: Mapping[Grain, pa.Table], keys: Mapping[Grain, BuyerKey]) -> dict[Grain, pa.Table]:
    """Give the rows of a file with a column that people are found by.

    Args:
        tables: By grain.
        keys: What the buyers of each grain are.
    """
    return {grain: _with_who(grain, rows, keys) for grain, rows in tables.items()}


def _with_who(grain: Grain, rows: pa.Table, keys: Mapping[Grain, BuyerKey]) -> pa.Table:
    if grain not in BY_WHO or "buyer" not in rows.column_names:
        return rows
    return rows.append_column("who", _chunked(plain_ids(rows.column("buyer"), keys[grain].kind)))


def _chunked(column: Any) -> Any:  # noqa: ANN401 - Arrow has no types
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column], _TEXT)
