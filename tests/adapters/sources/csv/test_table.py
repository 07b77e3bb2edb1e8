"""Text files of separated values: the fast path, the reference path, and the csv module agree."""

from __future__ import annotations

import csv
import io
import itertools
from typing import TYPE_CHECKING, Any
from unittest import mock

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retailcrm.adapters.sources.csv import table as fast
from retailcrm.adapters.sources.csv.pieces import MAX_CELL
from retailcrm.adapters.sources.csv.table import Dialect, TextTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.ports.raw import RawBlock


@attrs.frozen
class Found:
    """Everything that reading a file gave, as plain values."""

    rows: tuple[tuple[str, ...], ...]
    places: tuple[tuple[int, int, int], ...]
    bad: tuple[tuple[int, int, int, str], ...]
    blank: int

    @property
    def records(self) -> int:
        """Count every record, whatever became of it."""
        return len(self.rows) + len(self.bad) + self.blank


def read(data: bytes, columns: int, *, size: int = 1 << 20, encoding: str = "utf-8", **dialect: Any) -> Found:
    """Read a file in blocks of some size; odd columns are wanted dictionary-encoded."""
    form = Dialect(**{"encoding": encoding, "delimiter": ",", "columns": columns, "skip_lines": 0, **dialect})
    table = TextTable(io.BytesIO(data), form, block_bytes=size)
    blocks = list(table.blocks(range(0, columns, 2), range(1, columns, 2)))
    rows = [row for block in blocks for row in rows_of(block, columns, encoding)]
    places = [
        place
        for b in blocks
        for place in zip(b.records.tolist(), b.first_line.tolist(), b.last_line.tolist(), strict=True)
    ]
    bad = [(b.record, b.first_line, b.last_line, b.code) for block in blocks for b in block.bad]
    return Found(tuple(rows), tuple(places), tuple(bad), sum(b.blank for b in blocks))


def rows_of(block: RawBlock, columns: int, encoding: str) -> Iterator[tuple[str, ...]]:
    """Decode the rows of a block."""
    if not len(block):
        return
    listed = [block.columns[i].to_pylist() for i in range(columns)]
    for values in zip(*listed, strict=True):
        yield tuple(value.decode(encoding, "surrogateescape") for value in values)


def read_slowly(data: bytes, columns: int, **options: Any) -> Found:
    """Read a file in one piece and without Arrow."""
    with mock.patch.object(fast, "regular_block", return_value=None):
        return read(data, columns, **options)


def expected(text: str, columns: int) -> Found:
    """Read with nothing but the csv module, by the rules that our reader promises.

    A record is a line, or as many lines as its strictly closed quotes embrace. A line whose quote
    never closes so is lost, and the next line starts afresh.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    rows, places, bad, blank, at, record = [], [], [], 0, 0, 1
    while at < len(lines):
        values, taken, code = one_record(lines, at)
        place = (record, at + 1, at + taken)
        while len(values) > columns and values[-1] == "":
            values.pop()
        if code:
            bad.append((*place, code))
        elif len(values) <= 1 and not "".join(values).strip(" \t\r\n"):
            blank += 1
        elif len(values) != columns:
            bad.append((*place, "columns"))
        else:
            rows.append(tuple(values))
            places.append(place)
        at += taken
        record += 1
    return Found(tuple(rows), tuple(places), tuple(bad), blank)


def one_record(lines: list[str], at: int) -> tuple[list[str], int, str]:
    """Give a record's values, how many lines it takes, and what is wrong with it."""
    if "\0" in lines[at]:
        return [], 1, "nul"
    # Sloppy quotes within a line are taken as the csv module takes them, if it asks for no other line.
    reader = csv.reader([lines[at] + "\n", "\x1a"])
    try:
        values = next(reader)
    except csv.Error:
        return [], 1, "newline"
    if reader.line_num == 1:
        return values, 1, ""
    until = next((i for i in range(at, len(lines)) if "\0" in lines[i]), len(lines))
    try:
        reader = csv.reader((line + "\n" for line in lines[at:until]), strict=True)
        return next(reader), reader.line_num, ""
    except csv.Error:
        return [], 1, "quote"


# Cells of a well-formed file.

LETTERS = st.text(alphabet="a中𠮷€ '=x;|", max_size=4)
QUOTED = st.lists(st.sampled_from(["a", "中", "𠮷", '"', ",", "\n", "\r\n", "\r", "=", " "]), max_size=5).map(
    "".join
)
CELLS = st.one_of(
    LETTERS,
    QUOTED.map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.integers(0, 10**18).map('="{}"'.format),
    st.just(""),
    st.just('""'),
)
EOL = st.sampled_from(["\n", "\r\n"])


@st.composite
def tidy_files(draw: st.DrawFn) -> tuple[str, int]:
    """Write a file of three columns that any reader should take, blank lines included."""
    eol = draw(EOL)
    lines = draw(st.lists(st.one_of(st.lists(CELLS, min_size=3, max_size=3), st.just([])), max_size=12))
    text = eol.join(",".join(cells) for cells in lines)
    return text + draw(st.sampled_from([eol, ""])), 3


