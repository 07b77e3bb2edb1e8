"""Workbooks that would unfold too far, and what is told before anything parses them."""

from __future__ import annotations

import contextlib
import io
import struct
import time
import zipfile
from typing import TYPE_CHECKING

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.xlsx.scan import WorkbookScan, scan_workbook
from retailcrm.adapters.sources.xlsx.workbook import read_workbook
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = ImportLimits()
SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def packed(parts: dict[str, bytes]) -> bytes:
    """Pack the parts of a workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parts(cells: str, *, target: str = "worksheets/sheet1.xml") -> dict[str, bytes]:
    """Write the fewest parts that make a workbook of one sheet."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return {
        "xl/workbook.xml": (
            f'<workbook xmlns="{NAMESPACE}" xmlns:r="{office}">'
            '<sheets><sheet name="订单" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{office}/worksheet" Target="{target}"/></Relationships>'
        ).encode(),
        SHEET: f'<worksheet xmlns="{NAMESPACE}"><sheetData>{cells}</sheetData></worksheet>'.encode(),
    }


def cell(reference: str) -> str:
    """Write a row of one cell."""
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{reference}"><v>1</v></c></row>'


def scanned(data: bytes, limits: ImportLimits = LIMITS, sheet: str | None = None) -> WorkbookScan:
    """Look through a workbook."""
    return scan_workbook(io.BytesIO(data), "orders.xlsx", limits, sheet)


def refusal(data: bytes, limits: ImportLimits = LIMITS) -> ImportRefusedError:
    """Give the refusal that looking through a workbook ends in."""
    with pytest.raises(ImportRefusedError) as caught:
        scanned(data, limits)
    return caught.value


def test_the_corner_bomb_is_refused_with_its_reason() -> None:
    """A small workbook with the cells A1 and XFD1048576 gets an answer a person can act on."""
    bomb = packed(parts(cell("A1") + cell("XFD1048576")))
    assert len(bomb) < 1_431
    with pytest.raises(ImportRefusedError) as caught:
        read_workbook(io.BytesIO(bomb), limits=LIMITS)
    assert caught.value.code == "too-large"
    assert "its sheet 订单 has something in column XFD, which is number 16,384" in str(caught.value)
    wide = refusal(bomb, ImportLimits(max_columns=20_000))
    assert wide.code == "too-large"
    assert "reaches from A1 to XFD1048576, which is 17,179,869,184 cells" in str(wide)


def test_the_rectangle_counts_not_the_distance_from_the_corner() -> None:
    """A cell far down is one cell; two rows far apart are all rows between them."""
    assert scanned(packed(parts(cell("A1048576")))).sheets["订单"].rectangle == 1
    tall = packed(parts(cell("A1") + cell("D1000")))
    assert scanned(tall, ImportLimits(max_cells=4_000)).sheets["订单"].rectangle == 4_000
    assert refusal(tall, ImportLimits(max_cells=3_999)).code == "too-large"


def test_the_dimension_tag_is_not_believed() -> None:
    """It says whatever its author likes."""
    data = parts(cell("A1") + cell("XFD1048576"))
    data[SHEET] = data[SHEET].replace(b"<sheetData>", b'<dimension ref="A1:B2"/><sheetData>')
    assert refusal(packed(data)).code == "too-large"


def test_styled_cells_without_a_value_do_not_count() -> None:
    """Whoever coloured whole columns can still import: empty cells cost the parser nothing."""
    extent = scanned(packed(parts(cell("B2") + '<row r="1048576"><c r="XFD1048576" s="1"/></row>'))).sheets[
        "订单"
    ]
    assert (extent.first_row, extent.last_row, extent.first_column, extent.last_column) == (2, 2, 2, 2)


def test_only_the_sheet_asked_for_must_be_small() -> None:
    """A runaway sheet does not stop the import of another one."""
    bomb = packed(parts(cell("A1") + cell("XFD1048576")))
    assert scanned(bomb, sheet="another").sheets.keys() == {"订单"}
    with pytest.raises(ImportRefusedError):
        scanned(bomb, sheet="订单")


@pytest.mark.parametrize(
    "target", ["/xl/worksheets/sheet1.xml", "../xl/worksheets/sheet1.xml", "worksheets/SHEET1.xml"]
)
def test_a_sheet_is_found_however_the_link_is_written(target: str) -> None:
    """Links are absolute or relative, and their letters of either case."""
    assert scanned(packed(parts(cell("C3"), target=target))).sheets["订单"].last_column == 3


def test_a_sheet_under_another_name_is_found() -> None:
    """A sheet need not be called .xml to be looked at."""
    data = parts(cell("A1") + cell("XFD1048576"), target="worksheets/sheet1.bin")
    data["xl/worksheets/sheet1.bin"] = data.pop(SHEET)
    assert refusal(packed(data)).code == "too-large"


