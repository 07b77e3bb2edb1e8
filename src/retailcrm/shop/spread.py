"""Rows spread over many files by a key, and read back a few files at a time."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.hashing import hash_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BYTES_PER_ROW: Final = 700
"""Measured peak of folding and reducing one order, scratch space included."""

PARTS: Final = 256
"""Partitions of each pass. A budget of 256 MB then carries some 90 million orders."""

_IPC: Final = pa.ipc.IpcWriteOptions(compression="lz4")


@attrs.define(eq=False)
class Spread:
    """Rows spread over the files of one folder; each file is an Arrow stream.

    Attributes:
        folder: Where the files are.
        rows: How many rows lie in each part.
    """

    folder: Path
    rows: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(PARTS, np.int64))
    _writers: dict[str, tuple[Any, pa.Schema]] = attrs.field(factory=dict, init=False)

    def add(self, name: str, table: pa.Table, part: NDArray[np.int64]) -> None:
        """Write each row to the file of its part."""
        order = np.argsort(part, kind="stable")
        sorted_table = table.take(pa.array(order))
        ends = np.searchsorted(part[order], np.arange(PARTS + 1))
        self.rows += np.diff(ends)
        for p in np.flatnonzero(ends[1:] > ends[:-1]).tolist():
            self._write(f"{name}.{p}", sorted_table.slice(ends[p], ends[p + 1] - ends[p]))

    def _write(self, name: str, table: pa.Table) -> None:
        for variant in itertools.count():
            # A stream has one schema: rows with other columns go to a file of their own.
            path = self._path(name, variant)
            writer, schema = self._writers.get(path.name, (None, table.schema))
            if schema.equals(table.schema):
                break
        if writer is None:
            writer = pa.ipc.new_stream(str(path), table.schema, options=_IPC)
            self._writers[path.name] = writer, table.schema
        writer.write_table(table)

    def _path(self, name: str, variant: int) -> Path:
        return self.folder / (f"{name}~{variant}" if variant else name)

    def finish(self) -> None:
        """Close the files."""
        for writer, _ in self._writers.values():
            writer.close()
        self._writers.clear()

    def has(self, name: str) -> bool:
        """Say whether there is any row of this name."""
        return any(self._path(f"{name}.{part}", 0).exists() for part in range(PARTS))

    def read(self, name: str, parts: range) -> pa.Table | None:
        """Read some parts back as one table, ``None`` if no row fell there."""
        tables = []
        for part in parts:
            paths = (self._path(f"{name}.{part}", variant) for variant in itertools.count())
            for path in itertools.takewhile(Path.exists, paths):
                with pa.ipc.open_stream(str(path)) as reader:
                    tables.append(reader.read_all())
        return pa.concat_tables(tables, promote_options="default") if tables else None

    def groups(self, budget: int) -> Iterator[range]:
        """Give runs of parts that together fit a budget of bytes; a part alone may exceed it."""
        start, held = 0, 0
        for part, rows in enumerate(self.rows.tolist()):
            if held and (held + rows) * BYTES_PER_ROW > budget:
                yield range(start, part)
                start, held = part, 0
            held += rows
        if held:
            yield range(start, PARTS)


def part_of(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give the part of each hash."""
    return (hashes % np.uint64(PARTS)).astype(np.int64)


def part_of_texts(column: Any) -> NDArray[np.int64]:  # noqa: ANN401 - Arrow has no types
    """Give the part of each text of an Arrow column."""
    return part_of(hash_texts(arrow.texts(column.combine_chunks())))
