# ruff: noqa: E501 - one row a line, both languages in view
"""A made-up shop's figures, shared by the tests of the report."""

from __future__ import annotations

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.report import data as figures
from retailcrm.report.data import (
    Breakdown,
    BreakdownRow,
    Change,
    Comparison,
    CoverageRow,
    DelayRow,
    FieldRow,
    FileRow,
    FreshnessRow,
    Goods,
    GroupRow,
    Headline,
    LiftRow,
    LorenzCurve,
    MainGroups,
    MonthRow,
    PolicyLine,
    ProblemRow,
    ProductRow,
    Quality,
    ReasonRow,
    Refunding,
    ReportData,
    ReviewedProduct,
    ReviewMonth,
    Reviews,
    SegmentRow,
    Strength,
    Taste,
)
from retailcrm.report.data.points import Recognised

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
            reactivated=net // 4,
            gross=net * 110_337 + net * (3_600 + i % 4 * 700),
            refunded=net * (3_600 + i % 4 * 700),
            returning_net=net * (38_000 if i < 9 else 71_000),
        )
        for i, (month, net) in enumerate(zip(months, nets, strict=True))
    )


# what, label, key: zh, en, orders, buyers, new, net (fen), refunded, growth in thousandths
BREAKDOWNS = {
    ("gender", "性别", "Gender"): (
        ("f", "女", "Women", 6_104, 2_011, 702, 98_114_300, 3_914_000, 81),
        ("m", "男", "Men", 2_377, 905, 331, 33_020_150, 1_511_000, 12),
        ("", "未提供", "Not told", 6_673, 2_004, 690, 105_217_550, 4_055_260, 44),
    ),
    ("age", "年龄段", "Age band"): (
        ("18-24", "18–24 岁", "18–24", 902, 388, 201, 9_914_300, 614_000, 155),
        ("25-34", "25–34 岁", "25–34", 4_210, 1_402, 488, 71_020_150, 2_511_000, 92),
        ("35-44", "35–44 岁", "35–44", 2_611, 830, 240, 44_217_550, 1_355_260, 21),
        ("45-54", "45–54 岁", "45–54", 610, 214, 77, 9_410_020, 310_000, -35),
        ("55+", "55 岁及以上", "55 and over", 61, 19, 6, 1_402_000, 0, None),
        ("", "未提供", "Not told", 6_790, 2_079, 714, 101_387_980, 4_690_000, 44),
    ),
    ("level", "会员级别", "Level"): (
        ("1", "普通会员", "Member", 8_301, 3_104, 1_290, 92_100_400, 4_101_000, 38),
        ("2", "高级会员", "Senior member", 4_004, 1_201, 320, 74_020_300, 2_905_000, 55),
        ("3", "VIP 会员", "VIP", 2_849, 615, 113, 70_231_300, 2_474_260, 102),
    ),
    ("tier", "等级", "Tier"): (
        ("base", "普通会员", "Member", 4_120, 3_210, 1_190, 31_204_000, 1_301_000, 30),
        ("silver", "银卡", "Silver", 3_871, 1_002, 402, 52_410_000, 2_105_000, 61),
        ("gold", "金卡", "Gold", 4_003, 497, 101, 78_037_000, 3_074_260, 48),
        ("diamond", "钻石卡", "Diamond", 2_850, 191, 30, 72_601_000, 3_000_000, 71),
    ),
    ("region", "地区", "Region"): (
        ("east", "东部", "East", 9_401, 3_011, 1_002, 151_114_300, 5_914_000, 61),
        ("central", "中部", "Central", 3_377, 1_105, 431, 50_020_150, 2_011_000, 29),
        ("west", "西部", "West", 2_001, 701, 264, 31_217_550, 1_355_260, 118),
        ("", "未提供", "Not told", 375, 103, 26, 4_000_000, 200_000, None),
    ),
    ("province", "省份", "Province"): (*(
        (name, name, en, buyers * 3, buyers, buyers // 3, buyers * 48_000, buyers * 1_900, grown)
        for name, en, buyers, grown in (
            ("浙江", "Zhejiang", 702, 52), ("江苏", "Jiangsu", 611, 61), ("广东", "Guangdong", 590, 33),
            ("上海", "Shanghai", 402, 12), ("山东", "Shandong", 388, -15), ("北京", "Beijing", 301, 8),
            ("四川", "Sichuan", 288, 512), ("湖北", "Hubei", 260, 71), ("河南", "Henan", 255, 20),
            ("福建", "Fujian", 230, 44), ("湖南", "Hunan", 201, 30), ("安徽", "Anhui", 180, -62),
            ("内蒙古自治区", "Inner Mongolia", 12, 90),
        )
    ), ("*", "其余 18 个", "18 others", 1_230, 410, 140, 18_200_000, 700_000, 31), ("西藏", "西藏", "Tibet", 6, 3, 1, 110_000, 0, None)),
    ("city", "城市", "City"): tuple(
        (name, name, en, buyers * 3, buyers, buyers // 3, buyers * 48_000, buyers * 1_900, grown)
        for name, en, buyers, grown in (("杭州", "Hangzhou", 410, 52), ("上海", "Shanghai", 402, 12), ("北京", "Beijing", 301, 8), ("深圳", "Shenzhen", 255, 45), ("成都", "Chengdu", 201, 390), ("苏州", "Suzhou", 198, 11), ("宁波", "Ningbo", 140, 5), ("武汉", "Wuhan", 139, 70), ("济南", "Jinan", 120, -20))
    ),
    ("channel", "销售渠道", "Sales channel"): (
        ("taobao", "淘宝", "Taobao", 9_904, 3_301, 1_190, 150_204_000, 6_301_000, 40),
        ("tmall", "天猫", "Tmall", 4_004, 1_420, 502, 71_410_000, 2_505_000, 83),
        ("shop", "门店", "Store", 1_246, 402, 101, 14_738_000, 674_260, -110),
    ),
    ("category", "品类", "Category"): (
        ("坚果", "坚果", "坚果", 5_120, 2_210, 690, 81_204_000, 2_301_000, 61),
        ("蜜饯果干", "蜜饯果干", "蜜饯果干", 4_871, 1_902, 602, 62_410_000, 2_105_000, 38),
        ("糕点礼盒", "糕点礼盒", "糕点礼盒", 2_003, 1_297, 401, 48_037_000, 3_074_260, 140),
        ("肉脯", "肉脯", "肉脯", 2_850, 1_091, 330, 32_601_000, 1_200_000, -22),
        ("", "未提供", "Not told", 310, 204, 40, 12_100_000, 800_000, None),
    ),
}  # fmt: skip
LEAST = 20

# key, zh, en, definitions, unit, now, before, low, high
CHANGES = (
    (
        "net",
        "净销售额",
        "Net sales",
        "实付减退款",
        "Gross less refunds",
        "money",
        17_433_246,
        14_454_147,
        None,
        None,
    ),
    ("orders", "订单数", "Orders", "计入的订单", "Counted orders", "count", 1_106, 917, None, None),
    (
        "buyers",
        "购买客户数",
        "Buyers",
        "有计入订单的已知客户",
        "Known customers with a counted order",
        "count",
        948,
        786,
        None,
        None,
    ),
    (
        "new_buyers",
        "新客",
        "New customers",
        "首个计入订单在本期",
        "First counted order in the period",
        "count",
        316,
        262,
        None,
        None,
    ),
    (
        "reactivated",
        "唤回客户",
        "Came back",
        "沉默期满后再次购买",
        "Bought again after the silence called lapsed",
        "count",
        39,
        45,
        None,
        None,
    ),
    (
        "aov",
        "笔单价",
        "Net per order",
        "净销售额 ÷ 订单数",
        "Net ÷ orders",
        "money",
        15_762,
        15_762,
        None,
        None,
    ),
    (
        "per_buyer",
        "客单价",
        "Net per buyer",
        "净销售额 ÷ 购买客户数",
        "Net ÷ buyers",
        "money",
        18_390,
        18_390,
        None,
        None,
    ),
    (
        "orders_per_buyer",
        "人均订单数",
        "Orders per buyer",
        "订单数 ÷ 购买客户数",
        "Orders ÷ buyers",
        "ratio",
        1.1667,
        1.1641,
        None,
        None,
    ),
    (
        "repurchase_rate",
        "复购率",
        "Repurchase rate",
        "两个及以上购买日的客户 ÷ 购买客户数",
        "Buyers with two or more purchase days ÷ buyers",
        "share",
        0.152,
        0.148,
        None,
        None,
    ),
    (
        "rebuy_rate",
        "回购率",
        "Rebuy rate",
        "上期客户中本期再购买的 ÷ 上期客户",
        "Buyers of the period before who bought again ÷ those buyers",
        "share",
        0.213,
        0.224,
        None,
        None,
    ),
    (
        "refund_rate",
        "退款率",
        "Refund rate",
        "退款 ÷ 实付",
        "Refunded ÷ gross",
        "share",
        0.062,
        0.038,
        None,
        None,
    ),
    (
        "new_customer_share",
        "新客占比",
        "Share of new customers",
        "新客 ÷ 购买客户数",
        "New customers ÷ buyers",
        "share",
        0.333,
        0.333,
        None,
        None,
    ),
    (
        "acquisition_rate",
        "获客率",
        "Acquisition rate",
        "新客 ÷ 期初客户数",
        "New customers ÷ customers at the start",
        "share",
        0.0690,
        None,
        None,
        None,
    ),
    (
        "churn_rate",
        "流失率",
        "Churn rate",
        "期初活跃、其后不再购买的 ÷ 期初活跃客户",
        "Active at the cut and silent since ÷ active at the cut",
        "share",
        0.318,
        0.251,
        0.294,
        0.343,
    ),
    (
        "good_review_rate",
        "好评率",
        "Good reviews",
        "好评 ÷ 有评分的评价",
        "Good ÷ scored reviews",
        "share",
        0.944,
        0.951,
        0.921,
        0.961,
    ),
)

HOT = (
    ("碧根果 500g 罐装", 1_204, 988, 902, 9_404_210, 320), ("手剥山核桃 中秋礼盒 8 袋装（含手提袋与贺卡）", 880, 812, 790, 8_811_020, 2_400),
    ("每日坚果 30 包", 640, 601, 577, 6_204_300, 150), ("无核话梅 250g", 1_910, 1_400, 1_230, 4_775_000, 900),
    ("芒果干 100g×5", 1_205, 930, 880, 4_410_900, 610), ("桂花糕礼盒", 402, 380, 371, 3_980_000, 44),
    ("猪肉脯 原味", 905, 720, 690, 3_110_400, 800), ("腰果 紫皮 500g", 310, 299, 285, 2_604_000, 212),
)  # fmt: skip
SLOW = (
    ("冻干草莓脆 30g", 412, 188, 402), ("陈皮糖 复古铁盒", 120, 131, 260), ("山楂条 经典款 1kg 家庭装", 96, 92, 511), ("海苔卷", 60, None, 75),
)  # fmt: skip

LIFTS = (
    ("糕点礼盒", "中秋节", "Mid-Autumn", 903, 2.81, 2.40, 3.29, 2), ("糕点礼盒", "春节", "Spring Festival", 650, 1.92, 1.61, 2.29, 1),
    ("坚果", "春节", "Spring Festival", 2_104, 1.44, 1.31, 1.58, 1), ("坚果", "中秋节", "Mid-Autumn", 1_010, 1.05, 0.94, 1.17, 2),
    ("蜜饯果干", "春节", "Spring Festival", 1_320, 0.97, 0.86, 1.09, 1), ("肉脯", "中秋节", "Mid-Autumn", 310, 0.71, 0.59, 0.85, 2),
    ("肉脯", "端午节", "Dragon Boat", 44, 1.12, 0.70, 1.79, 2), ("蜜饯果干", "端午节", "Dragon Boat", 420, 0.91, 0.79, 1.05, 2),
)  # fmt: skip

REASONS = (
    ("七天无理由", 214, 3_310_400), ("少件 / 漏发", 120, 2_020_100), ("", 88, 1_304_000), ("包装破损", 90, 1_120_760),
    ("质量问题", 61, 1_010_000), ("快递慢", 40, 502_000), ("拍错", 22, 213_000),
)  # fmt: skip

# product, scored, good, low, high (Wilson, by an outside calculator)
WORST = (
    ("冻干草莓脆 30g", 61, 42, 0.564, 0.791), ("山楂条 经典款 1kg 家庭装", 104, 88, 0.765, 0.903), ("芒果干 100g×5", 310, 285, 0.884, 0.945), ("海苔卷", 45, 41, 0.793, 0.965),
)  # fmt: skip

# field, zh, en, known, masked, newest
FIELDS = (
    ("name", "姓名", "Name", 2_810, 1_890, "2024-11-10"), ("phone", "手机号", "Phone", 1_711, 2_804, "2024-11-10"), ("email", "邮箱", "E-mail", 402, 0, "2024-06-30"),
    ("gender", "性别", "Gender", 2_916, 0, "2024-09-01"), ("birthday", "生日", "Birthday", 1_204, 0, "2024-09-01"), ("address", "收货地址", "Address", 1_020, 3_502, "2024-11-10"), ("tags", "标签", "Tags", 0, 0, None),
)  # fmt: skip

FRESH = (
    ("orders", "订单", "Orders", 15_921, "2024-11-15", "2024-11-15", 1), ("lines", "商品明细", "Lines", 31_204, "2024-11-15", "2024-11-15", 1),
    ("refunds", "退款", "Refunds", 655, "2024-11-14", "2024-11-15", 2), ("customers", "会员", "Members", 4_311, None, "2024-09-01", 76),
    ("reviews", "评价", "Reviews", 6_204, "2024-11-12", "2024-11-13", 4),
)  # fmt: skip


def _breakdowns() -> tuple[Breakdown, ...]:
    """Cut the shop's sales in nine ways; groups of fewer than twenty people show no rates."""
    found = []
    for (key, zh, en), lines in BREAKDOWNS.items():
        rows = []
        for one, name_zh, name_en, orders, buyers, new, net, refunded, grown in lines:
            few = buyers < LEAST
            rows.append(
                BreakdownRow(
                    key=one, label=Label(zh=name_zh, en=name_en), orders=orders, buyers=buyers, new_buyers=new,
                    net=net, refunded=refunded, aov=None if few else net // orders,
                    per_buyer=None if few else net // buyers, repurchase_rate=None if few else 0.41, withheld=few,
                    net_before=None if grown is None else 1_000_000,
                    net_latest=None if grown is None else 1_000_000 + grown * 1_000,
                )
            )  # fmt: skip
        note = (
            Label(zh="按客户最近一次提供的资料划分。", en="By what the customer told last.")
            if key == "age"
            else Label("", "")
        )
        found.append(Breakdown(key=key, label=Label(zh=zh, en=en), rows=tuple(rows), least=LEAST, note=note))
    return tuple(found)


def _reviews() -> Reviews:
    """Seventeen months of reviews, the last whole one clearly worse."""
    rates = [95, 94, 96, 95, 95, 93, 96, 95, 94, 95, 96, 95, 94, 95, 96, 95, 88]
    months = tuple(
        ReviewMonth(
            month=f"{2023 + (i + 5) // 12}-{(i + 5) % 12 + 1:02d}", reviews=330, scored=300, good=3 * rate
        )
        for i, rate in enumerate(rates)
    )
    good = sum(row.good for row in months)
    return Reviews(
        reviews=17 * 330, scored=17 * 300, good=good, good_from=80, rate=good / 5_100, low=0.941, high=0.953,
        second=402, months=months,
        worst=tuple(
            ReviewedProduct(product=p, scored=n, good=g, rate=g / n, low=low, high=high) for p, n, g, low, high in WORST
        ),
    )  # fmt: skip


# month of expiry, points, expected cost (fen)
EXPIRING = (
    ("lapsed", 2_100, 0), ("2024-11", 61_000, 12_100), ("2024-12", 90_500, 20_400), ("2025-01", 71_250, 18_030), ("2025-02", 66_400, 19_900),
    ("2025-03", 51_100, 16_270), ("2025-04", 90_210, 33_050), ("2025-05", 33_040, 14_120), ("never", 2_000, 950), ("waiting", 7_400, 4_180),
)  # fmt: skip

LAPSED = 12_000
"""Points that have had their last day and lapse at the very beginning of the report's date."""


def _points_months() -> tuple[figures.PointsMonth, ...]:
    """Eighteen months that add up: issued rises, points lapse from the seventh month on."""
    months, opening = [], 0
    for i in range(18):
        issued, redeemed, expired = 36_000 + i * 2_000, 4_000 + i * 500, 0 if i < 6 else 10_000 + i * 300
        given_back, taken = (500 if i == 9 else 0), 800
        closing = opening + issued + given_back - redeemed - expired - taken
        months.append(
            figures.PointsMonth(
                month=f"{2023 + (i + 5) // 12}-{(i + 5) % 12 + 1:02d}", opening=opening, issued=issued, redeemed=redeemed,
                expired=expired, reversed=taken, other=given_back, closing=closing,
            )
        )  # fmt: skip
        opening = closing
    return tuple(months)


def _points() -> figures.Points:
    """Give a points programme of eighteen months."""
    months = _points_months()
    outstanding = sum(points for _, points, _ in EXPIRING)
    # The last month closes with what the months of expiry hold, and what lapses with the report.
    closing = outstanding + LAPSED
    last = attrs.evolve(months[-1], closing=closing, other=closing - months[-1].closing)
    return figures.Points(
        holders=2_210,
        pending=31_000,
        available=outstanding - 33_500,
        held=2_500,
        lapsed=LAPSED,
        months=(*months[:-1], last),
        expiring=tuple(
            figures.ExpiryRow(key=key, label=key, points=points, amount=amount) for key, points, amount in EXPIRING
        ),
        lapsing=figures.Lapsing(days=60, points=98_000, customers=640),
        breakage=figures.Breakage(
            matured=0.412, months=9, forecast=0.394, low=0.351, high=0.437,
            tested=figures.BackTested(months=6, forecast=41_200, actual=40_000),
        ),
        liability=figures.PointsLiability(
            total=139_000, at_most=475_000, points_per_unit="100", share=0.2926, assumed=False, month="2024-10",
            lines=(
                figures.BookLine(event=Label("销售", "Sales"), account=Label("应收", "Receivables"), debit=100_000, credit=0),
                figures.BookLine(event=Label("销售", "Sales"), account=Label("收入", "Revenue"), debit=0, credit=99_000),
                figures.BookLine(event=Label("销售", "Sales"), account=Label("合同负债", "Contract liability"), debit=0, credit=1_000),
            ),
            recognised=Recognised(points=12_000, worth=12_000, redeemed=700, broken=-4_500),
        ),
        redeeming=figures.Redeeming(
            months=12, able=2_900, customers=203, times=411, points=98_700, median_days=96,
            often=((Label("1 次", "once"), 101), (Label("2 次及以上", "more often"), 102)),
            spent_on=(
                figures.SpentOnRow(label=Label("订单抵扣", "Money off orders"), points=90_700, times=391, customers=199),
                figures.SpentOnRow(label="帆布袋", points=8_000, times=20, customers=20),
            ),
        ),
        orders=14_100,
        one_by_one=141,
    )  # fmt: skip


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
        comparison=Comparison(
            name=Label(zh="2024 年 10 月", en="October 2024"), start="2024-10-01", end="2024-11-01", before_start="2024-09-01",
            changes=tuple(
                Change(key=key, label=Label(zh, en), definition=Label(def_zh, def_en), unit=unit, now=now, before=before, low=low, high=high)
                for key, zh, en, def_zh, def_en, unit, now, before, low, high in CHANGES
            ),
        ),
        breakdowns=_breakdowns(),
        main_groups=MainGroups(share_wanted=0.7, main=("HHH", "LHH", "HLH"), share=0.7432, customers_share=0.2533),
        goods=Goods(
            products=212, start="2024-10-01", end="2024-11-01",
            hot=tuple(ProductRow(key=t, title=t, pieces=p, orders=o, buyers=b, net=n, stock=k) for t, p, o, b, n, k in HOT),
            slow=tuple(ProductRow(key=t, title=t, pieces=0, orders=0, buyers=0, net=0, stock=k, days_since_sold=since, days_on_shelf=shelf) for t, k, since, shelf in SLOW),
            slow_count=31, slow_days=60, slow_stock_cost=1_804_200, catalogue=240,
        ),
        lifts=tuple(
            LiftRow(category=c, festival=Label(zh, en), pieces=n, lift=lift, low=low, high=high, years=years)
            for c, zh, en, n, lift, low, high, years in LIFTS
        ),
        taste=Taste(measured=402, withheld=1_320, least_orders=3, mean=0.312, changed=61),
        refunding=Refunding(
            orders=15_201, refunded_orders=655, gross=245_832_260, refunded=9_480_260,
            reasons=tuple(ReasonRow(reason=reason, refunds=n, amount=amount) for reason, n, amount in REASONS),
        ),
        delays=(
            DelayRow(key="payment", label=Label("下单到付款", "Placed to paid"), count=15_100, median_hours=0.04, p90_hours=1.9, within=0.981, within_hours=24, reversed_count=1),
            DelayRow(key="shipping", label=Label("付款到发货", "Paid to shipped"), count=14_980, median_hours=9.3, p90_hours=52.4, within=0.874, within_hours=48),
            DelayRow(key="delivery", label=Label("发货到签收", "Shipped to signed for"), count=12_004, median_hours=61.0, p90_hours=118.0, within=0.902, within_hours=120, reversed_count=3),
            DelayRow(key="refund", label=Label("申请到退款完成", "Refund asked to settled"), count=655, median_hours=20.5, p90_hours=80.2, within=0.861, within_hours=72),
        ),
        reviews=_reviews(),
        members=4_311,
        points=_points(),
        quality=Quality(
            completeness=tuple(
                FieldRow(key=key, label=Label(zh, en), known=known, masked=masked, people=4_900, newest=newest)
                for key, zh, en, known, masked, newest in FIELDS
            ),
            freshness=tuple(
                FreshnessRow(key=key, label=Label(zh, en), records=n, newest_record=record, newest_export=export, days_old=old)
                for key, zh, en, n, record, export, old in FRESH
            ),
            stray_refunds=23,
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
        comparison=attrs.evolve(
            label(sample.comparison, "name"),
            changes=tuple(label(row, "label", "definition") for row in sample.comparison.changes),
        ),
        breakdowns=tuple(
            attrs.evolve(one, rows=tuple(label(row, "label") for row in one.rows))
            for one in sample.breakdowns
        ),
        goods=attrs.evolve(
            sample.goods,
            hot=tuple(attrs.evolve(row, title=HOSTILE) for row in sample.goods.hot),
            slow=tuple(attrs.evolve(row, title=HOSTILE) for row in sample.goods.slow),
        ),
        lifts=tuple(attrs.evolve(label(row, "festival"), category=HOSTILE) for row in sample.lifts),
        refunding=attrs.evolve(
            sample.refunding,
            reasons=tuple(attrs.evolve(row, reason=HOSTILE) for row in sample.refunding.reasons),
        ),
        delays=tuple(label(row, "label") for row in sample.delays),
        points=attrs.evolve(
            sample.points,
            redeeming=attrs.evolve(
                sample.points.redeeming,
                spent_on=tuple(label(row, "label") for row in sample.points.redeeming.spent_on),
            ),
        ),
        reviews=attrs.evolve(
            sample.reviews, worst=tuple(attrs.evolve(row, product=HOSTILE) for row in sample.reviews.worst)
        ),
    )


@pytest.fixture
def bare(sample: ReportData) -> ReportData:
    """Give the shop as order reports alone tell it: nothing of members, goods, places, service."""
    months = tuple(
        attrs.evolve(row, reactivated=0, gross=0, refunded=0, returning_net=0) for row in sample.months
    )
    quality = attrs.evolve(sample.quality, completeness=(), freshness=(), stray_refunds=0)
    nothing = dict.fromkeys(
        ("comparison", "main_groups", "goods", "taste", "refunding", "reviews", "members", "points")
    )
    return attrs.evolve(
        sample, months=months, quality=quality, breakdowns=(), lifts=(), delays=(), tiers=(), **nothing
    )
