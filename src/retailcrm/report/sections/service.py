"""How the shop serves: what went back, how long things take, what buyers say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.report.charts import (
    Series,
    Whisker,
    grouped,
    height_of,
    rate_bars,
    rate_months,
    rates,
    rows_height,
    share_interval,
)
from retailcrm.report.charts.months import MONTH_LABELS, month_names
from retailcrm.report.data import (
    Lang,
    ReasonRow,
    Refunding,
    ReportData,
    ReviewedProduct,
    ReviewMonth,
    Reviews,
    pick,
)
from retailcrm.report.formats import count, hours, money, part_of, share
from retailcrm.report.labels import LABELS, say, things
from retailcrm.report.parts import Chart, Column, Paragraph, Part, Row, Section, SectionBody, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWN: Final = 8
"""At most so many reasons and products are drawn; the tables have all."""

CHART: Final = 300
"""Height of a chart by month, in CSS pixels."""

CHAPTER: Final = LABELS["chapter_service"]


def _refunds(data: ReportData, lang: Lang) -> SectionBody:
    """Say how much went back, when, and why."""
    refunding = data.refunding
    if refunding is None or not refunding.refunded_orders:
        return SectionBody(())
    parts: list[Part] = [Paragraph(text=_refunds_lead(data, refunding, lang), tone="lead")]
    if any(row.refunded for row in data.months):
        parts.append(_refund_months(data, lang))
    notes: list[Part] = []
    if refunding.refunded > sum(row.refunded for row in data.months) > 0:
        notes.append(Paragraph(text=say(lang, "refunds_counted"), tone="note"))
    if not refunding.reasons:
        notes.append(Paragraph(text=say(lang, "refunds_no_reasons"), tone="note"))
        return SectionBody((*parts, *notes))
    chart, table = _reasons_chart(refunding.reasons, lang), _reasons(refunding.reasons, lang)
    return SectionBody((*parts, chart, *notes, table))


def _refunds_lead(data: ReportData, refunding: Refunding, lang: Lang) -> str:
    """Count refunds by orders and by money."""
    return say(
        lang,
        "refunds_lead",
        orders=things(refunding.orders, "order", lang),
        refunded=count(refunding.refunded_orders),
        order_rate=share(part_of(refunding.refunded_orders, refunding.orders)),
        money=money(refunding.refunded, data.currency),
        rate=share(part_of(refunding.refunded, refunding.gross)),
    )


def _refund_months(data: ReportData, lang: Lang) -> Chart:
    """Draw the refund rate by month."""
    months = [row.month for row in data.months]
    values = [part_of(row.refunded, row.gross) for row in data.months]
    return Chart(
        key="refund-months",
        figure=rate_bars(months, values, data.as_of, lang),
        alternative=say(lang, "refund_months_alt", first=months[0], last=months[-1]),
        title=say(lang, "refund_months"),
        height=CHART,
    )


def _reasons_chart(reasons: Sequence[ReasonRow], lang: Lang) -> Chart:
    """Draw the costliest reasons."""
    whole = sum(row.amount for row in reasons)
    drawn = reasons[:DRAWN]
    series = Series(
        word=say(lang, "share_refunded"),
        colour="second",
        values=tuple(part_of(row.amount, whole) for row in drawn),
    )
    return Chart(
        key="refund-reasons",
        figure=grouped([_reason(row, lang) for row in drawn], (series,), lang),
        alternative=say(lang, "refund_reasons_alt", n=count(len(drawn))),
        title=say(lang, "refund_reasons"),
        height=height_of(len(drawn)),
    )


def _reason(row: ReasonRow, lang: Lang) -> str:
    return row.reason or say(lang, "not_told")


def _reasons(reasons: Sequence[ReasonRow], lang: Lang) -> Table:
    """List all reasons."""
    whole = sum(row.amount for row in reasons)
    return Table(
        caption=say(lang, "reasons_caption"),
        columns=(
            Column(title=say(lang, "reason")),
            Column(title=say(lang, "refund_count"), cells="count"),
            Column(title=say(lang, "refunded"), cells="money"),
            Column(title=say(lang, "share_refunded"), cells="share"),
        ),
        rows=tuple(
            Row(cells=(_reason(r, lang), r.refunds, r.amount, part_of(r.amount, whole))) for r in reasons
        ),
        folded=True,
    )


def _times(data: ReportData, lang: Lang) -> SectionBody:
    """List how long the steps of an order take."""
    rows = [row for row in data.delays if row.count]
    if not rows:
        return SectionBody(())
    parts: list[Part] = []
    shipping = next((row for row in rows if row.key == "shipping" and row.median_hours is not None), None)
    if shipping is not None:
        usual, long = hours(shipping.median_hours, lang), hours(shipping.p90_hours, lang)
        parts.append(Paragraph(text=say(lang, "times_lead", median=usual, p90=long), tone="lead"))
    columns = (
        Column(title=say(lang, "step")),
        Column(title=say(lang, "cases"), cells="count"),
        Column(title=say(lang, "median"), cells="hours"),
        Column(title=say(lang, "p90"), cells="hours"),
        Column(title=say(lang, "limit"), cells="hours"),
        Column(title=say(lang, "within"), cells="share"),
    )
    lines = tuple(
        Row(cells=(pick(r.label, lang), r.count, r.median_hours, r.p90_hours, r.within_hours, r.within))
        for r in rows
    )
    parts.append(Table(caption=say(lang, "times_caption"), columns=columns, rows=lines))
    turned = sum(row.reversed_count for row in rows)
    if turned:
        orders = things(turned, "order", lang)
        parts.append(Paragraph(text=say(lang, "times_reversed", orders=orders), tone="note"))
    return SectionBody(tuple(parts))


def _reviews(data: ReportData, lang: Lang) -> SectionBody:
    """Say how many reviews are good, by month, and of which products the fewest are."""
    reviews = data.reviews
    if reviews is None or not reviews.reviews:
        return SectionBody(())
    gap = "" if lang == "zh" else " "
    lead = gap.join(filter(None, (_scored(reviews, lang), _seconds(reviews, lang))))
    parts: list[Part] = [Paragraph(text=lead, tone="lead")] if lead else []
    months = [row for row in reviews.months if row.scored]
    if len(months) > 1:
        parts.append(_good_months(months, lang))
    if reviews.worst:
        parts.append(_worst_chart(reviews, lang))
    if months:
        parts.append(_good_table(months, lang))
    if reviews.worst:
        parts.append(_worst_table(reviews.worst, lang))
    return SectionBody(tuple(parts))


def _scored(reviews: Reviews, lang: Lang) -> str:
    """Give the shop's rate with its interval, where there are scores."""
    if reviews.rate is None:
        return ""
    return say(
        lang,
        "reviews_lead",
        scored=things(reviews.scored, "review", lang),
        rate=share(reviews.rate),
        low=share(reviews.low),
        high=share(reviews.high),
        good=str(reviews.good_from),
    )


