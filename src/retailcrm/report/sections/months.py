"""The months: what came in, from whom, and how it grew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.report.charts import month_legend, months_bars, told_returning
from retailcrm.report.formats import count, growth, money, part_of, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import Chart, Column, Paragraph, Part, Row, Section, SectionBody, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailcrm.report.data import Lang, MonthRow, ReportData
    from retailcrm.report.parts import Cell

NOBODY: Final = {
    "months_lead": "months_lead_nobody",
    "months_alt": "months_alt_nobody",
    "months_caption": "months_caption_nobody",
}
"""Words that leave buyers out."""


def _months(data: ReportData, lang: Lang) -> SectionBody:
    """Draw the months, and say how the latest went."""
    if not data.months:
        return SectionBody(())
    first, last = data.months[0], data.months[-1]
    parts: list[Part] = [
        Paragraph(tone="lead", text=_lead(data, lang)),
        Chart(
            key="months",
            figure=months_bars(data.months, data.currency, data.as_of, lang),
            alternative=say(lang, _worded("months_alt", data), first=first.month, last=last.month),
            height=400 if data.buyers_known else 280,
            legend=month_legend(data.months, lang),
        ),
    ]
    if last.month == data.as_of[:7]:
        parts.append(Paragraph(text=say(lang, "months_partial", month=last.month), tone="note"))
    if data.since is not None and data.cut_month == first.month:
        parts.append(
            Paragraph(text=say(lang, "months_cut", month=first.month, since=data.since), tone="note")
        )
    return SectionBody((*parts, _table(data, lang)))


def _worded(key: str, data: ReportData) -> str:
    """Choose the words that leave buyers out, where nobody is known."""
    return key if data.buyers_known else NOBODY[key]


def _lead(data: ReportData, lang: Lang) -> str:
    """Say what the last whole month brought, from whom, and against what."""
    row = last_whole(data) or data.months[-1]
    words = say(
        lang,
        _worded("months_lead", data),
        month=row.month,
        net=money(row.net, data.currency),
        orders=things(row.orders, "order", lang),
        buyers=things(row.buyers, "buyer", lang),
        new=count(row.new_buyers),
    )
    gap = "" if lang == "zh" else " "
    return gap.join(filter(None, [words, _grown(data, row, lang), _returned(data, row, lang)]))


def last_whole(data: ReportData) -> MonthRow | None:
    """Give the last month that was over by the report's date; ``None`` if none was."""
    return next((row for row in reversed(data.months) if row.month < data.as_of[:7]), None)


def _grown(data: ReportData, row: MonthRow, lang: Lang) -> str:
    """Say how a whole month compares with the month before, and with the same month of last year."""
    by_month = _comparable(data)
    month, year = (
        _growth(row, by_month.get(before)) for before in (_previous(row.month), _year_ago(row.month))
    )
    if month is None or row.month == data.as_of[:7]:
        return ""
    if year is None:
        return say(lang, "months_growth", month=growth(month))
    return say(lang, "months_growth_year", month=growth(month), year=growth(year))


def _returned(data: ReportData, row: MonthRow, lang: Lang) -> str:
    """Say what buyers who had bought before brought, where it is told."""
    if not told_returning(data.months):
        return ""
    part = share(part_of(row.returning_net, row.net))
    return say(lang, "months_returning", net=money(row.returning_net, data.currency), share=part)


def _comparable(data: ReportData) -> dict[str, MonthRow]:
    """Find months to compare with by name: one that the data hold only in part is none."""
    return {row.month: row for row in data.months if row.month != data.cut_month}


def _growth(row: MonthRow, before: MonthRow | None) -> float | None:
    """Compare two months' net; ``None`` where there is nothing to compare with."""
    return None if before is None else part_of(row.net - before.net, before.net)


def _previous(month: str) -> str:
    """Name the month before."""
    year, number = map(int, month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def _year_ago(month: str) -> str:
    """Name the same month of the year before."""
    return f"{int(month[:4]) - 1:04d}{month[4:]}"


def _table(data: ReportData, lang: Lang) -> Table:
    """List the months, folded: the chart tells the story. Columns that nobody told are left out."""
    rows = data.months
    columns = {
        "month": Column(title=say(lang, "month")),
        "net": Column(title=say(lang, "net"), cells="money"),
        "growth": Column(title=say(lang, "growth"), cells="growth"),
        "growth_year": Column(title=say(lang, "growth_year"), cells="growth"),
        "orders": Column(title=say(lang, "orders"), cells="count"),
        "buyers": Column(title=say(lang, "buyers"), cells="count"),
        "new_buyers": Column(title=say(lang, "new"), cells="count"),
        "reactivated": Column(title=say(lang, "reactivated"), cells="count"),
        "returning_net": Column(title=say(lang, "returning_net"), cells="money"),
        "refund_rate": Column(title=say(lang, "counted_refund_rate"), cells="rate"),
    }
    lines = _lines(data)
    idle = {"growth", "growth_year", "refund_rate"} - {
        k for line in lines for k in line if line[k] is not None
    }
    seldom = ("reactivated", "returning_net", *(() if data.buyers_known else ("buyers", "new_buyers")))
    idle |= {name for name in seldom if not any(getattr(r, name) for r in rows)}
    shown = [name for name in columns if name not in idle]
    return Table(
        caption=say(lang, _worded("months_caption", data)),
        columns=tuple(columns[name] for name in shown),
        rows=tuple(Row(cells=tuple(line[name] for name in shown)) for line in lines),
        folded=True,
    )


def _lines(data: ReportData) -> Sequence[Mapping[str, Cell]]:
    """Fill the table; a month that is not over has no growth."""
    by_month = _comparable(data)
    return [
        {
            "month": row.month,
            "net": row.net,
            "growth": None if running else _growth(row, by_month.get(_previous(row.month))),
            "growth_year": None if running else _growth(row, by_month.get(_year_ago(row.month))),
            "orders": row.orders,
            "buyers": row.buyers,
            "new_buyers": row.new_buyers,
            "reactivated": row.reactivated,
            "returning_net": row.returning_net,
            "refund_rate": part_of(row.refunded, row.gross),
        }
        for row in data.months
        for running in [row.month == data.as_of[:7]]
    ]


MONTHS: Final = Section("months", LABELS["months_title"], _months)
"""Net, growth, new and returning buyers by month."""
