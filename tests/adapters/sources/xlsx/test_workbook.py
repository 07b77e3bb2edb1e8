"""Workbooks as rows of text."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import time
import zipfile
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psutil
import pyarrow as pa
import pytest
import xlsxwriter

from retailcrm.adapters.sources.containers.opened import members
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.xlsx.workbook import Sheet, Workbook, read_workbook
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMITS = ImportLimits()
WHEN = {"num_format": "yyyy-mm-dd hh:mm:ss"}


def written(fill: Callable[[xlsxwriter.Workbook], Any], **options: Any) -> bytes:
    """Let a function fill a workbook."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options) as book:
        fill(book)
    return buffer.getvalue()


def column(values: list[Any], style: dict[str, Any] | None = None, **options: Any) -> bytes:
    """Write a workbook of one column."""

    def fill(book: xlsxwriter.Workbook) -> None:
        form = book.add_format(style) if style else None
        sheet = book.add_worksheet("Orders")
        for row, value in enumerate(values):
            sheet.write(row, 0, value, form)

    return written(fill, **options)


def with_part(data: bytes, part: str, change: Callable[[bytes], bytes] | None) -> bytes:
    """Change a part of a workbook, or leave it out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename != part:
                new.writestr(entry.filename, content)
            elif change is not None:
                new.writestr(entry.filename, change(content))
    return buffer.getvalue()


def opened(data: bytes, **options: Any) -> Workbook:
    """Open a workbook of the given bytes."""
    return read_workbook(io.BytesIO(data), limits=LIMITS, **options)


def table(sheet: Sheet) -> list[dict[str, Any]]:
    """Read a sheet's rows to the end."""
    return [row for batch in sheet.batches for row in batch.to_pylist()]


def rows(data: bytes, **options: Any) -> list[dict[str, Any]]:
    """Read the rows of a workbook's first sheet."""
    with opened(data, **options) as book:
        return table(next(iter(book)))


def texts(data: bytes, **options: Any) -> list[str | None]:
    """Read a workbook's first column."""
    return [row["c0"] for row in rows(data, **options)]


def everything(data: bytes, limits: ImportLimits = LIMITS, **options: Any) -> list[list[dict[str, Any]]]:
    """Read every sheet of a workbook."""
    with read_workbook(io.BytesIO(data), limits=limits, **options) as book:
        return [table(sheet) for sheet in book]


def refusal(data: bytes, limits: ImportLimits = LIMITS, **options: Any) -> ImportRefusedError:
    """Give the refusal that reading a workbook ends in."""
    with pytest.raises(ImportRefusedError) as caught:
        everything(data, limits, **options)
    assert not children()
    return caught.value


def children() -> list[psutil.Process]:
    """Give the processes that parse; other tests may have left the server of `multiprocessing` behind."""
    return [one for one in psutil.Process().children() if "multiprocessing" not in " ".join(one.cmdline())]


def test_cells_come_as_text_with_the_rows_of_the_sheet() -> None:
    """Numbers lose their point, truth is TRUE, an empty cell is null, a blank row is given."""
    values = ["订单编号", 598, 12.5, True, False, None, " a\nb ", 0.1 + 0.2, -3, 1e-7]
    expected = ["订单编号", "598", "12.5", "TRUE", "FALSE", None, " a\nb ", "0.3", "-3", "0.0000001"]
    assert rows(column(values)) == [{"sheet_row": i, "c0": text} for i, text in enumerate(expected, 1)]


def test_batches_are_of_strings() -> None:
    """Every cell column is an Arrow string column; the row number is an int32."""
    with opened(column([1, "a"])) as book:
        (sheet,) = book
        assert (sheet.name, sheet.rows, sheet.columns, sheet.hidden) == ("Orders", 2, 1, False)
    with opened(column([1, "a"])) as book:
        (batch,) = next(iter(book)).batches
    assert batch.schema == pa.schema({"sheet_row": pa.int32(), "c0": pa.string()})


def test_places_are_those_of_the_sheet() -> None:
    """Blank rows on top do not shift row numbers, nor blank columns on the left the columns."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write("C5", "x")
        sheet.write("D7", "y")

    assert rows(written(fill)) == [
        {"sheet_row": 5, "c0": None, "c1": None, "c2": "x", "c3": None},
        {"sheet_row": 6, "c0": None, "c1": None, "c2": None, "c3": None},
        {"sheet_row": 7, "c0": None, "c1": None, "c2": None, "c3": "y"},
    ]


def test_long_sheets_come_in_several_batches() -> None:
    """Row numbers run on from batch to batch, and no row is lost between them."""
    with opened(column(list(range(20_000)))) as book:
        batches = list(next(iter(book)).batches)
    assert len(batches) > 1
    assert [n for b in batches for n in b["sheet_row"].to_pylist()] == list(range(1, 20_001))
    assert [t for b in batches for t in b["c0"].to_pylist()] == [str(n) for n in range(20_000)]


@pytest.mark.parametrize("date_1904", [False, True])
def test_instants_are_exact_in_both_calendars(date_1904: bool) -> None:
    """Seconds and milliseconds survive Excel's fractions of a day, with the 1904 calendar too."""
    start = dt.datetime(2024, 2, 29, 0, 0, 1)  # noqa: DTZ001 - sheets know no zone
    moments = [start + dt.timedelta(seconds=41 * i, milliseconds=i % 1_000) for i in range(2_000)]
    expected = [str(moment) for moment in moments]
    assert texts(column(moments, WHEN, date_1904=date_1904)) == expected


