"""Workbooks and archives as sellers have them, imported into a shop: nothing is lost, nothing breaks it."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it has no stubs
from msoffcrypto.format.ooxml import OOXMLFile

from retailcrm import Shop, open_shop
from retailcrm.domain.problems import Severity
from retailcrm.errors import ImportRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Table = list[list[Any]]

N1: Final = "5113000000000047045"
N2: Final = "5113000000000047046"
ORDER_NAMES: Final[list[Any]] = [
    "订单编号", "买家会员名", "订单状态", "总金额", "买家实际支付金额", "退款金额", "订单创建时间",
    "订单付款时间 ",
]  # fmt: skip
ORDER_ROWS: Final = [
    [N1, "小𠮷", "交易成功", "128.00", "98.00", "30.00", "2024-03-25 22:30:05", "2024-03-25 22:31:00"],
    [
        N2,
        "老王",
        "买家已付款，等待卖家发货",
        "50.00",
        "50.00",
        "",
        "2024-03-26 08:00:00",
        "2024-03-26 08:00:01",
    ],
]
ORDER_SHEET: Final[Table] = [ORDER_NAMES, *ORDER_ROWS]
ITEM_SHEET: Final[Table] = [
    ["子订单编号", "主订单编号", "商品标题", "商品价格", "购买数量", "订单状态"],
    [N1 + "1", N1, "山核桃", "49.00", "2", "交易成功"],
    [N1 + "2", N1, "核桃仁", "30.00", "1", "交易成功"],
    [N2, N2, "山核桃", "50.00", "1", "买家已付款，等待卖家发货"],
]
PARCEL_SHEET: Final[Table] = [["物流单号", "物流公司", "发货仓"], ["SF1", "顺丰", "杭州"]]
MONEY: Final = {N1: (128_00, 30_00, "小𠮷"), N2: (50_00, 0, "老王")}


def workbook(sheets: Mapping[str, Table], **options: Any) -> bytes:
    """Write sheets of cells, texts as texts."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, **options}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return buffer.getvalue()


def csv(rows: Sequence[Sequence[str]], encoding: str = "gb18030") -> bytes:
    """Write rows as the platform does."""
    return "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows).encode(encoding)


def encrypted(data: bytes, password: str) -> bytes:
    """Protect a workbook as Excel does."""
    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, buffer)
    return buffer.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Pack files into an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def saved(folder: Path, name: str, data: bytes) -> Path:
    """Write a file."""
    path = folder / name
    path.write_bytes(data)
    return path


def money(shop: Shop) -> dict[str, tuple[int, int, str]]:
    """Give gross, refunded and buyer of each order."""
    found = {}
    for table in shop.imports.kept.parts():
        buyers = table.customers.ids.tolist()
        for i, number in enumerate(table.numbers):
            found[number] = (int(table.gross[i]), int(table.refunded[i]), buyers[table.customer[i]])
    return found


def refusal(shop: Shop, path: Path, **options: Any) -> ImportRefusedError:
    """Give the refusal that an import ends in; the shop stays as it was."""
    with pytest.raises(ImportRefusedError) as caught:
        shop.imports.files(path, **options)
    return caught.value