def _seconds(reviews: Reviews, lang: Lang) -> str:
    """Count second reviews."""
    told = things(reviews.reviews, "review", lang)
    return say(lang, "reviews_second", reviews=told, second=count(reviews.second))


def _good_months(months: Sequence[ReviewMonth], lang: Lang) -> Chart:
    """Draw the good-review rate by month with its interval."""
    names = month_names([row.month for row in months], lang, most=MONTH_LABELS // 2)
    return Chart(
        key="review-months",
        figure=rate_months([_month_whisker(row, lang) for row in months], names, lang),
        alternative=say(lang, "good_months_alt", first=months[0].month, last=months[-1].month),
        title=say(lang, "good_months"),
        height=CHART,
    )


def _month_whisker(row: ReviewMonth, lang: Lang) -> Whisker:
    low, high = share_interval(row.good, row.scored)
    return _rate_whisker(row.month, row.good / row.scored, (low, high), row.scored, lang)


def _rate_whisker(name: str, rate: float, ends: tuple[float, float], scored: int, lang: Lang) -> Whisker:
    low, high = ends
    told = things(scored, "review", lang)
    text = say(lang, "rate_hover", rate=share(rate), low=share(low), high=share(high), scored=told)
    return Whisker(name=name, value=rate, low=low, high=high, text=text)


def _worst_chart(reviews: Reviews, lang: Lang) -> Chart:
    """Draw the products with the fewest good reviews, beside the shop's rate."""
    drawn = reviews.worst[:DRAWN]
    rows = [_rate_whisker(r.product, r.rate, (r.low, r.high), r.scored, lang) for r in drawn]
    return Chart(
        key="review-products",
        figure=rates(rows, reviews.rate, lang),
        alternative=say(lang, "worst_alt", n=count(len(drawn))),
        title=say(lang, "worst_chart"),
        height=max(rows_height(rows), CHART),
        legend=() if reviews.rate is None else (("second", say(lang, "shop_rate")),),
    )


def _good_table(months: Sequence[ReviewMonth], lang: Lang) -> Table:
    """List the months."""
    columns = (
        Column(title=say(lang, "month")),
        Column(title=say(lang, "reviews"), cells="count"),
        Column(title=say(lang, "scored"), cells="count"),
        Column(title=say(lang, "good"), cells="count"),
        *_rate_columns(lang),
    )
    rows = tuple(
        Row(
            cells=(r.month, r.reviews, r.scored, r.good, r.good / r.scored, *share_interval(r.good, r.scored))
        )
        for r in months
    )
    return Table(caption=say(lang, "good_months_caption"), columns=columns, rows=rows, folded=True)


def _worst_table(worst: Sequence[ReviewedProduct], lang: Lang) -> Table:
    """List the products."""
    columns = (
        Column(title=say(lang, "product")),
        Column(title=say(lang, "scored"), cells="count"),
        Column(title=say(lang, "good"), cells="count"),
        *_rate_columns(lang),
    )
    rows = tuple(Row(cells=(r.product, r.scored, r.good, r.rate, r.low, r.high)) for r in worst)
    return Table(caption=say(lang, "worst_caption"), columns=columns, rows=rows, folded=True)


def _rate_columns(lang: Lang) -> tuple[Column, Column, Column]:
    return (
        Column(title=say(lang, "good_rate"), cells="rate"),
        Column(title=say(lang, "interval_low"), cells="rate"),
        Column(title=say(lang, "interval_high"), cells="rate"),
    )


REFUNDS: Final = Section("refunds", LABELS["refunds_title"], _refunds, chapter=CHAPTER)
"""What went back, and why."""

TIMES: Final = Section("times", LABELS["times_title"], _times, chapter=CHAPTER)
"""How long the steps of an order take."""

REVIEWS: Final = Section("reviews", LABELS["reviews_title"], _reviews, chapter=CHAPTER)
"""What buyers say."""
