"""Advice on points: tell customers before theirs lapse, and show what points are good for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.data import LANGS
from retailcrm.report.formats import count, part_of, share
from retailcrm.report.labels import things

if TYPE_CHECKING:
    from retailcrm.report.data import ReportData

LAPSING_SHARE: Final = 0.1
"""Share of the usable points that lapse soon, from which their owners should be told."""

LAPSING_CUSTOMERS: Final = 30
"""Least customers whose points lapse soon, for a mailing."""

FEW_REDEEM: Final = 0.1
"""Share of customers with usable points who redeem, under which points move nobody."""

ABLE_CUSTOMERS: Final = 100
"""Least customers with usable points before they are judged."""


def points_lapse(data: ReportData) -> Advice | None:
    """Tell customers whose points lapse soon, where they are many."""
    if data.points is None:
        return None
    soon = data.points.lapsing
    part = part_of(soon.points, data.points.available)
    if part is None or part < LAPSING_SHARE or soon.customers < LAPSING_CUSTOMERS:
        return None
    size = {lang: things(soon.customers, "customer", lang) for lang in LANGS}
    return Advice(
        key="points_lapse",
        text=Label(
            zh=f"提醒积分快到期的 {size['zh']}：写明分数、到期日和能换什么。",
            en=f"Tell the {size['en']} whose points lapse soon: how many, when, and what they buy.",
        ),
        reason=Label(
            zh=f"{soon.days} 天内有 {count(soon.points)} 分到期，占可用积分的 {share(part)}"
            f"（阈值 {limit(LAPSING_SHARE)}，不少于 {things(LAPSING_CUSTOMERS, 'customer', 'zh')}）。",
            en=f"{count(soon.points)} points lapse within {soon.days} days, {share(part)} of those usable "
            f"(threshold {limit(LAPSING_SHARE)}, {things(LAPSING_CUSTOMERS, 'customer', 'en')} or more).",
        ),
    )


def points_unused(data: ReportData) -> Advice | None:
    """Show what points are good for where hardly anybody redeems."""
    if data.points is None:
        return None
    who = data.points.redeeming
    part = who.participation
    if part is None or part >= FEW_REDEEM or who.able < ABLE_CUSTOMERS:
        return None
    able = {lang: things(who.able, "customer", lang) for lang in LANGS}
    months = {lang: things(who.months, "month", lang) for lang in LANGS}
    return Advice(
        key="points_unused",
        text=Label(
            zh="让积分看得见：在结算页和包裹卡片写明余额能抵多少，并降低起兑分数。",
            en="Make points visible: say at checkout and on a card in the parcel what the balance pays, and "
            "let people redeem from fewer points on.",
        ),
        reason=Label(
            zh=f"最近 {months['zh']}有可用积分的 {able['zh']}中，兑换过的只有 {share(part)}"
            f"（阈值 {limit(FEW_REDEEM)}）。",
            en=f"Of {able['en']} with usable points in the last {months['en']}, {share(part)} redeemed any "
            f"(threshold {limit(FEW_REDEEM)}).",
        ),
    )
