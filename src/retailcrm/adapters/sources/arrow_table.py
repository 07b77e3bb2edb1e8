"""Any table with an Arrow stream (pandas, polars, pyarrow, DuckDB) as a raw table of texts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import cleaning
from retailcrm.adapters.sources.discover import Discovered, ReadSettings
from retailcrm.adapters.sources.opening import Head, OpenedTable, recognise
from retailcrm.errors import InputError
from retailcrm.ports.raw import RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from retailcrm.ports.sources import Source

_ROWS: Final = 100_000
_EXACT_BELOW: Final = 2.0**53
"""Floats from here on have lost digits: they stay written with an exponent, and are refused as numbers."""


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
        # A mapping for files without a header names the columns by their places.
        header=found.header,
        zone=settings.zone,
        currency=settings.currency,
        personal=settings.personal,
        region=settings.region,
        raw=_ArrowTable(table),
    )
    return Discovered(table=opened, source=source, match=found.match, exported_at=now)


@attrs.frozen(eq=False)
class _ArrowTable:
    """Columns of any types, given in raw blocks of texts; instants stay instants."""

    table: pa.Table

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the rows once."""
        rows = self.table.num_rows
        for start in range(0, rows, _ROWS):
            # Only columns that somebody reads: the others may be of any type.
            columns = {i: self._column(i, start, coded=i in coded) for i in {*plain, *coded}}
            records = np.arange(start, min(start + _ROWS, rows), dtype=np.int64) + 1
            yield RawBlock(
                columns=columns, encoding="utf-8", records=records, first_line=records, last_line=records
            )

    def _column(self, place: int, start: int, *, coded: bool) -> Any:  # noqa: ANN401
        part = self.table.column(place).slice(start, _ROWS).combine_chunks()
        values = pa.concat_arrays(part.chunks) if isinstance(part, pa.ChunkedArray) else part
        if pa.types.is_date(values.type):
            values = values.cast(pa.timestamp("ms"))
        if pa.types.is_timestamp(values.type) and not coded:
            return values
        try:
            texts = as_texts(values).fill_null("")
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid) as error:
            name = self.table.column_names[place]
            raise InputError(f"column {name!r} of type {values.type} cannot be read as text") from error
        return texts.dictionary_encode() if coded else texts


def as_texts(values: Any) -> Any:  # noqa: ANN401
    """Write an array of any plain type as the texts that a file would hold, nothing rounded.

    Raises:
        ArrowInvalid, ArrowNotImplementedError: The type cannot be written as text: lists, structures.

    Example:
        >>> as_texts(pa.array([17850.0, 1.5, float("nan"), 5113000000000047045.0])).to_pylist()
        ['17850', '1.5', None, '5.113000000000047e+18']
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return pc.take(as_texts(values.dictionary), values.indices)
    if pa.types.is_floating(kind):
        return _float_texts(values)
    if pa.types.is_timestamp(kind):
        return cleaning.written_instants(values)
    return values.cast(pa.string())


def _float_texts(values: Any) -> Any:  # noqa: ANN401
    """Write floats with their shortest digits, and without an exponent as long as they are exact."""
    values = values.cast(pa.float32()) if pa.types.is_float16(values.type) else values
    values = pc.if_else(pc.is_nan(values), None, values)
    texts = values.cast(pa.string())
    inexact = pc.greater_equal(pc.abs(values), _EXACT_BELOW)
    exponent = pc.and_not(pc.match_substring(texts, "e"), inexact)
    if not pc.any(exponent).as_py():
        return texts
    written = texts.to_pylist()
    # Arrow writes 1e+10 where a file would hold 10000000000.
    for i in np.flatnonzero(np.asarray(exponent.fill_null(False))).tolist():
        written[i] = f"{Decimal(written[i]):f}"
    return pa.array(written, pa.string())
