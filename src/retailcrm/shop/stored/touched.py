"""Which orders a file can change: those that it names, and those that refunds of sub-orders tie to them.

A refund report names an order, or a line of one where no file has an order of that number. So a file that
brings an order, a line or a refund can move refunds of a number from one order to another: all orders that
such numbers tie together are folded anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.ports.batches import Grain
from retailcrm.shop.stored.journal import observed_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailcrm.ports.orders import FileKept, OrderBook
    from retailcrm.shop.observed import Observed

BY_NUMBER: Final = (Grain.ORDERS, Grain.LINES, Grain.REFUNDS, Grain.PARCELS)
"""Grains whose rows tell of an order by its number."""

_TEXT: Final = pa.large_string()


@attrs.frozen(eq=False)
class Touched:
    """Finds the orders that a file can change, and what files tell of orders.

    Attributes:
        book: Where the shop's files are kept.
        files: The journal.
        new: Number of a file whose rows are at hand.
        tables: Its rows.
    """

    book: OrderBook
    files: Sequence[FileKept]
    new: int = 0
    tables: Mapping[Grain, pa.Table] = attrs.field(factory=dict)

    def numbers(self) -> pa.Array:
        """Give the order numbers that the file at hand can change, each once."""
        return self.tied(
            once([self.tables[grain].column("number") for grain in BY_NUMBER if grain in self.tables])
        )

    def tied(self, found: pa.Array) -> pa.Array:
        """Give order numbers with all those that refunds tie to them, each once.

        Args:
            found: Which; each once.
        """
        if not self._has(Grain.REFUNDS, "number") or not self._has(Grain.LINES, "line"):
            return found
        known, asked = found, found
        while len(asked):
            asked = _without(self._tied(asked), known)
            known = once([known, asked])
        return known

    def _tied(self, numbers: pa.Array) -> pa.Array:
        """Give the numbers that refunds tie to some numbers."""
        lines = self.book.told(Grain.LINES, "line", "number", numbers)
        refunded = self.book.told(Grain.REFUNDS, "number", "number", once([numbers, lines]))
        return once([refunded, self.book.told(Grain.LINES, "number", "line", refunded)])

    def _has(self, grain: Grain, column: str) -> bool:
        return any(grain in file.grains and column in file.grains[grain].columns for file in self.files)

    def observed(self, numbers: pa.Array, grains: Sequence[Grain] = BY_NUMBER) -> list[Observed]:
        """Give all files with their rows of some orders; the one at hand with all its rows.

        Args:
            numbers: Which; each once.
            grains: Which of the rows.
        """
        rows = {grain: self.rows(grain, numbers) for grain in grains}
        return [observed_of(file, self.tables_of(file, rows)) for file in self.files]

    def rows(self, grain: Grain, values: pa.Array, of: str = "number") -> dict[int, pa.Table]:
        """Give rows that are not at hand, with their places, by file.

        Args:
            grain: Which of the rows.
            values: What is looked for; each once.
            of: The column it is looked for in; files without it have none of these rows.
        """
        others = [file.grains[grain] for file in self.files if file.file != self.new and grain in file.grains]
        told = {name for kept in others for name in kept.columns}
        if of not in told or not len(values):
            return {}
        return self.book.rows_with(grain, sorted({*told, "place"}), values, of)

    def tables_of(
        self, file: FileKept, rows: Mapping[Grain, Mapping[int, pa.Table]]
    ) -> Mapping[Grain, pa.Table]:
        """Give the rows of one file by grain, with the columns that it has.

        Args:
            file: Which.
            rows: Of all files, as :meth:`rows` gives them.
        """
        if file.file == self.new:
            return {grain: self.tables[grain] for grain in rows if grain in self.tables}
        return {
            grain: found[file.file].select([*file.grains[grain].columns])
            for grain, found in rows.items()
            if file.file in found
        }


def once(columns: Sequence[Any]) -> pa.Array:
    """Give the texts of some columns, each once."""
    chunks = [
        chunk
        for column in columns
        for chunk in (column.chunks if isinstance(column, pa.ChunkedArray) else [column])
    ]
    texts = pa.chunked_array([chunk.cast(_TEXT) for chunk in chunks], _TEXT)
    return pc.unique(texts).drop_null()


def _without(values: pa.Array, known: pa.Array) -> pa.Array:
    new = np.flatnonzero(~np.asarray(pc.is_in(values, value_set=known)))
    return values.take(pa.array(new))
