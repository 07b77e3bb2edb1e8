"""``retailcrm archive``: the customer archive table from a shop's own files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result
from python_calamine import CalamineWorkbook

from retailcrm.cli.exits import Exit
from retailcrm.shop.archive import COLUMNS

Run = Callable[..., Result]

REPORT: Final = (
    "订单编号,买家会员名,买家实际支付金额,总金额,退款金额,订单状态,订单创建时间,订单付款时间,"
    "收货人姓名,收货地址,联系手机\n"
    '="1000000000000001",甲,20.00,20.00,0.00,交易成功,2024-03-01 10:00:00,2024-03-01 10:00:05,张三,'
    "浙江省 杭州市 西湖区 文三路1号,'13800134821\n"
    '="1000000000000002",乙,0.00,9.00,0.00,交易关闭,2024-03-02 10:00:00,,李四,上海,\'13900000001\n'
)


@pytest.fixture
def report() -> str:
    """Write an order report with recipients."""
    Path("ExportOrderList202404011200.csv").write_text(REPORT, "gb18030")
    return "ExportOrderList202404011200.csv"


def test_the_table_is_a_workbook(run: Run, report: str) -> None:
    """One row for the order that counts, with recipient and amount; the closed one is left out."""
    result = run("archive", report)
    assert result.exit_code == Exit.OK, result.output
    assert "1 order as of 2024-04-01T12:00:00+08:00: 客户档案表.xlsx" in result.stdout
    head, row = CalamineWorkbook.from_path("客户档案表.xlsx").get_sheet_by_index(0).to_python()
    assert head == [label.zh for label in COLUMNS.values()]
    assert [str(cell) for cell in row[:6]] == [
        "2024-03-01 10:00:05", "甲", "张三", "", "13800134821", "浙江省 杭州市 西湖区 文三路1号",
    ]  # fmt: skip
    assert row[7] == 20.0


def test_the_table_is_a_csv_file(run: Run, report: str) -> None:
    """The ending decides; the header can be English; a program gets a document."""
    result = run("archive", report, "--out", "a.csv", "--lang", "en", "--json", "--as-of", "2024-03-01")
    assert result.exit_code == Exit.OK, result.output
    told = json.loads(result.stdout)
    assert (told["command"], told["out"], told["orders"], told["as_of"]) == (
        "archive",
        "a.csv",
        0,
        "2024-03-01",
    )
    assert Path("a.csv").read_text("utf-8-sig") == ",".join(label.en for label in COLUMNS.values()) + "\n"


def test_another_ending_is_refused(run: Run, report: str) -> None:
    """Before a file is read."""
    result = run("archive", report, "--out", "a.pdf")
    assert result.exit_code == Exit.USAGE
    assert "--out a.pdf: the name must end in .xlsx or .csv" in result.stderr


def test_a_wrong_day_is_refused(run: Run, report: str) -> None:
    """The moment is looked at before a file is read."""
    result = run("archive", report, "--as-of", "soon")
    assert result.exit_code == Exit.USAGE
    assert "--as-of" in result.stderr


def test_orders_on_disk_give_the_same_table(run: Run, report: str) -> None:
    """--memory changes nothing about what is written."""
    run("archive", report, "--out", "a.csv")
    run("archive", report, "--out", "b.csv", "--memory", "1MB")
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
