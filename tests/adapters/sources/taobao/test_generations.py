"""Taobao's reports of every generation, written as the platform writes them and imported into a shop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it has no stubs
from hypothesis import assume, given
from hypothesis import strategies as st

from retailcrm import Shop, open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from retailcrm.shop.imports import ImportResult

S = OrderState
Row = dict[str, str]


def after(header: Sequence[str], place: str, *names: str) -> tuple[str, ...]:
    """Insert columns behind another one."""
    at = header.index(place) + 1
    return (*header[:at], *names, *header[at:])


def names(text: str) -> tuple[str, ...]:
    """Split a list of column names; blanks at their ends are the platform's."""
    return tuple(text.split(","))


# The columns of each generation as found in programs that read real exports.
T1: Final = names(
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,"
    "买家实际支付金额,买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,"
    "联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,"
    "店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,定金排名,"
    "修改后的sku,修改后的收货地址,异常信息"
)
_STORES: Final = names(
    "新零售交易类型,新零售导购门店名称,新零售导购门店id,新零售发货门店名称,新零售发货门店id"
)
_T3_TAIL: Final = names("退款金额,预约门店,确认收货时间,打款商家金额,含应开票给个人的个人红包")
_LIVE: Final = names("直播返现状态,返现金额,新零售成交门店昵称,新零售成交门店id,新零售成交经销商id")
_O2O: Final = names("O2O交易类型,O2O店铺id,O2O店铺名称,O2O导购员id,O2O导购员姓名,O2O提货类型,O2O外部订单id")
T2: Final = (*after(T1, "分阶段订单信息", "特权订金订单id"), "天猫卡券抵扣", "集分宝抵扣", "是否是O2O交易")
T3: Final = (
    *after(T2, "特权订金订单id", "是否上传合同照片", "是否上传小票", "是否代付"),
    *_STORES,
    *_T3_TAIL,
)
T4: Final = after(T3, "买家支付宝账号", "支付单号", "支付详情")
T5: Final = (*T4, "是否信用购", "体验期结束时间", "前N有礼", "配送类型", "主订单编号")
T5B: Final = after(after(T5, "是否是O2O交易", *_O2O), "预约门店", "是否村淘订单")
T6: Final = after(after(T5, "是否是O2O交易", "满返红包金额"), "配送类型", *_LIVE)
_T7_ADDED: Final = tuple(
    "买家会员昵称" if name == "买家支付宝账号" else name for name in T6 if name != "满返红包金额"
)
T7: Final = after(
    after(after(_T7_ADDED, "联系手机", "虚拟号过期时间"), "返现金额", "延迟发货自动赔付金额"),
    "新零售成交经销商id",
    *("预售订单", "发货时间", "商家备忘"),
)
T8: Final = names(
    "订单付款时间,订单编号,商品标题,买家会员名,订单状态,总金额,买家实付金额,退款金额,商家备注,"
    "订单创建时间,平台服务费,运单号,快递公司,确认收货时间"
)
ORDER_REPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "T1": T1, "T2": T2, "T3": T3, "T4": T4, "T5": T5, "T5b": T5B, "T6": T6, "T7": T7, "T8": T8,
}  # fmt: skip
WIDTHS: Final = {"T1": 37, "T2": 41, "T3": 54, "T4": 56, "T5": 61, "T5b": 69, "T6": 67, "T7": 71, "T8": 14}

