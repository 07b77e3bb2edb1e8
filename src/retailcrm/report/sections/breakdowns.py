"""Sales cut into groups: by gender, age, region, province, city, channel, level, category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.report.charts import Series, grouped, height_of, share_legend
from retailcrm.report.data import Breakdown, BreakdownRow, Lang, ReportData, pick
from retailcrm.report.formats import part_of, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import Chart, Column, Paragraph, Part, Row, Section, SectionBody, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailcrm.report.parts import Cell

DRAWN: Final = 10
"""At most so many groups are drawn; the table has all."""

PAIRED: Final = 6
"""Up to so many groups are drawn with two bars each; more would be a wall of bars."""

OPEN_ROWS: Final = 8
"""A table of more rows starts folded: the chart tells its story."""

TWO: Final = 2
"""A single group is the whole shop again."""

LISTED_ONLY: Final = "city"
"""Too many, and too small, to draw."""

UNTOLD: Final = ""
"""Key of the group of orders that do not tell."""


def breakdown_of(data: ReportData, key: str) -> Breakdown | None:
    """Find a breakdown that cuts anything: at least two groups that are told have orders."""
    found = next((one for one in data.breakdowns if one.key == key), None)
    if found is None or sum(row.key != UNTOLD and row.orders > 0 for row in found.rows) < TWO:
        return None
    return found


def breakdown_chart(found: Breakdown, lang: Lang, *, titled: bool) -> Chart:
    """Draw the first groups' shares of net and, where they are few, of buyers; untold ones are not drawn.

    Args:
        found: The groups.
        lang: Language.
        titled: Say above the chart what it shows.
    """
    told = _told(found)
    drawn, what = told[:DRAWN], _what(found, lang)
    paired = len(_shown(found, drawn)) > 1
    series = _series(found, drawn, lang)
    cut = "breakdown_first" if len(told) > len(drawn) else "breakdown_chart"
    return Chart(
        key=f"by-{found.key}",
        figure=grouped([pick(row.label, lang) for row in drawn], series, lang),
        alternative=say(
            lang, "breakdown_alt" if paired else "breakdown_alt_net", what=what, n=str(len(drawn))
        ),
        title=say(lang, cut, what=what, n=str(len(drawn))) if titled else "",
        height=height_of(len(drawn), bars=len(series)),
        legend=share_legend(lang, "share_buyers")[-len(series) :],
    )


def _series(found: Breakdown, drawn: Sequence[BreakdownRow], lang: Lang) -> tuple[Series, ...]:
    """Measure the groups against all, those that do not tell included."""
    buyers, net = sum(row.buyers for row in found.rows), sum(row.net for row in found.rows)
    shares = {
        "share_buyers": ("second", tuple(part_of(row.buyers, buyers) for row in drawn)),
        "share_net": ("first", tuple(part_of(row.net, net) for row in drawn)),
    }
    return tuple(
        Series(word=say(lang, word), colour=shares[word][0], values=shares[word][1])
        for word in _shown(found, drawn)
    )


def _shown(found: Breakdown, drawn: Sequence[BreakdownRow]) -> tuple[str, ...]:
    """Choose the shares to draw: buyers too where there are few groups and anybody is known."""
    paired = len(drawn) <= PAIRED and _known(found)
    return ("share_buyers", "share_net") if paired else ("share_net",)


def _known(found: Breakdown) -> bool:
    """Say whether any buyer is known."""
    return any(row.buyers for row in found.rows)


def breakdown_tables(found: Breakdown, lang: Lang, *, folded: bool = False) -> tuple[Part, ...]:
    """List all groups, with what a reader must know of them.

    Args:
        found: The groups.
        lang: Language.
        folded: Start closed, as long tables do anyway.
    """
    table = _table(found, lang, folded=folded or len(found.rows) > OPEN_ROWS)
    words = pick(found.note, lang)
    return (table, Paragraph(text=words, tone="note")) if words else (table,)


def withheld_note(found: Sequence[Breakdown], lang: Lang) -> tuple[Paragraph, ...]:
    """Explain the dashes of small groups, once for all tables of a section that have some."""
    few = [one for one in found if any(row.withheld for row in one.rows)]
    if not few:
        return ()
    least = things(few[0].least, "person", lang)
    return (Paragraph(text=say(lang, "breakdown_withheld", least=least), tone="note"),)


def _table(found: Breakdown, lang: Lang, *, folded: bool) -> Table:
    """List the groups; columns that say nothing are left out."""
    all_net = sum(row.net for row in found.rows)
    columns = {
        "name": Column(title=pick(found.label, lang)),
        "buyers": Column(title=say(lang, "buyers"), cells="count"),
        "new": Column(title=say(lang, "of_them_new"), cells="count"),
        "orders": Column(title=say(lang, "orders"), cells="count"),
        "net": Column(title=say(lang, "net"), cells="money"),
        "share": Column(title=say(lang, "share_net"), cells="share"),
        "growth": Column(title=say(lang, "growth"), cells="growth"),
        "aov": Column(title=say(lang, "aov"), cells="money"),
        "per_buyer": Column(title=say(lang, "per_buyer"), cells="money"),
        "repurchase": Column(title=say(lang, "repurchase_rate"), cells="rate"),
        "refunds": Column(title=say(lang, "refund_rate"), cells="rate"),
    }
    idle = _idle(found)
    shown = [name for name in columns if name not in idle]

    def cells(row: BreakdownRow) -> dict[str, Cell]:
        return {
            "name": _name(row, lang),
            "buyers": row.buyers,
            "new": row.new_buyers,
            "orders": row.orders,
            "net": row.net,
            "share": part_of(row.net, all_net),
            "growth": row.growth,
            "aov": row.aov,
            "per_buyer": row.per_buyer,
            "repurchase": row.repurchase_rate,
            "refunds": None if row.withheld else part_of(row.refunded, row.net + row.refunded),
        }

    caption = "breakdown_caption" if _known(found) else "breakdown_caption_nobody"
    return Table(
        caption=say(lang, caption, what=_what(found, lang)),
        columns=tuple(columns[name] for name in shown),
        rows=tuple(Row(cells=tuple(cells(row)[name] for name in shown)) for row in found.rows),
        folded=folded,
    )


def _idle(found: Breakdown) -> set[str]:
    """Name the columns that say nothing: of buyers where nobody is known, else of orders, beside buyers."""
    idle = {"orders"} if _known(found) else {"buyers", "new", "per_buyer", "repurchase"}
    # Over a shop's whole history every buyer was new once.
    if all(row.new_buyers == row.buyers for row in found.rows):
        idle.add("new")
    if all(row.growth is None for row in found.rows):
        idle.add("growth")
    return idle


def _what(found: Breakdown, lang: Lang) -> str:
    """Name what is cut by, as it stands within an English sentence."""
    what = pick(found.label, lang)
    return what if lang == "zh" else what[:1].lower() + what[1:]


def _name(row: BreakdownRow, lang: Lang) -> str:
    return pick(row.label, lang) or say(lang, "not_told")


def _told(found: Breakdown) -> list[BreakdownRow]:
    return [row for row in found.rows if row.key != UNTOLD]


def _lead(found: Breakdown, lang: Lang) -> Paragraph:
    """Name the group that brings most, and say how much is not told."""
    what, net = _what(found, lang), sum(row.net for row in found.rows)
    big = max(_told(found), key=lambda row: row.net)
    part = share(part_of(big.net, net))
    words = say(lang, "breakdown_lead", what=what, big=_name(big, lang), share=part)
    untold = part_of(sum(row.net for row in found.rows if row.key == UNTOLD), net)
    if untold:
        gap = "" if lang == "zh" else " "
        words += gap + say(lang, "breakdown_untold", share=share(untold), what=what)
    return Paragraph(text=words, tone="lead")


def section_body(*keys: str) -> Callable[[ReportData, Lang], SectionBody]:
    """Make what renders some breakdowns: one sentence, the charts side by side, then the tables.

    Only the first table starts open.

    Args:
        *keys: Keys of the breakdowns, the one that the sentence is about first.
    """

    def render(data: ReportData, lang: Lang) -> SectionBody:
        found: Sequence[Breakdown] = [one for key in keys if (one := breakdown_of(data, key)) is not None]
        if not found:
            return SectionBody(())
        drawn = [one for one in found if one.key != LISTED_ONLY]
        charts = [breakdown_chart(one, lang, titled=len(drawn) > 1) for one in drawn]
        tables = [part for one in found for part in breakdown_tables(one, lang, folded=one is not found[0])]
        return SectionBody((_lead(found[0], lang), *charts, *tables, *withheld_note(found, lang)))

    return render


PEOPLE: Final = Section(
    "people", LABELS["people_title"], section_body("gender", "age"), chapter=LABELS["chapter_customers"]
)
"""Who they are, as far as they told."""

LEVELS: Final = Section(
    "levels", LABELS["levels_title"], section_body("level"), chapter=LABELS["chapter_customers"]
)
"""Levels of the shop's member list."""

CATEGORIES: Final = Section(
    "categories", LABELS["categories_title"], section_body("category"), chapter=LABELS["chapter_goods"]
)
"""What kinds of goods sell."""

REGIONS: Final = Section(
    "regions",
    LABELS["regions_title"],
    section_body("region", "province", "city"),
    chapter=LABELS["chapter_places"],
)
"""Where they buy from: groups of provinces, provinces, cities."""

CHANNELS: Final = Section(
    "channels", LABELS["channels_title"], section_body("channel"), chapter=LABELS["chapter_places"]
)
"""Where they buy."""
