"""The workbook holds every table of the page, its numbers as numbers and its text as text."""

from __future__ import annotations

import sys
import zipfile
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from retailcrm.domain.labels import Label
from retailcrm.errors import MissingExtraError, SettingsError
from retailcrm.report import DEFAULT, write_workbook
from retailcrm.report.parts import Column, Paragraph, Row, Section, SectionBody, Table
from retailcrm.report.workbook import FORBIDDEN, sheet_name, sheets_of, unmixed

OOXML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _book(data, folder, **more):
    """Write a workbook and open it with another library."""
    return CalamineWorkbook.from_path(str(write_workbook(data, folder / "report.xlsx", **more)))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_table_of_every_section_is_a_sheet(sample, tmp_path, lang):
    """Tables, cards and advice of all sections are there, the contents first, in the page's order."""
    book = _book(sample, tmp_path, lang=lang)
    sheets = sheets_of(sample, lang, DEFAULT)
    assert book.sheet_names[1:] == [sheet.name for sheet in sheets]
    parts = [part for section in DEFAULT for part in section.render(sample, lang).parts]
    wanted = [part for part in parts if part.kind in ("table", "cards", "points")]
    assert len(sheets) == len(wanted)
    contents = book.get_sheet_by_name(book.sheet_names[0]).to_python()
    assert [row[0] for row in contents[4:]] == book.sheet_names[1:]


def test_numbers_are_numbers_in_their_unit(sample, tmp_path):
    """Money is in yuan, shares are fractions, points are hundredths; missing values are empty."""
    book = _book(sample, tmp_path, lang="en")
    rows = book.get_sheet_by_name("Segments (RFM)").to_python()
    assert rows[2][:6] == [
        "Segment",
        "Customers",
        "Share of customers",
        "Orders",
        "Net sales",
        "Share of net sales",
    ]
    assert rows[3][0] == "Important, keep"
    assert rows[3][1:5] == [512, pytest.approx(512 / 4_900), 5_210, pytest.approx(982_143.00)]
    assert rows[11][0] == "Total"
    change = {row[0]: row for row in book.get_sheet_by_name("Against the period before").to_python()}
    assert change["Figure"][3:5] == ["Change (growth)", "Change (percentage points, pp)"]
    assert change["Refund rate"][1:5] == [0.062, 0.038, "", pytest.approx(2.4)]
    assert change["Net sales"][3:5] == [pytest.approx((17_433_246 - 14_454_147) / 14_454_147), ""]
    assert change["Acquisition rate"][2:5] == ["", "", ""]


def test_each_change_has_its_unit(sample, tmp_path):
    """In the sheet's own formats: growth is per cent, the difference of two rates has pp behind it."""
    path = write_workbook(sample, tmp_path / "u.xlsx", lang="en")
    names = CalamineWorkbook.from_path(str(path)).sheet_names
    with zipfile.ZipFile(path) as archive:
        number = names.index("Against the period before") + 1
        sheet = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 - ours
        styles = ET.fromstring(archive.read("xl/styles.xml"))  # noqa: S314 - our own file
    codes = {one.get("numFmtId"): one.get("formatCode") for one in styles.iterfind(f".//{OOXML}numFmt")}
    formats = [codes.get(one.get("numFmtId"), "") for one in styles.find(f"{OOXML}cellXfs")]
    told = {one.get("r"): formats[int(one.get("s", 0))] for one in sheet.iterfind(f".//{OOXML}c")}
    # Row 4 is the first figure, net sales; row 14 the eleventh, the refund rate.
    assert told["D4"].endswith("0.0%")
    assert told["E14"].endswith('0.0" pp"')


def test_a_table_of_one_unit_is_left_alone():
    """Only a column that mixes growth and points is split, its total too."""
    columns = (Column(title="a"), Column(title="b", cells="growth"))
    plain = Table(caption="t", columns=columns, rows=(Row(cells=("x", 0.5)),))
    assert unmixed(plain, "en") is plain
    mixed = Table(
        caption="t",
        columns=columns,
        rows=(Row(cells=("x", 0.5)), Row(cells=("y", 0.1), kinds=("text", "points"))),
        total=Row(cells=("z", 0.25)),
    )
    split = unmixed(mixed, "en")
    assert [row.cells for row in split.rows] == [("x", 0.5, None), ("y", None, 0.1)]
    assert split.total.cells == ("z", 0.25, None)


