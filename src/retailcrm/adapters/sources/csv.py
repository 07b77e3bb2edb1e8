"""Text files of separated values, block by block: Arrow where a block is regular, else the csv module.

GB18030 and Big5 never use the bytes of comma, semicolon, tab, quote or newline inside a character,
so raw bytes can be split first and only distinct values decoded.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, Final

import attrs
import numpy as np

from retailcrm.adapters.sources.csv_reference import MAX_CELL, reference_block
from retailcrm.ports.raw import RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

BLOCK_BYTES: Final = 8 << 20
_NEWLINE, _QUOTE = ord("\n"), ord('"')
_WORKERS = 2


@attrs.frozen(kw_only=True)
class Dialect:
    """How a text file separates its values.

    Attributes:
        encoding: Codec name; one whose characters never hold the delimiter's or a quote's byte.
        delimiter: One ASCII character; ``" "`` means any run of blanks, and no quoting.
        columns: Number of columns.
        skip_lines: Physical lines before the first record (titles and header).
    """

    encoding: str
    delimiter: str
    columns: int
    skip_lines: int


@attrs.frozen(eq=False)
class _Piece:
    """Whole records cut out of the file: their bytes, and where they begin."""

    data: bytes
    line: int
    lines: int
    quoted_newlines: bool


@attrs.frozen(eq=False)
class _Places:
    """Where the rows of a piece stand, records numbered from 0."""

    record: NDArray[np.int64]
    first_line: NDArray[np.int64]
    last_line: NDArray[np.int64]
    blank: int


@attrs.frozen(eq=False)
class TextTable:
    """A text file opened for reading in raw blocks.

    Attributes:
        stream: Its bytes from the start; read once.
        dialect: How it separates its values.
        block_bytes: How much is parsed at a time.
    """

    stream: BinaryIO
    dialect: Dialect
    block_bytes: int = BLOCK_BYTES

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the records once, two blocks ahead on threads, in file order."""
        next_record = 1
        for block in _ahead(self, plain, coded):
            # Workers count records from 0 within their block: how many a block holds is only
            # known once it is parsed.
            yield _renumbered(block, next_record)
            next_record += len(block) + len(block.bad) + block.blank


