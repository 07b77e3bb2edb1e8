"""Any table with an Arrow stream (pandas, polars, pyarrow, DuckDB) as a raw table of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources.discover import Discovered, ReadSettings
from retailcrm.adapters.sources.opening import Head, OpenedTable, recognise
from retailcrm.errors import InputError
from retailcrm.ports.raw import RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from retailcrm.ports.sources import Source

_ROWS: Final = 100_000
_EXPONENT_FROM: Final = 1e10
_EXACT_BELOW: Final = 2.0**53


def discover_table(data: Any, name: str, source: Source, settings: ReadSettings, now: datetime) -> Discovered:  # noqa: ANN401
    """Open a table by its column names.

    Args:
        data: Anything with ``__arrow_c_stream__``.
        name: Stands for the file name.
        source: The source that reads it.
        settings: Zone and currency of the shop.
        now: The moment of the observation.

    Raises:
        InputError: ``data`` has no Arrow stream.
    """
    if not hasattr(data, "__arrow_c_stream__"):
        raise InputError(f"{type(data).__name__} has no Arrow stream; give a pandas, polars or pyarrow table")
    table = pa.RecordBatchReader.from_stream(data).read_all()
    header = tuple(table.column_names)
    found = recognise(name, [Head("utf-8", ",", (header,), (1,))], {source.name: source})
    opened = OpenedTable(
        name=name,
        sheet=None,
        header=header,
        zone=settings.zone,
        currency=settings.currency,
        raw=_ArrowTable(table),
    )
    return Discovered(table=opened, source=source, match=found.match, exported_at=now)


def as_texts(column: Any) -> Any:  # noqa: ANN401
    """Write a column of any plain type as the text a file would hold, nothing rounded.

    Raises:
        InputError: The type cannot be written as text: lists, structures.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        chunks = [pc.take(as_texts(chunk.dictionary), chunk.indices) for chunk in column.chunks]
        return pa.chunked_array(chunks, pa.string())
    if pa.types.is_floating(kind):
        return pa.chunked_array([_float_texts(chunk) for chunk in _chunks(column)], pa.string())
    if pa.types.is_timestamp(kind):
        # An aware instant says its offset; a naive one is in the zone of the mapping or the shop.
        pattern = "%Y-%m-%d %H:%M:%S+00:00" if kind.tz else "%Y-%m-%d %H:%M:%S"
        return pc.strftime(column.cast(pa.timestamp("us", "UTC" if kind.tz else None)), pattern)
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
        raise InputError(f"a column of type {kind} cannot be read as text") from error


def _chunks(column: Any) -> list[Any]:  # noqa: ANN401
    return list(column.chunks) if isinstance(column, pa.ChunkedArray) else [column]


def _float_texts(values: Any) -> Any:  # noqa: ANN401
    """Write floats as their shortest digits; Arrow writes an exponent from 1e10 on.

    Above 2**53 digits have been lost already: the exponent stays, so that such a number is refused.
    """
    texts = values.cast(pa.string())
    numbers = values.cast(pa.float64()).fill_null(0).to_numpy(zero_copy_only=False)
    large = (np.abs(numbers) >= _EXPONENT_FROM) & (np.abs(numbers) < _EXACT_BELOW)
    if not large.any():
        return texts
    written = texts.to_pylist()
    for i in np.flatnonzero(large & np.asarray(values.is_valid())).tolist():
        written[i] = np.format_float_positional(numbers[i], trim="-")
    return pa.array(written, pa.string())


@attrs.frozen(eq=False)
class _ArrowTable:
    """Columns of texts, in raw blocks."""

    table: pa.Table

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the rows once."""
        rows = self.table.num_rows
        # Only columns that the mapping names: the others may be of any type.
        texts = {i: as_texts(self.table.column(i)) for i in {*plain, *coded}}
        for start in range(0, rows, _ROWS):
            columns = {}
            for i in {*plain, *coded}:
                part = texts[i].slice(start, _ROWS).fill_null("").combine_chunks()
                part = pa.concat_arrays(part.chunks) if isinstance(part, pa.ChunkedArray) else part
                columns[i] = part.dictionary_encode() if i in coded else part
            records = np.arange(start, min(start + _ROWS, rows), dtype=np.int64) + 1
            yield RawBlock(
                columns=columns, encoding="utf-8", records=records, first_line=records, last_line=records
            )
