"""Between Arrow tables and the rows of a database, a column at a time.

NULL stands for what a row does not tell. PostgreSQL keeps no NUL character in a text, so it is written as two
characters that mean nothing else.
"""

from __future__ import annotations

from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.adapters.stores.sql.bulk_behind import Behind, RowsInColumns, Work
from retailcrm.analytics.columns import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.adapters.stores.sql.executor import Executor, Row

AT_ONCE: Final = 32_768
"""Rows that are Python values at a time."""

CODED: Final = pa.dictionary(pa.int32(), pa.large_string())

_TYPES: Final[Mapping[str, Any]] = {
    "text": pa.large_string(),
    "coded": CODED,
    "int64": pa.int64(),
    "int32": pa.int32(),
    "int8": pa.int8(),
    "bool": pa.bool_(),
}
_UNTOLD: Final[Mapping[str, Any]] = {"int64": MISSING, "int32": -1, "int8": -1, "bool": False}
_SQL_TYPES: Final[Mapping[str, str]] = {"text": "text", "coded": "text"}

_ESCAPE, _ITSELF, _NUL = "\ufdd0", "\ufdd0\ufdd1", "\ufdd0\ufdd2"
"""A noncharacter begins what stands for it and for NUL."""


def kind_of(column: pa.Field | pa.ChunkedArray) -> str:
    """Give the kind of an Arrow column.

    Example:
        >>> kind_of(pa.array(["a"]).dictionary_encode()), kind_of(pa.array([1], pa.int8()))
        ('coded', 'int8')
    """
    if pa.types.is_dictionary(column.type):
        return "coded"
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return "text"
    return str(column.type)


def settled(table: pa.Table) -> pa.Table:
    """Give a table with one way of saying "not told": what batches of a file lack is not NULL in numbers.

    Args:
        table: Arrow, as a file was read.
    """
    columns = {}
    for field in table.schema:
        column, kind = table.column(field.name), kind_of(field)
        if kind in _UNTOLD and column.null_count:
            column = column.fill_null(pa.scalar(_UNTOLD[kind], field.type))
        columns[field.name] = column.cast(_TYPES[kind])
    return pa.table(columns)


def write_rows(
    executor: Executor,
    into: str,
    fixed: Mapping[str, object],
    rows: pa.Table,
    *,
    more: str = "",
) -> None:
    """Insert an Arrow table.

    Args:
        executor: Inside a unit.
        into: Name of the table.
        fixed: Columns that are the same in all rows.
        rows: The others.
        more: What follows, such as what to do with rows that are there.
    """
    names = ", ".join([*fixed, *rows.column_names])
    marks = ", ".join("?" for _ in range(len(fixed) + rows.num_columns))
    insert = f"INSERT INTO {into} ({names}) VALUES ({marks})"  # noqa: S608 - fixed words
    if isinstance(executor, Behind):
        for start in range(0, len(rows), AT_ONCE):
            some = partial(_in_columns, insert, fixed, rows.slice(start, AT_ONCE), more)
            executor.put(Work(frozenset({into}), some), later=True)
        return
    if executor.dialect == "sqlite":
        executor.many(insert + more, _tuples(list(fixed.values()), rows))
        return
    marks = ", ".join("?" for _ in fixed)
    arrays = ", ".join(f"?::{_SQL_TYPES.get(kind_of(field), 'bigint')}[]" for field in rows.schema)
    sql = f"INSERT INTO {into} ({names}) SELECT {marks}, u.* FROM unnest({arrays}) AS u{more}"  # noqa: S608
    for start in range(0, len(rows), AT_ONCE):
        executor.run(sql, [*fixed.values(), *_values(rows.slice(start, AT_ONCE))])


def _in_columns(insert: str, fixed: Mapping[str, object], rows: pa.Table, more: str) -> list[RowsInColumns]:
    same = [[value] * len(rows) for value in fixed.values()]
    return [RowsInColumns(insert, (*same, *_values(rows)), more)]


