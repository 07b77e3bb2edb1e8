"""Taobao's reports recognised and read, each field by its rules."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retailcrm.adapters.sources import opening
from retailcrm.adapters.sources.csv.table import TextTable
from retailcrm.adapters.sources.taobao.source import Taobao
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Severity
from retailcrm.ports.batches import Grain
from retailcrm.ports.sources import Sample
from retailcrm.simulate.exports import headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

S = OrderState
Row = dict[str, str]
Take = Any

NUMBER: Final = "5113000000000047045"
ORDER: Final[Row] = {
    "订单编号": NUMBER,
    "买家会员名": "小明",
    "总金额": "100.00",
    "买家实际支付金额": "70.00",
    "退款金额": "30.00",
    "订单状态": "交易成功",
    "订单创建时间": "2024-01-04 09:00:00",
    "订单付款时间 ": "2024-01-04 09:01:00",
}
ITEM: Final[Row] = {
    "子订单编号": NUMBER + "1",
    "主订单编号": NUMBER,
    "标题": "山核桃",
    "价格": "49.00",
    "购买数量": "2",
    "订单状态": "交易成功",
    "买家实际支付金额": "68.00",
    "退款金额": "30.00",
    "订单付款时间": "2024-01-04 09:01:00",
}
REFUND: Final[Row] = {
    "退款编号": "81",
    "订单编号": NUMBER,
    "买家退款金额": "20.00",
    "退款状态": "退款成功",
    "退款完结时间": "2024-01-09 10:00:00",
}


def export(rows: Sequence[Mapping[str, str]]) -> bytes:
    """Write records as the platform does: all cells quoted, long numbers protected, GB18030."""
    lines = [",".join(f'"{name}"' for name in rows[0])]
    for row in rows:
        cells = (f'="{v}"' if v.isdigit() and len(v) > 14 else f'"{v}"' for v in row.values())
        lines.append(",".join(cells))
    return "".join(line + "\r\n" for line in lines).encode("gb18030")


# What it is


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        *((header, "order report") for header in headers.ORDER_REPORT.values()),
        (headers.ITEM_REPORT_I1, "item report"),
        (headers.ITEM_REPORT_I2, "item report"),
        (headers.REFUND_REPORT_R1, "refund report"),
        (("商品标题", "订单编号", "买家实付金额", "订单状态", "订单创建时间", "商家备注"), "order report"),
        (("订单编号", "商品标题", "订单状态", "买家实付金额", "订单付款时间", "退款金额"), "order report"),
    ],
)
def test_a_report_is_known_by_its_columns(header: tuple[str, ...], kind: str) -> None:
    """In any sequence and below a title; 主订单编号 at the end of an order report makes it no item report."""
    for names in (header, tuple(reversed(header))):
        match = Taobao().identify(Sample(name="x.csv", rows=(("导出",), tuple(n.strip() for n in names))))
        assert match is not None
        assert match.reason.startswith(kind)
        assert match.header_row == 1
        assert 55 < match.strength <= 95


@pytest.mark.parametrize(
    "header",
    [
        (),
        ("订单编号",),
        ("订单编号", "买家会员名"),
        ("订单编号", "发货时间", "物流单号"),
        ("order_id", "total"),
        ("订单号", "商品名称", "订单金额", "订单状态", "下单时间"),
    ],
)
def test_other_files_are_not_taken(header: tuple[str, ...]) -> None:
    """A buyers file, a parcel sheet, another platform's export: somebody else's."""
    assert Taobao().identify(Sample(name="ExportOrderList202401010900.csv", rows=(header,))) is None
    assert Taobao().identify(Sample(name="x", rows=())) is None


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("ExportOrderList202403252230.csv", (2024, 3, 25, 22, 30)),
        ("ExportOrderList202403252230 (1).csv", (2024, 3, 25, 22, 30)),
        ("exportitemllist202403252230.xlsx", (2024, 3, 25, 22, 30)),
        ("ExportOrderList20240325223015.csv", (2024, 3, 25, 22, 30)),
        ("ExportOrderList2013-10-10.csv", (2013, 10, 10, 0, 0)),
        ("ExportOrderList2011-01-01_2013-05-07.csv", (2013, 5, 7, 0, 0)),
        ("订单报表20240101-20240331.xlsx", (2024, 3, 31, 0, 0)),
        ("退款列表202304010000.csv", (2023, 4, 1, 0, 0)),
        ("ExportOrderList202413252230.csv", None),
        ("ExportOrderList20240325223015999.csv", None),
        ("ExportOrderList.csv", None),
        ("orders202403252230.csv", None),
    ],
)
def test_the_moment_is_read_off_the_name(name: str, moment: tuple[int, ...] | None) -> None:
    """Of a range the last day; a name that is not the platform's, or no moment, tells nothing."""
    want = None if moment is None else datetime(*moment, tzinfo=ZoneInfo("Asia/Shanghai"))  # type: ignore[misc,arg-type]
    assert Taobao().exported_at(name, "Asia/Shanghai") == want


