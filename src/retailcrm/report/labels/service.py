# ruff: noqa: E501 - one row a text, both languages in view
"""How the shop serves: refunds, times, reviews."""

from __future__ import annotations

from typing import Final

# fmt: off
WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("refunds_title", "退款", "Refunds"),
    ("times_title", "处理时长", "Process times"),
    ("reviews_title", "评价", "Reviews"),
    ("refunds_lead", "{orders}中有 {refunded} 笔发生退款（{order_rate}），退回 {money}，占实付的 {rate}。", "Of {orders}, {refunded} had a refund ({order_rate}); {money} went back, {rate} of gross sales."),
    ("refund_months", "逐月退款率（计入订单的部分退款）", "Refund rate by month (partial refunds of orders that count)"),
    ("refund_months_alt", "条形图：逐月退款率，从 {first} 到 {last}。", "Bars: refund rate by month, {first} to {last}."),
    ("refunds_counted", "逐月退款率只含计入的订单：全额退款的订单不计为购买，只在上面的合计里。", "The rate by month is that of counted orders: orders given back in full are no purchases, and stand in the total above only."),
    ("refund_reasons", "按原因的退款金额占比", "Share of refunded money by reason"),
    ("refund_reasons_alt", "条形图：{n} 种原因占退款金额的比例。", "Bars: share of refunded money by reason ({n})."),
    ("reasons_caption", "退款原因", "Reasons for refunds"),
    ("reason", "原因", "Reason"),
    ("refund_count", "退款笔数", "Refunds"),
    ("share_refunded", "退款金额占比", "Share of refunded money"),
    ("refunds_no_reasons", "没有载入退款报表，所以不知道原因。", "No refund report was loaded, so the reasons are not known."),
    ("times_lead", "一半的订单在付款后 {median}内发货，十分之九在 {p90}内。", "Half of the orders ship within {median} of payment, nine of ten within {p90}."),
    ("times_caption", "各步骤用时", "How long each step takes"),
    ("step", "步骤", "Step"),
    ("median", "中位数", "Median"),
    ("p90", "九成不超过", "Nine of ten within"),
    ("cases", "笔数", "Cases"),
    ("limit", "时限", "Limit"),
    ("within", "时限内完成", "Done within the limit"),
    ("times_reversed", "{orders}的后一步时间早于前一步，未计入。", "Left out, because the later step is dated before the earlier one: {orders}."),
    ("reviews_lead", "{scored}有评分，好评率 {rate}（95% 区间 {low}–{high}；好评：不低于满分的 {good}%）。", "Scored: {scored}; good: {rate} (95% interval {low}–{high}; good means at least {good}% of full marks)."),
    ("reviews_second", "{reviews}中有 {second} 条追评。", "Of {reviews}, {second} were followed by a second one."),
    ("good_rate", "好评率", "Good reviews"),
    ("good_months", "逐月好评率与 95% 区间", "Share of good reviews by month, with 95% intervals"),
    ("good_months_alt", "点与区间：逐月好评率，从 {first} 到 {last}。", "Points with intervals: share of good reviews by month, {first} to {last}."),
    ("good_months_caption", "逐月评价", "Reviews by month"),
    ("worst_chart", "好评率最低的商品", "Products with the fewest good reviews"),
    ("shop_rate", "全店", "The whole shop"),
    ("worst_alt", "点与区间：{n} 种商品的好评率。", "Points with intervals: share of good reviews by product ({n})."),
    ("worst_caption", "好评率最低的商品，按区间下限", "Products with the fewest good reviews, by the lower end of the interval"),
    ("reviews", "评价数", "Reviews"),
    ("scored", "有评分", "Scored"),
    ("good", "好评", "Good"),
    ("rate_hover", "{rate}（{low}–{high}），{scored}", "{rate} ({low}–{high}), {scored}"),
)
# fmt: on
"""Key, Chinese, English."""
