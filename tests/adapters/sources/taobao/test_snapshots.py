"""Taobao exports are snapshots: overlapping, partial, masked or damaged ones make one shop of orders."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from retailcrm import Shop, open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from retailcrm.shop.imports import ImportResult

S = OrderState
Row = dict[str, str]

N1: Final = "5113000000000047045"
N2: Final = "5113000000000047046"
N3: Final = "1930000000000647"
PAID: Final[Row] = {
    "订单编号": N1, "买家会员名": "小明", "总金额": "100.00", "买家实际支付金额": "100.00",
    "退款金额": "0.00", "订单状态": "买家已付款，等待卖家发货", "订单创建时间": "2024-01-04 09:00:00",
    "订单付款时间 ": "2024-01-04 09:01:00",
}  # fmt: skip
DONE: Final[Row] = {**PAID, "订单状态": "交易成功", "买家实际支付金额": "70.00", "退款金额": "30.00"}
CLOSED: Final[Row] = {**DONE, "订单状态": "交易关闭", "买家实际支付金额": "0.00", "退款金额": "100.00"}


def export(folder: Path, name: str, rows: Sequence[Row]) -> Path:
    """Write records with the columns that they have, in GB18030."""
    lines = [",".join(f'"{name}"' for name in rows[0])]
    for row in rows:
        cells = (f'="{v}"' if v.isdigit() and len(v) > 14 else f'"{v}"' for v in row.values())
        lines.append(",".join(cells))
    path = folder / name
    path.write_bytes("".join(line + "\r\n" for line in lines).encode("gb18030"))
    return path


def at(day: int) -> str:
    """Name an order report of nine in the morning of that day of January 2024."""
    return f"ExportOrderList202401{day:02}0900.csv"


def orders(shop: Shop) -> dict[str, dict[str, Any]]:
    """Give a shop's orders as plain values, by number."""
    found = {}
    for table in shop.imports.kept.parts():
        buyers = [*table.customers.ids.tolist(), None]
        strengths = [*table.customers.strength.tolist(), 0]
        for i, number in enumerate(table.numbers):
            code = int(table.customer[i])
            found[number] = {
                "state": S(int(table.state[i])),
                "money": (int(table.gross[i]), int(table.refunded[i])),
                "paid": not np.isnat(table.paid_at[i]),
                "buyer": buyers[code] if strengths[code] else None,
            }
    return found


def imported(*paths: Path) -> tuple[Shop, ImportResult]:
    """Import files into a new shop."""
    shop = open_shop()
    return shop, shop.imports.files(paths)


def test_the_newest_snapshot_wins_whatever_the_order_of_import(tmp_path: Path) -> None:
    """Three files of one order, the moment in their names: every sequence of import ends the same."""
    files = [
        export(tmp_path, at(5), [PAID]),
        export(tmp_path, at(20), [DONE]),
        export(tmp_path, at(12), [PAID]),
    ]
    for sequence in permutations(files):
        shop, result = imported(*sequence)
        assert orders(shop)[N1] == {
            "state": S.COMPLETED,
            "money": (100_00, 30_00),
            "paid": True,
            "buyer": "小明",
        }
        assert (result.accepted, result.problems) == (3, ())


@pytest.mark.parametrize(
    "name",
    [
        "ExportOrderList202401200900.csv",
        "ExportOrderList202401200900 (1).csv",
        "ExportOrderDetailList202401200900.csv",
        "ExportOrderList2024-01-20.csv",
        "ExportOrderList2011-01-01_2024-01-20.csv",
    ],
)
def test_the_moment_of_an_export_is_in_its_name(name: str, tmp_path: Path) -> None:
    """Every form of name that the platform has written tells when; a range of days ends on its last."""
    _, result = imported(export(tmp_path, name, [DONE]))
    told = result.files[0].exported_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert (told.year, told.month, told.day) == (2024, 1, 20)
    if "0900" in name:
        assert (told.hour, told.minute) == (9, 0)


def test_an_older_export_imported_later_changes_nothing(tmp_path: Path) -> None:
    """The order keeps its newer state and money; the same file again is known."""
    shop, _ = imported(export(tmp_path, at(20), [DONE]))
    before = orders(shop)
    assert shop.imports.files(export(tmp_path, at(5), [PAID])).accepted == 1
    assert orders(shop) == before
    (again,) = shop.imports.files(tmp_path / at(5)).files
    assert again.repeated
    assert orders(shop) == before


