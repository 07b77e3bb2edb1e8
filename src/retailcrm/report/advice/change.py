"""Advice on what moved: rates of the latest period, growing and shrinking places, who comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit, points_limit
from retailcrm.report.formats import growth, part_of, share
from retailcrm.report.labels import things

if TYPE_CHECKING:
    from retailcrm.report.data import Change, ReportData

REFUND_RISE: Final = 0.02
"""Rise of the refund rate, a difference of fractions, that is worth a look."""


CHANGE_ORDERS: Final = 100
"""Least orders in each of two periods whose refund rates are compared."""


FEW_RETURNING: Final = 0.2
"""Share of a month's buyers who had bought before, under which old customers are being lost sight of."""


RETURNING_BUYERS: Final = 100
"""Least buyers of the month that is judged."""


RETURNING_MONTHS: Final = 6
"""Whole months before the judged one: in a young shop few can have bought before."""


PLACE_GROWTH: Final = 0.3
"""Growth of a province from which to feed it, when the whole shop grows by less than half as much."""


PLACE_BUYERS: Final = 100
"""Least buyers of a province that is judged."""


CHURN_RISE: Final = 0.05
"""Rise of the churn rate, a difference of fractions, that is worth a campaign if it is no accident."""


def _change(data: ReportData, key: str) -> Change | None:
    """Find a figure of the comparison."""
    changes = () if data.comparison is None else data.comparison.changes
    return next((one for one in changes if one.key == key), None)


def refunds_rose(data: ReportData) -> Advice | None:
    """Look for the cause where the refund rate rose."""
    rate, orders = _change(data, "refund_rate"), _change(data, "orders")
    if rate is None or rate.now is None or rate.before is None or orders is None:
        return None
    if min(orders.now or 0, orders.before or 0) < CHANGE_ORDERS or rate.now - rate.before < REFUND_RISE:
        return None
    return Advice(
        key="refunds_rose",
        text=Label(
            zh="退款率在上升：对照退款原因和同期上新、活动、物流，先停掉问题最集中的商品。",
            en="The refund rate is rising: hold the reasons against new goods, promotions and carriers of "
            "that time, and first stop what most of them are about.",
        ),
        reason=Label(
            zh=f"从上一期的 {share(rate.before)} 升到 {share(rate.now)}"
            f"（阈值：上升 {points_limit(REFUND_RISE).zh}，"
            f"两期各不少于 {things(CHANGE_ORDERS, 'order', 'zh')}）。",
            en=f"From {share(rate.before)} the period before to {share(rate.now)} (threshold: a rise of "
            f"{points_limit(REFUND_RISE).en}, with {things(CHANGE_ORDERS, 'order', 'en')} or more in each).",
        ),
    )


def churn_rose(data: ReportData) -> Advice | None:
    """Act where customers surely leave faster than before: the interval lies above the old rate."""
    rate = _change(data, "churn_rate")
    if rate is None or rate.now is None or rate.before is None or rate.low is None or rate.high is None:
        return None
    if rate.now - rate.before < CHURN_RISE or rate.low <= rate.before:
        return None
    return Advice(
        key="churn_rose",
        text=Label(
            zh="流失在加快：在客户变安静之前联系她们，而不是流失之后。",
            en="Customers leave faster: write to them before they go quiet, not after.",
        ),
        reason=Label(
            zh=f"流失率从 {share(rate.before)} 升到 {share(rate.now)}，95% 区间 {share(rate.low)}–"
            f"{share(rate.high)} 在原值之上（阈值：上升 {points_limit(CHURN_RISE).zh}）。",
            en=f"The churn rate went from {share(rate.before)} to {share(rate.now)}, 95% interval "
            f"{share(rate.low)}–{share(rate.high)}, all above the old rate (threshold: a rise of "
            f"{points_limit(CHURN_RISE).en}).",
        ),
    )


def few_returning(data: ReportData) -> Advice | None:
    """Go back to old customers where hardly any of a month's buyers had bought before."""
    whole = data.whole_months
    if len(whole) <= RETURNING_MONTHS or whole[-1].buyers < RETURNING_BUYERS:
        return None
    last = whole[-1]
    part = part_of(last.buyers - last.new_buyers, last.buyers)
    if part is None or part >= FEW_RETURNING:
        return None
    return Advice(
        key="few_returning",
        text=Label(
            zh="老客太少：给买过的人单独的上新提醒和老客价，别只投拉新。",
            en="Few come back: tell earlier buyers of new goods and give them a price of their own, "
            "instead of paying for new buyers only.",
        ),
        reason=Label(
            zh=f"{last.month} 的{things(last.buyers, 'buyer', 'zh')}中只有 {share(part)} 此前买过"
            f"（阈值 {limit(FEW_RETURNING)}）。",
            en=f"Of {things(last.buyers, 'buyer', 'en')} in {last.month}, {share(part)} had bought before "
            f"(threshold {limit(FEW_RETURNING)}).",
        ),
    )


def growing_province(data: ReportData) -> Advice | None:
    """Feed the province that grows far more than the shop."""
    found = next((one for one in data.breakdowns if one.key == "province"), None)
    net = _change(data, "net")
    whole = None if net is None else net.change
    if found is None or whole is None:
        return None
    told = [row for row in found.rows if row.key not in ("", "*") and row.buyers >= PLACE_BUYERS]
    best = max(told, key=lambda row: row.growth or 0.0, default=None)
    if best is None or best.growth is None or best.growth < PLACE_GROWTH or whole >= best.growth / 2:
        return None
    return Advice(
        key="growing_province",
        text=Label(
            zh=f"「{best.label.zh}」长得最快：试试在当地加投放、备近仓，并问问新客从哪里知道你们。",
            en=f"{best.label.en} grows fastest: try more advertising and stock near by, and ask new buyers "
            "how they heard of you.",
        ),
        reason=Label(
            zh=f"该省净销售额比上一期 {growth(best.growth)}，全店 {growth(whole)}"
            f"（阈值：{limit(PLACE_GROWTH)}，且为全店的两倍以上，"
            f"不少于 {things(PLACE_BUYERS, 'buyer', 'zh')}）。",
            en=f"Its net sales moved {growth(best.growth)} against the period before, the shop’s "
            f"{growth(whole)} (threshold: {limit(PLACE_GROWTH)} and more than twice the shop’s, with "
            f"{things(PLACE_BUYERS, 'buyer', 'en')} or more).",
        ),
    )