def _tuples(fixed: Sequence[object], rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    for start in range(0, len(rows), AT_ONCE):
        yield from zip(*map(repeat, fixed), *_values(rows.slice(start, AT_ONCE)), strict=False)


def _values(rows: pa.Table) -> list[list[Any]]:
    return [_objects(rows.column(name)) for name in rows.column_names]


def _objects(column: pa.ChunkedArray) -> list[Any]:
    """Give a column as Python values, ``None`` for what is not told."""
    kind = kind_of(column)
    if kind == "text":
        return _texts(column)
    if kind == "coded":
        return [value for chunk in column.chunks for value in _decoded(chunk)]
    values: NDArray[Any] = column.to_numpy()
    if kind == "bool":
        found: list[Any] = values.astype(np.int64).tolist()
        return found
    untold = values == _UNTOLD[kind]
    if not untold.any():
        return list(values.tolist())
    boxed = values.astype(object)
    boxed[untold] = None
    return list(boxed.tolist())


def _decoded(chunk: pa.DictionaryArray) -> list[Any]:
    words = np.array([*_texts(pa.chunked_array([chunk.dictionary])), None], object)
    codes = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return list(words[codes].tolist())


def _texts(column: pa.ChunkedArray) -> list[Any]:
    return list(escaped(column).to_numpy().tolist())


def escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Write texts as a database can keep them.

    Args:
        column: Arrow texts, large.

    Example:
        >>> escaped(pa.chunked_array([["a", "\0"]], pa.large_string())).to_pylist()
        ['a', '\ufdd0\ufdd2']
    """
    if _has(column, _ESCAPE, "\0"):
        for plain, written in ((_ESCAPE, _ITSELF), ("\0", _NUL)):
            column = pc.replace_substring(column, plain, written)
    return column


def unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read texts as they were before :func:`escaped`."""
    if _has(column, _ESCAPE):
        for plain, written in (("\0", _NUL), (_ESCAPE, _ITSELF)):
            column = pc.replace_substring(column, written, plain)
    return column


def _has(column: pa.ChunkedArray, *parts: str) -> bool:
    """Say whether any text has one of some parts: all bytes are looked through at once."""
    for chunk in column.chunks:
        texts = arrow.texts(chunk)
        raw = texts.data[texts.offsets[0] : texts.offsets[-1]].tobytes()
        if any(part.encode() in raw for part in parts):
            return True
    return False


def escaped_text(text: str) -> str:
    """Write one text as a database can keep it."""
    return text.replace(_ESCAPE, _ITSELF).replace("\0", _NUL)


def unescaped_text(text: str) -> str:
    """Read one text as it was before :func:`escaped_text`."""
    return text.replace(_NUL, "\0").replace(_ITSELF, _ESCAPE)


def read_batch(rows: Sequence[Row], columns: Mapping[str, str]) -> pa.Table:
    """Make an Arrow table of rows.

    Args:
        rows: As the driver gives them, their columns in this order.
        columns: Kind of each.
    """
    # Quicker than zip(*rows), which makes an iterator of every row.
    arrays = {
        name: typed(pa.chunked_array([pa.array(list(map(itemgetter(place), rows)), _plain(kind))]), kind)
        for place, (name, kind) in enumerate(columns.items())
    }
    return pa.table(arrays)


def _plain(kind: str) -> pa.DataType:
    return pa.large_string() if kind in _SQL_TYPES else pa.int64()


def typed(column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    """Give a column as it came from the database its own kind, NULL of numbers as "not told".

    Args:
        column: Arrow, 64-bit numbers or texts.
        kind: What it is to be.
    """
    if kind not in _SQL_TYPES:
        return pc.fill_null(column, pa.scalar(int(_UNTOLD[kind]), pa.int64())).cast(_TYPES[kind])
    texts = unescaped(column.cast(pa.large_string()))
    return texts.dictionary_encode().cast(CODED) if kind == "coded" else texts


def joined(parts: Iterable[pa.Table], columns: Mapping[str, str]) -> pa.Table:
    """Put tables one after the other; without any, the empty one."""
    found = list(parts)
    if not found:
        return read_batch((), columns)
    return pa.concat_tables(found).unify_dictionaries()
