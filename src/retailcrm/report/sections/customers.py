"""Who the customers are: segments, activity, value classes, tiers, concentration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.report.charts import (
    TOP,
    concentration,
    groups_bar,
    share_legend,
    step_legend,
    step_of,
    treemap,
)
from retailcrm.report.data import GroupRow, Lang, ReportData, SegmentRow, pick
from retailcrm.report.formats import count, part_of, ratio, share
from retailcrm.report.labels import LABELS, say
from retailcrm.report.parts import Chart, Column, Paragraph, Part, Row, Section, SectionBody, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

CURVE_STOPS: Final = (0.1, TOP, 0.3, 0.5, 0.8)
"""Where the table beside the concentration curve reads it."""

BAR_HEIGHT: Final = 62
"""Height of one group's two bars in CSS pixels."""


def _segments(data: ReportData, lang: Lang) -> SectionBody:
    """Draw the segments, and say what to do for each."""
    rows = data.segments
    if not any(row.customers for row in rows):
        return SectionBody((Paragraph(text=say(lang, "nothing")),))
    return SectionBody(
        (
            Paragraph(text=_segments_lead(rows, lang), tone="lead"),
            Chart(
                key="segments",
                figure=treemap(rows, data.currency, lang),
                alternative=say(lang, "segments_alt", n=count(sum(1 for r in rows if r.customers))),
                height=380,
                legend_title=say(lang, "segments_legend"),
                legend=step_legend(lang),
            ),
            _segments_table(rows, lang),
        )
    )


def _segments_lead(rows: Sequence[SegmentRow], lang: Lang) -> str:
    """Name the largest segment and the one that brings most."""
    everyone, all_net = sum(r.customers for r in rows), sum(r.net for r in rows)
    big, rich = max(rows, key=lambda r: r.customers), max(rows, key=lambda r: r.net)
    words = {
        "big": pick(big.label, lang),
        "big_share": share(part_of(big.customers, everyone)),
        "rich_share": share(part_of(rich.net, all_net)),
    }
    if big is rich:
        return say(lang, "segments_lead_one", **words)
    return say(lang, "segments_lead", rich=pick(rich.label, lang), **words)


def _segments_table(rows: Sequence[SegmentRow], lang: Lang) -> Table:
    """List the segments with the colours of the treemap."""
    everyone, all_net = sum(r.customers for r in rows), sum(r.net for r in rows)
    columns = (
        Column(title=say(lang, "segment")),
        Column(title=say(lang, "customers"), cells="count"),
        Column(title=say(lang, "share_customers"), cells="share"),
        Column(title=say(lang, "orders"), cells="count"),
        Column(title=say(lang, "net"), cells="money"),
        Column(title=say(lang, "share_net"), cells="share"),
        Column(title=say(lang, "mean_days"), cells="days"),
        Column(title=say(lang, "action"), cells="note"),
    )
    return Table(
        caption=say(lang, "segments_caption"),
        columns=columns,
        rows=tuple(
            Row(
                cells=(
                    pick(row.label, lang),
                    row.customers,
                    part_of(row.customers, everyone),
                    row.orders,
                    row.net,
                    part_of(row.net, all_net),
                    row.mean_days_since_last,
                    pick(row.action, lang),
                ),
                colour=f"step{step_of(row, rows)}",
            )
            for row in rows
        ),
        total=_segments_total(rows, lang),
    )


def _segments_total(rows: Sequence[SegmentRow], lang: Lang) -> Row:
    """Add the segments up, days weighted by customers."""
    everyone, orders, net = (sum(getattr(r, name) for r in rows) for name in ("customers", "orders", "net"))
    silence = sum(r.customers * (r.mean_days_since_last or 0) for r in rows) / everyone
    return Row(cells=(say(lang, "total"), everyone, 1.0, orders, net, part_of(net, net), silence, ""))


def _groups(rows: Sequence[GroupRow], lang: Lang, *, key: str, first: str) -> SectionBody:
    """Draw groups of customers with their shares beside the table that defines them."""
    if not any(row.customers for row in rows):
        return SectionBody((Paragraph(text=say(lang, "nothing")),))
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
    if not data.potential:
        return body
    note = Paragraph(text=say(lang, "potential", n=count(data.potential)), tone="note")
    return attrs.evolve(body, parts=(*body.parts, note))


def _value_classes(data: ReportData, lang: Lang) -> SectionBody:
    """Show who buys often and large."""
    return _groups(data.value_classes, lang, key="value", first="value_class")


def _tiers(data: ReportData, lang: Lang) -> SectionBody:
    """Show the ladder, or say that there is none."""
    if not data.tiers:
        return SectionBody((Paragraph(text=say(lang, "tiers_none")),))
    return _groups(data.tiers, lang, key="tiers", first="tier")


def _concentration(data: ReportData, lang: Lang) -> SectionBody:
    """Draw what the biggest customers bring, and say it in a sentence."""
    head, curve = data.headline, data.lorenz
    if not curve.x:
        return SectionBody((Paragraph(text=say(lang, "nothing")),))
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


SEGMENTS: Final = Section("segments", LABELS["segments_title"], _segments)
"""RFM segments and what to do for each."""

ACTIVITY: Final = Section("activity", LABELS["activity_title"], _activity)
"""Active, dormant, lost."""

VALUE_CLASSES: Final = Section("value", LABELS["value_title"], _value_classes)
"""How often and how large."""

TIERS: Final = Section("tiers", LABELS["tiers_title"], _tiers)
"""The shop's ladder."""

CONCENTRATION: Final = Section("concentration", LABELS["concentration_title"], _concentration)
"""What the top 20 % bring."""
