"""A text file cut into pieces that, as far as quotes tell, begin and end with a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, Final

import attrs
import numpy as np

from retailcrm.ports.raw import BadRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MAX_CELL: Final = 32_767
"""Characters in one cell, the limit of a workbook's cell: more means a stray quote."""

NEWLINE, RETURN, QUOTE = ord("\n"), ord("\r"), ord('"')
_LONGEST_CHARACTER: Final = 4
_CACHED: Final = 256 << 10


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

    @property
    def quoting(self) -> bool:
        """Whether ``"`` quotes."""
        return self.delimiter != " "

    @property
    def byte(self) -> str:
        """What separates the values of a :class:`Piece`: runs of blanks are single tabs by then."""
        return self.delimiter if self.quoting else "\t"

    @property
    def longest_line(self) -> int:
        """Bytes that a record of cells within :data:`MAX_CELL` cannot exceed."""
        return (_LONGEST_CHARACTER * MAX_CELL + 3) * self.columns


@attrs.frozen(eq=False)
class Piece:
    """Lines cut out of the file.

    Attributes:
        data: Their bytes, the last newline included.
        line: Physical line that the first of them is.
        lines: How many they are.
        overlong: They are one line too long to be taken into memory, and ``data`` is empty.
    """

    data: bytes
    line: int
    lines: int
    overlong: bool = False


def overlong(piece: Piece) -> BadRecord:
    """Say what is wrong with a piece that is one endless line."""
    message = f"a line so long that a value of it has more than {MAX_CELL:,} characters"
    return BadRecord(record=0, first_line=piece.line, last_line=piece.line, code="cell-size", message=message)


def joined(first: Piece, second: Piece) -> Piece:
    """Put two pieces that follow each other together again."""
    return Piece(first.data + second.data, first.line, first.lines + second.lines)


def pieces(stream: BinaryIO, dialect: Dialect, size: int) -> Iterator[Piece]:
    """Cut the stream after newlines with an even number of quotes before them.

    A stray quote makes such a newline stand within a record at times: then the piece before it is
    found to end within a record, and the two are read together.

    Args:
        stream: The file from its first byte.
        dialect: How it separates its values.
        size: How many bytes to read at a time.
    """
    for _ in range(dialect.skip_lines):
        stream.readline()
    line, rest = dialect.skip_lines + 1, b""
    while chunk := stream.read(size):
        end = chunk.rfind(b"\n") + 1
        if end and not (dialect.quoting and (b'"' in rest or b'"' in chunk)):
            # Every line is a record: nothing has to be counted, and nothing copied twice.
            piece = _piece(b"".join((rest, memoryview(chunk)[:end])), line, dialect)
            rest = chunk[end:]
            yield piece
            line += piece.lines
            continue
        data = rest + chunk
        end = _record_end(data, dialect)
        if end == 0 and len(data) > max(dialect.longest_line, size):
            # More than a record can be: a stray quote. Cut at any line, the reader finds its way.
            end = data.rfind(b"\n") + 1
            if end == 0:
                data = _after_line(stream, size)
                yield Piece(b"", line, 1, overlong=True)
                line += 1
        rest = data[end:]
        if end:
            piece = _piece(data[:end], line, dialect)
            yield piece
            line += piece.lines
    if rest:
        yield _piece(rest if rest.endswith(b"\n") else rest + b"\n", line, dialect)


def _after_line(stream: BinaryIO, size: int) -> bytes:
    """Read past the end of the present line, holding nothing of it."""
    while chunk := stream.read(size):
        _, newline, after = chunk.partition(b"\n")
        if newline:
            return after
    return b""


def _piece(data: bytes, line: int, dialect: Dialect) -> Piece:
    lines = count_of(data, NEWLINE)
    return Piece(data if dialect.quoting else _single_blanks(data), line, lines)


def _single_blanks(data: bytes) -> bytes:
    """Turn runs of blanks into single tabs and drop those around a line."""
    return b"".join(b"\t".join(line.split()) + b"\n" for line in data.split(b"\n")[:-1])


def _record_end(data: bytes, dialect: Dialect) -> int:
    """Find the end of the last whole record, 0 if there is none."""
    end = data.rfind(b"\n") + 1
    if not dialect.quoting or end == 0:
        return end
    quotes = count_of(memoryview(data)[:end], QUOTE) if b'"' in data else 0
    while end > 0 and quotes % 2:
        start = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', start, end)
        end = start
    return end


def count_of(data: Any, byte: int) -> int:  # noqa: ANN401 - the buffer protocol has no name yet
    """Count a byte, in parts that stay within the processor's cache."""
    numbers = bytes_of(data)
    return sum(
        int(np.count_nonzero(numbers[at : at + _CACHED] == byte)) for at in range(0, len(numbers), _CACHED)
    )


def bytes_of(data: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - the buffer protocol has no name yet
    """View bytes (or a buffer of them) as numbers."""
    return np.frombuffer(data, np.uint8)
