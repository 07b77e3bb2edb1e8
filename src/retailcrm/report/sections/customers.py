"""Who the customers are: activity, value classes, tiers, concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.report.charts import TOP, concentration, groups_bar, share_legend
from retailcrm.report.data import GroupRow, Lang, ReportData, pick
from retailcrm.report.formats import count, part_of, ratio, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import Chart, Column, Paragraph, Part, Row, Section, SectionBody, Table
from retailcrm.report.sections.breakdowns import breakdown_of, breakdown_tables, withheld_note

if TYPE_CHECKING:
    from collections.abc import Sequence

CURVE_STOPS: Final = (0.1, TOP, 0.3, 0.5, 0.8)
"""Where the table beside the concentration curve reads it."""

BAR_HEIGHT: Final = 62
"""Height of one group's two bars in CSS pixels."""

CHAPTER: Final = LABELS["chapter_customers"]


def _groups(rows: Sequence[GroupRow], lang: Lang, *, key: str, first: str) -> SectionBody:
    """Draw groups of customers with their shares beside the table that defines them."""
    if not any(row.customers for row in rows):
        return SectionBody(())
    everyone, all_net = sum(r.customers for r in rows), sum(r.net for r in rows)
    big = max(rows, key=lambda row: row.customers)
    lead = say(
        lang,
        "groups_lead",
        big=pick(big.label, lang),
        big_share=share(part_of(big.customers, everyone)),
        big_net=share(part_of(big.net, all_net)),
    )
    chart = Chart(
        key=key,
        figure=groups_bar(rows, lang),
        alternative=say(lang, "groups_alt", n=count(len(rows))),
        height=24 + BAR_HEIGHT * len(rows),
        legend=share_legend(lang),
    )
    return SectionBody(
        (Paragraph(text=lead, tone="lead"), chart, _groups_table(rows, lang, key, first)), beside=True
    )


def _groups_table(rows: Sequence[GroupRow], lang: Lang, key: str, first: str) -> Table:
    """List groups, with the rule that defines them where there are rules to tell."""
    columns = (
        Column(title=say(lang, first)),
        Column(title=say(lang, "customers"), cells="count"),
        Column(title=say(lang, "orders"), cells="count"),
        Column(title=say(lang, "net"), cells="money"),
        Column(title=say(lang, "rule"), cells="note"),
    )
    width = len(columns) if any(pick(row.rule, lang) for row in rows) else len(columns) - 1
    totals = (sum(r.customers for r in rows), sum(r.orders for r in rows), sum(r.net for r in rows))
    lines = [(pick(r.label, lang), r.customers, r.orders, r.net, pick(r.rule, lang)) for r in rows]
    return Table(
        caption=say(lang, f"{key}_caption"),
        columns=columns[:width],
        rows=tuple(Row(cells=line[:width]) for line in lines),
        total=Row(cells=(say(lang, "total"), *totals, "")[:width]),
    )


def _activity(data: ReportData, lang: Lang) -> SectionBody:
    """Show who is active, dormant and lost."""
    body = _groups(data.activity, lang, key="activity", first="state")
    if not data.potential or not body.parts:
        return body
    people = things(data.potential, "person", lang)
    note = Paragraph(text=say(lang, "potential", people=people), tone="note")
    return attrs.evolve(body, parts=(*body.parts, note))


def _value_classes(data: ReportData, lang: Lang) -> SectionBody:
    """Show who buys often and large."""
    return _groups(data.value_classes, lang, key="value", first="value_class")


def _tiers(data: ReportData, lang: Lang) -> SectionBody:
    """Show the shop's ladder, and under it how its tiers buy."""
    body = _groups(data.tiers, lang, key="tiers", first="tier")
    found = breakdown_of(data, "tier")
    if found is None or not body.parts:
        return body
    return attrs.evolve(
        body, parts=(*body.parts, *breakdown_tables(found, lang, folded=True), *withheld_note([found], lang))
    )


def _concentration(data: ReportData, lang: Lang) -> SectionBody:
    """Draw what the biggest customers bring, and say it in a sentence."""
    head, curve = data.headline, data.lorenz
    if not curve.x or data.nothing_earned:
        return SectionBody(())
    lead = "" if head.top_share is None else say(lang, "concentration_lead", top=share(head.top_share))
    parts: list[Part] = [Paragraph(text=lead, tone="lead")] if lead else []
    parts.append(
        Chart(
            key="concentration",
            figure=concentration(curve, head.top_share, lang),
            alternative=say(lang, "concentration_alt", lead=lead),
            height=360,
            legend=(("first", say(lang, "curve_actual")), ("muted", say(lang, "curve_even"))),
        )
    )
    parts.append(_concentration_table(data, lang))
    if head.returning_share is not None:
        parts.append(Paragraph(text=say(lang, "concentration_returning", share=share(head.returning_share))))
    if head.gini is not None:
        parts.append(Paragraph(text=say(lang, "concentration_gini", gini=ratio(head.gini)), tone="note"))
    return SectionBody(tuple(parts), beside=True)


def _concentration_table(data: ReportData, lang: Lang) -> Table:
    """Read the curve at round shares of customers; at 20 % the exact figure stands."""
    x, y = np.asarray(data.lorenz.x), np.asarray(data.lorenz.y)
    read = {stop: 1 - float(np.interp(1 - stop, x, y)) for stop in CURVE_STOPS}
    if data.headline.top_share is not None:
        read[TOP] = data.headline.top_share
    return Table(
        caption=say(lang, "concentration_caption"),
        columns=(
            Column(title=say(lang, "top_customers")),
            Column(title=say(lang, "share_net"), cells="share"),
        ),
        rows=tuple(Row(cells=(f"{stop:.0%}", value)) for stop, value in read.items()),
    )


ACTIVITY: Final = Section("activity", LABELS["activity_title"], _activity, chapter=CHAPTER)
"""Active, dormant, lost."""

VALUE_CLASSES: Final = Section("value", LABELS["value_title"], _value_classes, chapter=CHAPTER)
"""How often and how large."""

TIERS: Final = Section("tiers", LABELS["tiers_title"], _tiers, chapter=CHAPTER)
"""The shop's ladder."""

CONCENTRATION: Final = Section(
    "concentration", LABELS["concentration_title"], _concentration, chapter=CHAPTER
)
"""What the top 20 % bring."""
