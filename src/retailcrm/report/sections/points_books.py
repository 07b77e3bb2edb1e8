"""Points in the books: what share lapses unused, and what the rest is expected to cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.money import exponent
from retailcrm.report.data import pick
from retailcrm.report.formats import count, money, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import Card, Cards, Column, Paragraph, Part, Row, Section, SectionBody, Table
from retailcrm.report.sections.points import CHAPTER

if TYPE_CHECKING:
    from retailcrm.report.data import Breakage, Lang, Points, PointsLiability, ReportData
    from retailcrm.report.data.points import Recognised
    from retailcrm.report.parts import Cell, Kind


def _breakage(data: ReportData, lang: Lang) -> SectionBody:
    """Say what share of points lapses, and how well that would have been forecast."""
    if data.points is None or not data.points.months:
        return SectionBody(())
    found = data.points.breakage
    parts: list[Part] = [Paragraph(text=_breakage_lead(found, lang), tone="lead")]
    if cards := _breakage_cards(found, lang):
        parts.append(Cards(cards=cards))
    if found.withheld is None:
        parts.append(Paragraph(text=tested_in_words(found, lang), tone="note"))
    return SectionBody(tuple(parts))


def _breakage_lead(found: Breakage, lang: Lang) -> str:
    if found.withheld is not None:
        return say(lang, "points_breakage_withheld", reason=pick(found.withheld, lang))
    if found.low is None or found.high is None:
        return say(lang, "points_breakage_bare", share=share(found.forecast))
    ends = {"low": share(found.low), "high": share(found.high)}
    return say(lang, "points_breakage_lead", share=share(found.forecast), **ends)


def tested_in_words(found: Breakage, lang: Lang) -> str:
    """Say what the forecast of hidden months would have been.

    Args:
        found: A breakage with a forecast.
        lang: Language.
    """
    if found.tested is None:
        reason = "" if found.untested is None else pick(found.untested, lang)
        return say(lang, "points_untested", reason=reason)
    test = found.tested
    words = {
        "months": things(test.months, "month", lang),
        "forecast": count(test.forecast),
        "actual": count(test.actual),
    }
    if test.error is None:
        return say(lang, "points_tested_bare", **words)
    return say(lang, "points_tested", **words, error=_off(test.error, lang))


def _off(error: float, lang: Lang) -> str:
    """Say in which direction a forecast erred."""
    return say(lang, "points_too_few" if error < 0 else "points_too_many", share=share(abs(error)))


def _breakage_cards(found: Breakage, lang: Lang) -> tuple[Card, ...]:
    """Give the rates that there are."""
    figures: list[tuple[str, Cell, Kind, str]] = []
    if found.matured is not None:
        months = things(found.months, "month", lang)
        figures.append(
            ("points_matured", found.matured, "rate", say(lang, "points_matured_def", months=months))
        )
    if found.forecast is not None:
        figures.append(("points_forecast", found.forecast, "rate", say(lang, "points_forecast_def")))
    if found.tested is not None and found.tested.error is not None:
        months = things(found.tested.months, "month", lang)
        figures.append(
            ("points_error", found.tested.error, "rate", say(lang, "points_error_def", months=months))
        )
    return tuple(
        Card(label=say(lang, key), value=value, cells=kind, definition=words)
        for key, value, kind, words in figures
    )


def _liability(data: ReportData, lang: Lang) -> SectionBody:
    """Say what unused points cost, by which assumptions, and what to book."""
    points = data.points
    if points is None or not points.months:
        return SectionBody(())
    owed = points.liability
    lead = say(
        lang, "points_liability_lead", total=money(owed.total, data.currency),
        most=money(owed.at_most, data.currency),
    )  # fmt: skip
    parts: list[Part] = [Paragraph(text=lead, tone="lead"), _steps(points, data.currency, lang)]
    if owed.lines:
        notes = [say(lang, "points_lines_note")]
        if owed.recognised is not None and owed.recognised.points > 0:
            notes.insert(0, _why_not_worth(owed.recognised, owed.month, data.currency, lang))
        parts += [_lines(owed, lang), *(Paragraph(text=text, tone="note") for text in notes)]
    return SectionBody(tuple(parts))


def _why_not_worth(told: Recognised, month: str, currency: str, lang: Lang) -> str:
    """Say why the revenue of redeemed points is not what they took off prices."""
    amounts = {
        "worth": told.worth,
        "redeemed": told.redeemed,
        "broken": told.broken,
        "changed": told.redeemed + told.broken,
    }
    written = {name: money(amount, currency) for name, amount in amounts.items()}
    return say(lang, "points_recognised_note", points=count(told.points), month=month, **written)


def _steps(points: Points, currency: str, lang: Lang) -> Table:
    """Show how the liability follows, assumption by assumption."""
    owed = points.liability
    assumed = "points_step_share_all" if owed.assumed else "points_step_share"
    steps: tuple[tuple[str, Cell, Kind], ...] = (
        ("points_step_unused", points.outstanding, "count"),
        ("points_step_worth", *_whole(owed.points_per_unit)),
        ("points_step_most", owed.at_most, "money"),
        (assumed, owed.share, "rate"),
        ("points_step_total", owed.total, "money"),
    )
    unit = money(10 ** exponent(currency), currency)
    rows = tuple(
        Row(cells=(say(lang, key, unit=unit), value), kinds=("text", kind)) for key, value, kind in steps
    )
    columns = (
        Column(title=say(lang, "points_step")),
        Column(title=say(lang, "points_step_value"), cells="count"),
    )
    return Table(caption=say(lang, "points_liability_caption"), columns=columns, rows=rows)


def _whole(rate: str) -> tuple[Cell, Kind]:
    """Write a rate as a number where it is a whole one."""
    return (int(rate), "count") if rate.isdecimal() else (rate, "text")


def _lines(owed: PointsLiability, lang: Lang) -> Table:
    """List what to book; a side without an amount stays empty."""
    columns = (
        Column(title=say(lang, "points_event")),
        Column(title=say(lang, "points_account")),
        Column(title=say(lang, "points_debit"), cells="money"),
        Column(title=say(lang, "points_credit"), cells="money"),
    )
    rows = tuple(
        Row(cells=(pick(line.event, lang), pick(line.account, lang), line.debit or None, line.credit or None))
        for line in owed.lines
    )
    sums = (sum(line.debit for line in owed.lines), sum(line.credit for line in owed.lines))
    return Table(
        caption=say(lang, "points_lines_caption", month=owed.month), columns=columns, rows=rows,
        total=Row(cells=(say(lang, "total"), "", *sums)), folded=True,
    )  # fmt: skip


POINTS_BREAKAGE: Final = Section(
    "points-breakage", LABELS["points_breakage_title"], _breakage, chapter=CHAPTER
)
"""What share of points lapses unused."""

POINTS_LIABILITY: Final = Section(
    "points-liability", LABELS["points_liability_title"], _liability, chapter=CHAPTER
)
"""What unused points are expected to cost."""