FRAGMENTS = st.sampled_from(
    ["a", "b", "中", "𠮷", '"', '"', '""', ",", ",", ",", "\n", "\n", "\r\n", "\r", "\r\r\n", "\0", " ",
     '="1"', '="', '5" x', 'a","b\n', '"a\nb"', ",,", "=", "\x1f"]
)  # fmt: skip
MESSY = st.lists(FRAGMENTS, max_size=40).map("".join)
SIZES = st.one_of(st.integers(1, 8), st.integers(9, 80))
ENCODINGS = st.sampled_from(["utf-8", "gb18030"])


@given(tidy_files(), SIZES, ENCODINGS)
def test_wherever_a_tidy_file_is_cut_it_reads_as_by_the_csv_module(
    file: tuple[str, int], size: int, encoding: str
) -> None:
    """Embedded newlines, doubled quotes, blank lines and any cut: same rows, lines, records and blanks."""
    text, columns = file
    want = expected(text, columns)
    assert not want.bad
    assert read(text.encode(encoding), columns, size=size, encoding=encoding) == want


@given(MESSY, SIZES, ENCODINGS, st.integers(1, 4))
@example('5" p,"foo\n"a\nb",z\n', 5, "utf-8", 2)
@example("a\rb,c\n\n", 50, "utf-8", 2)
@example('5" p,"foo\n', 50, "utf-8", 2)
@example('="1,",x\n"a\nb",c\n', 50, "utf-8", 2)
@example('="a"",",x\n"a\nb",c\n', 50, "utf-8", 2)
@example('="1\n2",x\n', 50, "utf-8", 2)
@example('5" p\n6" p,x,y\n', 50, "utf-8", 3)
@example('a,"b\n', 3, "utf-8", 2)
def test_wherever_a_broken_file_is_cut_it_reads_the_same(
    text: str, size: int, encoding: str, columns: int
) -> None:
    """Stray quotes, NUL, ragged rows: blocks of any size give what one slow pass by the rules gives."""
    want = expected(text, columns)
    data = text.encode(encoding)
    assert read_slowly(data, columns, encoding=encoding) == want
    assert read(data, columns, encoding=encoding) == want
    assert read(data, columns, size=size, encoding=encoding) == want
    assert read_slowly(data, columns, size=size, encoding=encoding) == want


@given(MESSY, SIZES)
def test_every_record_is_accounted_for_once(text: str, size: int) -> None:
    """Record numbers run from 1 without a gap over rows and bad records, blanks fill the rest; lines rise."""
    found = read(text.encode(), 3, size=size)
    numbers = [place[0] for place in found.places] + [bad[0] for bad in found.bad]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) <= set(range(1, found.records + 1))
    spans = sorted([place[1:] for place in found.places] + [bad[1:3] for bad in found.bad])
    assert all(first <= last for first, last in spans)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))
    assert max((last for _, last in spans), default=0) <= text.count("\n") + 1


def test_four_byte_characters_of_gb18030_are_split_right() -> None:
    """The digits within 𠮷 (0x95 32 82 37) are no digits of the file, whatever stands around them."""
    text = '𠮷野家,1\n"𠮷\n𠮷",2\n'
    found = read(text.encode("gb18030"), 2, encoding="gb18030", size=7)
    assert found.rows == (("𠮷野家", "1"), ("𠮷\n𠮷", "2"))
    assert found.places == ((1, 1, 1), (2, 2, 3))


def test_an_unclosed_quote_loses_only_its_own_line() -> None:
    """The lines after it are read whether they are quoted or not, and its own is named."""
    for after in ('"2","x"\n"3","y"\n', "2,x\n3,y\n", '2,x\n"3","y"\n'):
        for size in (4, 1 << 20):
            found = read(b'1,"abc\n' + after.encode(), 2, size=size)
            assert found.rows == (("2", "x"), ("3", "y"))
            assert found.bad == ((1, 1, 1, "quote"),)


def test_an_unclosed_quote_in_a_large_file_costs_neither_lines_nor_long() -> None:
    """Each of 40 stray quotes in a file of many blocks loses its line and no other."""
    lines = [f'{i},"note {i}"' if i % 100 else f'{i},"note' for i in range(1, 4001)]
    found = read("\n".join(lines).encode(), 2, size=1000)
    assert [place[0] for place in found.places] == [i for i in range(1, 4001) if i % 100]
    assert [bad[0] for bad in found.bad] == list(range(100, 4001, 100))


def test_a_cell_of_two_hundred_thousand_characters_is_rejected() -> None:
    """More than a workbook's cell can hold is a fault of quoting; the records around it are read."""
    for size in (1000, 1 << 20):
        found = read(b"1,a\n2," + b"x" * 200_000 + b"\n3,c\n", 2, size=size)
        assert found.rows == (("1", "a"), ("3", "c"))
        assert found.bad == ((2, 2, 2, "cell-size"),)


