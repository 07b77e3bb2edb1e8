"""A section for the report: what is left of each month's sales after the marketplace's commission."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.data import pick
from retailcrm.report.parts import Column, Paragraph, Row, SectionBody, Table

if TYPE_CHECKING:
    from retailcrm.report.data import Lang, ReportData

COMMISSION: Final = Fraction(6, 100)
"""What Yuelan keeps of every order, refunds taken off."""

LEAD: Final = Label(
    zh="月篮市集按净销售额收取 {rate} 的佣金，以下是每月到手的金额。",
    en="Yuelan keeps {rate} of net sales; this is what is left of each month.",
)
CAPTION: Final = Label(zh="每月佣金与到手金额", en="Commission and what is left, by month")
MONTH: Final = Label(zh="月份", en="Month")
AMOUNTS: Final = (
    Label(zh="净销售额", en="Net sales"),
    Label(zh="佣金", en="Commission"),
    Label(zh="到手", en="Left"),
)
TOTAL: Final = Label(zh="合计", en="Total")


class Commission:
    """What is left after the marketplace's commission, month by month."""

    key = "yuelan-commission"
    title = Label(zh="月篮佣金", en="Yuelan’s commission")

    def render(self, data: ReportData, lang: Lang) -> SectionBody:
        """List the months; a shop without a month has no such section."""
        if not data.months:
            return SectionBody(())
        kept = [commission(month.net) for month in data.months]
        rows = [
            Row(cells=(month.month, month.net, fee, month.net - fee))
            for month, fee in zip(data.months, kept, strict=True)
        ]
        whole, fees = sum(month.net for month in data.months), sum(kept)
        amounts = [Column(title=pick(title, lang), cells="money") for title in AMOUNTS]
        table = Table(
            caption=pick(CAPTION, lang),
            columns=(Column(title=pick(MONTH, lang)), *amounts),
            rows=tuple(rows),
            total=Row(cells=(pick(TOTAL, lang), whole, fees, whole - fees)),
        )
        lead = pick(LEAD, lang).format(rate=f"{float(COMMISSION):.0%}")
        return SectionBody((Paragraph(text=lead, tone="lead"), table))


def commission(net: int) -> int:
    """Take the commission of a month's net, both in minor units; half a unit is rounded up."""
    return int(net * COMMISSION + Fraction(1, 2)) if net > 0 else 0
