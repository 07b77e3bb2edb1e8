# ruff: noqa: E501 - one row a text, both languages in view
"""Breakdowns: by region, channel, category, age and the like."""

from __future__ import annotations

from typing import Final

# fmt: off
WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("regions_title", "地区", "Regions"),
    ("channels_title", "销售渠道", "Sales channels"),
    ("breakdown_lead", "按{what}，「{big}」带来最多净销售额，占 {share}。", "By {what}, “{big}” brings the most: {share} of net sales."),
    ("breakdown_alt", "条形图：按{what}的购买客户占比与净销售额占比（{n} 项）。", "Bars: share of buyers and of net sales by {what} ({n})."),
    ("breakdown_alt_net", "条形图：按{what}的净销售额占比（{n} 项）。", "Bars: share of net sales by {what} ({n})."),
    ("breakdown_caption_nobody", "按{what}的销售", "Sales by {what}"),
    ("breakdown_caption", "按{what}的客户与消费", "Buyers and spending by {what}"),
    ("breakdown_chart", "按{what}", "By {what}"),
    ("breakdown_first", "按{what}（前 {n} 项）", "By {what} (first {n})"),
    ("breakdown_withheld", "表格中的 – 表示该组不足 {least}，不显示比率，以免指向个人，也因为太少说明不了什么。", "– in a table: fewer than {least} in the group; its rates are withheld, because they would point at persons and say little."),
    ("breakdown_untold", "另有 {share} 的净销售额没有提供{what}。", "For another {share} of net sales the {what} is not told."),
    ("of_them_new", "其中新客", "New buyers"),
)
# fmt: on
"""Key, Chinese, English."""