# Order reports


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"订单付款时间 ": "2024-01-04 09:01:00"}, S.REFUNDED),
        ({"订单付款时间 ": ""}, S.CLOSED),
        ({"订单付款时间 ": "null", "订单关闭原因": "退款"}, S.CLOSED),
        ({"退款金额": "100.00"}, S.REFUNDED),
        ({"退款金额": "无退款申请"}, S.CLOSED),
        ({"订单关闭原因": "退款"}, S.REFUNDED),
        ({"订单关闭原因": "买家未付款"}, S.CLOSED),
        ({"订单关闭原因": "订单信息填写错误"}, S.CLOSED),
    ],
)
def test_a_closed_order_was_refunded_if_it_was_paid(take: Take, told: Row, state: OrderState) -> None:
    """A time of payment tells; without that column a refund, or the reason."""
    row = {"订单编号": NUMBER, "订单状态": "交易关闭", "总金额": "100.00", "买家会员名": "a", **told}
    assert take(export([row])).column("state") == [state]


def test_a_report_without_states_tells_paid_from_unpaid(take: Take) -> None:
    """By the time of payment, and by a refund of everything; without that time it says nothing."""
    rows = [
        {**ORDER, "订单编号": "1"},
        {**ORDER, "订单编号": "2", "退款金额": "100.00"},
        {**ORDER, "订单编号": "3", "订单付款时间 ": ""},
    ]
    for row in rows:
        del row["订单状态"]
    assert take(export(rows)).column("state") == [S.PAID, S.REFUNDED, S.PLACED]
    for row in rows:
        del row["订单付款时间 "]
    assert take(export(rows)).column("state") == [-1, -1, -1]


