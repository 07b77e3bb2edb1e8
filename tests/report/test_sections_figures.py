"""The sections of members, goods, places and service say what their figures say, and what they cannot."""

from __future__ import annotations

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.report.data import Breakdown, BreakdownRow, MainGroups, MonthRow
from retailcrm.report.parts import Cards, Chart, Paragraph, Table
from retailcrm.report.sections import (
    CATEGORIES,
    CHANGE,
    CHANNELS,
    COMPLETENESS,
    FESTIVALS,
    HEADLINE,
    LEVELS,
    MAIN_GROUPS,
    MONTHS,
    PEOPLE,
    PRODUCTS,
    QUALITY,
    REFUNDS,
    REGIONS,
    REVIEWS,
    TASTE,
    TIERS,
    TIMES,
)

COUNTED = "Refund rate (partial refunds of orders that count)"


def _parts(section, data, kind, lang="en"):
    """List a section's parts of one kind."""
    return [part for part in section.render(data, lang).parts if isinstance(part, kind)]


def _texts(section, data, lang="en"):
    """List a section's sentences."""
    return [part.text for part in _parts(section, data, Paragraph, lang)]


def _columns(table, *titles):
    """Take some columns of a table by their titles."""
    places = [[column.title for column in table.columns].index(title) for title in titles]
    return [tuple(row.cells[place] for place in places) for row in table.rows]


def test_the_latest_period_stands_above_the_totals(sample):
    """Six figures with their change, then eleven totals; rates move by points, the rest by growth."""
    latest, totals = _parts(HEADLINE, sample, Cards, "zh")
    shown = {card.label: (card.value, card.moved, card.definition) for card in latest.cards}
    assert shown["净销售额"] == (17_433_246, "growth", "上一期 ¥144,541.47")
    assert shown["复购率"] == (0.152, "points", "上一期 14.8%")
    moved = {card.label: card.change for card in latest.cards}
    assert moved["净销售额"] == pytest.approx((17_433_246 - 14_454_147) / 14_454_147)
    assert moved["复购率"] == pytest.approx(0.004)
    assert len(totals.cards) == 11
    assert not any(card.main for card in totals.cards)
    assert _texts(HEADLINE, sample) == [
        "October 2024 (2024-10-01 to 2024-10-31)",
        "Since the first counted order",
    ]


def test_every_figure_of_the_comparison_is_written_in_its_unit(sample):
    """Money, counts, ratios and rates keep their kinds; what cannot be compared is missing."""
    (table,) = _parts(CHANGE, sample, Table)
    kinds = {row.cells[0]: row.kinds for row in table.rows}
    assert kinds["Net sales"] == ("text", "money", "money", "growth", "note")
    assert kinds["Orders per buyer"] == ("text", "ratio", "ratio", "growth", "note")
    assert kinds["Refund rate"] == ("text", "rate", "rate", "points", "note")
    cells = {row.cells[0]: row.cells for row in table.rows}
    assert cells["Orders"][1:3] == (1_106, 917)
    assert cells["Refund rate"][3] == pytest.approx(0.024)
    assert cells["Acquisition rate"][2:4] == (None, None)
    assert cells["Churn rate"][4].endswith("(latest: 95% interval 29.4% to 34.3%)")
    assert _texts(CHANGE, sample)[0] == "2024-10-01 to 2024-10-31, against 2024-09-01 to 2024-09-30."


