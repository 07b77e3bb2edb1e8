"""Postage of orders: read where an export tells it, never guessed, and never more than was paid."""

import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.shop.partitions import LEAST_BUDGET


def told(shop):
    """Give each order's postage by number, of all parts."""
    return {
        number: int(postage)
        for part in shop.imports.kept.parts()
        for number, postage in zip(part.numbers.tolist(), part.postage, strict=True)
    }


@pytest.mark.parametrize("budget", [None, LEAST_BUDGET])
def test_it_is_what_the_buyers_were_charged(demo, open_demo, budget):
    """Of every order of the simulated exports, in memory and on disk."""
    truth = dict(zip(demo.numbers().tolist(), demo.postage.tolist(), strict=True))
    assert 0 < np.count_nonzero(demo.postage) < len(demo)
    assert told(open_demo(memory_budget=budget)) == truth


def test_the_newest_export_counts_and_silence_erases_nothing(kit):
    """Order 1 was told 6 and then 8, order 2 only 5, order 3 nothing."""
    first = [{"number": "1", "total": 100, "postage": 6}, {"number": "2", "total": 50, "postage": 5}]
    folded = kit.fold(
        kit.file(first, at=1, name="a.csv"),
        kit.file([{"number": "1", "total": 100, "postage": 8}], at=2, name="b.csv"),
        kit.file([{"number": "2", "total": 50}, {"number": "3", "total": 9}], at=3, name="c.csv"),
    )
    rows = kit.rows(folded.orders)
    assert {number: row["postage"] for number, row in rows.items()} == {"1": 8, "2": 5, "3": 0}


def test_files_that_do_not_tell_it_leave_no_column(kit):
    """A shop without such a column keeps none."""
    assert kit.fold(kit.file([{"number": "1", "total": 100}])).orders.postage is None


def test_it_lies_between_nothing_and_what_was_paid(kit):
    """Postage of 9 on an order of 5 is 5, postage below 0 is none."""
    rows = [{"number": "1", "total": 5, "postage": 9}, {"number": "2", "total": 5, "postage": -1}]
    assert kit.fold(kit.file(rows)).orders.postage.tolist() == [5, 0]


def test_a_cell_that_cannot_be_read_keeps_the_order(tmp_path):
    """快递 in the column of postage is a warning; the order is taken, with no postage."""
    path = tmp_path / "ExportOrderList.csv"
    text = (
        "订单编号,买家会员名,总金额,买家应付邮费,买家实际支付金额,订单状态,订单创建时间,订单付款时间\n"
        "1,ann,60.00,快递,60.00,交易成功,2024-03-01 10:00:00,2024-03-01 10:00:00\n"
        "2,ann,60.00,10.00,60.00,交易成功,2024-03-01 10:00:00,2024-03-01 10:00:00\n"
    )
    path.write_bytes(text.encode("gb18030"))
    shop = open_shop()
    result = shop.imports.files([path])
    assert [(problem.column, problem.severity.value) for problem in result.problems] == [
        ("买家应付邮费", "warning")
    ]
    assert told(shop) == {"1": 0, "2": 1000}


def test_shipping_of_the_other_platform(tmp_path):
    """Of a total of 68.80 there, 10.00 is Shipping; a later row of the order does not tell it again."""
    path = tmp_path / "orders_export.csv"
    path.write_text(
        "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,"
        "Lineitem quantity,Lineitem name,Lineitem price,Id\n"
        "#1,a@example.com,paid,2024-03-01 10:00:00 +0000,CNY,58.80,10.00,0.00,68.80,"
        "2024-03-01 10:00:00 +0000,1,tea,40.00,1\n"
        "#1,a@example.com,,,,,,,,2024-03-01 10:00:00 +0000,1,cup,18.80,\n",
        "utf-8",
    )
    shop = open_shop()
    shop.imports.files([path])
    assert told(shop) == {"1": 1000}


def test_merged_parts_keep_it(open_demo):
    """Of many parts, whoever was merged comes in a part of her own, with her postage."""
    shop = open_demo(memory_budget=LEAST_BUDGET)
    before = told(shop)
    one, two = next(iter(shop.imports.kept.parts())).customers.ids.tolist()[:2]
    shop.customers.merge(one, two, note="same", by="me")
    after = {
        number: int(postage)
        for part in shop.customers.store.parts()
        for number, postage in zip(part.numbers.tolist(), part.postage, strict=True)
    }
    assert after == before
