"""What an order report tells of people: the plain nick, the channel, and, where asked for, the recipient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from retailcrm import Shop, open_shop
from retailcrm.adapters.sources.taobao.people import channels
from retailcrm.analytics.columns import Coded
from retailcrm.domain.problems import Severity
from retailcrm.shop.people import customer_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Row = dict[str, str]
NAME = "ExportOrderList202401200900.csv"
ORDER: Row = {
    "订单编号": "5113000000000047045", "买家会员名": "小明", "总金额": "100.00", "买家实际支付金额": "100.00",
    "订单状态": "交易成功", "订单创建时间": "2024-01-04 09:00:00", "订单付款时间 ": "2024-01-04 09:01:00",
    "收货人姓名": "张三", "收货地址 ": "浙江省 杭州市 西湖区 文三路1号", "联系电话 ": "'0571-88888888",
    "联系手机": "'13800138000", "买家支付宝账号": "ann@example.com",
}  # fmt: skip


def write(folder: Path, name: str, rows: Sequence[Row]) -> Path:
    """Write records with the columns that they have, in GB18030."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    path = folder / name
    path.write_bytes("".join(line + "\r\n" for line in lines).encode("gb18030"))
    return path


def shop_of(folder: Path, *rows: Row, **settings: Any) -> Shop:
    """Import one order report into a new shop."""
    shop = open_shop()
    assert shop.imports.files(write(folder, NAME, rows), **settings).problems == ()
    return shop


def contacts(shop: Shop) -> dict[str, tuple[str | None, ...]]:
    """Give name, phone, e-mail and address of everybody, by id."""
    people = shop.imports.kept.beside().people
    columns = [people.contacts[name].tolist() for name in ("name", "phone", "email", "address")]
    return dict(zip(people.profiles.ids, zip(*columns, strict=True), strict=True))


def test_recipients_are_read_only_where_they_are_asked_for(tmp_path: Path) -> None:
    """By default nothing personal is kept; province and city are known either way."""
    shop = shop_of(tmp_path, ORDER)
    assert contacts(shop) == {}
    asked = shop_of(tmp_path, ORDER, personal=True)
    assert contacts(asked) == {
        "小明": ("张三", "13800138000", "ann@example.com", "浙江省 杭州市 西湖区 文三路1号")
    }
    for opened in (shop, asked):
        (orders,) = opened.imports.kept.parts()
        assert orders.province is not None
        assert orders.city is not None
        assert (orders.province.tolist(), orders.city.tolist()) == (["浙江省"], ["杭州市"])


@pytest.mark.parametrize(
    ("row", "phone", "email"),
    [
        ({"联系手机": ""}, "57188888888", "ann@example.com"),
        ({"联系手机": "", "联系电话 ": "", "买家支付宝账号": "13900139000"}, "13900139000", None),
        (
            {"联系手机": "138****8000", "买家支付宝账号": "a***@example.com"},
            "138****8000",
            "a***@example.com",
        ),
        ({"联系手机": "18400000000-1234", "买家支付宝账号": "somebody"}, "18400000000-1234", None),
    ],
)
def test_the_mobile_goes_before_the_landline_and_the_account(
    row: Row, phone: str, email: str | None, tmp_path: Path
) -> None:
    """An account is an e-mail address or a phone; masked and virtual numbers stay what they are.

    A landline has its international form (E.164) without +86: the 0 before its area code is not part of it.
    """
    ((_, found_phone, found_email, _),) = contacts(
        shop_of(tmp_path, {**ORDER, **row}, personal=True)
    ).values()
    assert (found_phone, found_email) == (phone, email)


def test_the_same_people_are_found_on_disk(tmp_path: Path) -> None:
    """Recipients of orders that are partitioned are said of the same buyers, in one person's file too."""
    rows = [{**ORDER, "订单编号": f"51130000000000470{i}", "买家会员名": f"b{i % 3}"} for i in range(10, 20)]
    path = write(tmp_path, NAME, rows)
    with open_shop(memory_budget=1 << 20) as large:
        large.imports.files(path, personal=True)
        memory = shop_of(tmp_path, *rows, personal=True)
        assert contacts(large) == contacts(memory)
        files = [customer_file(shop.imports.kept, "b1") for shop in (large, memory)]
        assert files[0].history == files[1].history
        assert len(files[0].history["phone"]) == 1