def test_pictures_and_other_bytes_are_no_obstacle() -> None:
    """Parts that are no XML are only counted."""
    data = parts(cell("A1"))
    data["xl/media/image1.png"] = bytes(range(256)) * 1_000
    assert scanned(packed(data)).sheets["订单"].last_row == 1


@pytest.mark.parametrize(
    "doctype",
    [
        b"<!DOCTYPE worksheet>",
        b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE w SYSTEM "file:///etc/passwd">',
    ],
)
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml"])
def test_document_types_and_entities_are_refused(doctype: bytes, part: str) -> None:
    """No spreadsheet program writes them; they multiply or fetch."""
    data = parts(cell("A1"))
    data[part] = doctype + data.get(part, b"<sst/>")
    error = refusal(packed(data))
    assert error.code == "unsafe"
    assert part in str(error)


def test_xml_that_is_none_is_damage() -> None:
    """A part that stops in the middle, or holds what no XML may."""
    data = parts(cell("A1"))
    for broken in (data[SHEET][:-20], data[SHEET].replace(b"<v>1</v>", b"<v>\x01</v>"), b"no XML"):
        assert refusal(packed({**data, SHEET: broken})).code == "damaged"


@pytest.mark.parametrize(
    "reference", ["A0", "A1048577", "XFE1", "AAAA1", "A", "1", "A1B", "", "A" * 99 + "1", "A" + "9" * 5_000]
)
def test_a_cell_outside_of_any_sheet_is_damage(reference: str) -> None:
    """References that no sheet has a place for are not computed with."""
    row = f'<row r="1"><c r="{reference}"><v>1</v></c></row>'
    assert refusal(packed(parts(row))).code == "damaged"


def test_an_endless_tag_is_refused_early() -> None:
    """A tag of many megabytes would cost the square of its length; it is refused after one."""
    data = parts(cell("A1"))
    data[SHEET] = b"<worksheet a='" + b"x" * (100 << 20) + b"'/>"
    started = time.perf_counter()
    error = refusal(packed(data), ImportLimits(max_ratio=10_000))
    assert error.code == "unsafe"
    assert "tag" in str(error)
    assert time.perf_counter() - started < 5


def test_hostile_tags_cost_in_proportion() -> None:
    """Nested cells, endless formulas and long attributes take a time that grows with their number only."""
    hostile = (
        ("<x><c><f><v>", "</v></f></c></x>"),
        ("<c t='e' r='B2'><v>", "</v></c>"),
        (f"<row a='{'A' * 99}'>", "</row>"),
    )
    for before, behind in hostile:
        seconds = []
        for count in (5_000, 40_000):
            data = packed(parts("<row>" + before * count + behind * count + "</row>"))
            started = time.perf_counter()
            with contextlib.suppress(ImportRefusedError):
                scanned(data)
            seconds.append(time.perf_counter() - started)
        # 8 times as many: 64 times as long would be the square.
        assert seconds[1] < 32 * seconds[0] + 0.1


def test_declared_sizes_of_parts_are_checked_while_inflating() -> None:
    """A part that unpacks to more than it declares is refused, as a bomb would be."""
    data = bytearray(packed(parts(cell("A1"))))
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1) + 24
    data[at : at + 4] = struct.pack("<I", 10)
    error = refusal(bytes(data))
    assert error.code == "unsafe"
    assert "declares 10 bytes" in str(error)


def test_a_workbook_full_of_air_is_refused() -> None:
    """32 MiB of blanks between two tags pack too well to be honest."""
    data = parts(cell("A1"))
    data[SHEET] = data[SHEET].replace(b"<sheetData>", b"<sheetData>" + b" " * (32 << 20))
    assert "max_ratio" in str(refusal(packed(data)))


def test_a_sheet_name_is_read_as_the_parser_reads_it() -> None:
    """Quotes and ampersands in names are unescaped."""

    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("A & B's <1>").write(0, 0, 1)

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        fill(book)
    assert scanned(buffer.getvalue()).sheets.keys() == {"A & B's <1>"}


def changed(data: bytes, change: Callable[[bytearray], None]) -> bytes:
    """Change a copy of some bytes."""
    copy = bytearray(data)
    change(copy)
    return bytes(copy)


@settings(max_examples=40)
@given(data=st.data())
def test_a_changed_workbook_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever byte inside a part changes, checksums put right: rows come, or a refusal."""
    contents = parts(
        cell("A1") + cell("B3") + '<row r="4"><c r="A4" t="inlineStr"><is><t>a</t></is></c></row>'
    )
    name = data.draw(st.sampled_from(sorted(contents)))
    at = data.draw(st.integers(0, len(contents[name]) - 1))
    flip = data.draw(st.integers(1, 255))

    def change(content: bytearray) -> None:
        content[at] ^= flip

    contents[name] = changed(contents[name], change)
    with (
        contextlib.suppress(ImportRefusedError),
        read_workbook(io.BytesIO(packed(contents)), limits=LIMITS) as book,
    ):
        assert all(batch.num_rows for sheet in book for batch in sheet.batches)
