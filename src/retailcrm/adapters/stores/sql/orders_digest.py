"""A digest over many rows as they are read, some at a time: a flipped bit changes it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.stores.sql.orders_columns import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def digest_of(tables: Iterable[pa.Table]) -> str:
    """Give the digest of rows, however they are cut into tables.

    Args:
        tables: Arrow, all with the same columns.

    Example:
        >>> whole = pa.table({"number": ["1", "2", None], "paid": [5, 6, 7]})
        >>> digest_of([whole]) == digest_of([whole.slice(0, 1), whole.slice(1)])
        True
        >>> digest_of([whole]) == digest_of([whole.slice(0, 2)])
        False
    """
    digest = RowsDigest()
    for table in tables:
        digest.take(table)
    return digest.text()


@attrs.define(eq=False)
class RowsDigest:
    """Takes rows and gives their digest.

    The values of each column go one after the other into a SHA-256 of its own: numbers as 64 bits, texts as
    their length (-1 for none) and, apart, their UTF-8 bytes.
    """

    _hashes: dict[str, Any] = attrs.field(factory=dict, init=False)

    def take(self, table: pa.Table) -> None:
        """Take some more rows."""
        for name in table.column_names:
            column = table.column(name)
            kind = kind_of(column)
            if kind in ("text", "coded"):
                self._texts(name, column.cast(pa.large_string()))
            else:
                self._feed(name, column.to_numpy().astype(np.int64))

    def _texts(self, name: str, column: pa.ChunkedArray) -> None:
        for chunk in column.chunks:
            texts = arrow.texts(chunk)
            lengths = np.diff(texts.offsets)
            self._feed(name, np.where(arrow.nulls(chunk), -1, lengths))
            self._feed(f"{name}.bytes", texts.data[texts.offsets[0] : texts.offsets[-1]])

    def _feed(self, name: str, values: Any) -> None:  # noqa: ANN401 - an array of any type
        self._hashes.setdefault(name, hashlib.sha256()).update(np.ascontiguousarray(values))

    def text(self) -> str:
        """Give the digest of all rows so far, in hexadecimal digits."""
        every = sorted((name, found.hexdigest()) for name, found in self._hashes.items())
        return hashlib.sha256(repr(every).encode()).hexdigest()
