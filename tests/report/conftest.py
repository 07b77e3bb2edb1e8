# ruff: noqa: E501 - one row a line, both languages in view
"""A made-up shop's figures, shared by the tests of the report."""

from __future__ import annotations

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.report import (
    CoverageRow,
    FileRow,
    GroupRow,
    Headline,
    LorenzCurve,
    MonthRow,
    PolicyLine,
    ProblemRow,
    Quality,
    ReportData,
    SegmentRow,
    Strength,
)

# key, zh, en, customers, orders, net (fen), mean days since last, zh action, en action
SEGMENTS = (
    ("HHH", "重要价值客户", "Important, keep", 512, 5_210, 98_214_300, 21.4, "专属客服与新品优先购，维持频次", "Personal service, first pick of new goods"),
    ("HLH", "重要发展客户", "Important, develop", 388, 702, 31_020_150, 25.9, "推荐搭配与周期购，提高频次", "Suggest matches and subscriptions to raise frequency"),
    ("LHH", "重要保持客户", "Important, retain", 341, 2_418, 44_870_900, 214.6, "电话或短信唤回，附老客专享券", "Call or text with a coupon for old customers"),
    ("LLH", "重要挽留客户", "Important, win back", 295, 431, 18_903_760, 263.2, "了解流失原因，以限时高额券挽留", "Ask why they left; a large coupon that expires"),
    ("HHL", "一般价值客户", "Ordinary, upsell", 420, 2_199, 15_480_020, 19.8, "满减与套装，提高客单", "Bundles and thresholds to raise the basket"),
    ("HLL", "一般发展客户", "Ordinary, new", 1_103, 1_288, 9_120_440, 30.3, "到货关怀，首单后 30 天内促成第二单", "A note on arrival; a second order within 30 days"),
    ("LHL", "一般保持客户", "Ordinary, retain", 187, 806, 5_602_310, 198.1, "大促时群发提醒即可", "A reminder at the big sales is enough"),
    ("LLL", "一般挽留客户", "Ordinary, let go", 1_654, 1_790, 11_040_120, 271.5, "不单独投入，节日统一触达", "No campaign of their own"),
)  # fmt: skip


def _months() -> tuple[MonthRow, ...]:
    """Eighteen months with peaks in November and before the lunar new year."""
    nets = (
        9_1,
        10_4,
        8_8,
        9_9,
        12_2,
        26_8,
        14_1,
        22_4,
        8_3,
        11_0,
        12_4,
        12_9,
        11_8,
        12_6,
        12_0,
        13_1,
        15_8,
        6_9,
    )
    months = [f"{2023 + (i + 5) // 12}-{(i + 5) % 12 + 1:02d}" for i in range(18)]
    return tuple(
        MonthRow(
            month=month,
            orders=net * 7,
            net=net * 110_337,
            buyers=net * 6,
            new_buyers=net * (4 if i < 9 else 2),
        )
        for i, (month, net) in enumerate(zip(months, nets, strict=True))
    )