def test_a_state_goes_back_only_to_an_end(tmp_path: Path) -> None:
    """A newer file that still says paid changes nothing; one that says closed, after pay, is a refund."""
    shop, _ = imported(
        export(tmp_path, at(10), [DONE]), export(tmp_path, at(20), [{**DONE, "订单状态": "等待买家付款"}])
    )
    assert orders(shop)[N1]["state"] is S.COMPLETED
    shop.imports.files(export(tmp_path, at(25), [CLOSED]))
    assert (orders(shop)[N1]["state"], orders(shop)[N1]["money"]) == (S.REFUNDED, (100_00, 100_00))
    shop.imports.files(export(tmp_path, at(28), [DONE]))
    assert orders(shop)[N1]["state"] is S.REFUNDED


def test_a_column_that_a_file_lacks_erases_nothing(tmp_path: Path) -> None:
    """A later selection of three columns keeps buyer, money and time of payment."""
    few = {name: DONE[name] for name in ("订单编号", "订单状态", "总金额", "订单创建时间")}
    empty = {**DONE, "买家会员名": "null", "退款金额": "", "买家实际支付金额": "-", "订单付款时间 ": ""}
    shop, result = imported(
        export(tmp_path, at(10), [DONE]), export(tmp_path, at(20), [few]), export(tmp_path, at(25), [empty])
    )
    assert result.problems == ()
    assert orders(shop)[N1] == {"state": S.COMPLETED, "money": (100_00, 30_00), "paid": True, "buyer": "小明"}


def item(line: str, paid: str, refunded: str = "无退款申请", order: str = N1) -> Row:
    """Make a record of an item report."""
    return {
        "子订单编号": line, "主订单编号": order, "标题": "山核桃", "价格": paid, "购买数量": "1",
        "订单状态": "交易成功", "买家实际支付金额": paid, "退款金额": refunded,
        "订单创建时间": "2024-01-04 09:00:00", "订单付款时间": "2024-01-04 09:01:00",
    }  # fmt: skip


def test_an_incomplete_item_file_lowers_no_total(tmp_path: Path) -> None:
    """One line of 40 says nothing against an order of 100, nor against an older file with both its lines."""
    lines = [item("71", "40.00"), item("72", "60.00")]
    part = export(tmp_path, "ExportItemList202401250900.csv", lines[:1])
    shop, _ = imported(export(tmp_path, at(20), [PAID]), part)
    assert orders(shop)[N1]["money"] == (100_00, 0)
    shop, _ = imported(export(tmp_path, "ExportItemList202401200900.csv", lines), part)
    assert orders(shop)[N1]["money"] == (100_00, 0)


def refund(number: str, order: str, amount: str, status: str = "退款成功") -> Row:
    """Make a record of a refund report."""
    return {
        "退款编号": number, "订单编号": order, "买家退款金额": amount, "退款状态": status,
        "退款完结时间": "2024-01-09 10:00:00", "宝贝标题": "山核桃",
    }  # fmt: skip


def test_a_refund_of_a_sub_order_reaches_its_order(tmp_path: Path) -> None:
    """Refunds of two sub-orders add up on the order; the sub-orders make no orders of their own."""
    lines = [item("5113000000000047145", "40.00"), item("5113000000000047245", "60.00")]
    back = [refund("1", lines[0]["子订单编号"], "15.00"), refund("2", lines[1]["子订单编号"], "10.00")]
    paths = [
        export(tmp_path, at(5), [PAID]),
        export(tmp_path, "ExportItemList202401050900.csv", lines),
        export(tmp_path, "退款20240120.csv", back),
    ]
    for sequence in permutations(paths):
        assert {n: row["money"] for n, row in orders(imported(*sequence)[0]).items()} == {N1: (100_00, 25_00)}


def test_only_refunds_that_succeeded_move_money(tmp_path: Path) -> None:
    """Of three refunds one was closed and one is being handled: 5.00 went back."""
    statuses = ("退款成功", "退款关闭", "买家已经申请退款，等待卖家同意")
    back = [refund(str(i), N1, "5.00", status) for i, status in enumerate(statuses)]
    shop, result = imported(export(tmp_path, at(5), [PAID]), export(tmp_path, "退款.csv", back))
    assert (result.problems, orders(shop)[N1]["money"]) == ((), (100_00, 5_00))


def test_a_masked_nick_in_a_newer_file_does_not_erase_the_plain_one(tmp_path: Path) -> None:
    """The plain nick of 2020 stays hers after the platform began to mask."""
    masked = {**DONE, "买家会员名": "小**明"}
    shop, _ = imported(export(tmp_path, at(5), [PAID]), export(tmp_path, at(20), [masked]))
    assert orders(shop)[N1]["buyer"] == "小明"


