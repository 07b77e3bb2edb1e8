"""How far cells reach, told from their tags."""

from __future__ import annotations

from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.xlsx.cells import (
    BadReferenceError,
    CellWatch,
    Extent,
    Marked,
    column_letters,
    column_number,
    row_number,
)


def watched(rows: str) -> Extent:
    """Let a parser run over some rows."""
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    watch = CellWatch(parser)
    parser.Parse(f"<worksheet><sheetData>{rows}</sheetData></worksheet>", True)
    return watch.extent()


def box(extent: Extent) -> tuple[int, int, int, int]:
    """Give an extent's corners: rows, then columns."""
    return extent.first_row, extent.last_row, extent.first_column, extent.last_column


@given(cells=st.lists(st.tuples(st.integers(1, 1 << 20), st.integers(1, 1 << 14)), min_size=1, max_size=30))
def test_the_extent_is_the_smallest_box_around_all_cells(cells: list[tuple[int, int]]) -> None:
    """In whatever order the cells stand, the corners are the least and greatest rows and columns."""
    rows = "".join(f'<row r="{r}"><c r="{column_letters(c)}{r}"><v>1</v></c></row>' for r, c in cells)
    extent = watched(rows)
    down, right = zip(*cells, strict=True)
    assert box(extent) == (min(down), max(down), min(right), max(right))
    assert extent.rectangle == (max(down) - min(down) + 1) * (max(right) - min(right) + 1)


def test_a_sheet_without_values_has_no_rectangle() -> None:
    """No cell, or cells with a style only."""
    assert watched("").rectangle == 0
    assert watched('<row r="5"><c r="E5" s="1"/><c r="F5" s="1"></c></row>').rectangle == 0


def test_cells_without_a_reference_follow_each_other() -> None:
    """Position is counted on where the file leaves it out, as the parser does."""
    assert box(watched("<row><c><v>1</v></c><c><v>1</v></c></row><row><c><v>1</v></c></row>")) == (1, 2, 1, 2)
    assert box(watched('<row r="7"><c/><c r="D7"/><c><v>1</v></c></row><row><c><v>1</v></c></row>')) == (
        7,
        8,
        1,
        5,
    )
    assert box(watched('<row r="3"><c s="1" r="B3"><v>1</v></c></row>')) == (3, 3, 2, 2)


def test_text_inside_a_cell_is_a_value() -> None:
    """Inline strings count, plain and rich, and so do tags with a prefix."""
    assert box(watched('<row r="2"><c r="B2" t="inlineStr"><is><r><t>a</t></r></is></c></row>')) == (
        2,
        2,
        2,
        2,
    )
    assert box(watched('<x:row r="2"><x:c r="b2"><x:v>1</x:v></x:c></x:row>')) == (2, 2, 2, 2)


def test_values_outside_of_cells_are_not_cells() -> None:
    """Charts and rules have tags called v and f too."""
    assert watched("<chart><f>A1</f><v>1</v></chart>").rectangle == 0
    assert box(watched('<row r="1"><c r="A1"><v>1</v></c></row><rule><f>A9</f><v>1</v></rule>')) == (
        1,
        1,
        1,
        1,
    )


def test_formulas_without_a_value_are_counted() -> None:
    """No value, an empty one or blanks count; the empty text and a number do not; the first place is kept."""
    rows = (
        '<row r="4"><c r="A4"><f>X()</f><v>0</v></c><c r="B4" t="str"><f>X()</f><v></v></c>'
        '<c r="C4"><f>X()</f></c><c r="D4"><f>X()</f><v/></c><c r="E4" t="str"><f>X()</f></c>'
        '<c r="F4"><f t="shared" si="0"/><v> </v></c><c r="G4"><v>1</v></c></row>'
    )
    assert watched(rows).valueless == Marked(4, 4, 3)
    assert watched("<row><c><f>X()</f></c></row>").valueless == Marked(1, 1, 1)


def test_errors_are_counted() -> None:
    """Cells of type e, whatever the other attributes look like."""
    number, error = '<c r="B2" s="e" t="n"><v>1</v></c>', '<c r="C2" t="e"><v>#N/A</v></c>'
    rows = f'<row r="2">{number}{error}<c t="e"><v>#REF!</v></c></row>'
    assert watched(rows).errors == Marked(2, 2, 3)
    assert watched('<row r="2"><c/><c t="e"><v>#N/A</v></c></row>').errors == Marked(1, 2, 2)


@given(column=st.integers(1, 1 << 14))
def test_column_names_are_counted_as_in_excel(column: int) -> None:
    """Letters and numbers are each other's inverse; A = 1, XFD = 16384."""
    assert column_number(column_letters(column)) == column
    assert column_number(column_letters(column).lower()) == column


def test_names_follow_the_alphabet() -> None:
    """Z is followed by AA, ZZ by AAA."""
    assert [column_letters(n) for n in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize("letters", ["", "AAAA", "XFE", "A1", "Ａ", "é"])
def test_there_are_no_other_columns(letters: str) -> None:
    """Three Latin letters at most, up to XFD."""
    with pytest.raises(BadReferenceError):
        column_number(letters)


@pytest.mark.parametrize("digits", ["", "0", "-1", "1048577", "1" * 5_000, "１", "1.0"])
def test_there_are_no_other_rows(digits: str) -> None:
    """ASCII digits, 1 to 1048576."""
    with pytest.raises(BadReferenceError):
        row_number(digits)
    with pytest.raises(BadReferenceError):
        watched(f'<row r="{digits}"/>')
