"""Advice appears exactly when its figure crosses the stated threshold, and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from retailcrm.report import CoverageRow, FileRow, GroupRow, MonthRow, Quality, SegmentRow
from retailcrm.report.advice import advise
from retailcrm.report.data import Refunding

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label


def _keys(data) -> list[str]:
    """List the advice a shop gets."""
    return [advice.key for advice in advise(data)]


def _reason(data, key: str) -> Label:
    """Give the reason of one piece of advice."""
    return next(advice.reason for advice in advise(data) if advice.key == key)


def test_a_shop_without_orders_gets_no_advice(empty):
    """Where nothing is defined, nothing is advised."""
    assert advise(empty) == ()


@pytest.mark.parametrize(
    ("field", "key", "at", "beside"),
    [("repurchase_rate", "second_order", 0.2999, 0.3), ("top_share", "concentrated", 0.6, 0.5999)],
)
def test_headline_thresholds(empty, field, key, at, beside):
    """A low repurchase rate and a heavy top 20 % are named, just beside the threshold they are not."""

    def shop(value):
        return attrs.evolve(empty, headline=attrs.evolve(empty.headline, **{field: value}))

    assert _keys(shop(at)) == [key]
    assert _keys(shop(beside)) == []


@pytest.mark.parametrize(("refunded", "keys"), [(800, ["refunds"]), (799, [])])
def test_refunds_from_eight_per_cent(empty, refunded, keys):
    """Refunds of 8 % of gross are named, 7.99 % are not."""
    headline = attrs.evolve(empty.headline, gross=10_000, refunded=refunded, net=10_000 - refunded)
    assert _keys(attrs.evolve(empty, headline=headline)) == keys


def test_refunds_are_judged_with_orders_given_back_in_full(empty):
    """2 % of counted orders' money, but 23 % with whole refunds: the figure of the page's tile decides."""
    headline = attrs.evolve(empty.headline, gross=10_000, refunded=200, net=9_800)
    whole = Refunding(orders=20, refunded_orders=5, gross=13_000, refunded=3_000)
    data = attrs.evolve(empty, headline=headline, refunding=whole)
    assert "23.1%" in _reason(data, "refunds").en
    assert _keys(attrs.evolve(data, refunding=None)) == []


def test_nothing_earned_is_not_concentrated(empty):
    """Where more went back than came in, nobody brings six tenths of it."""
    headline = attrs.evolve(
        empty.headline, orders=3, gross=100, refunded=200, net=-100, top_share=0.9, repurchase_rate=None
    )
    assert "concentrated" not in _keys(attrs.evolve(empty, headline=headline))


@pytest.mark.parametrize(("potential", "keys"), [(5, ["potential"]), (4, []), (None, [])])
def test_unpaid_people_from_five_per_cent(empty, potential, keys):
    """Five who never paid beside a hundred customers are named, four or unknown are not."""
    headline = attrs.evolve(empty.headline, customers=100)
    assert _keys(attrs.evolve(empty, headline=headline, potential=potential)) == keys


@pytest.mark.parametrize(("customers", "keys"), [(40, ["lost"]), (39, [])])
def test_lost_customers_from_forty_per_cent(empty, customers, keys):
    """Forty lost of a hundred are named, thirty-nine are not."""
    rows = tuple(
        GroupRow(key=key, label=key, rule="", customers=n, orders=n, net=n)
        for key, n in (("active", 100 - customers), ("lost", customers))
    )
    assert _keys(attrs.evolve(empty, activity=rows)) == keys


@pytest.mark.parametrize(("unknown", "keys"), [(50, ["identity"]), (49, [])])
def test_unknown_buyers_from_half_of_the_money(empty, unknown, keys):
    """Half of the money without a buyer asks for a buyers file."""
    coverage = (
        CoverageRow(strength="stable", orders=1, net=100 - unknown),
        CoverageRow(strength="none", orders=1, net=unknown),
    )
    assert _keys(attrs.evolve(empty, quality=Quality(coverage=coverage))) == keys


@pytest.mark.parametrize(("out", "keys"), [(1, ["rejected"]), (0, [])])
def test_rejected_records_from_one_per_cent(empty, out, keys):
    """One record of a hundred rejected is named; blank ones do not count."""
    file = FileRow(name="a", source="csv", accepted=100 - out, rejected=out, blank=900)
    assert _keys(attrs.evolve(empty, quality=Quality(files=(file,)))) == keys


@pytest.mark.parametrize(
    ("last", "keys"), [(120, ["growth"]), (119, []), (81, []), (80, ["decline"]), (-10, ["decline"])]
)
def test_a_month_out_of_the_usual_by_a_fifth(empty, last, keys):
    """A month 20 % beside the mean of the three before is named; the running month is not looked at."""
    nets = (90, 100, 110, last, 10_000)
    months = tuple(
        MonthRow(month=f"2023-{n:02d}", orders=1, net=net, buyers=1, new_buyers=0)
        for n, net in enumerate(nets, 8)
    )
    assert _keys(attrs.evolve(empty, months=months, as_of="2023-12-20")) == keys


@pytest.mark.parametrize(
    ("since", "keys"), [("2023-08-07", ["growth"]), ("2023-08-08", []), (None, ["growth"])]
)
def test_a_month_held_in_part_is_not_in_the_mean(empty, since, keys):
    """120 after 90, 100, 110 is growth; where the data begin in the second week, 90 is no month's net."""
    months = tuple(
        MonthRow(month=f"2023-{n:02d}", orders=1, net=net, buyers=1, new_buyers=0)
        for n, net in enumerate((90, 100, 110, 120), 8)
    )
    assert _keys(attrs.evolve(empty, months=months, since=since, as_of="2023-12-20")) == keys