@pytest.fixture
def sample() -> ReportData:
    """Give a shop of 4,900 customers with everything that a report can hold."""
    segments = tuple(
        SegmentRow(
            key=key, label=Label(en=en, zh=zh), customers=customers, orders=orders, net=net,
            mean_days_since_last=mean, action=Label(en=do_en, zh=do_zh),
        )
        for key, zh, en, customers, orders, net, mean, do_zh, do_en in SEGMENTS
    )  # fmt: skip
    customers, orders, net = (
        sum(getattr(row, name) for row in segments) for name in ("customers", "orders", "net")
    )
    x = tuple(i / 100 for i in range(101))
    return ReportData(
        shop="山里红零食铺",
        as_of="2024-11-16",
        since="2023-06-01",
        zone="Asia/Shanghai",
        currency="CNY",
        headline=Headline(
            customers=customers, orders=orders + 310, gross=net + 2_100_000 + 9_480_260, refunded=9_480_260,
            net=net + 2_100_000, aov=15_598, per_buyer=47_806, repurchase_rate=0.4127, top_share=0.6338,
            returning_share=0.7812, gini=0.5337,
        ),
        months=_months(),
        segments=segments,
        activity=(
            GroupRow(key="active", label=Label(en="Active", zh="活跃"), rule=Label(en="last order within 90 days", zh="90 天内有购买"), customers=2_423, orders=9_399, net=153_834_910),
            GroupRow(key="dormant", label=Label(en="Dormant", zh="沉睡"), rule=Label(en="last order 90 to 180 days ago", zh="90–180 天未购买"), customers=1_080, orders=2_410, net=42_006_110),
            GroupRow(key="lost", label=Label(en="Lost", zh="流失"), rule=Label(en="no order for 180 days", zh="180 天以上未购买"), customers=1_397, orders=3_035, net=38_410_980),
        ),
        potential=264,
        value_classes=(
            GroupRow(key="high", label=Label(en="High value", zh="高价值"), rule=Label(en="often, ¥120 or more per order", zh="常买且笔单价不低于 ¥120"), customers=853, orders=7_628, net=143_085_200),
            GroupRow(key="mid", label=Label(en="Mid value", zh="中价值"), rule=Label(en="often, less per order", zh="常买，笔单价较低"), customers=607, orders=3_005, net=21_082_330),
            GroupRow(key="low", label=Label(en="Low value", zh="低价值"), rule=Label(en="rarely, less per order", zh="少买，笔单价较低"), customers=2_757, orders=3_078, net=20_160_560),
            GroupRow(key="rare_large", label=Label(en="Rare and large", zh="少而大"), rule=Label(en="rarely, ¥120 or more per order", zh="少买，笔单价不低于 ¥120"), customers=683, orders=1_133, net=49_923_910),
        ),
        tiers=(
            GroupRow(key="base", label=Label(en="Member", zh="普通会员"), rule=Label(en="everyone", zh="所有客户"), customers=3_210, orders=4_120, net=31_204_000),
            GroupRow(key="silver", label=Label(en="Silver", zh="银卡"), rule=Label(en="¥300 or 3 orders", zh="满 ¥300 或 3 单"), customers=1_002, orders=3_871, net=52_410_000),
            GroupRow(key="gold", label=Label(en="Gold", zh="金卡"), rule=Label(en="¥1,000 or 8 orders", zh="满 ¥1,000 或 8 单"), customers=497, orders=4_003, net=78_037_000),
            GroupRow(key="diamond", label=Label(en="Diamond", zh="钻石卡"), rule=Label(en="¥3,000 or 20 orders", zh="满 ¥3,000 或 20 单"), customers=191, orders=2_850, net=72_601_000),
        ),
        lorenz=LorenzCurve(x=x, y=tuple(0.31386 * v + 0.68614 * v**8 for v in x)),
        quality=Quality(
            files=(
                FileRow(name="ExportOrderList202406.csv", source=Label(en="Taobao order report T5", zh="淘宝订单报表 T5"), accepted=9_801, rejected=3, blank=1, money_rule=Label(en="paid = total less refund", zh="实付 = 总金额 − 退款")),
                FileRow(name="ExportOrderList202411.csv", source=Label(en="Taobao order report T8", zh="淘宝订单报表 T8"), accepted=6_120, rejected=1, blank=0, money_rule=Label(en="paid before refunds", zh="实付未扣退款")),
            ),
            problems=(
                ProblemRow(code="state", count=12, example="ExportOrderList202406.csv, line 811, column 订单状态: not a known state (found '等待揽收') [state]"),
                ProblemRow(code="money", count=4, example="ExportOrderList202406.csv, line 4, column 总金额: not an amount (found '12,x') [money]"),
            ),
            coverage=(
                CoverageRow(strength=Strength.STABLE, orders=13_020, net=212_000_000),
                CoverageRow(strength=Strength.WEAK, orders=1_824, net=22_252_000),
                CoverageRow(strength=Strength.NONE, orders=310, net=2_100_000),
            ),
            notes=(Label(en="Activity is judged by orders only: no visits or consultations were loaded.", zh="活跃状态仅按订单判断：没有载入访问与咨询记录。"),),
        ),
        policy=(
            PolicyLine(name=Label(en="Orders counted", zh="计入的订单"), value=Label(en="paid and later, not fully refunded", zh="已付款且未全额退款")),
            PolicyLine(name=Label(en="Refunds", zh="退款"), value=Label(en="taken off the original order", zh="冲减原订单")),
            PolicyLine(name=Label(en="RFM scores", zh="RFM 评分"), value=Label(en="five quantile bands", zh="五等分")),
        ),
    )  # fmt: skip


@pytest.fixture
def empty() -> ReportData:
    """Give a shop without a single order."""
    return ReportData(
        shop="新店",
        as_of="2024-04-01",
        zone="Asia/Shanghai",
        currency="CNY",
        headline=Headline(
            customers=0, orders=0, gross=0, refunded=0, net=0, aov=None, per_buyer=None, repurchase_rate=None,
            top_share=None, returning_share=None, gini=None,
        ),
    )  # fmt: skip


HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt; '\" $ink %{label} {shop} 𠮷"
)
"""Text that breaks pages put together carelessly."""


@pytest.fixture
def hostile_text() -> str:
    """Give text that breaks pages put together carelessly."""
    return HOSTILE


@pytest.fixture
def hostile(sample: ReportData) -> ReportData:
    """Give the shop with hostile text wherever text comes from outside."""
    nasty = Label(en=HOSTILE, zh=HOSTILE)

    def label(row, *names):
        return attrs.evolve(row, **dict.fromkeys(names, nasty))

    return attrs.evolve(
        sample,
        shop=HOSTILE,
        segments=tuple(label(row, "label", "action") for row in sample.segments),
        activity=tuple(label(row, "label", "rule") for row in sample.activity),
        value_classes=tuple(label(row, "label", "rule") for row in sample.value_classes),
        tiers=tuple(label(row, "label", "rule") for row in sample.tiers),
        quality=attrs.evolve(
            sample.quality,
            files=tuple(
                attrs.evolve(file, name=HOSTILE, source=nasty, money_rule=nasty)
                for file in sample.quality.files
            ),
            problems=tuple(
                attrs.evolve(problem, code=HOSTILE, example=HOSTILE) for problem in sample.quality.problems
            ),
            notes=(nasty,),
        ),
        policy=tuple(label(line, "name", "value") for line in sample.policy),
    )
