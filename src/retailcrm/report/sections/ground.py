"""What the figures rest on: the files, their problems, who is known, and the rules in force."""

from __future__ import annotations

from typing import Final

from retailcrm.report.data import Lang, Quality, ReportData, Strength, pick
from retailcrm.report.formats import count, part_of, share
from retailcrm.report.labels import LABELS, say
from retailcrm.report.parts import Column, Paragraph, Part, Row, Section, SectionBody, Table


def _quality(data: ReportData, lang: Lang) -> SectionBody:
    """Say what was read, what was wrong with it, and whose orders they are."""
    quality = data.quality
    parts: list[Part] = []
    if quality.coverage:
        parts.append(Paragraph(text=_known(quality, lang), tone="lead"))
    parts.extend(Paragraph(text=pick(note, lang)) for note in quality.notes)
    if quality.coverage:
        parts.append(_coverage(quality, lang))
    if quality.files:
        parts += [Paragraph(text=_read(quality, lang)), _files(quality, lang)]
        parts.append(
            _problems(quality, lang) if quality.problems else Paragraph(text=say(lang, "problems_none"))
        )
    return SectionBody(tuple(parts) or (Paragraph(text=say(lang, "nothing")),))


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
        files=count(len(quality.files)),
        records=count(accepted + rejected + blank),
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
    return Table(caption=say(lang, "files_caption"), columns=columns[:width], rows=rows)


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


def _policy(data: ReportData, lang: Lang) -> SectionBody:
    """List the settings that the figures were computed under."""
    if not data.policy:
        return SectionBody((Paragraph(text=say(lang, "nothing")),))
    columns = (Column(title=say(lang, "setting")), Column(title=say(lang, "value"), cells="note"))
    rows = tuple(Row(cells=(pick(line.name, lang), pick(line.value, lang))) for line in data.policy)
    lead = Paragraph(text=say(lang, "policy_lead"))
    return SectionBody((lead, Table(caption=say(lang, "policy_caption"), columns=columns, rows=rows)))


QUALITY: Final = Section("quality", LABELS["quality_title"], _quality)
"""Files, problems, coverage."""

POLICY: Final = Section("policy", LABELS["policy_title"], _policy)
"""Settings in force."""
