# ruff: noqa: E501 - one row a text, both languages in view
"""Who the customers are."""

from __future__ import annotations

from typing import Final

# fmt: off
WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("segments_title", "客户分群（RFM）", "Segments (RFM)"),
    ("main_title", "主要与次要客户群", "Main and secondary groups"),
    ("activity_title", "活跃状态", "Activity"),
    ("value_title", "价值分层", "Value classes"),
    ("tiers_title", "会员等级", "Tiers"),
    ("levels_title", "平台会员级别", "Membership levels"),
    ("people_title", "性别与年龄", "Gender and age"),
    ("concentration_title", "消费集中度", "Concentration"),
    ("segments_lead", "人数最多的是「{big}」，占客户的 {big_share}；带来最多净销售额的是「{rich}」，占 {rich_share}。", "The largest segment is “{big}” with {big_share} of customers; “{rich}” brings the most, {rich_share} of net sales."),
    ("segments_lead_one", "「{big}」人数最多，占客户的 {big_share}，带来的净销售额也最多，占 {rich_share}。", "“{big}” is the largest segment with {big_share} of customers, and brings the most, {rich_share} of net sales."),
    ("segments_alt", "矩形树图：{n} 个分群，面积为客户数，颜色为人均净销售额。", "Treemap of segments ({n}): area is customers, colour is net sales per customer."),
    ("segments_legend", "颜色：人均净销售额是全部客户平均的", "Colour: net sales per customer, against the mean of all"),
    ("segments_caption", "各分群的人数、消费与对策", "Segments: size, spending and what to do"),
    ("segment", "分群", "Segment"),
    ("mean_days", "平均未购天数", "Mean days since last order"),
    ("action", "对策", "What to do"),
    ("times_below", "不足 {high} 倍", "below {high}×"),
    ("times_between", "{low}–{high} 倍", "{low}–{high}×"),
    ("times_from", "{low} 倍及以上", "{low}× or more"),
    ("main_lead", "主要客户群是带来 {wanted} 净销售额所需的最少分群：{main}。它们占客户的 {customers}，带来 {share}。", "The main groups are the fewest segments that bring {wanted} of net sales: {main}. They are {customers} of customers and bring {share}."),
    ("main_alt", "条形图：各分群占净销售额的比例，从高到低，主要客户群为深色。", "Bars: each segment’s share of net sales, largest first, the main groups in the darker colour."),
    ("main_caption", "从带来最多的分群起累计", "Cumulative, from the segment that brings most"),
    ("main_group", "主要", "Main"),
    ("secondary_group", "次要", "Secondary"),
    ("group", "客户群", "Group"),
    ("cumulative_net", "累计占比", "Cumulative share"),
    ("groups_lead", "「{big}」人数最多，占客户的 {big_share}，带来净销售额的 {big_net}。", "“{big}” is the largest group: {big_share} of customers, {big_net} of net sales."),
    ("groups_alt", "条形图：{n} 组的客户占比与净销售额占比。", "Bars: share of customers and of net sales by group ({n})."),
    ("rule", "划分标准", "Who belongs to it"),
    ("potential", "另有 {people}下过单但从未付款（潜在客户），不计入上面的客户数。", "Not among the customers above: {people} who ordered and never paid (potential customers)."),
    ("activity_caption", "按活跃状态的客户与消费", "Customers and spending by activity state"),
    ("state", "状态", "State"),
    ("value_caption", "按价值分层的客户与消费", "Customers and spending by value class"),
    ("value_class", "层级", "Class"),
    ("tiers_caption", "各会员等级的客户与消费", "Customers and spending by tier"),
    ("tier", "等级", "Tier"),
    ("concentration_lead", "前 20% 的客户带来 {top} 的净销售额。", "The top 20% of customers bring {top} of net sales."),
    ("concentration_returning", "有两个及以上购买日的客户带来其中的 {share}。", "Customers with two or more purchase days bring {share} of it."),
    ("concentration_gini", "基尼系数 {gini}：0 为人人消费相同，越近 1 越集中。", "The Gini coefficient is {gini}: 0 if all spent the same, nearer 1 if few bring most."),
    ("concentration_alt", "曲线：从消费最多的客户起，累计客户占比对累计净销售额占比。{lead}", "Curve: cumulative share of customers, biggest spenders first, against their share of net sales. {lead}"),
    ("concentration_caption", "从消费最多的客户起累计", "Cumulative, biggest spenders first"),
    ("curve_x", "客户占比（消费最多的在前）", "Share of customers, biggest spenders first"),
    ("curve_hover", "前 {x} 的客户带来 {y}", "The top {x} bring {y}"),
    ("curve_actual", "本店", "This shop"),
    ("curve_even", "人人消费相同", "If all spent the same"),
    ("top_customers", "前百分之几的客户", "Top customers"),
)
# fmt: on
"""Key, Chinese, English."""