def test_a_workbook_of_three_sheets(tmp_path: Path) -> None:
    """Orders and items are joined by number; the parcels, which nobody reads, take nothing away."""
    sheets = {"订单报表": ORDER_SHEET, "销售明细": ITEM_SHEET, "发货报表": PARCEL_SHEET}
    shop = open_shop()
    result = shop.imports.files(saved(tmp_path, "ExportOrderList202403270900.xlsx", workbook(sheets)))
    assert [(f.name.rpartition(" ")[2], f.reason.partition(":")[0], f.accepted) for f in result.files] == [
        ("[订单报表]", "order report", 2),
        ("[销售明细]", "item report", 3),
    ]
    assert money(shop) == MONEY
    lines = shop.imports.kept.folded().lines  # type: ignore[union-attr]  # a shop in memory
    assert lines is not None
    assert sorted(lines.product.tolist()) == ["山核桃", "山核桃", "核桃仁"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_unknown_sheet_hides_no_other(place: int, tmp_path: Path) -> None:
    """Wherever the unknown sheet stands, it is warned of once and every order is there."""
    sheets = [("订单报表", ORDER_SHEET), ("销售明细", ITEM_SHEET)]
    sheets.insert(place, ("发货报表", PARCEL_SHEET))
    shop = open_shop()
    result = shop.imports.files(saved(tmp_path, "a.xlsx", workbook(dict(sheets))))
    assert result.accepted == 5
    assert money(shop) == MONEY
    (note,) = result.problems
    assert (note.sheet, note.code, note.severity) == ("发货报表", "unrecognised", Severity.WARNING)
    assert "物流公司" in note.message


def test_a_sheet_with_a_title_above_its_columns(tmp_path: Path) -> None:
    """A problem names sheet and row as the spreadsheet program shows them."""
    rows = [["千牛卖家中心"], [], ORDER_NAMES, *ORDER_ROWS, ["1.93E+15", *ORDER_ROWS[0][1:]]]
    shop = open_shop()
    result = shop.imports.files(saved(tmp_path, "a.xlsx", workbook({"export": rows})))
    (problem,) = result.problems
    assert (problem.sheet, problem.first_line, problem.record) == ("export", 6, 3)
    assert (problem.code, problem.column) == ("damaged-number", "订单编号")
    assert money(shop) == MONEY


def test_numbers_dates_and_empty_cells_of_a_workbook(tmp_path: Path) -> None:
    """Amounts as numbers, times as dates and 16-digit order numbers as numbers read like their texts."""
    from datetime import datetime

    times = [datetime(2024, 3, 25, 22, 30, 5), datetime(2024, 3, 25, 22, 31)]  # noqa: DTZ001 - cells have no zone
    row: list[Any] = [1930000000000647, "小𠮷", "交易成功", 128, 97.9, 30.1, *times]
    data = workbook({"a": [ORDER_NAMES, row]}, default_date_format="yyyy-mm-dd hh:mm:ss")
    shop = open_shop()
    assert shop.imports.files(saved(tmp_path, "a.xlsx", data)).problems == ()
    assert money(shop) == {"1930000000000647": (128_00, 30_10, "小𠮷")}
    (table,) = shop.imports.kept.parts()
    assert str(table.paid_at[0]) == "2024-03-25T14:31:00.000000"


def test_a_number_that_lost_its_digits_is_refused(tmp_path: Path) -> None:
    """A 19-digit order number saved as a number is rounded already: rejected, and no order made of it."""
    rows = [
        ORDER_NAMES,
        [float(N1), *ORDER_ROWS[0][1:]],
        [float(N2), *ORDER_ROWS[1][1:]],
        ["17", *ORDER_ROWS[1][1:]],
    ]
    shop = open_shop()
    result = shop.imports.files(saved(tmp_path, "a.xlsx", workbook({"a": rows})))
    assert [(p.code, p.record, p.severity) for p in result.problems] == [
        ("damaged-number", 1, Severity.REJECTED),
        ("damaged-number", 2, Severity.REJECTED),
    ]
    assert set(money(shop)) == {"17"}


def test_an_encrypted_workbook(tmp_path: Path) -> None:
    """Without the password and with a wrong one the answer says what to do; with it every order is there."""
    path = saved(
        tmp_path, "ExportOrderList202603270900.xlsx", encrypted(workbook({"a": ORDER_SHEET}), "密码1")
    )
    shop = open_shop()
    assert (said := refusal(shop, path)).code == "encrypted"
    assert "--password" in str(said)
    assert refusal(shop, path, password="other").code == "password"  # noqa: S106 - a test's own
    assert money(shop) == {}
    result = shop.imports.files(path, password="密码1")  # noqa: S106 - a test's own
    assert (result.accepted, result.problems) == (2, ())
    assert money(shop) == MONEY


def test_a_workbook_of_two_far_cells_is_refused(tmp_path: Path) -> None:
    """1.4 kB that claim 17 billion cells end in a refusal that names the limit; the shop goes on."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook({"a": [["订单编号"]]}))) as old,
        zipfile.ZipFile(buffer, "w") as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                data = data.replace(b"</row>", b'</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
                data = data.replace(b'ref="A1"', b'ref="A1:XFD1048576"')
            new.writestr(entry.filename, data)
    shop = open_shop()
    assert (said := refusal(shop, saved(tmp_path, "bomb.xlsx", buffer.getvalue()))).code == "too-large"
    assert "limit" in str(said)
    shop.imports.files(saved(tmp_path, "a.xlsx", workbook({"a": ORDER_SHEET})))
    assert money(shop) == MONEY


def test_an_archive_of_several_exports(tmp_path: Path) -> None:
    """Each member is a file with its own moment and name; the newest wins wherever it stands."""
    older = [[*ORDER_ROWS[0][:2], "等待买家付款", "128.00", "0.00", "0.00", ORDER_ROWS[0][6], ""]]
    data = zipped({
        "三月/ExportOrderList202403270900.csv": csv(ORDER_SHEET),
        "三月/ExportOrderList202403252235.csv": csv([ORDER_NAMES, *older]),
        "ExportItemList202403270900.csv": csv(ITEM_SHEET),
    })  # fmt: skip
    shop = open_shop()
    result = shop.imports.files(saved(tmp_path, "三月.zip", data))
    assert [f.accepted for f in result.files] == [2, 1, 3]
    assert all("三月.zip!" in f.name for f in result.files)
    assert (result.files[1].exported_at - result.files[0].exported_at).total_seconds() == -(34 * 60 + 25) * 60
    assert result.problems == ()
    assert money(shop) == MONEY


def test_a_workbook_inside_an_archive(tmp_path: Path) -> None:
    """Members of an archive may be workbooks; problems name member and sheet."""
    sheets = {"发货报表": PARCEL_SHEET, "订单报表": ORDER_SHEET}
    shop = open_shop()
    result = shop.imports.files(saved(tmp_path, "a.zip", zipped({"内/b.xlsx": workbook(sheets)})))
    (note,) = result.problems
    assert (note.source.rpartition("!")[2], note.sheet) == ("内/b.xlsx", "发货报表")
    assert money(shop) == MONEY


def test_a_gzip_file(tmp_path: Path) -> None:
    """A compressed export reads like the export, its moment from the name inside the ending."""
    shop = open_shop()
    path = saved(tmp_path, "ExportOrderList202403270900.csv.gz", gzip.compress(csv(ORDER_SHEET)))
    (file,) = shop.imports.files(path).files
    assert (file.accepted, file.problems) == (2, ())
    assert file.exported_at.strftime("%Y%m%d%H%M") == "202403270900"
    assert money(shop) == MONEY


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_and_container_gives_one_shop(encoding: str, tmp_path: Path) -> None:
    """Text, gzip, archive and workbook of the same records are the same orders; the rare character too."""
    data = csv(ORDER_SHEET, encoding)
    for name, packed in {
        "a.csv": data, "b.csv.gz": gzip.compress(data), "c.zip": zipped({"c.csv": data}),
    }.items():  # fmt: skip
        shop = open_shop()
        assert shop.imports.files(saved(tmp_path, name, packed)).problems == ()
        assert money(shop) == MONEY


def test_a_member_that_nobody_knows_is_warned_of(tmp_path: Path) -> None:
    """A readme beside the exports refuses nothing, and is not passed over in silence."""
    shop = open_shop()
    (file,) = shop.imports.files(
        saved(tmp_path, "a.zip", zipped({"a.csv": csv(ORDER_SHEET), "b.csv": b"x,y\n1,2\n"}))
    ).files
    assert [(p.code, p.severity, p.source.endswith("!b.csv")) for p in file.problems] == [
        ("unrecognised", "warning", True)
    ]
    assert money(shop) == MONEY


@pytest.mark.parametrize("budget", [None, 1 << 20])
def test_an_archive_that_is_refused_leaves_nothing_behind(budget: int | None, tmp_path: Path) -> None:
    """Its second member is damaged: all of it is refused, as the verb promises."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.csv", csv(ORDER_SHEET))
        archive.writestr("b.csv", csv(ORDER_SHEET))
    packed = bytearray(held.getvalue())
    packed[packed.rindex(b"2024-", 0, packed.rindex(b"PK\x01\x02"))] ^= 1
    with open_shop(memory_budget=budget) as shop:
        refusal(shop, saved(tmp_path, "a.zip", bytes(packed)))
        assert shop.imports.accounts() == ()
        assert money(shop) == {}


