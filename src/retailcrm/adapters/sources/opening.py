"""Open a table: sample its beginning, find the source that knows it, and give it to be read."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING, BinaryIO, Final

import attrs

from retailcrm.adapters.sources.csv import Dialect, TextTable
from retailcrm.adapters.sources.encoding import candidates, decode_head
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.sources import Match, Row, Sample, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from retailcrm.domain.problems import Problem
    from retailcrm.ports.raw import RawBlock, RawTable

HEAD_BYTES: Final = 64 << 10
SAMPLE_ROWS: Final = 20
_DELIMITERS: Final = ",\t;|"


@attrs.frozen(kw_only=True)
class TextForm:
    """What a mapping may say of a text file instead of having it found out.

    Attributes:
        encoding: Codec name; ``None`` tries the ladder.
        delimiter: One character, ``" "`` for runs of blanks; ``None`` takes the commonest.
        header: Whether the file has column names.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True


@attrs.frozen(kw_only=True, eq=False)
class OpenedTable:
    """A table ready to be read by the source that recognised it (a :class:`SourceFile`).

    Attributes:
        name: As the user gave it.
        sheet: Workbook sheet, ``None`` for text.
        header: Column names, stripped.
        zone: The shop's IANA zone.
        currency: The shop's ISO 4217 code.
        raw: The records.
    """

    name: str
    sheet: str | None
    header: tuple[str, ...]
    zone: str
    currency: str
    raw: RawTable

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the records in raw blocks."""
        return self.raw.blocks(plain, coded)

    def rows(self) -> Iterator[Row | Problem]:
        """Read the records one by one, as stripped text by column name."""
        from retailcrm.adapters.sources.rows import table_rows  # noqa: PLC0415 - loads Arrow

        return table_rows(self)


@attrs.frozen(kw_only=True)
class Recognised:
    """A source that takes the file, and how it must be read.

    Attributes:
        source: The source.
        match: Why it was chosen.
        header: Column names, stripped; ``()`` where the file has none.
        encoding: Of a text file.
        delimiter: Of a text file.
        skip_lines: Physical lines (or sheet rows) before the first record.
        columns: Number of columns.
    """

    source: Source
    match: Match
    header: tuple[str, ...]
    encoding: str
    delimiter: str
    skip_lines: int
    columns: int


@attrs.frozen
class Head:
    """The first rows of a table under one reading of its bytes.

    Attributes:
        encoding: That reading.
        delimiter: What separates its values.
        rows: At most :data:`SAMPLE_ROWS` rows of stripped text.
        last_lines: The physical line (or sheet row) that each row ends on.
    """

    encoding: str
    delimiter: str
    rows: tuple[tuple[str, ...], ...]
    last_lines: tuple[int, ...]


def recognise(
    name: str, heads: Iterable[Head], sources: Mapping[str, Source], *, sheet: str | None = None
) -> Recognised:
    """Choose the source that is surest, over every way to read the bytes.

    Raises:
        ImportRefusedError: No source knows the file; the message lists the columns found.
    """
    best: Recognised | None = None
    seen: tuple[str, ...] = ()
    for head in heads:
        seen = seen or next((row for row in head.rows if any(row)), ())
        for source in sources.values():
            match = source.identify(Sample(name=name, rows=head.rows, sheet=sheet))
            if match and (best is None or match.strength > best.match.strength):
                best = _recognised(source, match, head)
        if best is not None:
            # The ladder is in order of trust: the first encoding under which the header is known holds.
            break
    if best is None:
        raise ImportRefusedError(_unknown(name, seen, sources), code="unrecognised")
    return best


def _recognised(source: Source, match: Match, head: Head) -> Recognised:
    at = match.header_row
    header = () if at is None else head.rows[at]
    skip = 0 if at is None else head.last_lines[at]
    width = len(header) or max(map(len, head.rows), default=0)
    return Recognised(
        source=source, match=match, header=header, encoding=head.encoding, delimiter=head.delimiter,
        skip_lines=skip, columns=width,
    )  # fmt: skip


def _unknown(name: str, columns: tuple[str, ...], sources: Mapping[str, Source]) -> str:
    shown = ", ".join(column or "(no name)" for column in columns[:SAMPLE_ROWS]) + (
        ", ..." if len(columns) > SAMPLE_ROWS else ""
    )
    return (
        f"{name}: no source knows this file. Columns found: {shown or 'none'}. "
        f"Known formats: {', '.join(sorted(sources))}. "
        "Describe the columns in a mapping and pass it with --map (guide: map your own CSV)."
    )


def text_heads(head: bytes, form: TextForm) -> Iterator[Head]:
    """Give the first rows of a text file under each encoding that fits."""
    encodings = (form.encoding,) if form.encoding else candidates(head)
    for encoding in encodings:
        text = decode_head(head, encoding)[:HEAD_BYTES]
        delimiter = form.delimiter or _commonest(text)
        yield Head(encoding, delimiter, *_first_rows(text, delimiter))


def _commonest(text: str) -> str:
    """Take the delimiter that the first lines have most of."""
    start = "\n".join(text.splitlines()[:SAMPLE_ROWS])
    return max(_DELIMITERS, key=start.count)


def _first_rows(text: str, delimiter: str) -> tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]:
    rows, lines = [], []
    if delimiter == " ":
        for number, line in enumerate(text.splitlines()[:SAMPLE_ROWS], 1):
            rows.append(tuple(line.split()))
            lines.append(number)
        return tuple(rows), tuple(lines)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            rows.append(tuple(_plain(cell) for cell in cells))
            lines.append(reader.line_num)
            if len(rows) == SAMPLE_ROWS:
                break
    except csv.Error:
        # The rows so far are enough to recognise a file; the records themselves are read elsewhere.
        pass
    return tuple(rows), tuple(lines)


def _plain(cell: str) -> str:
    return cell.replace("\ufeff", "").replace("\u200b", "").strip()


def open_text(name: str, stream: BinaryIO, found: Recognised, *, zone: str, currency: str) -> OpenedTable:
    """Open a text file for the source that recognised it.

    Args:
        name: As the user gave it.
        stream: The file from its first byte.
        found: From :func:`recognise`.
        zone: The shop's IANA zone.
        currency: The shop's ISO 4217 code.
    """
    encoding = found.encoding
    if encoding == "utf-16" or (found.delimiter == "|" and encoding != "utf-8"):
        # Their characters may hold the delimiter's byte: split only after transcoding.
        stream, encoding = _transcoded(stream, encoding), "utf-8"
    stream = _with_newlines(stream)
    dialect = Dialect(
        encoding=encoding, delimiter=found.delimiter, columns=found.columns, skip_lines=found.skip_lines
    )
    return OpenedTable(
        name=name,
        sheet=None,
        header=found.header,
        zone=zone,
        currency=currency,
        raw=TextTable(stream, dialect),
    )


def _transcoded(stream: BinaryIO, encoding: str) -> BinaryIO:
    decoder = codecs.getincrementaldecoder(encoding)("strict")

    def convert(data: bytes) -> bytes:
        try:
            return decoder.decode(data, final=not data).replace("\ufeff", "").encode()
        except UnicodeDecodeError as error:
            raise ImportRefusedError(
                f"this file stops being {encoding} text: {error.reason}", code="encoding"
            ) from error

    return io.BufferedReader(_Converted(stream, convert), HEAD_BYTES)


def _with_newlines(stream: BinaryIO) -> BinaryIO:
    """Turn lone carriage returns (old spreadsheet programs) into newlines, if the file has only those."""
    buffered = (
        stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_Converted(stream), HEAD_BYTES)
    )
    head = buffered.peek(HEAD_BYTES)
    if b"\r" in head and b"\n" not in head:
        return io.BufferedReader(_Converted(buffered, lambda data: data.replace(b"\r", b"\n")), HEAD_BYTES)
    return buffered


class _Converted(io.RawIOBase):
    """Any readable stream as a raw one, its bytes passed through a function."""

    def __init__(self, stream: BinaryIO, convert: Callable[[bytes], bytes] = bytes) -> None:
        self._stream, self._convert, self._waiting = stream, convert, b""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from the stream."""
        while not self._waiting:
            data = self._stream.read(len(buffer))
            self._waiting = self._convert(data)
            if not data:
                break
        part, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