def test_dates_times_and_durations_are_written_out() -> None:
    """A date alone, midnight of a date, a time of day, and hours beyond a day."""
    midnight = dt.datetime(2019, 6, 30)  # noqa: DTZ001
    assert texts(column([dt.date(2019, 6, 30), midnight], WHEN)) == ["2019-06-30", "2019-06-30"]
    assert texts(column([dt.time(9, 5)], {"num_format": "hh:mm"})) == ["09:05:00"]
    assert texts(column([dt.timedelta(hours=30, seconds=1)], {"num_format": "[h]:mm:ss"})) == ["30:00:01"]


def test_a_long_number_that_excel_has_rounded_stays_visibly_rounded() -> None:
    """An order number of 19 digits is scientific if stored as a number, whole if stored as text."""
    assert texts(column([5113000000000047045, "5113000000000047045"])) == [
        "5.113000000000047E+18",
        "5113000000000047045",
    ]
    assert texts(column([1930000000000647, 2**53 - 1])) == ["1930000000000647", "9007199254740991"]


def test_each_sheet_is_given_with_its_name() -> None:
    """All worksheets in their order, hidden ones marked, empty ones without rows, chart sheets left out."""

    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_worksheet("订单").write(0, 0, "a")
        book.add_worksheet("Empty")
        hidden = book.add_worksheet("Hidden")
        hidden.write(0, 0, "b")
        hidden.hide()
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=订单!$A$1:$A$1"})
        book.add_chartsheet("Chart").set_chart(chart)

    with opened(written(fill)) as book:
        assert book.sheet_names == ("订单", "Empty", "Hidden")
        seen = [(s.name, s.hidden, s.rows, s.columns, [r["c0"] for r in table(s)]) for s in book]
    assert seen == [("订单", False, 1, 1, ["a"]), ("Empty", False, 0, 0, []), ("Hidden", True, 1, 1, ["b"])]


def two_sheets(book: xlsxwriter.Workbook) -> None:
    """Fill a long sheet and a short one."""
    long = book.add_worksheet("Long")
    for row in range(20_000):
        long.write(row, 0, row)
    book.add_worksheet("Orders 2024").write(0, 0, "here")


def test_rows_that_nobody_read_are_passed_over() -> None:
    """Going on to the next sheet skips what is left of the one before."""
    seen = []
    with opened(written(two_sheets)) as book:
        for sheet in book:
            batch = next(sheet.batches)
            seen.append((sheet.name, batch["c0"][0].as_py()))
    assert seen == [("Long", "0"), ("Orders 2024", "here")]


def test_one_sheet_can_be_asked_for() -> None:
    """Only that sheet is given; a name that is not there is answered with those that are."""
    data = written(two_sheets)
    with opened(data, sheet="Orders 2024") as book:
        assert [sheet.name for sheet in book] == ["Orders 2024"]
        assert book.sheet_names == ("Long", "Orders 2024")
    error = refusal(data, sheet="Order 2024")
    assert error.code == "no-sheet"
    assert str(error).endswith("only: Long, Orders 2024; did you mean 'Orders 2024'?")


