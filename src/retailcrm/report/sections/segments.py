"""RFM segments, and which of them bring most of the sales."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from retailcrm.report.charts import Series, grouped, height_of, step_legend, step_of, treemap
from retailcrm.report.data import Lang, MainGroups, ReportData, SegmentRow, pick
from retailcrm.report.formats import count, part_of, share
from retailcrm.report.labels import LABELS, say
from retailcrm.report.parts import Chart, Column, Paragraph, Row, Section, SectionBody, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

CHAPTER: Final = LABELS["chapter_customers"]


def _segments(data: ReportData, lang: Lang) -> SectionBody:
    """Draw the segments, and say what to do for each."""
    rows = data.segments
    if not any(row.customers for row in rows):
        return SectionBody(())
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


def _main(data: ReportData, lang: Lang) -> SectionBody:
    """Tell main segments from secondary ones."""
    groups, all_net = data.main_groups, sum(row.net for row in data.segments)
    if groups is None or not groups.main or all_net <= 0:
        return SectionBody(())
    place = {key: number for number, key in enumerate(groups.main)}
    rows = sorted(data.segments, key=lambda row: (place.get(row.key, len(place)), -row.net))
    series = Series(
        word=say(lang, "share_net"),
        colour=tuple("first" if row.key in place else "third" for row in rows),
        values=tuple(part_of(row.net, all_net) for row in rows),
    )
    chart = Chart(
        key="main-groups",
        figure=grouped([pick(row.label, lang) for row in rows], (series,), lang),
        alternative=say(lang, "main_alt"),
        height=height_of(len(rows)),
        legend=(("first", say(lang, "main_group")), ("third", say(lang, "secondary_group"))),
    )
    lead = Paragraph(text=_main_lead(groups, rows, lang), tone="lead")
    return SectionBody((lead, chart, _main_table(groups, rows, lang)), beside=True)


def _main_lead(groups: MainGroups, rows: Sequence[SegmentRow], lang: Lang) -> str:
    """Name the main segments, and say what they are and bring."""
    names = [pick(row.label, lang) for row in rows if row.key in groups.main]
    return say(
        lang,
        "main_lead",
        wanted=f"{groups.share_wanted:.0%}",
        main=say(lang, "list_comma").join(f"「{n}」" if lang == "zh" else f"“{n}”" for n in names),
        customers=share(groups.customers_share),
        share=share(groups.share),
    )


def _main_table(groups: MainGroups, rows: Sequence[SegmentRow], lang: Lang) -> Table:
    """List the segments with what they bring together so far."""
    all_net = sum(row.net for row in rows)
    sums = itertools.accumulate(row.net for row in rows)
    words = {True: say(lang, "main_group"), False: say(lang, "secondary_group")}
    return Table(
        caption=say(lang, "main_caption"),
        columns=(
            Column(title=say(lang, "segment")),
            Column(title=say(lang, "group")),
            Column(title=say(lang, "customers"), cells="count"),
            Column(title=say(lang, "net"), cells="money"),
            Column(title=say(lang, "cumulative_net"), cells="share"),
        ),
        rows=tuple(
            Row(
                cells=(
                    pick(r.label, lang),
                    words[r.key in groups.main],
                    r.customers,
                    r.net,
                    part_of(s, all_net),
                )
            )
            for r, s in zip(rows, sums, strict=True)
        ),
    )


SEGMENTS: Final = Section("segments", LABELS["segments_title"], _segments, chapter=CHAPTER)
"""RFM segments and what to do for each."""

MAIN_GROUPS: Final = Section("main-groups", LABELS["main_title"], _main, chapter=CHAPTER)
"""The fewest segments that bring most of the sales."""