def test_what_a_mac_adds_to_an_archive_is_passed_over(tmp_path: Path) -> None:
    """Shadow files of a Mac are no exports."""
    members = {"__MACOSX/._a.csv": b"\x00\x05\x16\x07", "a.csv": csv(ORDER_SHEET), ".DS_Store": b"\x00"}
    shop = open_shop()
    assert shop.imports.files(saved(tmp_path, "a.zip", zipped(members))).accepted == 2
    assert money(shop) == MONEY


def test_a_workbook_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    """The refusal lists columns that were found; the shop stays empty."""
    shop = open_shop()
    said = refusal(shop, saved(tmp_path, "a.xlsx", workbook({"a": PARCEL_SHEET, "b": []})))
    assert said.code == "unrecognised"
    assert "物流公司" in str(said)
    assert money(shop) == {}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", csv(ORDER_SHEET[:1])),
        ("a.xlsx", workbook({"a": ORDER_SHEET[:1], "b": []})),
        ("a.zip", zipped({"a.csv": csv(ORDER_SHEET[:1])})),
    ],
)
def test_a_report_without_records_is_an_empty_one(name: str, data: bytes, tmp_path: Path) -> None:
    """A header alone is known, has no records, and makes no order."""
    shop = open_shop()
    (file,) = shop.imports.files(saved(tmp_path, name, data)).files
    assert (file.source, file.records, file.problems) == ("taobao", 0, ())
    assert money(shop) == {}


@pytest.mark.parametrize(("name", "text"), [("a.xls", True), ("a.xlsx", True), ("a.csv", False)])
def test_the_ending_of_a_name_decides_nothing(name: str, text: bool, tmp_path: Path) -> None:
    """A CSV called .xls and a workbook called .csv are what they hold."""
    data = csv(ORDER_SHEET) if text else workbook({"a": ORDER_SHEET})
    shop = open_shop()
    assert shop.imports.files(saved(tmp_path, name, data)).accepted == 2
    assert money(shop) == MONEY
