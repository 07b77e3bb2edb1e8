"""The plugin by itself: nothing but the base install of retailcrm is needed to test it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Problem
from retailcrm.ports.batches import Batch
from retailcrm.ports.referral_checks import Contact, ReferralFacts
from retailcrm.ports.sources import Row, Sample
from retailcrm.report.data import Headline, MonthRow, ReportData

from retailcrm_plugin_yuelan.check import ManyInADay
from retailcrm_plugin_yuelan.metric import WeekendOrders
from retailcrm_plugin_yuelan.section import Commission, commission
from retailcrm_plugin_yuelan.source import Yuelan

HEADER = ("单号", "会员号", "下单时间", "付款时间", "情况", "应付", "实付", "已退")
GOOD = ("YL1", "M1", "2024-03-02 10:00", "2024-03-02 10:01", "已完成", "128.00元", "128.00元", "28.00元")


def read(*records: tuple[str, ...]) -> list[Any]:
    """Read records as if they stood in a file."""
    rows = [
        Row(record=n, cells=dict(zip(HEADER, cells, strict=True)), first_line=n + 1, last_line=n + 1)
        for n, cells in enumerate(records, 1)
    ]
    return list(Yuelan().read(SimpleNamespace(name="a.csv", sheet=None, rows=lambda: iter(rows))))


def test_it_knows_its_own_files() -> None:
    """A file with all column names is taken, wherever the header stands; any other is left alone."""
    titled = Sample(name="x.csv", rows=(("月篮市集订单",), (*HEADER, "备注")))
    assert Yuelan().identify(titled).header_row == 1
    assert Yuelan().identify(Sample(name="yuelan-20240701.csv", rows=(("单号", "会员号"),))) is None


def test_it_reads_the_day_off_the_name() -> None:
    """The day in the file's name is the moment of the export; another name tells nothing."""
    shanghai = ZoneInfo("Asia/Shanghai")
    assert Yuelan().exported_at("yuelan-20240701.csv", "Asia/Shanghai") == datetime(
        2024, 7, 1, tzinfo=shanghai
    )
    assert Yuelan().exported_at("orders.csv", "Asia/Shanghai") is None
    assert Yuelan().exported_at("yuelan-20249901.csv", "Asia/Shanghai") is None


def test_a_row_becomes_an_order() -> None:
    """Amounts come as minor units, times as instants, states as steps of the life cycle."""
    (batch,) = read(GOOD)
    assert isinstance(batch, Batch)
    assert batch.columns["number"].tolist() == ["YL1"]
    assert batch.columns["paid"].tolist() == [12800]
    assert batch.columns["refunded"].tolist() == [2800]
    assert batch.columns["state"].tolist() == [OrderState.COMPLETED]
    assert batch.columns["paid_at"].tolist() == [datetime(2024, 3, 2, 2, 1)]


@pytest.mark.parametrize(("column", "text"), [(0, ""), (2, "yesterday"), (4, "已寄出"), (6, "一百元")])
def test_a_wrong_cell_rejects_its_row(column: int, text: str) -> None:
    """A row that cannot be taken becomes a problem with its place; the others are read."""
    wrong = (*GOOD[:column], text, *GOOD[column + 1 :])
    problem, batch = sorted(read(GOOD, wrong, GOOD), key=lambda item: isinstance(item, Batch))
    assert isinstance(problem, Problem)
    assert (problem.record, problem.first_line) == (2, 3)
    assert batch.records.tolist() == [1, 3]


def test_a_row_without_content_is_blank() -> None:
    """Empty cells make a blank record, which is no problem."""
    (batch,) = read(("",) * len(HEADER), GOOD)
    assert (len(batch), batch.blank) == (1, 1)


def test_weekends_are_saturday_and_sunday() -> None:
    """From Friday 2024-03-01 to Monday 2024-03-04, the two days between count."""
    days = np.datetime64("2024-03-01").astype("int64") + np.arange(4)
    assert WeekendOrders().contributions(np.zeros(4, np.int32), days).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(("net", "kept"), [(10_000, 600), (108, 6), (109, 7), (0, 0), (-500, 0)])
def test_the_commission_is_six_per_cent_in_whole_fen(net: int, kept: int) -> None:
    """6.48 fen are 6, 6.54 are 7; a month of refunds costs nothing."""
    assert commission(net) == kept


def test_the_section_adds_up() -> None:
    """Commission and what is left are the month's net; the last line adds the months."""
    headline = Headline(
        customers=1, orders=2, gross=30_000, refunded=0, net=30_000, aov=15_000, per_buyer=30_000,
        repurchase_rate=1.0, top_share=None, returning_share=1.0, gini=None,
    )  # fmt: skip
    months = tuple(
        MonthRow(month=month, orders=1, net=net, buyers=1, new_buyers=0)
        for month, net in (("2024-02", 10_000), ("2024-03", 20_000))
    )
    data = ReportData(
        shop="s", as_of="2024-04-01", zone="Asia/Shanghai", currency="CNY", headline=headline, months=months
    )
    _, table = Commission().render(data, "zh").parts
    assert [row.cells for row in table.rows] == [
        ("2024-02", 10_000, 600, 9_400),
        ("2024-03", 20_000, 1_200, 18_800),
    ]
    assert table.total.cells == ("合计", 30_000, 1_800, 28_200)


@pytest.mark.parametrize(("before", "codes"), [(2, []), (3, ["yuelan_many_in_a_day"])])
def test_the_fourth_referral_of_a_day_is_noticed(before: int, codes: list[str]) -> None:
    """Days are those of the shop's zone: 17:00 UTC is the day after in Shanghai, and counts for that."""
    at = datetime(2024, 3, 1, 17, tzinfo=UTC)
    earlier = (at - timedelta(hours=2), *(at + timedelta(hours=n) for n in range(1, before + 1)))
    facts = ReferralFacts(at=at, zone="Asia/Shanghai", earlier=earlier)
    flags = ManyInADay().flags(Contact(customer="M1"), Contact(customer="M2"), facts)
    assert [flag.code for flag in flags] == codes
