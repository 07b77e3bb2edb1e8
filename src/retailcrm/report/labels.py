# ruff: noqa: E501 - one row a text, both languages in view
"""Every word of the page that is ours, in Chinese and English side by side.

Words about one shop (segment names, actions, rules, notes) come with its data instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.data import Lang, pick

if TYPE_CHECKING:
    from collections.abc import Mapping

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# fmt: off
LABELS: Final[Mapping[str, Label]] = {
    key: Label(zh=zh, en=en)
    for key, zh, en in (
        # The page itself
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
        ("footer", "本页自带全部内容，可离线查看、打印，不会连接网络。", "This page is complete in itself: it opens and prints offline and connects to nothing."),
        ("total", "合计", "Total"),
        # Figures
        ("customers", "客户数", "Customers"),
        ("orders", "订单数", "Orders"),
        ("gross", "实付金额", "Gross sales"),
        ("refunded", "退款金额", "Refunded"),
        ("net", "净销售额", "Net sales"),
        ("aov", "笔单价", "Net per order (AOV)"),
        ("per_buyer", "客单价", "Net per customer"),
        ("repurchase_rate", "复购率", "Repurchase rate"),
        ("top_share", "前 20% 客户占比", "Share of the top 20%"),
        ("returning_share", "回头客占比", "Share of returning customers"),
        ("gini", "集中度（基尼系数）", "Concentration (Gini)"),
        ("buyers", "购买客户数", "Buyers"),
        ("new", "新客", "New"),
        ("returning", "老客", "Returning"),
        ("new_buyers", "新客（当月首次购买）", "New buyers (first order that month)"),
        ("returning_buyers", "老客（此前买过）", "Returning buyers (bought before)"),
        ("share_customers", "客户占比", "Share of customers"),
        ("share_net", "净销售额占比", "Share of net sales"),
        ("n_customers", "{n} 人", "{n} customers"),
        ("one_customer", "1 人", "1 customer"),
        # Definitions in small print
        ("customers_def", "至少有一笔计入订单、身份可辨的客户", "Known customers with at least one counted order"),
        ("orders_def", "计入的订单，含买家身份不明的", "Counted orders, those of unknown buyers included"),
        ("gross_def", "计入订单的买家实付，未扣退款", "Paid on counted orders, before refunds"),
        ("refunded_def", "计入订单的退款，占实付的 {rate}", "Paid back on counted orders: {rate} of gross"),
        ("net_def", "实付减退款", "Gross less refunds"),
        ("aov_def", "净销售额 ÷ 订单数", "Net sales ÷ orders"),
        ("per_buyer_def", "客户的净销售额 ÷ 客户数", "Net sales of known customers ÷ their number"),
        ("repurchase_rate_def", "有两个及以上购买日的客户 ÷ 客户数", "Customers with two or more purchase days ÷ customers"),
        ("top_share_def", "净销售额中由消费最多的 20% 客户带来的部分", "Part of customers’ net sales brought by the 20% who spend most"),
        ("returning_share_def", "净销售额中由有两个及以上购买日的客户带来的部分", "Part of customers’ net sales brought by those with two or more purchase days"),
        ("gini_def", "0 为人人消费相同，越近 1 越集中", "0: all spend the same; nearer 1: few bring most"),
        # Section titles
        ("headline_title", "总览", "Overview"),
        ("advice_title", "建议先做的事", "What to do first"),
        ("months_title", "逐月走势", "Month by month"),
        ("segments_title", "客户分群（RFM）", "Segments (RFM)"),
        ("activity_title", "活跃状态", "Activity"),
        ("value_title", "价值分层", "Value classes"),
        ("tiers_title", "会员等级", "Tiers"),
        ("concentration_title", "消费集中度", "Concentration"),
        ("quality_title", "数据质量", "Data quality"),
        ("policy_title", "统计口径", "Rules in force"),
        # Section sentences
        ("nothing", "还没有可以展示的数据。", "There is nothing to show yet."),
        ("advice_lead", "由本页数字按固定阈值得出，每条都写明依据。", "Drawn from the figures on this page by fixed thresholds; each line says why."),
        ("advice_none", "没有数字越过建议的阈值。", "No figure crosses a threshold for advice."),
        ("months_lead", "{month} 净销售额 {net}，{orders} 笔订单，{buyers} 位客户购买，其中新客 {new} 位。", "{month}: net sales {net}, {orders} orders, {buyers} buyers, {new} of them new."),
        ("months_partial", "{month} 尚未结束，图中以浅色表示。", "{month} is not over yet and is drawn paler."),
        ("months_alt", "逐月净销售额与新老客户数，从 {first} 到 {last}。", "Net sales, new and returning buyers by month, {first} to {last}."),
        ("months_caption", "每月订单、净销售额与购买客户", "Orders, net sales and buyers by month"),
        ("month", "月份", "Month"),
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
        ("groups_lead", "「{big}」人数最多，占客户的 {big_share}，带来净销售额的 {big_net}。", "“{big}” is the largest group: {big_share} of customers, {big_net} of net sales."),
        ("groups_alt", "条形图：{n} 组的客户占比与净销售额占比。", "Bars: share of customers and of net sales by group ({n})."),
        ("rule", "划分标准", "Who belongs to it"),
        ("potential", "另有 {n} 人下过单但从未付款（潜在客户），不计入上面的客户数。", "Another {n} people ordered and never paid (potential customers); they are not among the customers above."),
        ("activity_caption", "按活跃状态的客户与消费", "Customers and spending by activity state"),
        ("state", "状态", "State"),
        ("value_caption", "按价值分层的客户与消费", "Customers and spending by value class"),
        ("value_class", "层级", "Class"),
        ("tiers_caption", "各会员等级的客户与消费", "Customers and spending by tier"),
        ("tier", "等级", "Tier"),
        ("tiers_none", "还没有设置会员等级。在 shop.toml 中写入等级阶梯后，这里会列出各等级的人数与消费。", "No ladder is configured. Write one in shop.toml, and this section lists customers and spending by tier."),
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
        # Quality and policy
        ("quality_lead", "读取 {files} 个文件、{records} 条记录，接受 {accepted} 条，拒绝 {rejected} 条，空白 {blank} 条。", "Files read: {files}. Of {records} records, {accepted} were accepted, {rejected} rejected, {blank} blank."),
        ("quality_known", "净销售额中，{stable} 有稳定的买家身份，{weak} 身份较弱，{none} 身份不明。", "Of net sales, {stable} have a stable buyer identity, {weak} a weak one and {none} none."),
        ("files_caption", "读取的文件", "Files read"),
        ("file", "文件", "File"),
        ("source", "格式", "Format"),
        ("accepted", "接受", "Accepted"),
        ("rejected", "拒绝", "Rejected"),
        ("blank", "空白", "Blank"),
        ("money_rule", "金额口径", "Paid amount"),
        ("problems_caption", "遇到的问题", "Problems found"),
        ("problems_none", "没有发现问题。", "No problems were found."),
        ("problem", "代码", "Code"),
        ("times", "次数", "Times"),
        ("example", "例子", "Example"),
        ("coverage_caption", "买家身份的可靠程度", "How surely buyers are known"),
        ("strength", "身份", "Identity"),
        ("stable", "稳定：始终指向同一人", "Stable: always the same person"),
        ("weak", "较弱：可能多人共用", "Weak: several people may share it"),
        ("none", "不明：打码或缺失，只计入店铺合计", "None: masked or missing; in shop totals only"),
        ("share_orders", "订单占比", "Share of orders"),
        ("policy_lead", "本页数字按以下设置计算。", "The figures on this page were computed under these settings."),
        ("policy_caption", "生效的设置", "Settings in force"),
        ("setting", "设置", "Setting"),
        ("value", "取值", "Value"),
        *((f"month_{n}", f"{n}月", name) for n, name in enumerate(_MONTHS, 1)),
    )
}
# fmt: on
"""Key to words; ``{name}`` marks what :func:`say` fills in."""


def say(lang: Lang, key: str, **values: str) -> str:
    """Look up our words and fill in a shop's.

    Args:
        lang: Language.
        key: Key of :data:`LABELS`.
        **values: What to fill in, each already written for the reader.

    Returns:
        The words, not yet escaped for HTML.

    Raises:
        KeyError: No such key, or a value is missing.

    Example:
        >>> say("zh", "concentration_lead", top="63.4%")
        '前 20% 的客户带来 63.4% 的净销售额。'
    """
    return pick(LABELS[key], lang).format(**values)