def test_months_grow_against_the_month_and_the_year_before(empty):
    """By hand: 150 after 120 is +25 %, after 100 a year ago +50 %; a running month has no growth."""
    nets = {"2023-03": 100, "2024-02": 120, "2024-03": 150, "2024-04": 10}
    months = [f"2023-{n:02d}" for n in range(3, 13)] + ["2024-01", "2024-02", "2024-03", "2024-04"]
    rows = tuple(
        MonthRow(
            month=m, orders=1, net=nets.get(m, 80), buyers=1, new_buyers=0, gross=200, refunded=20,
            returning_net=nets.get(m, 80) // 2, reactivated=1,
        )
        for m in months
    )  # fmt: skip
    data = attrs.evolve(empty, months=rows, as_of="2024-04-11")
    (table,) = _parts(MONTHS, data, Table)
    grown = dict(zip(months, _columns(table, "Growth", "Against last year", COUNTED), strict=True))
    assert grown["2024-03"] == (0.25, 0.5, 0.1)
    assert grown["2024-04"] == (None, None, 0.1)
    assert grown["2023-03"] == (None, None, 0.1)
    lead = _texts(MONTHS, data)[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "1 order, 1 buyer, 0 of them new." in lead
    assert "the month before: ▲ +25.0%; against the same month of last year: ▲ +50.0%." in lead
    assert "brought ¥0.75 of it, 50.0%." in lead


def test_months_leave_out_columns_that_nobody_told(bare):
    """Without refunds, returning net and reactivated buyers the table is narrower, not full of dashes."""
    (table,) = _parts(MONTHS, bare, Table)
    assert [column.title for column in table.columns] == [
        "Month", "Net sales", "Growth", "Against last year", "Orders", "Buyers", "New",
    ]  # fmt: skip


def test_main_groups_come_first_with_running_shares(sample):
    """The main segments stand in their own order, the others by net; shares add up to one."""
    (table,) = _parts(MAIN_GROUPS, sample, Table)
    assert _columns(table, "Segment", "Group")[:4] == [
        ("Important, keep", "Main"),
        ("Important, retain", "Main"),
        ("Important, develop", "Main"),
        ("Important, win back", "Secondary"),
    ]
    sums = [share for (share,) in _columns(table, "Cumulative share")]
    # 98,214,300, then 44,870,900 more, of 234,252,000.
    assert sums[0] == pytest.approx(0.41927, abs=1e-5)
    assert sums[1] == pytest.approx(0.61082, abs=1e-5)
    assert sums[-1] == 1
    (chart,) = _parts(MAIN_GROUPS, sample, Chart)
    assert chart.figure["data"][0]["marker"]["color"] == ["$first"] * 3 + ["$third"] * 5
    assert "「重要价值客户」、「重要保持客户」、「重要发展客户」" in _texts(MAIN_GROUPS, sample, "zh")[0]


def test_without_main_groups_there_is_no_such_section(sample):
    """Nothing to tell apart is no section."""
    none = MainGroups(share_wanted=0.7, main=(), share=None, customers_share=None)
    assert MAIN_GROUPS.render(attrs.evolve(sample, main_groups=none), "zh").parts == ()


@pytest.mark.parametrize(
    ("section", "charts", "tables"),
    [
        (PEOPLE, ["by-gender", "by-age"], [False, True]),
        (LEVELS, ["by-level"], [False]),
        (CATEGORIES, ["by-category"], [False]),
        (REGIONS, ["by-region", "by-province"], [False, True, True]),
        (CHANNELS, ["by-channel"], [False]),
    ],
)
def test_breakdowns_are_drawn_and_listed(sample, section, charts, tables):
    """Each is a chart and a table, only the first table open; cities are listed and not drawn."""
    assert [chart.key for chart in _parts(section, sample, Chart)] == charts
    assert [table.folded for table in _parts(section, sample, Table)] == tables


def test_a_breakdown_says_what_is_not_told(sample):
    """By hand: East 151,114,300 of 236,352,000, not told 4,000,000 of it."""
    assert _texts(REGIONS, sample)[0] == (
        "By region, “East” brings the most: 63.9% of net sales. For another 1.7% of net sales the region is "
        "not told."
    )
    first = _parts(REGIONS, sample, Chart)[0]
    assert first.figure["layout"]["yaxis"]["ticktext"] == ["East", "Central", "West"]
    assert first.figure["data"][1]["x"][0] == pytest.approx(151_114_300 / 236_352_000)


def test_withheld_rates_are_missing_and_explained(sample):
    """Nineteen people over 55 have their counts, no rates, and the page says why."""
    table = _parts(PEOPLE, sample, Table)[1]
    rows = dict(
        zip(
            [row.cells[0] for row in table.rows],
            _columns(table, "Buyers", "Net per customer", "Repurchase rate", "Refund rate"),
            strict=True,
        )
    )
    assert rows["55 and over"] == (19, None, None, None)
    assert rows["18–24"][0] == 388
    # 614,000 refunded of 9,914,300 + 614,000 gross.
    assert rows["18–24"][3] == pytest.approx(614_000 / 10_528_300)
    assert _texts(PEOPLE, sample)[1] == "By what the customer told last."
    assert _texts(PEOPLE, sample)[2].startswith("– in a table: fewer than 20 people in the group")


def test_new_buyers_are_no_column_where_every_buyer_was_new(sample):
    """Over a shop's whole history everybody was new once; the column would repeat the one before."""
    rows = tuple(attrs.evolve(row, new_buyers=row.buyers) for row in sample.breakdowns[7].rows)
    data = attrs.evolve(sample, breakdowns=(attrs.evolve(sample.breakdowns[7], rows=rows),))
    assert "New buyers" not in [column.title for column in _parts(CHANNELS, data, Table)[0].columns]
    assert "New buyers" in [column.title for column in _parts(CHANNELS, sample, Table)[0].columns]


def test_many_groups_are_drawn_with_one_bar(sample):
    """Ten provinces of fifteen are drawn, by net alone, and the title says so."""
    chart = _parts(REGIONS, sample, Chart)[1]
    assert chart.title == "By province (first 10)"
    assert [len(trace["x"]) for trace in chart.figure["data"]] == [10]
    assert [words for _, words in chart.legend] == ["Share of net sales"]


@pytest.mark.parametrize("keys", [("",), ("淘宝", ""), ("淘宝",)])
def test_a_breakdown_that_cuts_nothing_is_left_out(sample, keys):
    """If no order tells its channel, or all tell the same, there is nothing to set side by side."""
    row = BreakdownRow(
        key="", label="not told", orders=5, buyers=2, new_buyers=1, net=9, refunded=0, aov=1, per_buyer=4,
        repurchase_rate=0.5,
    )  # fmt: skip
    rows = tuple(attrs.evolve(row, key=key) for key in keys)
    cut = Breakdown(key="channel", label="Channel", rows=rows, least=20)
    assert CHANNELS.render(attrs.evolve(sample, breakdowns=(cut,)), "en").parts == ()


def test_growth_is_a_column_only_where_it_is_known(sample):
    """Provinces of a shop without two periods have no column of dashes."""
    rows = tuple(attrs.evolve(row, net_before=None, net_latest=None) for row in sample.breakdowns[4].rows)
    data = attrs.evolve(sample, breakdowns=(attrs.evolve(sample.breakdowns[4], rows=rows),))
    titles = [column.title for column in _parts(REGIONS, data, Table)[0].columns]
    assert "Growth" not in titles
    assert "Growth" in [column.title for column in _parts(REGIONS, sample, Table)[0].columns]


def test_tiers_have_their_rates_folded_beneath(sample):
    """The ladder's table stays short; how each tier buys can be opened."""
    ladder, rates = _parts(TIERS, sample, Table)
    assert (ladder.folded, rates.folded) == (False, True)
    assert len(rates.rows) == 4


def test_best_sellers_stand_against_the_first(sample):
    """By hand: 8,811,020 of 9,404,210."""
    hot, slow = _parts(PRODUCTS, sample, Table)
    assert _columns(hot, "Against the best")[:2] == [(1.0,), (pytest.approx(0.93692, abs=1e-5),)]
    assert slow.rows[3].cells == ("海苔卷", 60, None, 75)
    texts = _texts(PRODUCTS, sample)
    assert texts[0] == "2024-10-01 to 2024-10-31: 212 products sold."
    assert texts[1].endswith("unsold for 60 days: 31 products. That stock cost ¥18,042.00.")


def test_slow_sellers_need_a_catalogue(sample):
    """Without one the page says that it does not know; with a clean shelf, that there are none."""
    unknown = attrs.evolve(sample.goods, slow=(), slow_count=0, catalogue=0)
    assert "not known" in _texts(PRODUCTS, attrs.evolve(sample, goods=unknown))[-1]
    clean = attrs.evolve(sample.goods, slow=(), slow_count=0)
    assert _texts(PRODUCTS, attrs.evolve(sample, goods=clean))[-1].startswith("No slow sellers")
    blind = attrs.evolve(sample.goods, hot=tuple(attrs.evolve(r, stock=None) for r in sample.goods.hot))
    table = _parts(PRODUCTS, attrs.evolve(sample, goods=blind), Table)[0]
    assert "Stock (pieces)" not in [column.title for column in table.columns]


@pytest.mark.parametrize(("lang", "words"), [("zh", "仅一年"), ("en", "one year only")])
def test_a_single_festival_is_called_that_aloud(sample, lang, words):
    """In a sentence, in the chart beside the name, and in the table."""
    assert _texts(FESTIVALS, sample, lang)[1].lower().startswith(words)
    (chart,) = _parts(FESTIVALS, sample, Chart, lang)
    assert sum(words in name for name in chart.figure["layout"]["yaxis"]["ticktext"]) == 3
    (table,) = _parts(FESTIVALS, sample, Table, lang)
    assert [row.cells[6] for row in table.rows].count(words) == 3
    once = attrs.evolve(sample, lifts=tuple(attrs.evolve(row, years=1) for row in sample.lifts))
    assert _texts(FESTIVALS, once, lang)[1].lower().startswith(words)
    twice = attrs.evolve(sample, lifts=tuple(attrs.evolve(row, years=2) for row in sample.lifts))
    assert len(_texts(FESTIVALS, twice, lang)) == len(_texts(FESTIVALS, sample, lang)) - 1


def test_a_festival_that_changes_nothing_is_not_praised(sample):
    """Where every interval holds 1, no category is named, and all points are hollow."""
    dull = attrs.evolve(
        sample, lifts=tuple(attrs.evolve(r, lift=1.0, low=0.9, high=1.1) for r in sample.lifts)
    )
    assert _texts(FESTIVALS, dull)[0] == "No category surely differs from the shop before a festival."
    (chart,) = _parts(FESTIVALS, dull, Chart)
    assert [trace["marker"]["symbol"] for trace in chart.figure["data"]] == ["circle-open"]


def test_taste_is_told_of_those_who_bought_enough(sample):
    """61 of 402 changed: 15.2 %; who bought too seldom is counted and not judged."""
    (cards,) = _parts(TASTE, sample, Cards)
    assert [(card.value, card.cells) for card in cards.cards] == [
        (402, "count"),
        (0.312, "ratio"),
        (61, "count"),
    ]
    assert "15.2%" in cards.cards[2].definition
    few = attrs.evolve(sample.taste, measured=0, mean=None, changed=0)
    assert _texts(TASTE, attrs.evolve(sample, taste=few)) == [
        "Not judged, for having too few orders: 1,320 customers who bought in both windows."
    ]


def test_refunds_are_told_by_orders_and_by_money(sample):
    """655 of 15,201 orders, 94,802.60 of 2,458,322.60."""
    assert _texts(REFUNDS, sample)[0] == (
        "Of 15,201 orders, 655 had a refund (4.3%); ¥94,802.60 went back, 3.9% of gross sales."
    )
    (table,) = _parts(REFUNDS, sample, Table)
    assert table.rows[2].cells[0] == "Not told"
    assert sum(row.cells[3] for row in table.rows) == pytest.approx(1)
    whole = attrs.evolve(sample.refunding, refunded=99_480_260, gross=999_480_260)
    assert "given back in full" in _texts(REFUNDS, attrs.evolve(sample, refunding=whole))[1]
    silent = attrs.evolve(sample, refunding=attrs.evolve(sample.refunding, reasons=()))
    assert "reasons are not known" in _texts(REFUNDS, silent)[-1]
    none = attrs.evolve(sample.refunding, refunded_orders=0)
    assert REFUNDS.render(attrs.evolve(sample, refunding=none), "en").parts == ()


def test_times_are_written_as_hours(sample):
    """Four steps in hours, the reversed ones counted; steps that nobody timed are left out."""
    (table,) = _parts(TIMES, sample, Table)
    assert [column.cells for column in table.columns] == ["text", "count", "hours", "hours", "hours", "share"]
    assert len(table.rows) == 4
    assert _texts(TIMES, sample)[0].replace("\N{NO-BREAK SPACE}", " ") == (
        "Half of the orders ship within 9.3 h of payment, nine of ten within 2.2 d."
    )
    assert _texts(TIMES, sample)[1].endswith("4 orders.")
    untimed = tuple(attrs.evolve(row, count=0) for row in sample.delays)
    assert TIMES.render(attrs.evolve(sample, delays=untimed), "en").parts == ()


def test_reviews_have_intervals_by_month(sample):
    """By hand for 285 of 300: Wilson's interval is 0.9191 to 0.9695."""
    months, worst = _parts(REVIEWS, sample, Table)
    assert months.rows[0].cells[:5] == ("2023-06", 330, 300, 285, 0.95)
    assert months.rows[0].cells[5:] == (pytest.approx(0.9191, abs=1e-4), pytest.approx(0.9695, abs=1e-4))
    assert worst.rows[0].cells == ("冻干草莓脆 30g", 61, 42, 42 / 61, 0.564, 0.791)
    assert "5,610 reviews, 402" in _texts(REVIEWS, sample)[0]


def test_reviews_without_scores_have_no_rate(sample):
    """Texts alone are counted, never judged."""
    quiet = attrs.evolve(
        sample.reviews, scored=0, good=0, rate=None, low=None, high=None, months=(), worst=()
    )
    body = REVIEWS.render(attrs.evolve(sample, reviews=quiet), "en")
    assert [part.text for part in body.parts] == ["Of 5,610 reviews, 402 were followed by a second one."]


def test_completeness_splits_people_into_known_masked_and_missing(sample):
    """Phones: 1,711 known, 2,804 masked, so 385 of 4,900 missing."""
    (table,) = _parts(COMPLETENESS, sample, Table)
    assert table.rows[1].cells == ("Phone", 1_711, 2_804, 385, "2024-11-10")
    (chart,) = _parts(COMPLETENESS, sample, Chart)
    assert [trace["x"][1] for trace in chart.figure["data"]] == pytest.approx(
        [1_711 / 4_900, 2_804 / 4_900, 385 / 4_900]
    )
    assert _texts(COMPLETENESS, sample)[0] == (
        "Files of 4,900 people; “Tags” is missing most: known for 0.0%. On member lists: 4,311 people."
    )


def test_freshness_is_listed_by_kind(sample):
    """Each kind of record has its newest day; a kind without a day of its own has a dash."""
    table = _parts(QUALITY, sample, Table)[1]
    assert table.rows[3].cells == ("Members", 4_311, None, "2024-09-01", 76)


def test_labels_of_the_data_are_shown_as_they_are(sample):
    """A group that a shop named itself keeps its capitals; only our own words are fitted in."""
    one = attrs.evolve(sample.breakdowns[7], label=Label("渠道", "Channel"))
    assert _texts(CHANNELS, attrs.evolve(sample, breakdowns=(one,)))[0].startswith("By channel, “Taobao”")
