"""Worksheets as tables: each for the source that knows its first rows."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msoffcrypto.format.ooxml
import pytest

from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

xlsxwriter = pytest.importorskip("xlsxwriter")

Take = Any
Sheets = dict[str, list[list[Any]]]

NUMBER: Final = "5113000000000047045"
ORDERS: Final = [
    [
        "订单编号",
        "买家会员名",
        "总金额",
        "买家实际支付金额",
        "退款金额",
        "订单状态",
        "订单创建时间",
        "订单付款时间 ",
    ],
    [NUMBER, "小𠮷", "100.00", "100.00", "0", "交易成功", "2026-01-04 09:00:00", "2026-01-04 09:01:00"],
    ["5113000000000047046", "=^_^=", "50.00", "50.00", "0", "交易成功", "2026/1/5 9:00", "2026/1/5 9:01"],
]
ITEMS: Final = [
    ["子订单编号", "主订单编号", "商品标题", "商品价格", "购买数量", "订单状态", "买家实付金额"],
    [NUMBER + "1", NUMBER, "山核桃", "50.00", "2", "交易成功", "100.00"],
]
PARCELS: Final = [["订单编号", "物流单号", "物流公司"], [NUMBER, "SF1", "顺丰"]]
MAPPING: Final[dict[str, Any]] = {
    "name": "till",
    "columns": {"number": "no", "placed_at": "when", "paid": "paid", "city": "city"},
    "constants": {"state": "completed"},
}


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """Write sheets of texts, numbers and datetimes; None is an empty cell."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as book:
        when = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for y, row in enumerate(rows):
                for x, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(y, x, cell, when)
                    elif cell is not None:
                        sheet.write(y, x, cell)
    return buffer.getvalue()


