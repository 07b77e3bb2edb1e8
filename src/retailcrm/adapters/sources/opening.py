"""Open a table: sample its beginning, find the source that knows it, and give it to be read."""

from __future__ import annotations

import csv
import itertools
import re
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

import attrs

from retailcrm.adapters.sources.csv.encoding import LADDER, candidates, decode_head, known_encoding
from retailcrm.adapters.sources.csv.table import Dialect, TextTable
from retailcrm.adapters.sources.csv.text_streams import splittable
from retailcrm.adapters.sources.field import visible
from retailcrm.errors import ImportRefusedError, SettingsError
from retailcrm.ports.sources import Match, Row, Sample, Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from retailcrm.domain.problems import Problem
    from retailcrm.ports.raw import RawBlock, RawTable

HEAD_BYTES: Final = 64 << 10
SAMPLE_ROWS: Final = 20
_NO_DELIMITER: Final = "\"'\r\n\0=+-.@"
_DELIMITERS: Final = ",\t;|"
_BLANK: Final = " \t\r\f\v"
_BLANKS: Final = re.compile(rf"[{_BLANK}]+")


@attrs.frozen(kw_only=True)
class TextForm:
    """What a mapping may say of a text file instead of having it found out.

    Attributes:
        encoding: Codec name; ``None`` tries the ladder.
        delimiter: One character, ``" "`` for runs of blanks; ``None`` takes the commonest.
        header: Whether the file has column names.

    Raises:
        SettingsError: There is no such encoding, or the delimiter cannot be one.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: bool = True

    def __attrs_post_init__(self) -> None:
        if self.encoding is not None and known_encoding(self.encoding) is None:
            raise SettingsError(
                f"there is no encoding {self.encoding!r}; known are {', '.join(LADDER)}, cp1252, ..."
            )
        delimiter = self.delimiter
        if delimiter is not None and not (
            len(delimiter) == 1
            and delimiter.isascii()
            and not delimiter.isalnum()
            and delimiter not in _NO_DELIMITER
        ):
            raise SettingsError(
                f"a delimiter is one character such as , ; or a tab (' ' for any blanks), not {delimiter!r}"
            )


@attrs.frozen(kw_only=True, eq=False)
class OpenedTable:
    """A table ready to be read by the source that recognised it (a :class:`SourceFile`).

    Attributes:
        name: As the user gave it.
        sheet: Workbook sheet, ``None`` for text.
        header: Column names, stripped.
        zone: The shop's IANA zone.
        currency: The shop's ISO 4217 code.
        personal: Whether the recipients of orders are wanted.
        region: Country (ISO 3166) of phone numbers without a country code.
        raw: The records.
    """

    name: str
    sheet: str | None
    header: tuple[str, ...]
    zone: str
    currency: str
    raw: RawTable
    personal: bool = False
    region: str = "CN"

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Read the records in raw blocks."""
        return self.raw.blocks(plain, coded)

    def rows(self) -> Iterator[Row | Problem]:
        """Read the records one by one, as stripped text by column name."""
        from retailcrm.adapters.sources.rows import table_rows  # noqa: PLC0415 - loads Arrow

        return table_rows(self)


class Terms(Protocol):
    """What holds for all files of a shop."""

    @property
    def zone(self) -> str:
        """IANA zone."""
        ...

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        ...

    @property
    def personal(self) -> bool:
        """Whether the recipients of orders are wanted."""
        ...

    @property
    def region(self) -> str:
        """Country of phone numbers without a country code."""
        ...


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
        ImportRefusedError: No source knows the file; the message lists the columns found. Or its bytes
            are no text.
    """
    refusal: ImportRefusedError | None = None
    seen: tuple[str, ...] | None = None
    for head in heads:
        # Heads come in order of trust: the first under which some source knows the header holds.
        best, refused = _surest(Sample(name=name, rows=head.rows, sheet=sheet), sources)
        if best is not None:
            return _recognised(*best, head)
        refusal = refusal or refused
        seen = seen or next((row for row in head.rows if any(row)), ())
    if seen is None:
        raise ImportRefusedError(_undecodable(name), code="encoding")
    raise refusal or ImportRefusedError(_unknown(name, seen, sources), code="unrecognised")


def _surest(
    sample: Sample, sources: Mapping[str, Source]
) -> tuple[tuple[Source, Match] | None, ImportRefusedError | None]:
    """Ask every source; one that was told to read the file may say what it lacks."""
    best: tuple[Source, Match] | None = None
    refusal: ImportRefusedError | None = None
    for source in sources.values():
        try:
            match = source.identify(sample)
        except ImportRefusedError as error:
            refusal = refusal or error
            continue
        if match and (best is None or match.strength > best[1].strength):
            best = source, match
    return best, refusal


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


def _undecodable(name: str) -> str:
    return (
        f"{name}: its bytes are no text in {', '.join(LADDER)}; if it is in another encoding, say so in a "
        "mapping ([file] encoding), else save it as CSV UTF-8"
    )


def text_heads(head: bytes, form: TextForm) -> Iterator[Head]:
    """Give the first rows of a text file under each encoding and delimiter that fit, likeliest first."""
    encodings = (known_encoding(form.encoding) or form.encoding,) if form.encoding else candidates(head)
    for encoding in encodings:
        text = decode_head(head, encoding)[:HEAD_BYTES]
        for delimiter in (form.delimiter,) if form.delimiter else _delimiters(text):
            yield Head(encoding, delimiter, *_first_rows(text, delimiter))


def _delimiters(text: str) -> list[str]:
    """Give the delimiters that the first lines hold, commonest first."""
    start = "\n".join(_lines(text)[:SAMPLE_ROWS])
    found = sorted((d for d in _DELIMITERS if d in start), key=start.count, reverse=True)
    return found or [_DELIMITERS[0]]


def _lines(text: str) -> list[str]:
    """Split where the reader of the records will: at newlines, or at returns if there are only those."""
    return (text if "\n" in text else text.replace("\r", "\n")).split("\n")


def _first_rows(text: str, delimiter: str) -> tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]:
    lines = _lines(text)
    if delimiter == " ":
        # Blanks of other scripts separate nothing, as in the records.
        rows = [
            tuple(_BLANKS.split(line.strip(_BLANK)) if line.strip(_BLANK) else ())
            for line in lines[:SAMPLE_ROWS]
        ]
        return tuple(rows), tuple(range(1, len(rows) + 1))
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    found: list[tuple[str, ...]] = []
    last_lines: list[int] = []
    try:
        for cells in itertools.islice(reader, SAMPLE_ROWS):
            found.append(tuple(map(visible, cells)))
            last_lines.append(reader.line_num)
    except csv.Error:
        # The rows so far are enough to recognise a file; the records themselves are read elsewhere.
        pass
    return tuple(found), tuple(last_lines)


def open_text(name: str, stream: BinaryIO, found: Recognised, terms: Terms) -> OpenedTable:
    """Open a text file for the source that recognised it.

    Args:
        name: As the user gave it.
        stream: The file from its first byte.
        found: From :func:`recognise`.
        terms: What the shop's files have in common.
    """
    plain, encoding = splittable(stream, found.encoding, found.delimiter)
    dialect = Dialect(
        encoding=encoding, delimiter=found.delimiter, columns=found.columns, skip_lines=found.skip_lines
    )
    return OpenedTable(
        name=name,
        sheet=None,
        header=found.header,
        zone=terms.zone,
        currency=terms.currency,
        personal=terms.personal,
        region=terms.region,
        raw=TextTable(plain, dialect),
    )