def test_the_largest_cell_is_counted_in_characters() -> None:
    """32,767 Chinese characters are taken, one more is not, in either encoding."""
    for encoding in ("utf-8", "gb18030"):
        for length, taken in ((MAX_CELL, True), (MAX_CELL + 1, False)):
            data = f"1,{'中' * length}\n".encode(encoding)
            found = read(data, 2, encoding=encoding)
            assert (len(found.rows), [bad[3] for bad in found.bad]) == (
                (1, []) if taken else (0, ["cell-size"])
            )


def test_a_line_without_end_is_passed_over_in_little_memory() -> None:
    """A line longer than any record can be is one bad record, and nothing of it is kept."""

    class Endless(io.RawIOBase):
        """One good line, 300 MB without a newline, one good line."""

        def __init__(self) -> None:
            self.parts = [b"1,a\n2,", *([b"x" * (1 << 20)] * 300), b"\n3,c\n"]
            self.largest = 0

        def readable(self) -> bool:
            return True

        def read(self, _: int = -1) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    stream = Endless()
    dialect = Dialect(encoding="utf-8", delimiter=",", columns=2, skip_lines=0)
    blocks = list(TextTable(stream, dialect, block_bytes=1 << 20).blocks([0, 1], []))  # type: ignore[arg-type]
    assert [value for b in blocks for value in (b.columns[0].to_pylist() if len(b) else [])] == [b"1", b"3"]
    assert [(b.record, b.first_line, b.code) for block in blocks for b in block.bad] == [(2, 2, "cell-size")]
    assert [record for b in blocks for record in b.records.tolist()] == [1, 3]


def test_an_open_quote_before_a_line_without_end_loses_its_line_only() -> None:
    """What a piece left over is settled before the endless line that follows it."""
    dialect_line = (4 * MAX_CELL + 3) * 2 + 10
    data = b'1,a\n2,"b\n' + b"x" * dialect_line + b"\n4,d\n"
    found = read(data, 2, size=8)
    assert found.rows == (("1", "a"), ("4", "d"))
    assert [(bad[0], bad[3]) for bad in found.bad] == [(2, "quote"), (3, "cell-size")]


def test_ragged_rows_say_how_many_values_they_have() -> None:
    """Too few or too many values reject a record; trailing empty ones do no harm."""
    table = TextTable(
        io.BytesIO(b"1,a\n2\n3,c,,,\n4,d,e\n5,\n,\n"),
        Dialect(encoding="utf-8", delimiter=",", columns=2, skip_lines=0),
    )
    (block,) = table.blocks([0, 1], [])
    assert block.columns[0].to_pylist() == [b"1", b"3", b"5", b""]
    assert [(b.record, b.message) for b in block.bad] == [
        (2, "1 values where the header has 2"),
        (4, "3 values where the header has 2"),
    ]


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r\r\n"])
def test_the_last_line_needs_no_newline(eol: str) -> None:
    """Any line ending is taken, doubled carriage returns of a wrong copy included."""
    assert read(f"1,a{eol}2,b".encode(), 2).rows == (("1", "a"), ("2", "b"))


def test_whitespace_separates_without_quoting() -> None:
    """Runs of blanks and tabs are one separator, those around a line none; a quote is a character."""
    data = b'  1  a \r\n\t2\tb"\r\n\r\n3 c d\r\n4 "d'
    for size in (3, 1 << 20):
        found = read(data, 2, size=size, delimiter=" ")
        assert found.rows == (("1", "a"), ("2", 'b"'), ("4", '"d'))
        assert found.places == ((1, 1, 1), (2, 2, 2), (5, 5, 5))
        assert (found.bad, found.blank) == (((4, 4, 4, "columns"),), 1)


def test_lines_before_the_first_record_are_passed_over_but_counted() -> None:
    """Physical lines are counted from the file's first one, records from the first below the header."""
    found = read(b"title\r\n\r\nno,name\r\n1,a\r\n", 2, skip_lines=3)
    assert (found.rows, found.places) == ((("1", "a"),), ((1, 4, 4),))


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\r\n"])
def test_a_file_without_records_gives_none(data: bytes) -> None:
    """Nothing, or blank lines alone: no row and no bad record."""
    found = read(data, 2)
    assert (found.rows, found.bad, found.blank) == ((), (), data.count(b"\n"))


def test_only_the_wanted_columns_are_given_and_repeating_ones_coded() -> None:
    """A block holds the columns asked for, dictionary-encoded where that was asked."""
    dialect = Dialect(encoding="utf-8", delimiter=",", columns=3, skip_lines=0)
    for data in (b"1,a,x\n2,a,y\n", b"1,a,x\n2,a,y\n\0\n"):
        (block,) = TextTable(io.BytesIO(data), dialect).blocks([2], [1])
        assert sorted(block.columns) == [1, 2]
        assert block.columns[1].dictionary.to_pylist() == [b"a"]
        assert block.columns[2].to_pylist() == [b"x", b"y"]


def test_reading_may_stop_early() -> None:
    """Whoever leaves after the first block waits for nothing and raises nothing."""
    dialect = Dialect(encoding="utf-8", delimiter=",", columns=2, skip_lines=0)
    blocks = TextTable(io.BytesIO(b"1,a\n" * 1000), dialect, block_bytes=40).blocks([0], [])
    assert len(next(iter(blocks))) == 10