def saved(folder: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Save a workbook."""
    path = folder / "ExportOrderList202601060900.xlsx"
    path.write_bytes(workbook(sheets))
    return path


def test_each_sheet_is_read_by_what_it_is(tmp_path: Path, take_file: Take) -> None:
    """A workbook of 2026: orders, items, and parcels that nobody reads; nothing of the others is lost."""
    path = saved(tmp_path, {"订单报表": ORDERS, "销售明细": ITEMS, "发货报表": PARCELS})
    orders, items = take_file(path)
    assert (orders.grain, orders.found.table.sheet, len(orders.rows)) == (Grain.ORDERS, "订单报表", 2)
    assert (items.grain, items.found.table.sheet, len(items.rows)) == (Grain.LINES, "销售明细", 1)
    assert orders.column("buyer") == ["小𠮷", "=^_^="]
    assert items.column("number") == [NUMBER]
    assert orders.found.exported_at == items.found.exported_at == datetime(2026, 1, 6, 1, tzinfo=UTC)
    (warning,) = orders.problems + items.problems
    assert (warning.code, warning.sheet, warning.record) == ("unrecognised", "发货报表", None)
    assert "物流单号" in warning.message


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unknown_sheet_is_warned_of_wherever_it_stands(
    tmp_path: Path, take_file: Take, place: int
) -> None:
    """Before, between and after the known ones, once."""
    names = ["订单报表", "销售明细"]
    names.insert(place, "说明")
    content: Sheets = {"订单报表": ORDERS, "销售明细": ITEMS, "说明": [["请勿修改"], ["x"]]}
    found = take_file(saved(tmp_path, {name: content[name] for name in names}))
    assert [len(table.rows) for table in found] == [2, 1]
    assert [p.sheet for table in found for p in table.problems] == ["说明"]


def test_a_workbook_without_a_known_sheet_is_refused(tmp_path: Path, take_file: Take) -> None:
    """With the columns found; a workbook without any cell is empty."""
    with pytest.raises(ImportRefusedError, match="物流单号") as caught:
        take_file(saved(tmp_path, {"发货报表": PARCELS}))
    assert caught.value.code == "unrecognised"
    with pytest.raises(ImportRefusedError) as caught:
        take_file(saved(tmp_path, {"a": [], "b": []}))
    assert caught.value.code == "empty"


def test_places_are_the_rows_that_the_spreadsheet_shows(tmp_path: Path, take_file: Take) -> None:
    """Titles above, blank rows between: records are counted below the header, lines are sheet rows."""
    rows: list[list[Any]] = [
        [None],
        ["导出于 2024-01-01"],
        ["no\u200b", "when ", "paid", "city"],
        ["1", datetime(2024, 3, 25, 12), 10.5, "杭州"],  # noqa: DTZ001 - a cell has no zone
        [None, None, None, None],
        ["2", "never", 1, None],
        [3, datetime(2024, 3, 25, 12, 0, 0, 511_000), "￥1,234.50", "北京"],  # noqa: DTZ001
    ]
    (found,) = take_file(saved(tmp_path, {"s": rows}), MAPPING)
    assert (found.column("number"), found.column("paid")) == (["1", "3"], [1050, 123450])
    noon = datetime(2024, 3, 25, 4, tzinfo=UTC)
    assert found.column("placed_at") == [noon, noon.replace(microsecond=511_000)]
    (problem,) = found.problems
    assert (problem.sheet, problem.record, problem.first_line, problem.column) == ("s", 3, 6, "when")
    assert (problem.code, problem.value, found.blank, found.records) == ("instant", "never", 1, [1, 4])
    assert found.accounts_for(4)


def test_cells_that_end_before_the_header_are_empty(tmp_path: Path, take_file: Take) -> None:
    """A column without a single value is there by its name alone."""
    rows: list[list[Any]] = [["no", "when", "paid", "city"], ["1", "2024-03-25", 1], ["2", "2024-03-25", 2]]
    (found,) = take_file(saved(tmp_path, {"s": rows}), MAPPING)
    assert found.column("city") == [None, None]


def test_a_sheet_without_header_is_read_by_place(tmp_path: Path, take_file: Take) -> None:
    """The mapping names the columns; the first row is a record."""
    mapping = {**MAPPING, "file": {"columns": ["no", "when", "paid", "city"], "header": False}}
    (found,) = take_file(saved(tmp_path, {"s": [["1", "2024-03-25", 1, "x"]]}), mapping)
    assert (found.column("number"), found.records) == (["1"], [1])


def test_a_long_number_kept_as_a_number_is_refused(tmp_path: Path, take_file: Take) -> None:
    """The cell holds a float: two 19-digit numbers are one by now. 16 digits are still exact."""
    rows: list[list[Any]] = [
        ["no", "when", "paid", "city"],
        *([n, "2024-03-25", 1, "x"] for n in (int(NUMBER), 1930000000000647)),
    ]
    (found,) = take_file(saved(tmp_path, {"s": rows}), MAPPING)
    assert (found.column("number"), found.rejected) == (["1930000000000647"], {1: {"damaged-number"}})


def test_an_encrypted_workbook_opens_with_its_password(tmp_path: Path, take_file: Take) -> None:
    """The export that the seller page protects, a row for each sub-order and no time of creation."""
    header = ["订单编号", "商品标题", "买家会员名", "订单状态", "总金额", "买家实付金额", "订单付款时间"]
    rows = [
        [NUMBER, name, "小明", "交易成功", "100.00", paid, "2026-01-04 09:01:00"]
        for name, paid in (("a", "40.00"), ("b", "60.00"))
    ]
    plain, locked = io.BytesIO(workbook({"订单": [header, *rows]})), io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(plain).encrypt("1234", locked)
    path = tmp_path / "ExportOrderList202601060900.xlsx"
    path.write_bytes(locked.getvalue())
    with pytest.raises(ImportRefusedError) as caught:
        take_file(path)
    assert caught.value.code == "encrypted"
    (found,) = take_file(path, password="1234")  # noqa: S106 - a made-up one
    assert (found.rows[-1]["paid"], found.rows[-1]["total"]) == (10000, 10000)
    assert [problem.code for problem in found.problems] == ["repeated-order"]


def test_progress_counts_the_workbook_once(tmp_path: Path, take_file: Take) -> None:
    """A workbook is taken whole: its size is told when it is read."""
    path = saved(tmp_path, {"订单报表": ORDERS, "销售明细": ITEMS})
    told: list[int] = []
    take_file(path, progress=told.append)
    assert sum(told) == path.stat().st_size
