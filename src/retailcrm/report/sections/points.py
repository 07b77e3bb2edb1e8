"""Points: at a glance, what lapses when, who redeems."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from retailcrm.report.charts.points import expiry_bars, flow_legend, points_months
from retailcrm.report.data import pick
from retailcrm.report.data.points import LAPSED
from retailcrm.report.formats import count, money, part_of, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import (
    Card,
    Cards,
    Chart,
    Column,
    Paragraph,
    Part,
    Row,
    Section,
    SectionBody,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.report.data import ExpiryRow, Lang, Points, PointsMonth, Redeeming, ReportData
    from retailcrm.report.parts import Cell, Kind

CHAPTER: Final = LABELS["chapter_points"]

WAITING: Final = "waiting"
NO_MONTH: Final = (LAPSED, "never", WAITING)
"""Keys of points that lapse in no month."""


def _glance(data: ReportData, lang: Lang) -> SectionBody:
    """Say what there is, and draw what came and went."""
    points = data.points
    if points is None or not points.months:
        return SectionBody(())
    rows = points.months
    last = next((row for row in reversed(rows) if row.month < data.as_of[:7]), rows[-1])
    lead = say(
        lang, "points_lead", holders=things(points.holders, "customer", lang), month=last.month,
        outstanding=count(points.outstanding), issued=count(last.issued), redeemed=count(last.redeemed),
        expired=count(last.expired),
    )  # fmt: skip
    parts: list[Part] = [Paragraph(text=lead, tone="lead"), Cards(cards=_cards(points, data.currency, lang))]
    if points.wallet:
        parts.insert(1, Paragraph(text=say(lang, "points_wallet", wallet=points.wallet), tone="note"))
    chart = Chart(
        key="points-months",
        figure=points_months(rows, data.as_of, lang),
        alternative=say(lang, "points_months_alt", first=rows[0].month, last=rows[-1].month),
        height=420,
        legend=flow_legend(rows, lang),
    )
    notes = [Paragraph(text=text, tone="note") for text in _notes(data, points, lang)]
    return SectionBody((*parts, chart, *notes, _month_table(rows, lang)))


def _notes(data: ReportData, points: Points, lang: Lang) -> list[str]:
    """Say what a reader must know of the months."""
    rows, notes = points.months, []
    if rows[-1].month == data.as_of[:7]:
        notes.append(say(lang, "points_running", month=rows[-1].month))
    if any(row.expired for row in rows):
        notes.append(say(lang, "points_midnight"))
    if points.lapsed:
        gone = count(points.lapsed)
        notes.append(say(lang, "points_past_note", points=gone, month=rows[-1].month))
    if any(row.other for row in rows):
        notes.append(say(lang, "points_other_note"))
    if points.one_by_one:
        notes.append(say(lang, "points_one_by_one", share=share(part_of(points.one_by_one, points.orders))))
    return notes


def _cards(points: Points, currency: str, lang: Lang) -> tuple[Card, ...]:
    """Give the key figures; the first three are large."""
    owed, flows, who, soon = points.liability, points.whole, points.redeeming, points.lapsing
    most = money(owed.at_most, currency)
    figures: tuple[tuple[str, Cell, Kind, str], ...] = (
        (
            say(lang, "points_usable"), points.available, "count",
            say(lang, "points_usable_def", pending=count(points.pending), held=count(points.held)),
        ),
        (
            say(lang, "points_soon", days=str(soon.days)), soon.points, "count",
            say(lang, "points_soon_def", customers=things(soon.customers, "customer", lang)),
        ),
        (
            say(lang, "points_owed"), owed.total, "money",
            say(lang, "points_owed_def", share=share(owed.share), most=most),
        ),
        (say(lang, "points_issued"), flows["issued"], "count", say(lang, "points_issued_def")),
        *(
            (
                say(lang, f"points_{name}"), flows[name], "count",
                say(lang, f"points_{name}_def", share=share(part_of(flows[name], flows["issued"]))),
            )
            for name in ("redeemed", "expired")
        ),
        (
            say(lang, "points_joined"), who.participation, "rate",
            say(
                lang, "points_joined_def", able=things(who.able, "customer", lang),
                months=things(who.months, "month", lang),
            ),
        ),
    )  # fmt: skip
    return tuple(
        Card(label=label, value=value, cells=kind, definition=words, main=place < 3)  # noqa: PLR2004 - of them
        for place, (label, value, kind, words) in enumerate(figures)
    )


def _month_table(rows: Sequence[PointsMonth], lang: Lang) -> Table:
    """List the months, folded; columns without any point are left out."""
    columns = ("opening", "issued", "other", "redeemed", "expired", "reversed", "closing")
    shown = [name for name in columns if name != "other" or any(row.other for row in rows)]
    return Table(
        caption=say(lang, "points_months_caption"),
        columns=(
            Column(title=say(lang, "month")),
            *(Column(title=say(lang, f"points_{name}"), cells="count") for name in shown),
        ),
        rows=tuple(Row(cells=(row.month, *(getattr(row, name) for name in shown))) for row in rows),
        folded=True,
    )


def _lapse(data: ReportData, lang: Lang) -> SectionBody:
    """Say what lapses soon, and draw what lapses when."""
    points = data.points
    if points is None or not points.outstanding:
        return SectionBody(())
    soon, rows = points.lapsing, points.expiring
    words = "points_lapse_lead" if soon.points else "points_lapse_none"
    lead = say(
        lang, words, days=str(soon.days), points=count(soon.points),
        customers=things(soon.customers, "customer", lang),
        share=share(part_of(soon.points, points.available)),
    )  # fmt: skip
    names, colours = [_name(row, lang) for row in rows], _colours(rows, data.as_of, soon.days)
    chart = Chart(
        key="points-expiry",
        figure=expiry_bars(rows, names, colours, lang),
        alternative=say(lang, "points_lapse_alt"),
        height=300,
        legend=_expiry_legend(colours, soon.days, lang),
    )
    notes = []
    if points.lapsed:
        notes.append(say(lang, "points_lapsed_note", points=count(points.lapsed)))
    if any(row.key == WAITING for row in rows):
        notes.append(say(lang, "points_waiting_note"))
    told = [Paragraph(text=text, tone="note") for text in notes]
    return SectionBody((Paragraph(text=lead, tone="lead"), chart, *told, _expiry_table(points, names, lang)))


def _name(row: ExpiryRow, lang: Lang) -> str:
    return say(lang, f"points_{row.key}") if row.key in NO_MONTH else row.key


def _colours(rows: Sequence[ExpiryRow], as_of: str, days: int) -> list[str]:
    """Mark the months that end soon."""
    until = (date.fromisoformat(as_of[:10]) + timedelta(days=days)).isoformat()
    return [
        "third" if row.key in NO_MONTH else "second" if _ends(row.key) <= until else "first" for row in rows
    ]


def _ends(month: str) -> str:
    """Give the day after a month."""
    year, number = map(int, month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1).isoformat()


def _expiry_legend(colours: Sequence[str], days: int, lang: Lang) -> tuple[tuple[str, str], ...]:
    words = (
        ("second", say(lang, "points_soon_legend", days=str(days))),
        ("first", say(lang, "points_later_legend")),
        ("third", say(lang, "points_otherwise_legend")),
    )
    return tuple((colour, text) for colour, text in words if colour in colours)


def _expiry_table(points: Points, names: Sequence[str], lang: Lang) -> Table:
    columns = (
        Column(title=say(lang, "points_lapse_month")),
        Column(title=say(lang, "points_count"), cells="count"),
        Column(title=say(lang, "points_share"), cells="share"),
        Column(title=say(lang, "points_cost"), cells="money"),
    )
    rows = tuple(
        Row(cells=(name, row.points, part_of(row.points, points.outstanding), row.amount))
        for name, row in zip(names, points.expiring, strict=True)
    )
    whole = (say(lang, "total"), points.outstanding, 1.0, points.liability.total)
    return Table(
        caption=say(lang, "points_lapse_caption"), columns=columns, rows=rows, total=Row(cells=whole),
        folded=True,
    )  # fmt: skip


def _redeem(data: ReportData, lang: Lang) -> SectionBody:
    """Say who redeems, how often and what for."""
    if data.points is None or not data.points.redeeming.able:
        return SectionBody(())
    who = data.points.redeeming
    months, able = things(who.months, "month", lang), things(who.able, "customer", lang)
    if not who.times:
        return SectionBody(
            (Paragraph(text=say(lang, "points_redeem_none", months=months, able=able), tone="lead"),)
        )
    lead = say(
        lang, "points_redeem_lead", months=months, able=able, customers=count(who.customers),
        share=share(who.participation), times=things(who.times, "redemption", lang), points=count(who.points),
    )  # fmt: skip
    if who.median_days is not None:
        gap = "" if lang == "zh" else " "
        lead += gap + say(lang, "points_redeem_days", days=things(who.median_days, "day", lang))
    return SectionBody((Paragraph(text=lead, tone="lead"), _spent_table(who, lang), _often_table(who, lang)))


def _spent_table(who: Redeeming, lang: Lang) -> Table:
    columns = (
        Column(title=say(lang, "points_spent_on")),
        Column(title=say(lang, "points_times"), cells="count"),
        Column(title=say(lang, "customers"), cells="count"),
        Column(title=say(lang, "points_count"), cells="count"),
        Column(title=say(lang, "points_spent_share"), cells="share"),
    )
    rows = tuple(
        Row(cells=(pick(r.label, lang), r.times, r.customers, r.points, part_of(r.points, who.points)))
        for r in who.spent_on
    )
    return Table(caption=say(lang, "points_spent_caption"), columns=columns, rows=rows)


def _often_table(who: Redeeming, lang: Lang) -> Table:
    columns = (
        Column(title=say(lang, "points_often")),
        Column(title=say(lang, "customers"), cells="count"),
        Column(title=say(lang, "share_customers"), cells="share"),
    )
    rows = tuple(
        Row(cells=(pick(label, lang), many, part_of(many, who.customers))) for label, many in who.often
    )
    return Table(caption=say(lang, "points_often_caption"), columns=columns, rows=rows)


POINTS: Final = Section("points", LABELS["points_title"], _glance, chapter=CHAPTER)
"""Key figures of points, and what came and went."""

POINTS_LAPSE: Final = Section("points-lapse", LABELS["points_lapse_title"], _lapse, chapter=CHAPTER)
"""What lapses when."""

POINTS_REDEEM: Final = Section("points-redeem", LABELS["points_redeem_title"], _redeem, chapter=CHAPTER)
"""Who redeems."""
