"""The fast path of text files: a piece in which every record is regular, parsed by Arrow.

Arrow takes what it finds and does not say which lines a record came from. A piece is regular only if
both readers must come to the same: otherwise it is left to :mod:`.csv_reference`.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.adapters.sources.csv.pieces import (
    MAX_CELL,
    NEWLINE,
    QUOTE,
    RETURN,
    Dialect,
    Piece,
    bytes_of,
)
from retailcrm.ports.raw import RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

_MARKS: Final = (0x1F, 0x1E, 0x1D, 0x1C, *range(1, 9))
"""Control characters that can stand for a newline: no part of any character, and hardly ever used."""

_WINDOW: Final = MAX_CELL // 2


@attrs.frozen(eq=False)
class _Flat:
    """A piece with every record on one line, as far as its quotes tell.

    Attributes:
        data: The bytes, with a mark in place of each newline within a value.
        mark: That byte, ``None`` if no value holds a newline.
        ends: Where each line's newline stands; shape ``(n_records,)``.
        first_line: First physical line of each record, counted from 0; same shape.
        last_line: Last physical line; same shape.
    """

    data: bytes
    mark: int | None
    ends: NDArray[np.intp]
    first_line: NDArray[np.int64]
    last_line: NDArray[np.int64]

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where each line begins."""
        return np.concatenate([[0], self.ends[:-1] + 1])


def regular_block(
    piece: Piece, dialect: Dialect, plain: Collection[int], coded: Collection[int]
) -> RawBlock | None:
    """Parse a regular piece; ``None`` if any record of it is not regular.

    Args:
        piece: It begins with a record, and perhaps ends within one.
        dialect: How it separates its values.
        plain: Columns wanted as they are.
        coded: Columns wanted dictionary-encoded.
    """
    # One column alone: Arrow takes "" for a record and an empty line for none.
    if dialect.columns == 1 or b"\0" in piece.data:
        return None
    # Where every line is plainly a record, their places need not be looked for.
    flat = None if (simple := _is_simple(piece, dialect)) else _flattened(piece, dialect)
    if flat is None and not simple:
        return None
    wanted = sorted({*plain, *coded}) or [0]
    table = _read_csv(piece.data if flat is None else flat.data, dialect, wanted, coded)
    if table is None:
        return None
    columns = {i: table.column(f"c{i}").combine_chunks() for i in wanted}
    if flat is None and table.num_rows == piece.lines:
        return _every_line(piece, dialect, columns)
    flat = flat or _flattened(piece, dialect)
    kept = None if flat is None else _kept(flat, dialect, table.num_rows)
    return None if flat is None or kept is None else _block(piece, dialect, columns, flat, kept)


def _is_simple(piece: Piece, dialect: Dialect) -> bool:
    """Say whether each line is a record or blank for certain: no quotes, no returns, no long line."""
    data = piece.data
    if b"\r" in data or (dialect.quoting and b'"' in data):
        return False
    # A line that is too long holds one of these windows from end to end.
    return all(data.find(b"\n", at, at + _WINDOW) >= 0 for at in range(0, len(data), _WINDOW))


def _every_line(piece: Piece, dialect: Dialect, columns: dict[int, Any]) -> RawBlock:
    lines = np.arange(piece.lines, dtype=np.int64)
    return RawBlock(
        columns=columns, encoding=dialect.encoding, records=lines, first_line=piece.line + lines,
        last_line=piece.line + lines,
    )  # fmt: skip


def _block(
    piece: Piece, dialect: Dialect, columns: dict[int, Any], flat: _Flat, kept: NDArray[np.int64]
) -> RawBlock:
    return RawBlock(
        columns=columns if flat.mark is None else {i: _unmarked(c, flat.mark) for i, c in columns.items()},
        encoding=dialect.encoding,
        records=kept,
        first_line=piece.line + flat.first_line[kept],
        last_line=piece.line + flat.last_line[kept],
        blank=len(flat.ends) - len(kept),
    )


def _flattened(piece: Piece, dialect: Dialect) -> _Flat | None:
    data = bytes_of(piece.data)
    newlines = np.flatnonzero(data == NEWLINE)
    if not _returns_end_lines(data, newlines):
        return None
    lines = np.arange(len(newlines), dtype=np.int64)
    plain = _Flat(piece.data, None, newlines, lines, lines)
    if not dialect.quoting:
        return plain
    odd = np.bitwise_xor.reduceat((data == QUOTE).view(np.uint8), plain.starts)
    if not odd.any():
        return plain
    within = np.bitwise_xor.accumulate(odd) != 0
    closing = np.flatnonzero(~within)
    opening = np.concatenate([[0], closing[:-1] + 1])
    several = opening < closing
    spans = zip(plain.starts[opening[several]].tolist(), newlines[closing[several]].tolist(), strict=True)
    mark = next((byte for byte in _MARKS if bytes([byte]) not in piece.data), None)
    if (
        within[-1]
        or mark is None
        or not _quotes_close(b"".join(piece.data[a : b + 1] for a, b in spans), dialect)
    ):
        return None
    flat = data.copy()
    flat[newlines[within]] = mark
    return _Flat(flat.tobytes(), mark, newlines[closing], opening.astype(np.int64), closing.astype(np.int64))