def test_a_buyers_file_resolves_masked_nicks_and_makes_no_orders(tmp_path: Path) -> None:
    """Two people under one mask are told apart; a number that only the buyers file has is no order."""
    rows = [{**PAID, "买家会员名": "t**1"}, {**PAID, "订单编号": N2, "买家会员名": "t**1"}]
    shop, _ = imported(export(tmp_path, at(20), rows))
    assert [row["buyer"] for row in orders(shop).values()] == [None, None]
    pairs = [(N1, "tina1"), (N2, "tom𠮷1"), (N3, "nobody")]
    known = [{"订单编号": number, "买家会员名": buyer} for number, buyer in pairs]
    assert shop.imports.buyers(export(tmp_path, "buyers.csv", known)).accepted == 3
    assert {n: row["buyer"] for n, row in orders(shop).items()} == {N1: "tina1", N2: "tom𠮷1"}


@pytest.mark.parametrize("damaged", ["1.93E+15", "5.113e+18", "5.11300000000005E+18", "2E+15"])
def test_a_number_that_a_spreadsheet_rounded_is_refused(damaged: str, tmp_path: Path) -> None:
    """Two orders under one rounded number are two rejections, never one order."""
    rows = [PAID, {**PAID, "订单编号": damaged}, {**DONE, "订单编号": damaged}]
    shop, result = imported(export(tmp_path, at(20), rows))
    assert [(p.code, p.record, p.severity) for p in result.problems] == [
        ("damaged-number", 2, Severity.REJECTED),
        ("damaged-number", 3, Severity.REJECTED),
    ]
    assert (result.accepted, result.rejected) == (1, 2)
    assert set(orders(shop)) == {N1}


def test_an_order_twice_in_one_report_with_two_amounts_is_warned_of(tmp_path: Path) -> None:
    """A file with one row a sub-order under the order's number is not read as whole orders in silence."""
    rows = [
        {**PAID, "总金额": "40.00", "买家实际支付金额": "40.00"},
        {**PAID, "总金额": "60.00", "买家实际支付金额": "60.00"},
    ]
    shop, result = imported(export(tmp_path, at(20), rows))
    assert set(orders(shop)) == {N1}
    assert result.problems


def test_a_file_of_which_no_record_is_taken_makes_an_empty_shop(tmp_path: Path) -> None:
    """One record, rejected: a problem, and a shop without orders."""
    shop, result = imported(export(tmp_path, at(20), [{**PAID, "订单编号": "1.93E+15"}]))
    assert (result.accepted, result.rejected) == (0, 1)
    assert orders(shop) == {}


ITEM_NUMBER_LOST: Final[Row] = {**item("71", "5.00"), "主订单编号": "1.93E+15"}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (at(21), [{**PAID, "订单编号": "1.93E+15"}]),
        ("ExportItemList202401200900.csv", [ITEM_NUMBER_LOST]),
        ("退款.csv", [refund("1", "1.93E+15", "5.00")]),
    ],
    ids=["orders", "items", "refunds"],
)
def test_a_file_of_which_no_record_is_taken_takes_nothing_from_the_others(
    name: str, rows: list[Row], tmp_path: Path
) -> None:
    """Beside a good order report it is a problem, and no more."""
    shop, result = imported(export(tmp_path, at(20), [DONE]), export(tmp_path, name, rows))
    assert [p.code for p in result.problems] == ["damaged-number"]
    assert {number: row["money"] for number, row in orders(shop).items()} == {N1: (100_00, 30_00)}


def test_an_order_closed_after_it_was_paid_is_refunded_whichever_file_tells_of_the_payment(
    tmp_path: Path,
) -> None:
    """An older file has the time of payment, the newer one lacks that column and says closed."""
    few = {"订单编号": N1, "订单状态": "交易关闭", "总金额": "100.00", "买家会员名": "小明"}
    shop, _ = imported(export(tmp_path, at(5), [PAID]), export(tmp_path, at(20), [few]))
    assert orders(shop)[N1]["state"] is S.REFUNDED


@pytest.mark.parametrize("told", [{"退款金额": "100.00"}, {"订单关闭原因": "退款"}], ids=["amount", "reason"])
def test_an_order_closed_with_its_refund_told_was_paid(told: Row, tmp_path: Path) -> None:
    """A selection without the time of payment still tells by refund or reason that money had come in."""
    few = {"订单编号": N1, "订单状态": "交易关闭", "总金额": "100.00", "买家会员名": "小明", **told}
    shop, _ = imported(export(tmp_path, at(20), [few]))
    assert orders(shop)[N1]["state"] is S.REFUNDED


def test_a_line_without_a_paid_amount_is_worth_its_price(tmp_path: Path) -> None:
    """The literal null in the paid column of an item report is no amount, and not zero."""
    line = {**item("71", "40.00"), "买家实际支付金额": "null", "购买数量": "2"}
    shop, result = imported(export(tmp_path, "ExportItemList202401200900.csv", [line]))
    assert (result.problems, orders(shop)[N1]["money"]) == ((), (80_00, 0))