I1: Final = names("订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码")
I2: Final = names(
    "子订单编号,主订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码,"
    "支付单号,买家应付货款,买家实际支付金额,退款状态,退款金额,订单创建时间,订单付款时间"
)
I3: Final = names(
    "子订单编号,主订单编号,商品标题,商品价格,购买数量,外部系统编号,商品属性,套餐信息,订单状态,商家编码,"
    "买家应付货款,买家实付金额,退款状态,退款金额,订单创建时间,订单付款时间,商品ID,商家备注,物流单号,"
    "物流公司,skuId"
)
R1: Final = names(
    "退款编号,订单编号,支付宝交易号,订单付款时间,商品编码,退款完结时间,买家会员名称,买家实际支付金额,"
    "宝贝标题,买家退款金额,手工退款/系统退款,是否需要退货,退款的申请时间,超时时间,退款状态,货物状态,"
    "退货物流信息,发货物流信息,客服介入状态,卖家真实姓名,卖家退货地址,卖家邮编,卖家电话,卖家手机,"
    "退货物流单号,退货物流公司,买家退款原因,买家退款说明,买家退货时间,责任方,售中或售后,商家备注,"
    "完结时间,部分退款/全部退款,审核操作人,举证超时,是否零秒响应,退款操作人,退款原因标签"
)
R2: Final = names(
    "订单编号,退款编号,支付单号,订单付款时间,商品id,商品编码,退款完结时间,买家实际支付金额,宝贝标题,"
    "买家退款金额,手工退款/系统退款,售后类型,退款的申请时间,超时时间,退款状态,货物状态,退货物流信息,"
    "发货物流信息,客服介入状态,卖家真实姓名,卖家真实姓名(新),卖家退货地址,卖家邮编,卖家电话,卖家手机,"
    "退货物流单号,退货物流公司,买家退款原因,买家退款说明,买家退货时间,责任方,售中或售后,备注标签,"
    "商家备注,完结时间,部分退款/全部退款,审核操作人,审核操作人新会员名,举证超时,是否零秒响应,"
    "退款操作人,退款操作人新会员名,退款原因标签,业务类型,是否帮他退款,帮他退款操作账号,小额收款,"
    "淘特订单,百亿补贴超链退款信息,智能退款策略,执行方案"
)

A, B, C, D, E = (str(5113000000000047041 + i) for i in range(5))
ORDERS: Final[Sequence[Row]] = (
    {"订单编号": A, "买家会员名": "小𠮷", "总金额": "128.00", "实付": "98.00", "退款金额": "30.00",
     "订单状态": "交易成功", "订单付款时间": "2024-03-25 22:31:00", "确认收货时间": "2024-04-01 08:00:00"},
    {"订单编号": B, "买家会员名": "老,王", "总金额": "￥1,250.50", "实付": "1250.50元",
     "退款金额": "无退款申请", "订单状态": "卖家已发货，等待买家确认", "订单付款时间": "2024-03-25 23:00:00"},
    {"订单编号": C, "买家会员名": "小𠮷", "总金额": "80.00", "实付": "0.00", "退款金额": "0.00",
     "订单状态": "交易关闭", "订单付款时间": "null", "订单关闭原因": "买家未付款"},
    {"订单编号": D, "买家会员名": "null", "总金额": "60.00", "实付": "0.00", "退款金额": "60.00",
     "订单状态": "交易关闭", "订单付款时间": "2024-03-26 00:00:01", "订单关闭原因": "退款"},
    {"订单编号": E, "买家会员名": "t**1", "总金额": "20", "实付": "0", "退款金额": "-",
     "订单状态": "等待买家付款", "订单付款时间": ""},
)  # fmt: skip
USUAL: Final[Row] = {
    "订单创建时间": "2024-03-25 22:30:05", "联系手机": "'13800138000", "联系电话": "'", "订单备注": "null",
    "买家留言": '请"轻放"，\r\n谢谢,𠮷\n-', "收货地址": "浙江省 杭州市 余杭区 文一西路\r\n969号(310000)",
    "打款商家金额": "598.00元", "买家服务费": "0元", "支付单号": "2024032522001100000000000001",
    "主订单编号": "5113000000000000000", "宝贝标题": "山核桃, 250g", "宝贝总数量": "2", "店铺Id": "0",
}  # fmt: skip
WANTED: Final = {
    A: (S.COMPLETED, "小𠮷", 98_00),
    B: (S.SHIPPED, "老,王", 1250_50),
    C: (S.CLOSED, "小𠮷", None),
    D: (S.REFUNDED, None, 0),
    E: (S.PLACED, None, None),
}


def cells(header: Sequence[str], row: Mapping[str, str]) -> list[str]:
    """Put a record under the columns of a report."""
    told = {**USUAL, **row, "买家实际支付金额": row.get("实付", ""), "买家实付金额": row.get("实付", "")}
    return [told.get(name.strip(), "") for name in header]