def _returns_end_lines(data: NDArray[np.uint8], newlines: NDArray[np.intp]) -> bool:
    """Say whether every carriage return stands before a newline, and no line has two."""
    returns = np.count_nonzero(data == RETURN)
    # What stands before the first byte is the last one: a newline.
    return bool(not returns or returns == np.count_nonzero(data[newlines - 1] == RETURN))


def _read_csv(data: bytes, dialect: Dialect, wanted: list[int], coded: Collection[int]) -> pa.Table | None:
    import pyarrow as pa  # noqa: PLC0415 - only who reads files loads Arrow
    import pyarrow.csv  # noqa: PLC0415 - only who reads files loads Arrow

    kinds = {f"c{i}": pa.dictionary(pa.int32(), pa.binary()) if i in coded else pa.binary() for i in wanted}
    try:
        return pyarrow.csv.read_csv(
            pa.py_buffer(data),
            # One chunk a block: two blocks are parsed at the same time instead.
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(data) + 1,
                column_names=[f"c{i}" for i in range(dialect.columns)],
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.byte,
                quote_char='"' if dialect.quoting else False,
                newlines_in_values=True,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                check_utf8=False, column_types=kinds, include_columns=list(kinds), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        # A row has too few or too many values.
        return None


def _kept(flat: _Flat, dialect: Dialect, rows: int) -> NDArray[np.int64] | None:
    """Give the records that are rows and no blank lines; ``None`` if that cannot be told for certain."""
    lengths = flat.ends - flat.starts
    if lengths.max() > MAX_CELL:
        return None
    blank = np.zeros(len(lengths), np.bool_) if rows == len(lengths) else _blank(flat, lengths)
    kept = np.flatnonzero(~blank)
    # A row takes a line or more, and more only up to one that is not blank: where there are as many
    # of them as lines with content, each took one. Only the last may have found no end.
    if len(kept) != rows or (rows and dialect.quoting and not _is_whole(flat, int(kept[-1]), dialect)):
        return None
    return kept


def _is_whole(flat: _Flat, record: int, dialect: Dialect) -> bool:
    """Say whether a record that begins with this line also ends with it."""
    line = flat.data[flat.starts[record] : flat.ends[record] + 1]
    more = False

    def feed() -> Iterator[str]:
        nonlocal more
        yield line.decode("latin-1")
        more = True

    try:
        next(csv.reader(feed(), delimiter=dialect.delimiter))
    except csv.Error:
        return False
    return not more


def _quotes_close(spans: bytes, dialect: Dialect) -> bool:
    """Say whether in records of several lines quotes stand only where they quote.

    Where every quote opens after a delimiter or closes before one, or is one of two, a newline is
    within a value exactly if the number of quotes before it is odd.
    """
    data, delimiter = bytes_of(spans), ord(dialect.delimiter)
    quotes = np.flatnonzero(data == QUOTE)
    opening, closing = quotes[::2], quotes[1::2]
    # What stands before the first byte is the last one: a newline, as it should be.
    before, after = data[opening - 1], data[closing + 1]
    ends = (after == delimiter) | (after == NEWLINE) | (after == RETURN)
    protected = before == ord("=")
    opens = (before == delimiter) | (before == NEWLINE) | (before == QUOTE) | protected
    if not (opens.all() and (ends | (after == QUOTE)).all()):
        return False
    # The quotes of ="..." quote nothing: there must be nothing within that they would have to hide.
    front = data[opening[protected] - 2]
    plain = ((front == delimiter) | (front == NEWLINE)) & ends[protected]
    plain &= data[closing[protected] - 1] != delimiter
    return bool(plain.all()) and not any(
        NEWLINE in data[a:b] for a, b in zip(opening[protected], closing[protected], strict=True)
    )


def _blank(flat: _Flat, lengths: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Say which lines have no character, a carriage return aside."""
    blank: NDArray[np.bool_] = lengths == 0
    single = np.flatnonzero(lengths == 1)
    blank[single] = bytes_of(flat.data)[flat.ends[single] - 1] == RETURN
    return blank


def _unmarked(column: Any, mark: int) -> Any:  # noqa: ANN401 - Arrow has no types
    """Put the newlines back into the values of a column."""
    import pyarrow as pa  # noqa: PLC0415 - only who reads files loads Arrow

    if pa.types.is_dictionary(column.type):
        return pa.DictionaryArray.from_arrays(column.indices, _unmarked(column.dictionary, mark))
    valid, offsets, content = column.buffers()
    if content is None or not (marked := bytes_of(content) == mark).any():
        return column
    restored = np.where(marked, np.uint8(NEWLINE), bytes_of(content))
    return pa.Array.from_buffers(
        column.type, len(column), [valid, offsets, pa.py_buffer(restored)], offset=column.offset
    )
