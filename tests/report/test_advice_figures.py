"""Advice that follows from the figures of members, goods and service: thresholds and least counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from retailcrm.report.advice import advise
from retailcrm.report.data import (
    Breakdown,
    BreakdownRow,
    Change,
    Comparison,
    DelayRow,
    FieldRow,
    FreshnessRow,
    Goods,
    GroupRow,
    LiftRow,
    MonthRow,
    ProductRow,
    Quality,
    ReasonRow,
    Refunding,
    ReviewedProduct,
    ReviewMonth,
    Reviews,
)

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label


def _keys(data) -> list[str]:
    """List the advice a shop gets."""
    return [advice.key for advice in advise(data)]


def _reason(data, key: str) -> Label:
    """Give the reason of one piece of advice."""
    return next(advice.reason for advice in advise(data) if advice.key == key)


def _compared(empty, *changes: tuple[str, str, float | None, float | None]):
    """Give a shop whose latest period has these figures: key, unit, now, before."""
    rows = tuple(
        Change(key=key, label=key, definition="", unit=unit, now=now, before=before)
        for key, unit, now, before in changes
    )
    comparison = Comparison(
        name="m", start="2024-03-01", end="2024-04-01", before_start="2024-02-01", changes=rows
    )
    return attrs.evolve(empty, comparison=comparison)


@pytest.mark.parametrize(
    ("now", "before", "orders", "keys"),
    [
        (0.0625, 0.04, (100, 100), ["refunds_rose"]),
        (0.0595, 0.04, (100, 100), []),  # 1.95 points
        (0.0625, 0.04, (99, 100), []),
        (0.0625, 0.04, (100, 99), []),
        (0.0625, None, (100, 100), []),
    ],
)
def test_a_refund_rate_that_rose_by_two_points(empty, now, before, orders, keys):
    """Two points more are named where both periods have a hundred orders."""
    data = _compared(empty, ("refund_rate", "share", now, before), ("orders", "count", *orders))
    assert _keys(data) == keys


@pytest.mark.parametrize(
    ("now", "low", "keys"),
    [(0.31, 0.26, ["churn_rose"]), (0.31, 0.25, []), (0.29, 0.26, []), (0.31, None, [])],
)
def test_churn_that_surely_rose(empty, now, low, keys):
    """A rise of five points counts only if the whole interval lies above the old rate of 25 %."""
    data = _compared(empty, ("churn_rate", "share", now, 0.25))
    (change,) = data.comparison.changes
    changes = (attrs.evolve(change, low=low, high=0.4),)
    data = attrs.evolve(data, comparison=attrs.evolve(data.comparison, changes=changes))
    assert _keys(data) == keys


@pytest.mark.parametrize(
    ("months", "buyers", "new", "keys"),
    [(7, 100, 81, ["few_returning"]), (7, 100, 80, []), (7, 99, 99, []), (6, 100, 81, [])],
)
def test_few_returning_buyers(empty, months, buyers, new, keys):
    """Under a fifth of a hundred buyers coming back is named from the seventh whole month on."""
    rows = tuple(
        MonthRow(month=f"2023-{n:02d}", orders=buyers, net=100, buyers=buyers, new_buyers=new)
        for n in range(1, months + 1)
    )
    assert _keys(attrs.evolve(empty, months=rows, as_of="2023-12-01")) == keys


@pytest.mark.parametrize(
    ("latest", "buyers", "whole", "keys"),
    [
        (130, 100, 110, ["growing_province"]),
        (129, 100, 110, []),
        (130, 99, 110, []),
        (130, 100, 115, []),  # the shop itself grows half as fast
        (130, 100, None, []),
    ],
)
def test_a_province_that_outgrows_the_shop(empty, latest, buyers, whole, keys):
    """30 % growth with a hundred buyers, more than twice the shop's, is named; joined rows never are."""

    def row(key, net_latest):
        return BreakdownRow(
            key=key, label=key, orders=1, buyers=buyers, new_buyers=0, net=1, refunded=0, aov=1, per_buyer=1,
            repurchase_rate=0.1, net_before=100, net_latest=net_latest,
        )  # fmt: skip

    cut = Breakdown(
        key="province", label="p", rows=(row("四川", latest), row("*", 900), row("", 900)), least=20
    )
    data = attrs.evolve(_compared(empty, ("net", "money", whole, 100)), breakdowns=(cut,))
    assert _keys(data) == keys