def platform_csv(header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """Quote as the platform does: all but long numbers, which are written ="..."."""
    protected = {"订单编号", "支付单号", "主订单编号", "子订单编号"}

    def cell(name: str, text: str) -> str:
        return f'="{text}"' if name in protected and text.isdigit() else '"' + text.replace('"', '""') + '"'

    lines = [",".join(f'"{name}"' for name in header)]
    lines += [",".join(map(cell, header, cells(header, row))) for row in rows]
    return "".join(line + "\r\n" for line in lines).encode("gb18030")


def export(folder: Path, name: str, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Path:
    """Write one export."""
    path = folder / name
    path.write_bytes(platform_csv(header, rows))
    return path


def workbook(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Path:
    """Write the same as a workbook of texts."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("export")
        for i, texts in enumerate([header, *(cells(header, row) for row in rows)]):
            sheet.write_row(i, 0, texts)
    return path


def imported(*paths: Path) -> tuple[Shop, ImportResult]:
    """Import files into a new shop; every record is accounted for."""
    shop = open_shop()
    result = shop.imports.files(paths)
    for file in result.files:
        assert file.accepted + file.rejected + file.blank == file.records
        assert file.rejected == len({p.record for p in file.problems if p.severity is Severity.REJECTED})
    return shop, result


def moment(text: str) -> datetime:
    """Read a UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def orders(shop: Shop) -> dict[str, dict[str, Any]]:
    """Give a shop's orders as plain values, by number."""
    found = {}
    for table in shop.imports.kept.parts():
        buyers = [*table.customers.ids.tolist(), None]
        strengths = [*table.customers.strength.tolist(), 0]
        for i, number in enumerate(table.numbers):
            times = {name: getattr(table, name)[i] for name in ("placed_at", "paid_at", "refunded_at")}
            at = {
                k: None if np.isnat(v) else v.astype("M8[us]").item().replace(tzinfo=UTC)
                for k, v in times.items()
            }
            code = int(table.customer[i])
            found[number] = {
                **at, "state": S(int(table.state[i])), "gross": int(table.gross[i]),
                "refunded": int(table.refunded[i]), "net": int(table.gross[i] - table.refunded[i]),
                "buyer": buyers[code] if strengths[code] else None,
            }  # fmt: skip
    return found


@pytest.mark.parametrize("generation", ORDER_REPORTS)
def test_an_order_report_of_each_generation(generation: str, tmp_path: Path) -> None:
    """State, buyer, net amount and times of five orders, whatever columns the platform had added."""
    header = ORDER_REPORTS[generation]
    assert len(header) == WIDTHS[generation]
    shop, result = imported(export(tmp_path, "ExportOrderList202404020900.csv", header, ORDERS))
    (file,) = result.files
    assert (file.source, file.accepted, file.problems) == ("taobao", 5, ())
    assert file.reason.startswith("order report")
    assert file.exported_at == moment("2024-04-02 01:00")
    found = orders(shop)
    assert found.keys() == WANTED.keys()
    for number, (state, buyer, net) in WANTED.items():
        row = found[number]
        assert (row["state"], row["buyer"], row["placed_at"]) == (state, buyer, moment("2024-03-25 14:30:05"))
        assert net is None or row["net"] == net
    assert found[A]["paid_at"] == moment("2024-03-25 14:31:00")
    assert (found[C]["paid_at"], found[E]["paid_at"]) == (None, None)
    if "退款金额" in header:
        assert (found[A]["gross"], found[A]["refunded"]) == (128_00, 30_00)
        assert file.money_rule is not None
        assert (file.money_rule.paid_is, file.money_rule.net_rows) == ("net", 2)
    assert (found[D]["gross"], found[D]["refunded"]) == (60_00, 60_00)


@pytest.mark.parametrize("generation", ["T1", "T5b", "T8"])
def test_a_workbook_gives_the_same_orders(generation: str, tmp_path: Path) -> None:
    """XLSX and CSV of one report are told apart by nothing in the orders."""
    header = ORDER_REPORTS[generation]
    text, _ = imported(export(tmp_path, "ExportOrderList202404020900.csv", header, ORDERS))
    book, result = imported(workbook(tmp_path / "ExportOrderList202404020900.xlsx", header, ORDERS))
    assert result.problems == ()
    assert orders(book) == orders(text)


@given(
    header=st.permutations(sorted({*T5B, *T6, *T7})),
    left_out=st.sets(st.sampled_from(sorted({*T7} - {"订单编号"})), max_size=70),
)
def test_any_order_and_subset_of_columns(
    header: list[str], left_out: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What a seller leaves in is read right wherever it stands."""
    chosen = [name for name in header if name not in left_out]
    told = {name.strip() for name in chosen}
    known = {"买家会员名", "总金额", "买家实际支付金额", "订单状态", "订单创建时间", "订单付款时间"}
    assume(len(told & known) >= 3)
    shop, result = imported(export(tmp_path_factory.mktemp("c"), "a.csv", chosen, [ORDERS[0]]))
    assert (result.files[0].source, result.problems) == ("taobao", ())
    row = orders(shop)[A]
    if "买家会员名" in told:
        assert row["buyer"] == "小𠮷"
    if "订单状态" in told:
        assert row["state"] is S.COMPLETED
    if "订单创建时间" in told:
        assert row["placed_at"] == moment("2024-03-25 14:30:05")
    if "订单付款时间" in told:
        assert row["paid_at"] == moment("2024-03-25 14:31:00")
    if "买家实际支付金额" in told:
        assert row["net"] == 98_00
    elif "总金额" in told:
        assert row["net"] == (98_00 if "退款金额" in told else 128_00)


STATE_TEXTS: Final = {
    "没有创建支付宝交易": S.PLACED, "没有创建外部交易": S.PLACED, "等待买家付款": S.PLACED,
    "等待买家确认货到付款订单信息": S.PLACED, "外卡支付付款确认中": S.PLACED, "余额宝0元购合约中": S.PLACED,
    "买家已付款，等待卖家发货": S.PAID, "等待卖家发货": S.PAID, "买家已确认，等待卖家发货": S.PLACED,
    "卖家部分发货": S.SHIPPED, "卖家已发货，等待买家确认": S.SHIPPED, "等待买家确认收货": S.SHIPPED,
    "卖家已发货，等待买家确认收货并付款": S.SHIPPED, "买家已签收": S.RECEIVED,
    "买家已签收，回款至卖家": S.RECEIVED, "交易成功": S.COMPLETED, "交易完成": S.COMPLETED,
    "已完成": S.COMPLETED, "待评价": S.COMPLETED, "已结算": S.COMPLETED, "交易被淘宝关闭": S.CLOSED,
    "付款以后用户退款成功，交易自动关闭": S.REFUNDED, "交易关闭": S.CLOSED,
}  # fmt: skip


def test_every_state_text_with_either_comma(tmp_path: Path) -> None:
    """Each text the platform is known to write means one state, with full- and half-width commas."""
    texts = dict(STATE_TEXTS)
    texts |= {text.replace("，", ","): state for text, state in STATE_TEXTS.items()}
    numbers = {text: f"{193000000000000 + i}" for i, text in enumerate(texts)}
    rows = [{"订单编号": numbers[text], "总金额": "5", "订单状态": text} for text in texts]
    shop, result = imported(export(tmp_path, "a.csv", T3, rows))
    assert result.problems == ()
    found = orders(shop)
    assert {text: found[numbers[text]]["state"] for text in texts} == texts


def test_an_unknown_state_is_a_warning_and_the_record_is_kept(tmp_path: Path) -> None:
    """A text nobody has seen becomes unknown, with a problem that quotes it, never a default."""
    rows = [{**ORDERS[0], "订单状态": "已收货"}, ORDERS[1]]
    shop, result = imported(export(tmp_path, "a.csv", T6, rows))
    (problem,) = result.problems
    assert (problem.code, problem.severity, problem.value) == ("state", Severity.WARNING, "已收货")
    # The message breaks the record twice, the address once.
    assert (problem.record, problem.first_line, problem.last_line, problem.column) == (1, 2, 5, "订单状态")
    assert result.accepted == 2
    assert orders(shop)[A]["state"] is S.UNKNOWN


ITEMS: Final[Sequence[Row]] = (
    {"订单编号": A, "子订单编号": A + "1", "标题": "山核桃𠮷", "价格": "49.00",
     "购买数量": "2", "实付": "68.00", "退款金额": "30.00", "退款状态": "退款成功", "订单状态": "交易成功",
     "商家编码": "null"},
    {"订单编号": A, "子订单编号": A + "2", "标题": "核桃仁", "价格": "30", "购买数量": "1",
     "实付": "30.00", "退款金额": "无退款申请", "退款状态": "没有申请退款", "订单状态": "交易成功"},
    {"订单编号": A, "子订单编号": A + "3", "标题": "送货入户", "价格": "0.00", "购买数量": "1",
     "实付": "0.00", "退款金额": "无退款申请", "退款状态": "没有申请退款", "订单状态": "交易关闭"},
)  # fmt: skip


def items(header: Sequence[str], rows: Sequence[Row] = ITEMS) -> list[Row]:
    """Write item records under the names that a generation has for them."""
    same = {"备注": "a\r\nb", "商品属性": "规格：大[1];味道:甜", "订单付款时间": "2024-03-25 22:31:00"}
    named = [{**same, **row, "商品标题": row["标题"], "商品价格": row["价格"]} for row in rows]
    if "主订单编号" in header:
        named = [{**r, "主订单编号": r["订单编号"]} for r in named]
    return named


@pytest.mark.parametrize(("header", "alone"), [(I1, False), (I2, True), (I3, True)], ids=["I1", "I2", "I3"])
def test_an_item_report_of_each_generation(header: tuple[str, ...], alone: bool, tmp_path: Path) -> None:
    """Lines join their order and leave its total and state alone; with times they make an order."""
    report = export(tmp_path, "ExportItemList202404020900.csv", header, items(header))
    shop, result = imported(report)
    assert (result.files[0].source, result.accepted, result.problems) == ("taobao", 3, ())
    assert result.files[0].reason.startswith("item report")
    found = orders(shop)
    assert set(found) == ({A} if alone else set())
    if alone:
        # 68 + 30 were paid, 30 went back: 2 x 49 + 30 = 128 before refunds.
        row = found[A]
        assert (row["gross"], row["refunded"], row["placed_at"]) == (
            128_00,
            30_00,
            moment("2024-03-25 14:30:05"),
        )
    both, _ = imported(report, export(tmp_path, "ExportOrderList202404020900.csv", T6, [ORDERS[0]]))
    row = orders(both)[A]
    assert (row["state"], row["gross"], row["refunded"]) == (S.COMPLETED, 128_00, 30_00)
    lines = both.imports.kept.folded().lines  # type: ignore[union-attr]  # a shop in memory
    assert lines is not None
    assert sorted(zip(lines.product.tolist(), lines.quantity.tolist(), strict=True)) == [
        ("山核桃𠮷", 2), ("核桃仁", 1), ("送货入户", 1),
    ]  # fmt: skip


def refund(number: str, order: str, amount: str, status: str, settled: str) -> Row:
    """Make a record of a refund report."""
    told = {"退款编号": number, "订单编号": order, "买家退款金额": amount, "退款状态": status}
    usual = {"订单付款时间": "2024-03-25 22:31:00", "完结时间": "2天3小时"}
    return {**usual, **told, "退款完结时间": f"2024-03-{settled} 10:00:00"}


REFUNDS: Final = (
    refund("81", A, "20.00", "退款成功", "29"),
    refund("82", A, "￥10.00", "退款成功", "28"),
    refund("83", A, "98.00", "退款关闭", "30"),
    refund("84", B, "50.50", "退款成功", "30"),
)


@pytest.mark.parametrize("header", [R1, R2], ids=["R1", "R2"])
def test_a_refund_report_of_each_generation(header: tuple[str, ...], tmp_path: Path) -> None:
    """Two refunds of one order are 30.00, settled with the later one; a closed one moves no money."""
    reports = [
        export(tmp_path, "ExportOrderList202404020900.csv", T2, ORDERS),
        export(tmp_path, "退款报表.csv", header, REFUNDS),
    ]
    shop, result = imported(*reports)
    assert (result.files[1].source, result.files[1].accepted, result.problems) == ("taobao", 4, ())
    assert result.files[1].reason.startswith("refund report")
    found = orders(shop)
    # T2 has no refund column: paid 98 and 30 back make up the total of 128, so paid was net.
    assert (found[A]["gross"], found[A]["refunded"], found[A]["net"]) == (128_00, 30_00, 98_00)
    assert found[A]["refunded_at"] == moment("2024-03-29 02:00")
    # 1250.50 was paid, which is all of the total: the refund comes off it.
    assert (found[B]["gross"], found[B]["refunded"], found[B]["net"]) == (1250_50, 50_50, 1200_00)
    assert found.keys() == WANTED.keys()