def test_formulas_give_what_was_stored_for_them() -> None:
    """A stored value is read; where none was stored the sheet carries a warning with the first place."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Orders")
        sheet.write_formula("A1", "=1+1", None, 2)
        sheet.write_formula("A2", "=1+1", None, "")
        sheet.write_formula("A3", "=1+1", None, "")
        sheet.write_formula("A4", "=NA()", None, "#N/A")

    with opened(written(fill)) as book:
        (sheet,) = [(s, table(s)) for s in book]
    assert [row["c0"] for row in sheet[1]] == ["2", None, None, None]
    valueless, error = sheet[0].problems
    assert (valueless.code, valueless.sheet, valueless.first_line) == ("formula-without-value", "Orders", 2)
    assert valueless.message.startswith("2 cells from A2 on read as empty")
    assert (error.code, error.first_line, error.severity) == ("error-cell", 4, "warning")


def test_a_formula_that_gives_the_empty_text_is_no_problem() -> None:
    """Excel stores an empty text as one, and says so."""

    def no_text(sheet: bytes) -> bytes:
        return sheet.replace(b'<c r="A1"><v>1</v></c>', b'<c r="A1" t="str"><f>T(B1)</f><v></v></c>')

    with opened(with_part(column([1, 2]), "xl/worksheets/sheet1.xml", no_text)) as book:
        (sheet,) = book
    assert not sheet.problems


def test_macros_are_left_alone() -> None:
    """The cells of an .xlsm file are data; that there are macros is a warning."""

    def fill(book: xlsxwriter.Workbook) -> None:
        book.add_vba_project(io.BytesIO(b"\xd0\xcf\x11\xe0 not really a program"), is_stream=True)
        book.add_worksheet("Orders").write(0, 0, "a")

    with opened(written(fill)) as book:
        assert [p.code for p in book.problems] == ["macros"]
        assert [table(s) for s in book] == [[{"sheet_row": 1, "c0": "a"}]]


def test_what_is_no_workbook_is_refused() -> None:
    """Text, an archive of files, and a compressed file given as a workbook."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.csv", "number")
    assert "not a workbook" in str(refusal("订单编号".encode()))
    assert "not a workbook" in str(refusal(archive.getvalue()))
    assert "not a workbook" in str(refusal(gzip.compress(b"a")))


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"]
)
def test_a_workbook_without_a_part_it_needs_is_damaged(part: str) -> None:
    """The answer is to export again."""
    assert refusal(with_part(column(["a"]), part, None)).code == "damaged"


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.99])
def test_a_workbook_that_was_cut_off_is_damaged(keep: float) -> None:
    """A download that stopped half-way."""
    data = column(list(range(1_000)))
    assert refusal(data[: int(len(data) * keep)]).code == "damaged"


def test_members_of_archives_are_read_by_their_name(tmp_path: Path) -> None:
    """A workbook inside a ZIP or gzip file is read without unpacking it, and its problems carry its name."""
    data = column(["a"], None)
    (tmp_path / "a.xlsx.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.xlsx", data)
    for name in ("a.xlsx.gz", "a.zip"):
        (member,) = members(tmp_path / name, LIMITS)
        with read_workbook(member, limits=LIMITS) as book:
            assert book.name == member.name
            assert [table(s) for s in book] == [[{"sheet_row": 1, "c0": "a"}]]


def test_no_process_outlives_its_workbook() -> None:
    """Read to the end, closed half-way or forgotten: nothing is left, not even a zombie."""
    data = written(two_sheets)
    with opened(data) as book:
        for sheet in book:
            table(sheet)
    assert not children()
    with opened(data) as book:
        next(iter(book))
        assert len(children()) == 1
    assert not children()
    book = opened(data)
    del book
    assert not children()


@pytest.mark.data
def test_the_real_orders_keep_their_facts(data_dir: Path) -> None:
    """28,833 Taobao orders: their number, states, sum and last instant, all from text."""
    (member,) = members(data_dir / "taobao_orders_2019h1.xlsx", LIMITS)
    with read_workbook(member, limits=LIMITS) as book:
        (header, *orders) = table(next(iter(book)))
    names = [header[f"c{i}"] for i in range(9)]
    assert names == [
        "品牌名称",
        "买家昵称",
        "付款日期",
        "订单状态",
        "实付金额",
        "邮费",
        "省份",
        "城市",
        "购买数量",
    ]
    assert len(orders) == 28_833
    assert Counter(order["c3"] for order in orders) == {
        "交易成功": 27_793,
        "付款以后用户退款成功，交易自动关闭": 1_040,
    }
    assert sum(Decimal(order["c4"]) for order in orders if order["c3"] == "交易成功") == 3_511_305
    assert len({order["c1"] for order in orders}) == 25_949
    assert min(order["c2"] for order in orders) == "2019-01-01 00:17:59"
    assert max(order["c2"] for order in orders) == "2019-06-30 22:46:22.511000"
    assert sum(order["c7"] is None for order in orders) == 1


@pytest.mark.data
def test_the_real_orders_are_read_quickly(data_dir: Path) -> None:
    """28,833 rows, scan and process included, take well under three seconds."""
    (member,) = members(data_dir / "taobao_orders_2019h1.xlsx", LIMITS)
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        with read_workbook(member, limits=LIMITS) as book:
            assert sum(batch.num_rows for sheet in book for batch in sheet.batches) == 28_834
        seconds.append(time.perf_counter() - started)
    # Whatever else the machine does can only add to the time.
    assert min(seconds) < 3


@pytest.mark.data
def test_the_real_reviews_keep_their_facts(data_dir: Path) -> None:
    """1,706 reviews with masked nicks and dates; a dash stands for no second review."""
    (member,) = members(data_dir / "product_reviews.xlsx", LIMITS)
    with read_workbook(member, limits=LIMITS) as book:
        (header, *reviews) = table(next(iter(book)))
    assert [header[f"c{i}"] for i in range(4)] == ["买家", "初评内容", "评价日期", "追评"]
    assert len(reviews) == 1_706
    assert all(dt.date.fromisoformat(review["c2"]) for review in reviews)
    assert any(review["c3"] == "-" for review in reviews)
