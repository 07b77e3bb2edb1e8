"""The reference reader: the csv module, record by record, with the reason for each bad one.

It reads what the fast path will not: uneven column counts, stray quotes, NUL bytes, huge cells.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, Literal

import attrs
import numpy as np

from retailcrm.ports.raw import BadRecord, RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MAX_CELL: Final = 32_767
"""Characters in one cell, the limit of a workbook's cell: more means a stray quote."""


@attrs.define
class _Found:
    """What has been read of a block so far."""

    rows: list[list[str]] = attrs.field(factory=list)
    places: list[tuple[int, int, int]] = attrs.field(factory=list)
    bad: list[BadRecord] = attrs.field(factory=list)
    blank: int = 0
    record: int = 0

    def reject(self, first: int, last: int, code: str, message: str) -> None:
        self.bad.append(
            BadRecord(record=self.record, first_line=first, last_line=last, code=code, message=message)
        )
        self.record += 1


def reference_block(
    data: bytes,
    *,
    line: int,
    encoding: str,
    delimiter: str,
    columns: int,
    plain: Collection[int],
    coded: Collection[int],
    quoting: bool = True,
) -> RawBlock:
    """Read whole records slowly and surely.

    Args:
        data: Bytes that begin and, as far as can be told, end with a record.
        line: Physical line that ``data`` begins on.
        encoding: Codec of ``data``.
        delimiter: One character.
        columns: How many values a record must have.
        plain: Columns wanted as they are.
        coded: Columns wanted dictionary-encoded.
        quoting: Whether ``"`` quotes.

    Returns:
        The good records, in UTF-8; records are numbered from 0.
    """
    found = _Found()
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    at = 0
    while at < len(lines):
        at += _read_from(lines, at, found, line, encoding, delimiter, columns, quoting=quoting)
    return _block(found, plain, coded)


def _read_from(
    lines: list[bytes],
    at: int,
    found: _Found,
    line: int,
    encoding: str,
    delimiter: str,
    columns: int,
    *,
    quoting: bool,
) -> int:
    """Read one record that begins at ``lines[at]``; return how many lines it took."""
    first = line + at
    text = _decoded(lines[at], encoding)
    if text is None:
        found.reject(first, first, "encoding", f"this line is not {encoding} text")
        return 1
    if "\0" in text:
        found.reject(first, first, "nul", "this line holds a NUL character")
        return 1
    record = _record(lines, at, text, encoding, delimiter, quoting=quoting)
    if record is None:
        found.reject(first, first, "quote", "a quote is opened here and never closed")
        return 1
    values, taken = record
    _take(found, values, first, first + taken - 1, columns)
    return taken


def _record(
    lines: list[bytes], at: int, text: str, encoding: str, delimiter: str, *, quoting: bool
) -> tuple[list[str], int] | None:
    """Split the record; ``None`` if its quote never closes within the size of a cell."""
    taken, exhausted = 0, False

    def feed() -> Iterator[str]:
        nonlocal taken, exhausted
        budget = MAX_CELL * 2
        while at + taken < len(lines) and budget > 0:
            more = text if taken == 0 else _decoded(lines[at + taken], encoding)
            if more is None or "\0" in more:
                break
            taken += 1
            budget -= len(more)
            yield more + "\n"
        exhausted = True

    try:
        mode: Literal[0, 3] = csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE
        values = next(csv.reader(feed(), delimiter=delimiter, quoting=mode))
    except csv.Error:
        return None
    # The csv module asks for one more line only while a quote is open.
    return None if exhausted else (values, taken)


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.removesuffix(b"\r").decode(encoding)
    except UnicodeDecodeError:
        return None


def _take(found: _Found, values: list[str], first: int, last: int, columns: int) -> None:
    while len(values) > columns and values[-1] == "":
        values = values[:-1]
    if len(values) <= 1 and not any(value.strip() for value in values):
        found.blank += 1
        found.record += 1
    elif len(values) != columns:
        found.reject(first, last, "columns", f"{len(values)} values where the header has {columns}")
    elif max(map(len, values)) > MAX_CELL:
        found.reject(first, last, "cell-size", f"a value of more than {MAX_CELL:,} characters")
    else:
        found.rows.append(values)
        found.places.append((found.record, first, last))
        found.record += 1


def _block(found: _Found, plain: Collection[int], coded: Collection[int]) -> RawBlock:
    import pyarrow as pa  # noqa: PLC0415 - only who reads files loads Arrow

    columns: dict[int, pa.Array] = {}
    for i in {*plain, *coded}:
        values = pa.array([row[i].encode() for row in found.rows], pa.binary())
        columns[i] = values.dictionary_encode() if i in coded else values
    places = np.asarray(found.places, np.int64).reshape(-1, 3)
    return RawBlock(
        columns=columns,
        encoding="utf-8",
        records=places[:, 0],
        first_line=places[:, 1],
        last_line=places[:, 2],
        bad=tuple(found.bad),
        blank=found.blank,
    )