def test_three_months_are_too_few_for_a_comparison(empty):
    """Without three months before it, a month is not judged."""
    months = tuple(
        MonthRow(month=f"2023-{n:02d}", orders=1, net=n * 9, buyers=1, new_buyers=0) for n in (1, 2, 3)
    )
    assert _keys(attrs.evolve(empty, months=months)) == []


def _segment(key: str, customers: int, net: int, silence: float | None) -> SegmentRow:
    """Make a segment."""
    return SegmentRow(
        key=key,
        label=key,
        customers=customers,
        orders=customers,
        net=net,
        mean_days_since_last=silence,
        action="",
    )


def test_the_quiet_segment_that_is_worth_most_is_won_back(empty):
    """Of two quiet segments that spent well, the richer is named, with figures worked out by hand."""
    segments = (
        _segment("fresh", 60, 400, 10),
        _segment("gone", 20, 350, 200),
        _segment("gone too", 10, 200, 200),
        _segment("poor and gone", 10, 50, 200),
    )
    # 100 customers, 1,000 in all: mean 10 each; mean silence (60*10 + 40*200) / 100 = 86 days;
    # times 1.5 it is 129.
    data = attrs.evolve(empty, segments=segments)
    assert _keys(data) == ["win_back"]
    reason = _reason(data, "win_back").en
    # 350 / 1,000; (350 / 20) / 10.
    assert "35.0%" in reason
    assert "1.8×" in reason
    assert "200 days on average, against 86" in reason


@pytest.mark.parametrize(
    "segments",
    [
        (_segment("a", 50, 500, 100), _segment("b", 50, 500, 140)),  # 140 is under 1.5 times 120
        (_segment("a", 90, 960, 10), _segment("b", 10, 40, 300)),  # spends under the mean
        (_segment("a", 990, 9_600, 10), _segment("b", 10, 400, 300)),  # 4 % of net
        (_segment("a", 10, -10, 10), _segment("b", 10, 5, 300)),  # the shop lost money
        (_segment("a", 0, 0, None),),
    ],
)
def test_no_segment_is_won_back_without_all_three_reasons(empty, segments):
    """Quiet, above the mean, and worth it: one short of three is not enough."""
    assert _keys(attrs.evolve(empty, segments=segments)) == []


def test_advice_speaks_both_languages_and_names_its_threshold(sample):
    """Every reason has figures in both languages, and sample's advice is the expected one, in order."""
    assert _keys(sample) == [
        "win_back", "growth", "refunds_rose", "churn_rose", "restock", "late_shipping", "bad_product",
        "reviews_fell", "points_lapse", "concentrated", "potential", "points_unused", "slow_stock",
        "festival", "growing_province",
        "refund_reason", "slow_refunds", "stray_refunds", "phones", "birthdays",
    ]  # fmt: skip
    for advice in advise(sample):
        for text in (*advice.text, *advice.reason):
            assert text
        assert "阈值" in advice.reason.zh
        assert "threshold" in advice.reason.en
