"""The first look: headline figures, what to do, and the months."""

from __future__ import annotations

from typing import Final

from retailcrm.report.advice import advise
from retailcrm.report.charts import month_legend, months_bars
from retailcrm.report.data import Lang, ReportData, pick
from retailcrm.report.formats import count, money, part_of, ratio, share
from retailcrm.report.labels import LABELS, say
from retailcrm.report.parts import (
    Card,
    Cards,
    Chart,
    Column,
    Paragraph,
    Part,
    Point,
    Points,
    Row,
    Section,
    SectionBody,
    Table,
)


def _headline(data: ReportData, lang: Lang) -> SectionBody:
    """Put the totals side by side, each with its definition."""
    head, currency = data.headline, data.currency
    refund_rate = share(part_of(head.refunded, head.gross))
    values = {
        "net": money(head.net, currency),
        "customers": count(head.customers),
        "orders": count(head.orders),
        "gross": money(head.gross, currency),
        "refunded": money(head.refunded, currency),
        "aov": money(head.aov, currency),
        "per_buyer": money(head.per_buyer, currency),
        "repurchase_rate": share(head.repurchase_rate),
        "top_share": share(head.top_share),
        "returning_share": share(head.returning_share),
        "gini": ratio(head.gini),
    }
    cards = tuple(
        Card(
            label=say(lang, key),
            value=value,
            definition=say(lang, f"{key}_def", rate=refund_rate),
            main=key in ("net", "customers", "orders"),
        )
        for key, value in values.items()
    )
    return SectionBody((Cards(cards=cards),))


def _advice(data: ReportData, lang: Lang) -> SectionBody:
    """List what follows from the figures, each with its reason."""
    points = tuple(Point(text=pick(a.text, lang), reason=pick(a.reason, lang)) for a in advise(data))
    if not points:
        return SectionBody((Paragraph(text=say(lang, "advice_none")),))
    return SectionBody((Points(points=points), Paragraph(text=say(lang, "advice_lead"), tone="note")))


def _months(data: ReportData, lang: Lang) -> SectionBody:
    """Draw the months, and say how the latest went."""
    if not data.months:
        return SectionBody((Paragraph(text=say(lang, "nothing")),))
    first, last = data.months[0], data.months[-1]
    whole = next((row for row in reversed(data.months) if row.month < data.as_of[:7]), last)
    parts: list[Part] = [
        Paragraph(
            tone="lead",
            text=say(
                lang,
                "months_lead",
                month=whole.month,
                net=money(whole.net, data.currency),
                orders=count(whole.orders),
                buyers=count(whole.buyers),
                new=count(whole.new_buyers),
            ),
        )
    ]
    alternative = say(lang, "months_alt", first=first.month, last=last.month)
    parts.append(
        Chart(
            key="months",
            figure=months_bars(data.months, data.currency, data.as_of, lang),
            alternative=alternative,
            height=400,
            legend=month_legend(lang),
        )
    )
    if last.month == data.as_of[:7]:
        parts.append(Paragraph(text=say(lang, "months_partial", month=last.month), tone="note"))
    return SectionBody((*parts, _months_table(data, lang)))


def _months_table(data: ReportData, lang: Lang) -> Table:
    """List the months, folded: the chart tells the story."""
    columns = (
        Column(title=say(lang, "month")),
        Column(title=say(lang, "orders"), cells="count"),
        Column(title=say(lang, "net"), cells="money"),
        Column(title=say(lang, "buyers"), cells="count"),
        Column(title=say(lang, "new_buyers"), cells="count"),
    )
    rows = tuple(Row(cells=(m.month, m.orders, m.net, m.buyers, m.new_buyers)) for m in data.months)
    return Table(caption=say(lang, "months_caption"), columns=columns, rows=rows, folded=True)


HEADLINE: Final = Section("headline", LABELS["headline_title"], _headline)
"""The totals with their definitions."""

ADVICE: Final = Section("advice", LABELS["advice_title"], _advice)
"""What to do, and why."""

MONTHS: Final = Section("months", LABELS["months_title"], _months)
"""Net, new and returning buyers by month."""