@pytest.mark.parametrize(("currency", "value", "decimals"), [("CNY", 12.34, True), ("JPY", 1_234, False)])
def test_money_has_the_decimals_of_its_currency(sample, tmp_path, currency, value, decimals):
    """1,234 minor units are 12.34 yuan and 1,234 yen, in numbers and in formats."""
    table = Table(
        caption="t",
        columns=(Column(title="a"), Column(title="b", cells="money")),
        rows=(Row(cells=("x", 1_234)),),
    )
    section = Section("only", Label("一", "one"), lambda _data, _lang: SectionBody((table,)))
    path = write_workbook(attrs.evolve(sample, currency=currency), tmp_path / "m.xlsx", sections=(section,))
    book = CalamineWorkbook.from_path(str(path))
    assert book.get_sheet_by_name("一").to_python()[3] == ["x", value]
    styles = zipfile.ZipFile(path).read("xl/styles.xml").decode()
    assert ('"#,##0.00"' in styles) is decimals


def test_text_is_never_a_formula_or_a_link(sample, tmp_path):
    """A product called like a formula or an address stays a text."""
    nasty = ("=HYPERLINK(1)", "+1", "@x", "{=A1}", "https://example.org")
    rows = tuple(attrs.evolve(sample.goods.hot[0], title=title) for title in nasty)
    data = attrs.evolve(sample, goods=attrs.evolve(sample.goods, hot=rows))
    path = write_workbook(data, tmp_path / "n.xlsx", lang="en")
    book = CalamineWorkbook.from_path(str(path))
    shown = [row[0] for row in book.get_sheet_by_name("Hot and slow sellers").to_python()]
    assert [text for text in shown if text in nasty] == list(nasty)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert not any("<f>" in sheet for sheet in sheets)
    assert not any("example.org" in sheet for sheet in sheets)


def test_notes_stand_below_the_first_table_of_their_section(sample, tmp_path):
    """What the page says beside a table goes with it, once."""
    book = _book(sample, tmp_path, lang="en")
    first = [row[0] for row in book.get_sheet_by_name("Regions").to_python()]
    second = [row[0] for row in book.get_sheet_by_name("Regions 2").to_python()]
    assert any(str(cell).startswith("By region, “East” brings the most") for cell in first[4:])
    assert not any(str(cell).startswith("By region") for cell in second)


def test_the_same_data_give_the_same_bytes(sample, tmp_path):
    """The file's date is the report's, so that two runs cannot be told apart."""
    one, two = (write_workbook(sample, tmp_path / f"{name}.xlsx") for name in "ab")
    assert one.read_bytes() == two.read_bytes()


def test_an_empty_shop_has_a_workbook(empty, tmp_path):
    """The totals with their definitions are all there is."""
    assert _book(empty, tmp_path, lang="en").sheet_names == ["Contents", "Key figures"]


@settings(max_examples=100)
@given(titles=st.lists(st.text(max_size=50), min_size=1, max_size=8))
def test_sheet_names_are_legal_and_unlike(titles):
    """Whatever sections are called, names are short, legal, and differ without regard to case."""
    taken: set[str] = {"history"}
    for title in titles:
        name = sheet_name(title, taken)
        assert 1 <= len(name) <= 31
        assert not FORBIDDEN.search(name)
        assert not name.startswith("'")
        assert not name.endswith("'")
        assert name.casefold() not in taken
        taken.add(name.casefold())


def test_hostile_names_open(hostile, tmp_path):
    """Text that breaks careless files is found again as it was."""
    book = _book(hostile, tmp_path, lang="en")
    first = book.get_sheet_by_name(book.sheet_names[0]).to_python()
    assert first[0][0].startswith(hostile.shop)


def test_an_unknown_language_or_a_missing_library_is_refused(sample, tmp_path, monkeypatch):
    """The messages say which languages there are, and what to install."""
    with pytest.raises(SettingsError, match="zh, en, not 'fr'"):
        write_workbook(sample, tmp_path / "x.xlsx", lang="fr")
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'retailcrm-core\[shop\]'"):
        write_workbook(sample, tmp_path / "x.xlsx")


def test_sections_of_sentences_alone_have_no_sheet(sample, tmp_path):
    """Where a section lists nothing there is nothing to calculate with."""
    words = Section("w", Label("话", "Words"), lambda _data, _lang: SectionBody((Paragraph(text="x"),)))
    assert _book(sample, tmp_path, lang="en", sections=(words,)).sheet_names == ["Contents"]