def test_amounts_are_yuan_whatever_the_shop_counts_in(take: Take) -> None:
    """The platform's currency goes before the shop's: a Japanese shop does not read 100.00 as 100 yen."""
    found = take(export([ORDER]), currency="JPY")
    assert (found.column("total"), found.batches[0].currency) == ([10000], "CNY")
    times = take(export([ORDER]), zone="America/New_York").column("placed_at")
    assert times == [datetime(2024, 1, 4, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("address", "province", "city"),
    [
        ("浙江省 杭州市 余杭区 文一西路969号(310000)", "浙江省", "杭州市"),
        ("上海 上海市 黄浦区 ****", "上海", "上海市"),
        ("浙江省", "浙江省", None),
        ("北京市朝阳区望京东路8号院", None, None),
        ("内蒙古自治区 呼和浩特市", "内蒙古自治区", "呼和浩特市"),
        ("", None, None),
        ("null", None, None),
    ],
)
def test_an_address_gives_its_first_two_words_only(
    take: Take, address: str, province: str | None, city: str | None
) -> None:
    """What follows province and city is personal and goes nowhere."""
    other = {**ORDER, "订单编号": "2", "收货地址 ": "广东省 深圳市 x"}
    found = take(export([{**ORDER, "收货地址 ": address}, other]))
    assert found.column("province") == [province, "广东省"]
    assert found.column("city") == [city, "深圳市"]
    assert all("address" not in row for row in found.rows)


ROUNDED_19: Final = [f"51130000000{i:04}0000" for i in range(20)]


def numbered(*numbers: str) -> bytes:
    """Write orders under given numbers."""
    return export([{**ORDER, "订单编号": number} for number in numbers])


@pytest.mark.parametrize("numbers", [ROUNDED_19[:2], ROUNDED_19, [n[:16] + "0" for n in ROUNDED_19]])
def test_numbers_that_all_end_in_zeros_were_rounded(take: Take, numbers: list[str]) -> None:
    """A spreadsheet keeps 15 digits: where no number has more, none of them is what was exported."""
    found = take(numbered(*numbers))
    assert found.rejected == {i: {"damaged-number"} for i in range(1, len(numbers) + 1)}
    assert {problem.value for problem in found.problems} <= set(numbers)


def test_numbers_are_not_rounded_because_some_end_in_zeros(take: Take) -> None:
    """One number in ten thousand does; a single one, or beside one that does not, is taken."""
    assert take(numbered(*ROUNDED_19[:5], NUMBER)).rejected == {}
    assert take(numbered(ROUNDED_19[0])).rejected == {}
    assert take(numbered("193000000000060", "193000000000070", "193000000000080")).rejected == {}


def test_rounding_is_found_over_the_blocks_of_a_file(take: Take) -> None:
    """What a block is too small to tell, all of them together do; a sound number ends the suspicion."""
    with mock.patch.object(opening, "TextTable", functools.partial(TextTable, block_bytes=150)):
        found = take(numbered(*ROUNDED_19))
        assert found.rejected.keys() >= set(range(4, 21))
        assert take(numbered(NUMBER, *ROUNDED_19)).rejected == {}


@pytest.mark.parametrize("word", ["合计", "总计"])
def test_a_row_of_totals_is_no_order(take: Take, word: str) -> None:
    """What a person added below the last row is rejected: it would double the shop's money."""
    total = {**dict.fromkeys(ORDER, ""), "订单编号": word, "总金额": "100.00"}
    found = take(export([ORDER, total]))
    assert (found.column("number"), found.rejected) == ([NUMBER], {2: {"total"}})


def test_an_unknown_state_is_kept_with_a_warning(take: Take) -> None:
    """The record is taken; the text is quoted."""
    found = take(export([{**ORDER, "订单状态": "已收货"}]))
    (warning,) = found.warnings
    assert (warning.code, warning.value, warning.column, warning.record) == ("state", "已收货", "订单状态", 1)
    assert found.column("state") == [S.UNKNOWN]


# One order on several rows


def test_an_order_with_two_amounts_in_one_report_is_warned_of(take: Take) -> None:
    """A report of whole orders has each once: the row is named, and the last one counts."""
    rows = [ORDER, {**ORDER, "订单编号": "2"}, {**ORDER, "买家实际支付金额": "60.00"}]
    found = take(export(rows))
    (warning,) = found.problems
    assert (warning.code, warning.severity, warning.record) == ("repeated-order", Severity.WARNING, 3)
    assert (warning.first_line, warning.column, warning.value) == (4, "订单编号", NUMBER)
    assert found.column("paid") == [7000, 7000, 6000]


def test_the_same_row_twice_is_nothing_to_warn_of(take: Take) -> None:
    """Two pages of an export that overlap have equal rows."""
    assert take(export([ORDER, {**ORDER, "订单编号": "2"}, ORDER])).problems == []


def sub_order(number: str, paid: str, refunded: str = "0.00", state: str = "交易成功") -> Row:
    """Make a row of the export of 2026: no time of creation, a row for each sub-order."""
    return {
        "订单编号": number,
        "商品标题": "x",
        "买家会员名": "小明",
        "订单状态": state,
        "总金额": "100.00",
        "买家实付金额": paid,
        "退款金额": refunded,
        "订单付款时间": "2026-01-04 09:01:00",
    }


def last_rows(found: Any) -> dict[str, tuple[int, int, int]]:
    """Give total, paid and refunded of the last row of each order: the one that counts."""
    return {row["number"]: (row["total"], row["paid"], row["refunded"]) for row in found.rows}


def test_the_rows_of_sub_orders_are_added_up(take: Take) -> None:
    """Amounts that differ belong together, the total is the order's own; every record is accounted for."""
    rows = [
        sub_order("1", "40.00"),
        sub_order("1", "30.00", "30.00", "交易关闭"),
        sub_order("2", "50.00"),
        sub_order("2", "50.00"),
        sub_order("3", "100.00"),
    ]
    found = take(export(rows))
    assert last_rows(found) == {"1": (10000, 7000, 3000), "2": (10000, 10000, 0), "3": (10000, 10000, 0)}
    # The line that was closed does not close its order.
    assert found.column("state") == [S.COMPLETED, -1, S.COMPLETED, S.COMPLETED, S.COMPLETED]
    (warning,) = found.problems
    assert (warning.code, warning.severity, warning.record) == ("repeated-order", Severity.WARNING, None)
    assert "2 orders" in warning.message
    assert found.accounts_for(5)


def test_sub_orders_that_stand_apart_are_warned_of(take: Take) -> None:
    """Only rows that follow each other are added up; of others the last counts, and is named."""
    rows = [sub_order("1", "40.00"), sub_order("1", "30.00"), sub_order("2", "5.00"), sub_order("1", "9.00")]
    found = take(export(rows))
    apart, together = found.problems
    assert (apart.code, apart.record, apart.value) == ("repeated-order", 4, "1")
    assert "sort the report" in apart.message
    assert together.record is None
    assert last_rows(found)["1"][1] == 900


def test_an_order_whose_sub_orders_all_ended_has_ended(take: Take) -> None:
    """Two refunded lines are a refunded order."""
    rows = [sub_order("1", "0.00", "40.00", "交易关闭"), sub_order("1", "0.00", "60.00", "交易关闭")]
    found = take(export(rows))
    assert (found.column("state"), last_rows(found)["1"][2]) == ([S.REFUNDED, S.REFUNDED], 10000)


def test_amounts_repeated_on_the_rows_of_every_order_are_the_orders(take: Take) -> None:
    """Where no order's rows differ nothing is added up, and the warning says so."""
    rows = [sub_order(number, paid) for number, paid in (("1", "40.00"), ("1", "40.00"), ("2", "9.00"))]
    found = take(export(rows))
    assert last_rows(found) == {"1": (10000, 4000, 0), "2": (10000, 900, 0)}
    (warning,) = found.problems
    assert "same amounts" in warning.message


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.lists(st.integers(0, 999), min_size=1, max_size=4)), max_size=12
    ),
    st.integers(60, 700),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_is_cut_in_two_between_blocks(
    take: Take, orders: list[tuple[int, list[int]]], size: int
) -> None:
    """However the file is read, the last row of each order holds the sum of its rows."""
    # The first order settles that the rows' amounts are their own.
    lines = [("0", 1), ("0", 2)]
    lines += [(f"{i}{n}", paid) for i, (n, amounts) in enumerate(orders, 1) for paid in amounts]
    rows = [sub_order(number, f"{paid / 100:.2f}") for number, paid in lines]
    with mock.patch.object(opening, "TextTable", functools.partial(TextTable, block_bytes=size)):
        found = take(export(rows))
    want = {
        number: sum(paid for _, paid in group) for number, group in groupby(lines, key=lambda line: line[0])
    }
    assert {number: amounts[1] for number, amounts in last_rows(found).items()} == want
    assert found.accounts_for(len(rows))
    assert found.records == list(range(1, len(rows) + 1))


