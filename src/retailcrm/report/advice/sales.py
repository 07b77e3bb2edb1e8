"""Advice on sales: a month out of the usual, refunds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.formats import part_of, share

if TYPE_CHECKING:
    from retailcrm.report.data import ReportData

HIGH_REFUNDS: Final = 0.08
"""Refunded over gross from which to look for the cause."""


SWING: Final = 0.2
"""Change of a month's net against the mean of the :data:`BEFORE` months before it that is worth a word."""


BEFORE: Final = 3
"""Months that a month is compared with."""


def refunds(data: ReportData) -> Advice | None:
    """Look for the cause where much is paid back."""
    rate = part_of(*data.given_back)
    if rate is None or rate < HIGH_REFUNDS:
        return None
    return Advice(
        key="refunds",
        text=Label(
            zh="按商品和原因查退款，先处理金额最大的一类。",
            en="Go through refunds by product and reason; begin with the costliest kind.",
        ),
        reason=Label(
            zh=f"退款占实付的 {share(rate)}（阈值 {limit(HIGH_REFUNDS)}）。",
            en=f"Refunds are {share(rate)} of gross sales (threshold {limit(HIGH_REFUNDS)}).",
        ),
    )


def swing(data: ReportData) -> Advice | None:
    """Speak up when the last whole month leaves the level of the months before it."""
    whole = data.whole_months[-BEFORE - 1 :]
    usual = sum(row.net for row in whole[:-1])
    change = part_of(whole[-1].net * BEFORE - usual, usual) if len(whole) > BEFORE else None
    if change is None or abs(change) < SWING:
        return None
    return (_growth if change > 0 else _decline)(whole[-1].month, share(abs(change)))


def _growth(month: str, size: str) -> Advice:
    """Keep what worked."""
    return Advice(
        key="growth",
        text=Label(
            zh=f"{month} 明显上升：弄清是活动、上新还是节日带来的，好的做法留下来。",
            en=f"{month} rose markedly: find out whether a promotion, new goods or a holiday did it, "
            "and keep what worked.",
        ),
        reason=Label(
            zh=f"该月净销售额比此前 {BEFORE} 个月的平均高 {size}（阈值 {limit(SWING)}）。",
            en=f"Its net sales are {size} above the mean of the {BEFORE} months before "
            f"(threshold {limit(SWING)}).",
        ),
    )


def _decline(month: str, size: str) -> Advice:
    """Find out who is missing."""
    return Advice(
        key="decline",
        text=Label(
            zh=f"{month} 明显下滑：先看是新客少了还是老客少了，再对症处理。",
            en=f"{month} fell markedly: see whether new or returning buyers are missing, and act on that.",
        ),
        reason=Label(
            zh=f"该月净销售额比此前 {BEFORE} 个月的平均低 {size}（阈值 {limit(SWING)}）。",
            en=f"Its net sales are {size} below the mean of the {BEFORE} months before "
            f"(threshold {limit(SWING)}).",
        ),
    )
