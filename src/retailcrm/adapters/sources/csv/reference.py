"""The reference reader: the csv module, record by record, with the reason for each bad one.

It reads what the fast path will not: uneven column counts, stray quotes, NUL bytes, huge cells.
"""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
import numpy as np

from retailcrm.adapters.sources.csv.pieces import MAX_CELL, Dialect, Piece
from retailcrm.ports.raw import BadRecord, RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_BLANKS: Final = " \t\r\n\f\v"
_HUGE: Final = f"a value of more than {MAX_CELL:,} characters"
_OPEN: Final = "a quote is opened here and never closed where a value ends"
_RETURN: Final = "a carriage return stands within a value that is not quoted"


@attrs.frozen(eq=False)
class Parsed:
    """What became of a piece.

    Attributes:
        block: Its records, numbered from 0.
        over: A last record that goes on beyond the piece, ``None`` if there is none.
    """

    block: RawBlock
    over: Piece | None


@attrs.define(eq=False)
class _Reading:
    """A piece being read, and what was found so far.

    Every byte is taken for a character (Latin-1), so that nothing has to be decoded to be split.
    """

    lines: Sequence[str]
    first: int
    dialect: Dialect
    at: int = 0
    rows: list[list[str]] = attrs.field(factory=list)
    places: list[tuple[int, int, int]] = attrs.field(factory=list)
    bad: list[BadRecord] = attrs.field(factory=list)
    blank: int = 0
    record: int = 0

    def reject(self, code: str, message: str, lines: int = 1) -> None:
        first, last = self._lines(lines)
        self.bad.append(
            BadRecord(record=self.record, first_line=first, last_line=last, code=code, message=message)
        )
        self._next(lines)

    def pass_over(self, lines: int) -> None:
        self.blank += 1
        self._next(lines)

    def keep(self, values: list[str], lines: int) -> None:
        self.rows.append(values)
        self.places.append((self.record, *self._lines(lines)))
        self._next(lines)

    def _lines(self, lines: int) -> tuple[int, int]:
        return self.first + self.at, self.first + self.at + lines - 1

    def _next(self, lines: int) -> None:
        self.record += 1
        self.at += lines


def reference_block(
    piece: Piece, dialect: Dialect, plain: Collection[int], coded: Collection[int], *, final: bool
) -> Parsed:
    """Read records slowly and surely.

    A quote that is opened and not closed loses its own line and no other: the reader goes on with the
    next line.

    Args:
        piece: Lines that begin with a record.
        dialect: How they separate their values.
        plain: Columns wanted as they are.
        coded: Columns wanted dictionary-encoded.
        final: Nothing follows the piece.
    """
    lines = piece.data.decode("latin-1").split("\n")[:-1]
    reading = _Reading(lines, piece.line, dialect)
    over = None
    while over is None and reading.at < len(lines):
        if not _read_record(reading, final=final):
            over = Piece(
                "\n".join([*lines[reading.at :], ""]).encode("latin-1"),
                piece.line + reading.at,
                len(lines) - reading.at,
            )
    return Parsed(_block(reading, plain, coded), over)


def no_block(encoding: str, bad: BadRecord, wanted: Collection[int]) -> RawBlock:
    """Make the block of one bad record: its columns are there, and empty."""
    import pyarrow as pa  # noqa: PLC0415 - only who reads files loads Arrow

    none = np.empty(0, np.int64)
    columns = {i: pa.array([], pa.binary()) for i in wanted}
    return RawBlock(
        columns=columns, encoding=encoding, records=none, first_line=none, last_line=none, bad=(bad,)
    )


def _read_record(reading: _Reading, *, final: bool) -> bool:
    """Read the record that begins at the present line; ``False`` if it goes on beyond the piece."""
    line = reading.lines[reading.at]
    if "\0" in line:
        reading.reject("nul", "this line holds a NUL character")
        return True
    try:
        values, taken = _one_line(line, reading.dialect), 1
    except csv.Error as error:
        reading.reject(*(("cell-size", _HUGE) if "limit" in str(error) else ("newline", _RETURN)))
        return True
    if values is None:
        try:
            values, taken = _several_lines(reading)
        except _UnfinishedError:
            if not final:
                return False
            reading.reject("quote", _OPEN)
            return True
        except csv.Error:
            reading.reject("quote", _OPEN)
            return True
    _take(reading, values, taken)
    return True


class _UnfinishedError(Exception):
    """The lines end while a quote is open."""


def _one_line(line: str, dialect: Dialect) -> list[str] | None:
    """Split a line; ``None`` if a quote is open at its end.

    Raises:
        csv.Error: A value is huge, or a carriage return stands in it without quotes.
    """
    more = False

    def feed() -> Iterator[str]:
        nonlocal more
        yield line + "\n"
        more = True

    mode: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quoting else csv.QUOTE_NONE
    values = next(csv.reader(feed(), delimiter=dialect.byte, quoting=mode))
    # The csv module asks for one more line only while a quote is open.
    return None if more else values


def _several_lines(reading: _Reading) -> tuple[list[str], int]:
    """Split a record with line breaks in its values; quotes must close where a value ends.

    Raises:
        csv.Error: They do not, or the value is huge: the opening quote was a stray one.
        _UnfinishedError: The lines end before the record.
    """
    taken = 0

    def feed() -> Iterator[str]:
        nonlocal taken
        for line in itertools.islice(reading.lines, reading.at, None):
            if "\0" in line:
                raise csv.Error(_OPEN)
            taken += 1
            yield line + "\n"
        raise _UnfinishedError

    values = next(csv.reader(feed(), delimiter=reading.dialect.byte, strict=True))
    if any("\n" in value and _is_huge(value, reading.dialect) for value in values):
        raise csv.Error(_HUGE)
    return values, taken


def _is_huge(value: str, dialect: Dialect) -> bool:
    if len(value) <= MAX_CELL:
        return False
    return len(value.encode("latin-1").decode(dialect.encoding, "replace")) > MAX_CELL


def _take(reading: _Reading, values: list[str], lines: int) -> None:
    columns = reading.dialect.columns
    while len(values) > columns and values[-1] == "":
        values.pop()
    if len(values) <= 1 and not any(value.strip(_BLANKS) for value in values):
        reading.pass_over(lines)
    elif len(values) != columns:
        reading.reject("columns", f"{len(values)} values where the header has {columns}", lines)
    elif any(_is_huge(value, reading.dialect) for value in values):
        reading.reject("cell-size", _HUGE, lines)
    else:
        reading.keep(values, lines)


def _block(reading: _Reading, plain: Collection[int], coded: Collection[int]) -> RawBlock:
    import pyarrow as pa  # noqa: PLC0415 - only who reads files loads Arrow

    columns: dict[int, Any] = {}
    for i in {*plain, *coded}:
        values = pa.array([row[i].encode("latin-1") for row in reading.rows], pa.binary())
        columns[i] = values.dictionary_encode() if i in coded else values
    places = np.asarray(reading.places, np.int64).reshape(-1, 3)
    return RawBlock(
        columns=columns,
        encoding=reading.dialect.encoding,
        records=places[:, 0],
        first_line=places[:, 1],
        last_line=places[:, 2],
        bad=tuple(reading.bad),
        blank=reading.blank,
    )
