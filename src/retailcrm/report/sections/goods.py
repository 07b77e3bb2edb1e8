"""What is sold: hot and slow sellers, festivals, tastes."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Final

from retailcrm.report.charts import Whisker, multiples, rows_height
from retailcrm.report.data import Goods, Lang, LiftRow, ReportData, pick
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

    from retailcrm.report.parts import Cell, Kind

DRAWN: Final = 12
"""At most so many lifts are drawn: the surest, and of those the strongest."""

CHAPTER: Final = LABELS["chapter_goods"]


def _products(data: ReportData, lang: Lang) -> SectionBody:
    """List the best sellers, and what lies on the shelf."""
    goods = data.goods
    if goods is None or not (goods.hot or goods.slow):
        return SectionBody(())
    last = (dt.date.fromisoformat(goods.end) - dt.timedelta(days=1)).isoformat()
    products = things(goods.products, "product", lang)
    parts: list[Part] = [
        Paragraph(
            text=say(lang, "products_lead", start=goods.start, end=last, products=products), tone="lead"
        )
    ]
    if goods.hot:
        by_net = not data.nothing_earned and max(row.net for row in goods.hot) > 0
        if not by_net:
            parts.append(Paragraph(text=say(lang, "hot_by_pieces"), tone="note"))
        parts.append(_hot(goods, lang, by_net=by_net))
    return SectionBody((*parts, *_slow(goods, data, lang)))


def _hot(goods: Goods, lang: Lang, *, by_net: bool) -> Table:
    """List the best sellers; stock only where a catalogue tells it, buyers only where any is known."""
    rows = goods.hot if by_net else sorted(goods.hot, key=lambda row: -row.pieces)
    sizes = [row.net if by_net else row.pieces for row in rows]
    columns = {
        "product": Column(title=say(lang, "product")),
        "net": Column(title=say(lang, "net"), cells="money"),
        "best": Column(title=say(lang, "against_best"), cells="share"),
        "pieces": Column(title=say(lang, "pieces"), cells="count"),
        "orders": Column(title=say(lang, "orders"), cells="count"),
        "buyers": Column(title=say(lang, "buyers"), cells="count"),
        "stock": Column(title=say(lang, "stock"), cells="count"),
    }
    idle = {
        *(() if any(row.stock is not None for row in rows) else ("stock",)),
        *(() if any(row.buyers for row in rows) else ("buyers",)),
    }
    shown = [name for name in columns if name not in idle]
    lines: list[dict[str, Cell]] = [
        {
            "product": row.title, "net": row.net, "best": part_of(size, max(sizes)), "pieces": row.pieces,
            "orders": row.orders, "buyers": row.buyers, "stock": row.stock,
        }
        for row, size in zip(rows, sizes, strict=True)
    ]  # fmt: skip
    return Table(
        caption=say(lang, _hot_caption(goods, by_net=by_net), n=count(len(rows))),
        columns=tuple(columns[name] for name in shown),
        rows=tuple(Row(cells=tuple(line[name] for name in shown)) for line in lines),
    )


def _hot_caption(goods: Goods, *, by_net: bool) -> str:
    """Choose what the list is called; of more products it holds those with the highest net only."""
    if by_net:
        return "hot_caption"
    return "hot_caption_pieces" if goods.products <= len(goods.hot) else "hot_caption_pieces_among"


def _slow(goods: Goods, data: ReportData, lang: Lang) -> list[Part]:
    """Say how much lies on the shelf and what it cost; without a catalogue, that nobody knows."""
    if not goods.catalogue:
        return [Paragraph(text=say(lang, "slow_unknown"), tone="note")]
    days = things(goods.slow_days, "day", lang)
    if not goods.slow_count:
        return [Paragraph(text=say(lang, "slow_none", days=days))]
    words = [say(lang, "slow_lead", products=things(goods.slow_count, "product", lang), days=days)]
    if goods.slow_stock_cost is not None:
        words.append(say(lang, "slow_cost", cost=money(goods.slow_stock_cost, data.currency)))
    text = ("" if lang == "zh" else " ").join(words)
    return [Paragraph(text=text), _slow_table(goods, lang)]


def _slow_table(goods: Goods, lang: Lang) -> Table:
    columns = (
        Column(title=say(lang, "product")),
        Column(title=say(lang, "stock"), cells="count"),
        Column(title=say(lang, "days_since_sold"), cells="days"),
        Column(title=say(lang, "days_on_shelf"), cells="days"),
    )
    rows = tuple(Row(cells=(r.title, r.stock, r.days_since_sold, r.days_on_shelf)) for r in goods.slow)
    return Table(caption=say(lang, "slow_caption"), columns=columns, rows=rows)


def _festivals(data: ReportData, lang: Lang) -> SectionBody:
    """Draw what festivals do to categories, and say how far that can be trusted."""
    if not data.lifts:
        return SectionBody(())
    drawn = sorted(data.lifts, key=lambda row: (not sure(row), -abs(math.log(max(row.lift, 1e-9)))))[:DRAWN]
    drawn.sort(key=lambda row: -row.lift)
    single = all(row.years == 1 for row in data.lifts)
    parts: list[Part] = [Paragraph(text=_festivals_lead(data.lifts, lang), tone="lead")]
    if any(row.years == 1 for row in data.lifts):
        parts.append(Paragraph(text=say(lang, "festivals_all_one_year" if single else "festivals_one_year")))
    rows = [_whisker(row, lang, marked=row.years == 1 and not single) for row in drawn]
    chart = Chart(
        key="festivals",
        figure=multiples(rows, say(lang, "festivals_axis"), lang),
        alternative=say(lang, "festivals_alt", n=count(len(rows))),
        height=rows_height(rows) + 16,
    )
    note = Paragraph(text=say(lang, "festivals_how"), tone="note")
    return SectionBody((*parts, chart, note, _festivals_table(data.lifts, lang)))


def sure(row: LiftRow) -> bool:
    """Say whether a category surely differs from the shop: its interval leaves 1 out."""
    return row.low > 1 or row.high < 1


def _festivals_lead(rows: Sequence[LiftRow], lang: Lang) -> str:
    """Name the category that surely rises most."""
    best = max((row for row in rows if row.low > 1), key=lambda row: row.lift, default=None)
    if best is None:
        return say(lang, "festivals_none")
    return say(
        lang,
        "festivals_lead",
        category=best.category,
        festival=pick(best.festival, lang),
        lift=f"{best.lift:.2f}",
        low=f"{best.low:.2f}",
        high=f"{best.high:.2f}",
    )


def _whisker(row: LiftRow, lang: Lang, *, marked: bool) -> Whisker:
    figures = {name: f"{getattr(row, name):.2f}" for name in ("lift", "low", "high")}
    return Whisker(
        name=row.category,
        value=row.lift,
        low=row.low,
        high=row.high,
        text=say(lang, "festivals_hover", **figures),
        sure=sure(row),
        under=(pick(row.festival, lang), *([say(lang, "one_year")] if marked else [])),
    )


def _festivals_table(rows: Sequence[LiftRow], lang: Lang) -> Table:
    columns = (
        Column(title=say(lang, "category")),
        Column(title=say(lang, "festival")),
        Column(title=say(lang, "lift"), cells="ratio"),
        Column(title=say(lang, "interval_low"), cells="ratio"),
        Column(title=say(lang, "interval_high"), cells="ratio"),
        Column(title=say(lang, "pieces"), cells="count"),
        Column(title=say(lang, "years")),
    )
    lines = tuple(
        Row(cells=(r.category, pick(r.festival, lang), r.lift, r.low, r.high, r.pieces, _years(r, lang)))
        for r in rows
    )
    return Table(caption=say(lang, "festivals_caption"), columns=columns, rows=lines, folded=True)


def _years(row: LiftRow, lang: Lang) -> str:
    return say(lang, "one_year") if row.years == 1 else things(row.years, "year", lang)


def _taste(data: ReportData, lang: Lang) -> SectionBody:
    """Say how far customers' tastes moved, and of how many that can be said."""
    taste = data.taste
    if taste is None or not (taste.measured or taste.withheld):
        return SectionBody(())
    withheld = things(taste.withheld, "customer", lang)
    note = Paragraph(text=say(lang, "taste_withheld", customers=withheld), tone="note")
    if not taste.measured:
        return SectionBody((note,))
    part = share(part_of(taste.changed, taste.measured))
    cards: tuple[tuple[str, Cell, Kind], ...] = (
        ("taste_measured", taste.measured, "count"),
        ("taste_mean", taste.mean, "ratio"),
        ("taste_changed", taste.changed, "count"),
    )
    least = things(taste.least_orders, "order", lang)
    measured = things(taste.measured, "customer", lang)
    lead = say(lang, "taste_lead", measured=measured, changed=count(taste.changed))
    shown = tuple(
        Card(
            label=say(lang, key), value=value, cells=kind,
            definition=say(lang, f"{key}_def", least=least, share=part),
        )
        for key, value, kind in cards
    )  # fmt: skip
    notes = (note,) if taste.withheld else ()
    return SectionBody((Paragraph(text=lead, tone="lead"), Cards(cards=shown), *notes))


PRODUCTS: Final = Section("products", LABELS["products_title"], _products, chapter=CHAPTER)
"""Hot and slow sellers."""

FESTIVALS: Final = Section("festivals", LABELS["festivals_title"], _festivals, chapter=CHAPTER)
"""What sells more before a festival."""

TASTE: Final = Section("taste", LABELS["taste_title"], _taste, chapter=CHAPTER)
"""Whether customers' tastes moved."""