@pytest.mark.parametrize(
    ("slow", "catalogue", "keys"), [(2, 20, ["slow_stock"]), (1, 20, []), (3, 19, []), (0, 0, [])]
)
def test_slow_stock_from_a_tenth_of_the_catalogue(empty, slow, catalogue, keys):
    """Two slow products of twenty are named with their cost, in a catalogue of nineteen nothing is."""
    goods = Goods(
        products=5,
        start="2024-03-01",
        end="2024-04-01",
        slow_count=slow,
        catalogue=catalogue,
        slow_stock_cost=990,
    )
    data = attrs.evolve(empty, goods=goods)
    assert _keys(data) == keys
    if keys:
        assert _reason(data, "slow_stock").en == (
            "2 products did not sell for 60 days: 10.0% of the catalogue (threshold 10%); its cost is ¥9.90."
        )


@pytest.mark.parametrize(
    ("stock", "pieces", "keys"),
    [(13, 31, ["restock"]), (14, 31, []), (13, 29, []), (None, 31, []), (0, 31, ["restock"])],
)
def test_best_sellers_that_run_out(empty, stock, pieces, keys):
    """31 pieces in 31 days are one a day: stock of 13 lasts 13 days, under 14."""
    row = ProductRow(key="a", title="坚果", pieces=pieces, orders=1, buyers=1, net=1, stock=stock)
    goods = Goods(products=1, start="2024-03-01", end="2024-04-01", hot=(row,))
    assert _keys(attrs.evolve(empty, goods=goods)) == keys


def test_the_shortest_stock_is_named_and_the_others_counted(empty):
    """Of two that run short, the one gone first is named; English counts in singular and plural."""
    rows = tuple(
        ProductRow(key=k, title=k, pieces=31, orders=1, buyers=1, net=1, stock=n)
        for k, n in (("a", 5), ("b", 1))
    )
    goods = Goods(products=2, start="2024-03-01", end="2024-04-01", hot=rows)
    reason = _reason(attrs.evolve(empty, goods=goods), "restock")
    assert reason.en.startswith("1 piece in stock last 1 day at this period’s pace")
    assert "1 more best seller also runs short" in reason.en
    assert "另有 1 种" in reason.zh


@pytest.mark.parametrize(
    ("low", "pieces", "keys"), [(1.3, 100, ["festival"]), (1.29, 100, []), (1.3, 99, [])]
)
def test_a_category_that_surely_rises_before_a_festival(empty, low, pieces, keys):
    """The lower end must reach 1.3 on a hundred pieces; one year's data are said to be that."""
    lift = LiftRow(category="糕点", festival="中秋", pieces=pieces, lift=1.5, low=low, high=1.9, years=1)
    data = attrs.evolve(empty, lifts=(lift,))
    assert _keys(data) == keys
    if keys:
        assert "one year only" in _reason(data, "festival").en
        assert "仅一年数据" in _reason(data, "festival").zh


def _delay(key: str, **more) -> DelayRow:
    """Make a step of an order."""
    usual = {"count": 100, "median_hours": 5.0, "p90_hours": 30.0, "within": 0.95, "within_hours": 48}
    return DelayRow(key=key, label=key, **(usual | more))


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (_delay("shipping", within=0.899), ["late_shipping"]),
        (_delay("shipping", within=0.9), []),
        (_delay("shipping", within=0.5, count=99), []),
        (_delay("payment", within=0.5), []),
        (_delay("refund", p90_hours=72.1, count=30), ["slow_refunds"]),
        (_delay("refund", p90_hours=72.0, count=30), []),
        (_delay("refund", p90_hours=99.0, count=29), []),
    ],
)
def test_steps_that_take_too_long(empty, row, keys):
    """Under 90 % shipped in time, or nine of ten refunds over 72 hours, is named, on enough cases."""
    assert _keys(attrs.evolve(empty, delays=(row,))) == keys


@pytest.mark.parametrize(
    ("refunds", "amount", "keys"), [(30, 300, ["refund_reason"]), (30, 299, []), (29, 300, [])]
)
def test_a_reason_that_most_refunds_have(empty, refunds, amount, keys):
    """30 % of the refunded money for one told reason, on thirty told refunds; blank is no reason."""
    reasons = (
        ReasonRow(reason="", refunds=99, amount=1_000 - amount),
        ReasonRow(reason="破损", refunds=refunds, amount=amount),
    )
    refunding = Refunding(orders=500, refunded_orders=129, gross=50_000, refunded=1_000, reasons=reasons)
    assert _keys(attrs.evolve(empty, refunding=refunding)) == keys