def _ahead(table: TextTable, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
    waiting: deque[Future[RawBlock]] = deque()
    pieces = _pieces(table.stream, table.dialect, table.block_bytes)
    # One more thread reads (and unpacks) ahead, so that it never waits for the caller.
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(_WORKERS) as pool:
        upcoming = reader.submit(next, pieces, None)
        while (piece := upcoming.result()) is not None:
            upcoming = reader.submit(next, pieces, None)
            waiting.append(pool.submit(_parse, piece, table.dialect, plain, coded))
            if len(waiting) > _WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _renumbered(block: RawBlock, start: int) -> RawBlock:
    bad = tuple(attrs.evolve(b, record=b.record + start) for b in block.bad)
    return attrs.evolve(block, records=block.records + start, bad=bad)


def _pieces(stream: BinaryIO, dialect: Dialect, size: int) -> Iterator[_Piece]:
    """Cut the stream where a record ends: after a newline with an even number of quotes before it."""
    for _ in range(dialect.skip_lines):
        stream.readline()
    line, rest = dialect.skip_lines + 1, b""
    while chunk := stream.read(size):
        data = rest + chunk
        end = _record_end(data, dialect)
        # A record longer than any cell may be means a stray quote: cut at a line and let the
        # reference reader find where sense begins again.
        if end == 0 and len(data) > max(2 * MAX_CELL * dialect.columns, size):
            end = data.rfind(b"\n") + 1
        rest = data[end:]
        if end:
            piece = _piece(data[:end], line, dialect)
            yield piece
            line += piece.lines
    if rest:
        yield _piece(rest if rest.endswith(b"\n") else rest + b"\n", line, dialect)


def _piece(data: bytes, line: int, dialect: Dialect) -> _Piece:
    newlines = int(np.count_nonzero(np.frombuffer(data, np.uint8) == _NEWLINE))
    return _Piece(data, line, newlines, dialect.delimiter != " " and b'"' in data)


def _record_end(data: bytes, dialect: Dialect) -> int:
    """Find the end of the last whole record, 0 if there is none."""
    end = data.rfind(b"\n") + 1
    if dialect.delimiter == " " or end == 0:
        return end
    quotes = int(np.count_nonzero(np.frombuffer(data, np.uint8)[:end] == _QUOTE))
    while end > 0 and quotes % 2:
        start = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', start, end)
        end = start
    return end


def _parse(piece: _Piece, dialect: Dialect, plain: Collection[int], coded: Collection[int]) -> RawBlock:
    if dialect.delimiter == " ":
        piece = attrs.evolve(piece, data=_single_blanks(piece.data))
    fast = None if b"\0" in piece.data else _arrow_block(piece, dialect, plain, coded)
    if fast is not None:
        return fast
    return reference_block(
        piece.data,
        line=piece.line,
        encoding=dialect.encoding,
        delimiter="\t" if dialect.delimiter == " " else dialect.delimiter,
        quoting=dialect.delimiter != " ",
        columns=dialect.columns,
        plain=plain,
        coded=coded,
    )


def _single_blanks(data: bytes) -> bytes:
    """Turn runs of blanks into single tabs and drop those around a line."""
    return b"".join(b"\t".join(line.split()) + b"\n" for line in data.split(b"\n")[:-1])


def _arrow_block(
    piece: _Piece, dialect: Dialect, plain: Collection[int], coded: Collection[int]
) -> RawBlock | None:
    """Parse a regular block; ``None`` if any record of it is not regular."""
    wanted = sorted({*plain, *coded}) or [0]
    table = _read_csv(piece.data, dialect, wanted, coded)
    places = None if table is None else _places(piece, table.num_rows)
    if table is None or places is None:
        return None
    return RawBlock(
        columns={i: table.column(f"c{i}").combine_chunks() for i in wanted},
        encoding=dialect.encoding,
        records=places.record,
        first_line=places.first_line,
        last_line=places.last_line,
        blank=places.blank,
    )


def _read_csv(data: bytes, dialect: Dialect, wanted: list[int], coded: Collection[int]) -> pa.Table | None:
    import pyarrow as pa  # noqa: PLC0415 - only who reads files loads Arrow
    import pyarrow.csv  # noqa: PLC0415 - only who reads files loads Arrow

    irregular: list[object] = []

    def note(row: object) -> str:
        irregular.append(row)
        return "skip"

    kinds = {f"c{i}": pa.dictionary(pa.int32(), pa.binary()) if i in coded else pa.binary() for i in wanted}
    try:
        table = pyarrow.csv.read_csv(
            pa.py_buffer(data),
            # One chunk a block: two blocks are parsed at the same time instead.
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=len(data) + 1,
                column_names=[f"c{i}" for i in range(dialect.columns)],
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter="\t" if dialect.delimiter == " " else dialect.delimiter,
                quote_char=False if dialect.delimiter == " " else '"',
                newlines_in_values=True,
                invalid_row_handler=note,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                check_utf8=False, column_types=kinds, include_columns=list(kinds), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return None if irregular else table


def _places(piece: _Piece, rows: int) -> _Places | None:
    """Find the lines of each row; ``None`` if the row count cannot be explained."""
    if rows == piece.lines:
        lines = np.arange(piece.line, piece.line + rows, dtype=np.int64)
        return _Places(np.arange(rows, dtype=np.int64), lines, lines, 0)
    data = np.frombuffer(piece.data, np.uint8)
    newlines = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate([[0], newlines[:-1] + 1])
    closing = _closing_lines(data, starts) if piece.quoted_newlines else np.arange(len(newlines))
    opening = np.concatenate([[0], closing[:-1] + 1]).astype(np.int64)
    blank = _blank(piece.data, starts[opening], newlines[closing])
    kept = np.flatnonzero(~blank)
    if len(kept) != rows:
        return None
    return _Places(kept, piece.line + opening[kept], piece.line + closing[kept], int(blank.sum()))


def _closing_lines(data: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Say which lines end a record: those with an even number of quotes up to their end."""
    odd = np.bitwise_xor.reduceat((data == _QUOTE).view(np.uint8), starts)
    return np.flatnonzero(np.bitwise_xor.accumulate(odd) == 0)


def _blank(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which records have no character, a carriage return aside."""
    blank: NDArray[np.bool_] = ends == starts
    for i in np.flatnonzero(ends - starts == 1):
        blank[i] = data[starts[i] : ends[i]] == b"\r"
    return blank
