"""The first look: headline figures, how they moved, and what to do."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from retailcrm.report.advice import advise
from retailcrm.report.cells import write_cell
from retailcrm.report.data import Change, Comparison, Lang, ReportData, pick
from retailcrm.report.formats import money, part_of, share
from retailcrm.report.labels import LABELS, say
from retailcrm.report.parts import (
    Card,
    Cards,
    Cell,
    Column,
    Kind,
    Paragraph,
    Part,
    Point,
    Points,
    Row,
    Section,
    SectionBody,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS: Final[Mapping[str, Kind]] = {"count": "count", "money": "money", "share": "rate", "ratio": "ratio"}
"""How the figures of each unit are written."""

SHARES: Final = ("acquisition_rate",)
"""Ratios that are read as shares, though they may exceed 1."""

CONCENTRATION: Final = ("top_share", "returning_share", "gini")
"""Figures that mean nothing where there is no net to be shared."""

FIRST: Final = ("net", "orders", "buyers", "new_buyers", "aov", "repurchase_rate")
"""Figures of the latest period that stand on top of the page, where the comparison has them."""

LISTED: Final = 6
"""Pieces of advice that are read at once; the others are folded."""

CHAPTER: Final = LABELS["chapter_overview"]


def _headline(data: ReportData, lang: Lang) -> SectionBody:
    """Put the latest period on top, the totals under it, each with its definition."""
    totals = Cards(cards=_totals(data, lang, main=data.comparison is None))
    if data.comparison is None:
        return SectionBody((totals,))
    return SectionBody(
        (
            Paragraph(text=_period_name(data.comparison, lang), tone="heading"),
            Cards(cards=_latest(data, data.comparison, lang)),
            Paragraph(text=say(lang, "headline_all"), tone="heading"),
            totals,
        )
    )


def _totals(data: ReportData, lang: Lang, *, main: bool) -> tuple[Card, ...]:
    """Give the totals; the first three are large where nothing stands above them."""
    head = data.headline
    refunded, paid = data.given_back
    words = {"rate": share(part_of(refunded, paid)), "counted": money(head.refunded, data.currency)}
    defined = {} if data.refunding is None else {"refunded": "refunded_all_def"}
    idle = CONCENTRATION if data.nothing_earned else ()
    figures: tuple[tuple[str, Cell, Kind], ...] = (
        ("net", head.net, "money"),
        ("customers", head.customers, "count"),
        ("orders", head.orders, "count"),
        ("gross", head.gross, "money"),
        ("refunded", refunded, "money"),
        ("aov", head.aov, "money"),
        ("per_buyer", head.per_buyer, "money"),
        ("repurchase_rate", head.repurchase_rate, "rate"),
        ("top_share", head.top_share, "rate"),
        ("returning_share", head.returning_share, "rate"),
        ("gini", head.gini, "ratio"),
    )
    return tuple(
        Card(
            label=say(lang, key),
            value=value,
            cells=kind,
            definition=say(lang, defined.get(key, f"{key}_def"), **words),
            main=main and key in ("net", "customers", "orders"),
        )
        for key, value, kind in figures
        if key not in idle
    )


def _latest(data: ReportData, comparison: Comparison, lang: Lang) -> tuple[Card, ...]:
    """Give the first figures of the latest period with their change."""
    known = {change.key: change for change in comparison.changes}
    cards = []
    for change in (known[key] for key in FIRST if key in known):
        kind = kind_of(change)
        value, before = cell_of(change.now, kind), cell_of(change.before, kind)
        moved, how = movement(change)
        words = write_cell(before, kind, data.currency, lang)
        cards.append(
            Card(
                label=pick(change.label, lang), value=value, cells=kind, main=True, change=moved, moved=how,
                definition=say(lang, "was_before", value=words),
            )
        )  # fmt: skip
    return tuple(cards)


def kind_of(change: Change) -> Kind:
    """Say how a figure of the comparison is written."""
    return "rate" if change.key in SHARES else UNITS[change.unit]


def cell_of(value: float | None, kind: Kind) -> Cell:
    """Make whole what is counted in whole: amounts and counts come as floats in a comparison."""
    return value if value is None or kind not in ("count", "money") else round(value)


def movement(change: Change) -> tuple[float | None, Kind]:
    """Say how a figure moved: rates by their difference, everything else by growth."""
    if kind_of(change) != "rate":
        return change.change, "growth"
    if change.now is None or change.before is None:
        return None, "points"
    return change.now - change.before, "points"


def _period_name(comparison: Comparison, lang: Lang) -> str:
    """Name the latest period with its first and last day."""
    name, last = pick(comparison.name, lang), _day_before(comparison.end)
    return say(lang, "headline_latest", name=name, start=comparison.start, end=last)


def _day_before(day: str) -> str:
    """Turn the day after a period into its last one, which is what people read."""
    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()


def _change(data: ReportData, lang: Lang) -> SectionBody:
    """List every figure of the latest period against the one before."""
    comparison = data.comparison
    if comparison is None or not comparison.changes:
        return SectionBody(())
    lead = say(
        lang,
        "change_lead",
        start=comparison.start,
        end=_day_before(comparison.end),
        before_start=comparison.before_start,
        before_end=_day_before(comparison.start),
    )
    parts: list[Part] = [
        Paragraph(text=lead, tone="lead"),
        _change_table(comparison, lang),
        Paragraph(text=say(lang, "change_note"), tone="note"),
    ]
    return SectionBody(tuple(parts))


def _change_table(comparison: Comparison, lang: Lang) -> Table:
    """Write each figure in its own unit."""
    columns = (
        Column(title=say(lang, "figure")),
        Column(title=say(lang, "now"), cells="count"),
        Column(title=say(lang, "before"), cells="count"),
        Column(title=say(lang, "moved"), cells="growth"),
        Column(title=say(lang, "definition"), cells="note"),
    )
    rows = []
    for change in comparison.changes:
        kind = kind_of(change)
        moved, how = movement(change)
        cells = (pick(change.label, lang), cell_of(change.now, kind), cell_of(change.before, kind), moved)
        kinds: tuple[Kind, ...] = ("text", kind, kind, how, "note")
        rows.append(Row(cells=(*cells, _defined(change, lang)), kinds=kinds))
    return Table(caption=say(lang, "change_caption"), columns=columns, rows=tuple(rows))


def _defined(change: Change, lang: Lang) -> str:
    """Say what a figure counts and, of a rate with an interval, how surely it is known."""
    words = pick(change.definition, lang)
    if change.key == "refund_rate":
        words += say(lang, "counted_refunds")
    if change.low is None or change.high is None:
        return words
    return words + say(lang, "interval", low=share(change.low), high=share(change.high))


def _advice(data: ReportData, lang: Lang) -> SectionBody:
    """List what follows from the figures, each with its reason; what comes later is folded."""
    points = tuple(Point(text=pick(a.text, lang), reason=pick(a.reason, lang)) for a in advise(data))
    if not points:
        return SectionBody((Paragraph(text=say(lang, "advice_none")),))
    parts: list[Part] = [Points(points=points[:LISTED])]
    if points[LISTED:]:
        words = say(lang, "advice_more", n=str(len(points) - LISTED))
        parts.append(Points(points=points[LISTED:], start=LISTED + 1, folded=words))
    return SectionBody((*parts, Paragraph(text=say(lang, "advice_lead"), tone="note")))


HEADLINE: Final = Section("headline", LABELS["headline_title"], _headline, chapter=CHAPTER)
"""The latest period and the totals, with their definitions."""

CHANGE: Final = Section("change", LABELS["change_title"], _change, chapter=CHAPTER)
"""Every figure of the latest period against the one before."""

ADVICE: Final = Section("advice", LABELS["advice_title"], _advice)
"""What to do, and why."""
