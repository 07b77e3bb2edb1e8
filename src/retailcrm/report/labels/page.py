# ruff: noqa: E501 - one row a text, both languages in view
"""The page itself, and the words that many sections share."""

from __future__ import annotations

from typing import Final

# fmt: off
WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("page_title", "{shop} · 客户分析报告", "{shop} · customer report"),
    ("kicker", "客户分析报告", "Customer report"),
    ("as_of", "截至 {as_of}（不含）", "Up to {as_of} (exclusive)"),
    ("span", "首个计入订单 {since}", "first counted order {since}"),
    ("zone", "时区 {zone}", "zone {zone}"),
    ("currency", "货币 {currency}", "currency {currency}"),
    ("skip", "跳到正文", "Skip to the report"),
    ("contents", "目录", "Contents"),
    ("no_script", "图表需要 JavaScript；表格里有同样的数字。", "Charts need JavaScript; the tables hold the same figures."),
    ("open_table", "展开表格：{caption}", "Show table: {caption}"),
    ("because", "依据", "Why"),
    ("footer", "本页自带全部内容，可离线查看、打印，不会连接网络。折叠的表格展开后才会打印。", "This page is complete in itself: it opens and prints offline and connects to nothing. Folded tables are printed if they are open."),
    ("total", "合计", "Total"),
    ("chapter_overview", "总览", "Overview"),
    ("chapter_customers", "客户", "Customers"),
    ("chapter_goods", "商品", "Goods"),
    ("chapter_places", "地区与渠道", "Places and channels"),
    ("chapter_service", "服务", "Service"),
    ("chapter_ground", "数据与口径", "Data and rules"),
    ("customers", "客户数", "Customers"),
    ("orders", "订单数", "Orders"),
    ("gross", "实付金额", "Gross sales"),
    ("refunded", "退款金额", "Refunded"),
    ("refund_rate", "退款率", "Refund rate"),
    ("net", "净销售额", "Net sales"),
    ("aov", "笔单价", "Net per order (AOV)"),
    ("per_buyer", "客单价", "Net per customer"),
    ("repurchase_rate", "复购率", "Repurchase rate"),
    ("buyers", "购买客户数", "Buyers"),
    ("new", "新客", "New"),
    ("returning", "老客", "Returning"),
    ("growth", "增长", "Growth"),
    ("share_customers", "客户占比", "Share of customers"),
    ("share_buyers", "购买客户占比", "Share of buyers"),
    ("share_net", "净销售额占比", "Share of net sales"),
    ("share_orders", "订单占比", "Share of orders"),
    ("definition", "口径", "Definition"),
    ("interval", "（本期 95% 区间 {low} 至 {high}）", " (latest: 95% interval {low} to {high})"),
    ("interval_low", "区间下限", "Interval from"),
    ("interval_high", "区间上限", "Interval to"),
    ("not_told", "未提供", "Not told"),
    ("list_comma", "、", ", "),
)
# fmt: on
"""Key, Chinese, English."""
