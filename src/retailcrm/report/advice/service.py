"""Advice on service: late parcels, slow refunds, their reasons, and what reviews say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.charts import share_interval
from retailcrm.report.formats import hours, part_of, share
from retailcrm.report.labels import things

if TYPE_CHECKING:
    from retailcrm.report.data import DelayRow, ReportData

SHIPPED_IN_TIME: Final = 0.9
"""Share of orders shipped within the limit, under which shipping is late."""


SHIPPED_ORDERS: Final = 100
"""Least orders whose times are known before shipping is judged."""


REFUND_HOURS: Final = 72
"""Hours within which nine of ten refunds should be settled."""


SETTLED_REFUNDS: Final = 30
"""Least refunds whose times are known before they are judged."""


MAIN_REASON: Final = 0.3
"""Share of refunded money for one reason from which to go after it."""


REASONED_REFUNDS: Final = 30
"""Least refunds with a reason."""


SCORED_PRODUCT: Final = 20
"""Least scores of a product that is judged."""


SCORED_MONTH: Final = 50
"""Least scores of a month that is judged."""


def _delay(data: ReportData, key: str) -> DelayRow | None:
    """Find one step of an order."""
    return next((row for row in data.delays if row.key == key), None)


def late_shipping(data: ReportData) -> Advice | None:
    """Ship faster where too many orders leave late."""
    row = _delay(data, "shipping")
    if row is None or row.within is None or row.count < SHIPPED_ORDERS or row.within >= SHIPPED_IN_TIME:
        return None
    return Advice(
        key="late_shipping",
        text=Label(
            zh="发货偏慢：看是缺货、仓库还是截单时间的问题，做不到时在商品页如实写明。",
            en="Parcels leave late: find out whether stock, the warehouse or the cut-off hour is the cause, "
            "and say so on the product page while it lasts.",
        ),
        reason=Label(
            zh=f"{things(row.count, 'order', 'zh')}中只有 {share(row.within)} 在 {row.within_hours} 小时内"
            f"发货（阈值 {limit(SHIPPED_IN_TIME)}），九成不超过 {hours(row.p90_hours, 'zh')}。",
            en=f"Of {things(row.count, 'order', 'en')}, {share(row.within)} left within {row.within_hours} h "
            f"(threshold {limit(SHIPPED_IN_TIME)}); nine of ten within {hours(row.p90_hours, 'en')}.",
        ),
    )


def slow_refunds(data: ReportData) -> Advice | None:
    """Settle faster where refunds drag on."""
    row = _delay(data, "refund")
    if row is None or row.p90_hours is None or row.count < SETTLED_REFUNDS or row.p90_hours <= REFUND_HOURS:
        return None
    return Advice(
        key="slow_refunds",
        text=Label(
            zh="退款处理太久：小额未发货的直接退，其余约定时限。",
            en="Refunds take long: pay small ones for unshipped goods at once, and set a limit for the rest.",
        ),
        reason=Label(
            zh=f"{things(row.count, 'refund', 'zh')}中，九成要 {hours(row.p90_hours, 'zh')}才办完"
            f"（阈值 {REFUND_HOURS} 小时）。",
            en=f"Of {things(row.count, 'refund', 'en')}, nine of ten took up to {hours(row.p90_hours, 'en')} "
            f"(threshold {REFUND_HOURS} h).",
        ),
    )


def refund_reason(data: ReportData) -> Advice | None:
    """Go after the reason that most refunded money has."""
    reasons = () if data.refunding is None else data.refunding.reasons
    told = [row for row in reasons if row.reason]
    if sum(row.refunds for row in told) < REASONED_REFUNDS:
        return None
    top = max(told, key=lambda row: row.amount)
    part = part_of(top.amount, sum(row.amount for row in reasons))
    if part is None or part < MAIN_REASON:
        return None
    return Advice(
        key="refund_reason",
        text=Label(
            zh=f"先解决退款原因「{top.reason}」。",
            en=f"First do away with the refund reason “{top.reason}”.",
        ),
        reason=Label(
            zh=f"{things(top.refunds, 'refund', 'zh')}因此发生，占退款金额的 {share(part)}"
            f"（阈值 {limit(MAIN_REASON)}）。",
            en=f"{things(top.refunds, 'refund', 'en')} had it: {share(part)} of the refunded money "
            f"(threshold {limit(MAIN_REASON)}).",
        ),
    )


def bad_product(data: ReportData) -> Advice | None:
    """Mend the product that surely has fewer good reviews than the shop."""
    reviews = data.reviews
    if reviews is None or reviews.rate is None:
        return None
    shop = reviews.rate
    sure = [row for row in reviews.worst if row.scored >= SCORED_PRODUCT and row.high < shop]
    worst = min(sure, key=lambda row: row.rate, default=None)
    if worst is None:
        return None
    return Advice(
        key="bad_product",
        text=Label(
            zh=f"读一遍「{worst.product}」的差评，改商品或改描述，改不了就下架。",
            en=f"Read the bad reviews of “{worst.product}”; mend it or its description, or take it off.",
        ),
        reason=Label(
            zh=f"{things(worst.scored, 'review', 'zh')}，好评率 {share(worst.rate)}，95% 区间上限 "
            f"{share(worst.high)} 仍低于全店的 {share(shop)}"
            f"（阈值：不少于 {things(SCORED_PRODUCT, 'review', 'zh')}）。",
            en=f"{things(worst.scored, 'review', 'en')}, {share(worst.rate)} good; even the upper end of the "
            f"95% interval, {share(worst.high)}, is below the shop’s {share(shop)} "
            f"(threshold: {things(SCORED_PRODUCT, 'review', 'en')} or more).",
        ),
    )


def reviews_fell(data: ReportData) -> Advice | None:
    """Look into a month that surely has fewer good reviews than the shop has had."""
    reviews = data.reviews
    whole = [] if reviews is None else [row for row in reviews.months if row.month < data.as_of[:7]]
    if reviews is None or reviews.rate is None or not whole or whole[-1].scored < SCORED_MONTH:
        return None
    last = whole[-1]
    _, high = share_interval(last.good, last.scored)
    if high >= reviews.rate:
        return None
    return Advice(
        key="reviews_fell",
        text=Label(
            zh="最近的评价变差：对照同期的批次、物流和客服，先回访给差评的客户。",
            en="Reviews got worse lately: hold them against batches, carriers and service of that time, and "
            "call back those who complained.",
        ),
        reason=Label(
            zh=f"{last.month} 的好评率 {share(last.good / last.scored)}，95% 区间上限 {share(high)} "
            f"低于一向的 {share(reviews.rate)}（阈值：不少于 {things(SCORED_MONTH, 'review', 'zh')}）。",
            en=f"In {last.month}, {share(last.good / last.scored)} were good; the upper end of the 95% "
            f"interval, {share(high)}, is below the usual {share(reviews.rate)} "
            f"(threshold: {things(SCORED_MONTH, 'review', 'en')} or more).",
        ),
    )