# Items and refunds


def test_a_line_is_worth_what_was_paid_or_else_its_price(take: Take) -> None:
    """The literal null in the paid column is no amount; a report without it has prices alone."""
    found = take(export([ITEM, {**ITEM, "买家实际支付金额": "null"}]))
    assert (found.grain, found.column("amount")) == (Grain.LINES, [6800, 9800])
    priced = {key: value for key, value in ITEM.items() if key != "买家实际支付金额"}
    assert take(export([{**priced, "价格": "0.335", "购买数量": "3"}])).column("amount") == [101]


def test_a_line_has_its_own_state_and_number(take: Take) -> None:
    """Sub-order and order number, and a closed line is refunded if its order was paid."""
    found = take(export([ITEM, {**ITEM, "子订单编号": NUMBER + "2", "订单状态": "交易关闭"}]))
    assert found.column("number") == [NUMBER, NUMBER]
    assert found.column("line") == [NUMBER + "1", NUMBER + "2"]
    assert found.column("state") == [S.COMPLETED, S.REFUNDED]
    assert found.column("refunded") == [3000, 3000]


def test_a_line_too_large_to_be_money_is_rejected(take: Take) -> None:
    """A barcode in the column of quantities is named where it stands."""
    found = take(export([{**ITEM, "购买数量": "690123456789012", "价格": "9999999.00"}, ITEM]))
    (problem,) = found.problems
    assert (problem.code, problem.record, problem.column) == ("amount", 1, "价格")
    assert found.accounts_for(2)


def test_only_refunds_that_succeeded_move_money(take: Take) -> None:
    """The others are taken, are worth nothing, and are nothing to warn of."""
    states = ["退款成功", "退款关闭", "买家已经申请退款，等待卖家同意", "null"]
    found = take(
        export([{**REFUND, "退款编号": str(i), "退款状态": state} for i, state in enumerate(states)])
    )
    assert (found.grain, found.column("amount"), found.problems) == (Grain.REFUNDS, [2000, 0, 0, 0], [])


def test_a_refund_report_that_does_not_say_what_succeeded_is_warned_of(take: Take) -> None:
    """Without the column every row counts, and that is said once."""
    rows = [{key: value for key, value in REFUND.items() if key != "退款状态"}] * 2
    found = take(export(rows))
    (warning,) = found.problems
    assert (warning.code, warning.severity) == ("refund-status", Severity.WARNING)
    assert found.column("amount") == [2000, 2000]


def test_several_refunds_of_an_order_are_rows_of_their_own(take: Take) -> None:
    """Each refund has its number, its order (or sub-order) and its moment."""
    found = take(export([REFUND, {**REFUND, "退款编号": "82", "订单编号": NUMBER + "1"}]))
    assert found.column("refund") == ["81", "82"]
    assert found.column("number") == [NUMBER, NUMBER + "1"]
    assert found.column("settled_at") == [datetime(2024, 1, 9, 2, tzinfo=UTC)] * 2
