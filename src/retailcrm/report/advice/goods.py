"""Advice on goods: what lies on the shelf, what runs out, what a festival brings."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.advice.rule import Advice, limit
from retailcrm.report.formats import money, part_of, share
from retailcrm.report.labels import things

if TYPE_CHECKING:
    from retailcrm.report.data import Goods, ProductRow, ReportData

MANY_SLOW: Final = 0.1
"""Share of the catalogue's products that are slow sellers from which to clear the shelf."""


CATALOGUE: Final = 20
"""Least products of the catalogue that is judged."""


SHORT_STOCK: Final = 14
"""Days that a best seller's stock should last at the period's pace."""


SOLD_PIECES: Final = 30
"""Least pieces sold of a best seller whose pace is judged."""


STRONG_LIFT: Final = 1.3
"""Lower end of a category's lift before a festival from which to prepare for it."""


LIFT_PIECES: Final = 100
"""Least pieces sold in the festival's windows."""


def slow_stock(data: ReportData) -> Advice | None:
    """Clear the shelf where much of it does not sell."""
    goods = data.goods
    part = None if goods is None else part_of(goods.slow_count, goods.catalogue)
    if goods is None or part is None or goods.catalogue < CATALOGUE or part < MANY_SLOW:
        return None
    cost = goods.slow_stock_cost
    tied = Label("", "") if cost is None else _tied(money(cost, data.currency))
    products = {lang: things(goods.slow_count, "product", lang) for lang in ("zh", "en")}
    return Advice(
        key="slow_stock",
        text=Label(
            zh="清理滞销库存：搭售、做满赠或下架，别再补货。",
            en="Clear the slow stock: bundle it, give it away above a threshold or take it off the shelf, "
            "and order no more.",
        ),
        reason=Label(
            zh=f"{products['zh']} {things(goods.slow_days, 'day', 'zh')}没有卖出，占目录的 {share(part)}"
            f"（阈值 {limit(MANY_SLOW)}）{tied.zh}。",
            en=f"{products['en']} did not sell for {things(goods.slow_days, 'day', 'en')}: {share(part)} of "
            f"the catalogue (threshold {limit(MANY_SLOW)}){tied.en}.",
        ),
    )


def _tied(cost: str) -> Label:
    """Say what the stock cost."""
    return Label(zh=f"，压着成本 {cost}", en=f"; its cost is {cost}")


def _lasts(row: ProductRow, goods: Goods) -> float | None:
    """Say for how many days a product's stock lasts at the period's pace."""
    length = dt.date.fromisoformat(goods.end) - dt.date.fromisoformat(goods.start)
    if row.stock is None or row.pieces < SOLD_PIECES or not length.days:
        return None
    return row.stock * length.days / row.pieces


def restock(data: ReportData) -> Advice | None:
    """Order the best seller that runs out first."""
    goods = data.goods
    lasting = [] if goods is None else [(_lasts(row, goods), row) for row in goods.hot]
    short = [(lasts, row) for lasts, row in lasting if lasts is not None and lasts < SHORT_STOCK]
    if not short:
        return None
    lasts, row = min(short, key=lambda pair: pair[0])
    days = {lang: things(int(lasts), "day", lang) for lang in ("zh", "en")}
    others = len(short) - 1
    more = Label("", "")
    if others:
        run = "seller also runs" if others == 1 else "sellers also run"
        more = Label(zh=f"，另有 {others} 种热销商品也不够", en=f"; {others} more best {run} short")
    return Advice(
        key="restock",
        text=Label(zh=f"尽快补货「{row.title}」。", en=f"Order “{row.title}” soon."),
        reason=Label(
            zh=f"库存还有 {things(row.stock or 0, 'piece', 'zh')}，按本期的销量够卖 {days['zh']}"
            f"（阈值 {SHORT_STOCK} 天）{more.zh}。",
            en=f"{things(row.stock or 0, 'piece', 'en')} in stock last {days['en']} at this period’s pace "
            f"(threshold {SHORT_STOCK} days){more.en}.",
        ),
    )


def festival(data: ReportData) -> Advice | None:
    """Prepare the category that surely rises most before a festival."""
    strong = [row for row in data.lifts if row.low >= STRONG_LIFT and row.pieces >= LIFT_PIECES]
    best = max(strong, key=lambda row: row.low, default=None)
    if best is None:
        return None
    once = Label(zh="；仅一年数据", en="; one year only") if best.years == 1 else Label("", "")
    interval = f"{best.low:.2f}–{best.high:.2f}"
    return Advice(
        key="festival",
        text=Label(
            zh=f"{best.festival.zh}前为「{best.category}」提前备货、排好活动。",
            en=f"Before {best.festival.en}, stock up on “{best.category}” and plan its promotion early.",
        ),
        reason=Label(
            zh=f"该品类节前的提升是全店的 {best.lift:.2f} 倍，95% 区间 {interval}"
            f"（阈值：下限 {STRONG_LIFT:g}）{once.zh}。",
            en=f"Its lift before the festival is {best.lift:.2f}× the shop’s, 95% interval {interval} "
            f"(threshold: lower end {STRONG_LIFT:g}){once.en}.",
        ),
    )