def _reviews(**more) -> Reviews:
    """Make a thousand reviews, 95 % of them good."""
    usual = {
        "reviews": 1_000, "scored": 1_000, "good": 950, "good_from": 80,
        "rate": 0.95, "low": 0.93, "high": 0.96, "second": 0,
    }  # fmt: skip
    return Reviews(**(usual | more))


@pytest.mark.parametrize(
    ("scored", "high", "keys"), [(20, 0.949, ["bad_product"]), (19, 0.949, []), (20, 0.95, [])]
)
def test_a_product_that_surely_disappoints(empty, scored, high, keys):
    """Its whole interval must lie below the shop's rate, on twenty scores."""
    row = ReviewedProduct(product="p", scored=scored, good=15, rate=0.75, low=0.5, high=high)
    assert _keys(attrs.evolve(empty, reviews=_reviews(worst=(row,)))) == keys


@pytest.mark.parametrize(
    ("month", "scored", "good", "keys"),
    [
        # 43 of 50: Wilson (0.7381, 0.9305), below 0.95; 45 of 50: (0.7864, 0.9565), not below.
        ("2024-03", 50, 43, ["reviews_fell"]),
        ("2024-03", 50, 45, []),
        ("2024-03", 49, 30, []),
        ("2024-04", 50, 30, []),  # the running month
    ],
)
def test_a_month_of_surely_worse_reviews(empty, month, scored, good, keys):
    """The last whole month's interval must lie below the usual rate, on fifty scores."""
    row = ReviewMonth(month=month, reviews=scored, scored=scored, good=good)
    data = attrs.evolve(empty, reviews=_reviews(months=(row,)), as_of="2024-04-20")
    assert _keys(data) == keys


@pytest.mark.parametrize(
    ("key", "known", "people", "keys"),
    [
        ("birthday", 49, 100, ["birthdays"]),
        ("birthday", 50, 100, []),
        ("birthday", 1, 99, []),
        ("phone", 79, 100, ["phones"]),
        ("phone", 80, 100, []),
        ("email", 0, 100, []),
    ],
)
def test_what_is_missing_in_customer_files(empty, key, known, people, keys):
    """Few birthdays or phone numbers are named from a hundred people on."""
    field = FieldRow(key=key, label=key, known=known, masked=0, people=people, newest=None)
    assert _keys(attrs.evolve(empty, quality=Quality(completeness=(field,)))) == keys


@pytest.mark.parametrize(
    ("key", "days", "keys"),
    [("orders", 36, ["stale"]), ("orders", 35, []), ("orders", None, []), ("reviews", 99, [])],
)
def test_orders_of_long_ago(empty, key, days, keys):
    """More than 35 days without an order are named before all else."""
    row = FreshnessRow(
        key=key, label=key, records=1, newest_record=None, newest_export="2024-01-01", days_old=days
    )
    assert _keys(attrs.evolve(empty, quality=Quality(freshness=(row,)))) == keys


@pytest.mark.parametrize(("stray", "keys"), [(20, ["stray_refunds"]), (19, [])])
def test_refunds_without_orders(empty, stray, keys):
    """Twenty refunds whose order no file has are named."""
    assert _keys(attrs.evolve(empty, quality=Quality(stray_refunds=stray))) == keys


def test_english_counts_one_as_one(empty, sample):
    """A segment of one, and one person who never paid, are written in the singular."""
    lonely = attrs.evolve(sample.segments[2], customers=1, net=900_000, mean_days_since_last=500.0)
    crowd = attrs.evolve(sample.segments[0], customers=9, net=100_000, mean_days_since_last=5.0)
    headline = attrs.evolve(empty.headline, customers=10)
    lost = GroupRow(key="lost", label="Lost", rule="", customers=1, orders=1, net=1)
    data = attrs.evolve(empty, segments=(lonely, crowd), headline=headline, potential=1, activity=(lost,))
    texts = {advice.key: advice for advice in advise(data)}
    assert texts["win_back"].text.en == "Win back the 1 customer of “Important, retain” first."
    assert texts["potential"].text.en.startswith("Remind those who ordered and never paid (1 person)")
    assert texts["lost"].reason.en.startswith("“Lost”: 1 customer, 100.0% of all")