def test_a_number_that_cannot_be_is_a_warning_without_the_number(tmp_path: Path) -> None:
    """The order is taken; the message shows nothing personal."""
    shop = open_shop()
    result = shop.imports.files(write(tmp_path, NAME, [{**ORDER, "联系手机": "12"}]), personal=True)
    (problem,) = result.problems
    assert (result.accepted, problem.code, problem.severity) == (1, "phone", Severity.WARNING)
    assert problem.value is None


def buyer(shop: Shop) -> list[str | None]:
    """Give the buyer of each order, as far as she can be told from others."""
    (orders,) = shop.imports.kept.parts()
    ids = [*orders.customers.ids.tolist(), None]
    return [ids[code] for code in orders.customer]


@pytest.mark.parametrize(
    ("nicks", "found"),
    [
        (("小**明", "小明同学", ""), "小明同学"),
        (("小**明", "", "小明同学"), "小明同学"),
        (("", "小明同学", "他"), "小明同学"),
        (("小明", "小明同学", ""), "小明"),
        (("小**明", "小＊＊明", ""), None),
    ],
)
def test_a_plain_nick_beside_a_masked_one_is_taken(
    nicks: tuple[str, str, str], found: str | None, tmp_path: Path
) -> None:
    """Reports of 2022 mask one column and not the other; the first plain one counts."""
    names = ("买家会员名", "买家会员昵称", "买家昵称")
    assert buyer(shop_of(tmp_path, {**ORDER, **dict(zip(names, nicks, strict=True))})) == [found]


def test_a_report_with_the_other_column_alone_still_has_its_buyers(tmp_path: Path) -> None:
    """Nothing is compared where there is one column."""
    row = {**ORDER, "买家会员昵称": "小明同学"}
    del row["买家会员名"]
    assert buyer(shop_of(tmp_path, row)) == ["小明同学"]


def test_the_channel_is_told_by_whether_it_was_a_phone(tmp_path: Path) -> None:
    """An empty cell of that column is a computer; without the column nothing is known."""
    rows = [
        {**ORDER, "订单编号": f"511300000000004704{i}", "是否手机订单": cell}
        for i, cell in enumerate(("手机订单", ""))
    ]
    (orders,) = shop_of(tmp_path, *rows).imports.kept.parts()
    assert orders.channel is not None
    assert sorted(zip(orders.numbers, orders.channel.tolist(), strict=True)) == [
        ("5113000000000047040", "手机"), ("5113000000000047041", "电脑"),
    ]  # fmt: skip
    (orders,) = shop_of(tmp_path, ORDER).imports.kept.parts()
    assert orders.channel is None


def test_words_for_the_channel() -> None:
    """Yes and no are read; a text that is neither stays as it is."""
    column = Coded.of(["手机订单", "是", "否", None, "平板"])
    assert channels(column).tolist() == ["手机", "手机", "电脑", "电脑", "平板"]


def test_a_refund_report_tells_why_and_when_it_was_asked_for(tmp_path: Path) -> None:
    """Reason and time of asking are kept of refunds that succeeded."""
    told = [("退款成功", "不想要了"), ("退款关闭", "少件"), ("退款成功", "")]
    rows = [
        {
            "退款编号": str(i), "订单编号": ORDER["订单编号"], "买家退款金额": "5.00", "退款状态": status,
            "退款完结时间": "2024-01-09 10:00:00", "退款的申请时间": "2024-01-08 10:00:00",
            "买家退款原因": reason, "宝贝标题": "山核桃",
        }
        for i, (status, reason) in enumerate(told)
    ]  # fmt: skip
    shop = shop_of(tmp_path, ORDER)
    shop.imports.files(write(tmp_path, "退款20240120.csv", rows))
    refunds = shop.imports.kept.beside().refunds
    assert refunds is not None
    assert refunds.reason.tolist() == ["不想要了", None]
    assert refunds.amount.tolist() == [500, 500]
    assert refunds.asked_at.astype(str).tolist() == ["2024-01-08T02:00:00.000000"] * 2
    assert refunds.settled_at.astype(str).tolist() == ["2024-01-09T02:00:00.000000"] * 2
