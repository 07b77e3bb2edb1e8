"""What the figures rest on: customer files, exports, their problems, and the rules in force."""

from __future__ import annotations

from typing import Final

from retailcrm.report.charts import Series, height_of, stacked
from retailcrm.report.data import FieldRow, Lang, Quality, ReportData, Strength, pick
from retailcrm.report.formats import count, part_of, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import Chart, Column, Paragraph, Part, Row, Section, SectionBody, Table

OPEN_ROWS: Final = 12
"""A list of more files starts folded."""

CHAPTER: Final = LABELS["chapter_ground"]


def _completeness(data: ReportData, lang: Lang) -> SectionBody:
    """Draw how often each field of a customer is known."""
    rows = [row for row in data.quality.completeness if row.people]
    if not rows:
        return SectionBody(())
    chart = Chart(
        key="completeness",
        figure=stacked([pick(row.label, lang) for row in rows], _known_parts(rows, lang), lang),
        alternative=say(lang, "completeness_alt", n=count(len(rows))),
        height=height_of(len(rows)),
        legend=(
            ("first", say(lang, "known")),
            ("second", say(lang, "masked")),
            ("line", say(lang, "missing")),
        ),
    )
    return SectionBody(
        (Paragraph(text=_completeness_lead(data, rows, lang), tone="lead"), chart, _fields(rows, lang)),
        beside=True,
    )


def _completeness_lead(data: ReportData, rows: list[FieldRow], lang: Lang) -> str:
    """Name the field that is missing most."""
    least = min(rows, key=lambda row: row.known / row.people)
    words = [
        say(
            lang,
            "completeness_lead",
            people=things(max(row.people for row in rows), "person", lang),
            field=pick(least.label, lang),
            known=share(part_of(least.known, least.people)),
        )
    ]
    if data.members is not None:
        words.append(say(lang, "completeness_members", people=things(data.members, "person", lang)))
    return ("" if lang == "zh" else " ").join(words)


def _known_parts(rows: list[FieldRow], lang: Lang) -> tuple[Series, ...]:
    """Split each field into known, masked and missing."""
    split = {
        "known": ("first", tuple(part_of(r.known, r.people) for r in rows)),
        "masked": ("second", tuple(part_of(r.masked, r.people) for r in rows)),
        "missing": ("line", tuple(part_of(r.people - r.known - r.masked, r.people) for r in rows)),
    }
    return tuple(
        Series(word=say(lang, word), colour=colour, values=values) for word, (colour, values) in split.items()
    )


def _fields(rows: list[FieldRow], lang: Lang) -> Table:
    """List the fields, with the day of the newest export that told each."""
    columns = (
        Column(title=say(lang, "field")),
        Column(title=say(lang, "known"), cells="count"),
        Column(title=say(lang, "masked"), cells="count"),
        Column(title=say(lang, "missing"), cells="count"),
        Column(title=say(lang, "newest_export")),
    )
    lines = tuple(
        Row(cells=(pick(r.label, lang), r.known, r.masked, r.people - r.known - r.masked, r.newest))
        for r in rows
    )
    return Table(caption=say(lang, "completeness_caption"), columns=columns, rows=lines)


def _quality(data: ReportData, lang: Lang) -> SectionBody:
    """Say what was read, what was wrong with it, and whose orders they are."""
    quality = data.quality
    parts: list[Part] = []
    if quality.coverage:
        parts.append(Paragraph(text=_known(quality, lang), tone="lead"))
    parts.extend(Paragraph(text=pick(note, lang)) for note in quality.notes)
    if quality.coverage:
        parts.append(_coverage(quality, lang))
    if quality.freshness:
        parts.append(_freshness(quality, lang))
    if quality.stray_refunds:
        refunds = things(quality.stray_refunds, "refund", lang)
        parts.append(Paragraph(text=say(lang, "stray_refunds", refunds=refunds), tone="note"))
    if quality.files:
        parts += [Paragraph(text=_read(quality, lang)), _files(quality, lang)]
        parts.append(
            _problems(quality, lang) if quality.problems else Paragraph(text=say(lang, "problems_none"))
        )
    return SectionBody(tuple(parts))


def _known(quality: Quality, lang: Lang) -> str:
    """Say how much of the money has a known buyer."""
    whole = sum(row.net for row in quality.coverage)
    shares = {
        strength.value: share(part_of(sum(r.net for r in quality.coverage if r.strength is strength), whole))
        for strength in Strength
    }
    return say(lang, "quality_known", **shares)


def _read(quality: Quality, lang: Lang) -> str:
    """Say how many records were read and taken."""
    accepted, rejected, blank = (
        sum(getattr(f, n) for f in quality.files) for n in ("accepted", "rejected", "blank")
    )
    return say(
        lang,
        "quality_lead",
        files=things(len(quality.files), "file", lang),
        records=things(accepted + rejected + blank, "record", lang),
        accepted=count(accepted),
        rejected=count(rejected),
        blank=count(blank),
    )


def _files(quality: Quality, lang: Lang) -> Table:
    """List the files, and how the paid amount was found where a file left the choice."""
    columns = (
        Column(title=say(lang, "file")),
        Column(title=say(lang, "source")),
        Column(title=say(lang, "accepted"), cells="count"),
        Column(title=say(lang, "rejected"), cells="count"),
        Column(title=say(lang, "blank"), cells="count"),
        Column(title=say(lang, "money_rule"), cells="note"),
    )
    width = len(columns) if any(pick(f.money_rule, lang) for f in quality.files) else len(columns) - 1
    lines = [
        (f.name, pick(f.source, lang), f.accepted, f.rejected, f.blank, pick(f.money_rule, lang))
        for f in quality.files
    ]
    rows = tuple(Row(cells=line[:width]) for line in lines)
    folded = len(rows) > OPEN_ROWS
    return Table(caption=say(lang, "files_caption"), columns=columns[:width], rows=rows, folded=folded)


def _problems(quality: Quality, lang: Lang) -> Table:
    """List the kinds of problem with an example each."""
    columns = (
        Column(title=say(lang, "problem")),
        Column(title=say(lang, "times"), cells="count"),
        Column(title=say(lang, "example"), cells="note"),
    )
    rows = tuple(Row(cells=(p.code, p.count, p.example)) for p in quality.problems)
    return Table(caption=say(lang, "problems_caption"), columns=columns, rows=rows)


def _coverage(quality: Quality, lang: Lang) -> Table:
    """List orders and money by how surely their buyer is known."""
    all_orders, all_net = sum(r.orders for r in quality.coverage), sum(r.net for r in quality.coverage)
    columns = (
        Column(title=say(lang, "strength")),
        Column(title=say(lang, "orders"), cells="count"),
        Column(title=say(lang, "share_orders"), cells="share"),
        Column(title=say(lang, "net"), cells="money"),
        Column(title=say(lang, "share_net"), cells="share"),
    )
    rows = tuple(
        Row(
            cells=(
                say(lang, r.strength),
                r.orders,
                part_of(r.orders, all_orders),
                r.net,
                part_of(r.net, all_net),
            )
        )
        for r in quality.coverage
    )
    return Table(caption=say(lang, "coverage_caption"), columns=columns, rows=rows)


def _freshness(quality: Quality, lang: Lang) -> Table:
    """List until when each kind of record reaches."""
    columns = (
        Column(title=say(lang, "freshness_kind")),
        Column(title=say(lang, "records"), cells="count"),
        Column(title=say(lang, "newest_record")),
        Column(title=say(lang, "newest_export")),
        Column(title=say(lang, "days_old"), cells="days"),
    )
    rows = tuple(
        Row(cells=(pick(r.label, lang), r.records, r.newest_record, r.newest_export, r.days_old))
        for r in quality.freshness
    )
    return Table(caption=say(lang, "freshness_caption"), columns=columns, rows=rows)


def _policy(data: ReportData, lang: Lang) -> SectionBody:
    """List the settings that the figures were computed under."""
    if not data.policy:
        return SectionBody(())
    columns = (Column(title=say(lang, "setting")), Column(title=say(lang, "value"), cells="note"))
    rows = tuple(Row(cells=(pick(line.name, lang), pick(line.value, lang))) for line in data.policy)
    lead = Paragraph(text=say(lang, "policy_lead"))
    return SectionBody((lead, Table(caption=say(lang, "policy_caption"), columns=columns, rows=rows)))


COMPLETENESS: Final = Section("completeness", LABELS["completeness_title"], _completeness, chapter=CHAPTER)
"""How often each field of a customer is known."""

QUALITY: Final = Section("quality", LABELS["quality_title"], _quality, chapter=CHAPTER)
"""Files, problems, coverage, freshness."""

POLICY: Final = Section("policy", LABELS["policy_title"], _policy, chapter=CHAPTER)
"""Settings in force."""
