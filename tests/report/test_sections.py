"""Sections say what the figures say, and say so when there are none."""

from __future__ import annotations

import attrs
import pytest

from retailcrm.report import DEFAULT, CoverageRow, LorenzCurve, MonthRow, Quality
from retailcrm.report.parts import Cards, Chart, Paragraph, Points, Row, Table
from retailcrm.report.sections import (
    ACTIVITY,
    ADVICE,
    CONCENTRATION,
    HEADLINE,
    MONTHS,
    POLICY,
    QUALITY,
    SEGMENTS,
    TIERS,
    VALUE_CLASSES,
)


def _parts(section, data, lang="en", kind=None):
    """List a section's parts, perhaps of one kind."""
    parts = section.render(data, lang).parts
    return [part for part in parts if kind is None or isinstance(part, kind)]


def _texts(section, data, lang="en"):
    """List a section's sentences."""
    return [part.text for part in _parts(section, data, lang, Paragraph)]


def test_the_sections_stand_in_the_order_of_the_questions():
    """How the shop does, what to do, months, customers, points, goods, places, service, the ground."""
    assert [section.key for section in DEFAULT] == [
        "headline", "change", "advice", "months",
        "segments", "main-groups", "activity", "value", "tiers", "levels", "people", "concentration",
        "points", "points-lapse", "points-redeem", "points-breakage", "points-liability",
        "products", "categories", "festivals", "taste",
        "regions", "channels",
        "refunds", "times", "reviews",
        "completeness", "quality", "policy",
    ]  # fmt: skip


def test_headline_figures_are_written_with_their_definitions(sample):
    """Each card has its figure and what it is over; three are main."""
    (cards,) = _parts(HEADLINE, attrs.evolve(sample, comparison=None), "zh", Cards)
    shown = {card.label: (card.value, card.cells) for card in cards.cards}
    assert shown["净销售额"] == (236_352_000, "money")
    assert shown["客户数"] == (4_900, "count")
    assert shown["客单价"] == (47_806, "money")
    assert shown["复购率"] == (0.4127, "rate")
    assert [card.label for card in cards.cards if card.main] == ["净销售额", "客户数", "订单数"]
    refunded = next(card for card in cards.cards if card.label == "退款金额")
    assert "3.9%" in refunded.definition  # 94,802.60 of 2,458,322.60


def test_the_lead_of_the_months_is_the_last_whole_month(sample):
    """A running month is named as such and not taken for the latest."""
    lead, note = _texts(MONTHS, sample)
    assert lead.startswith("2024-10: net sales ¥174,332.46, 1,106 orders, 948 buyers, 316 of them new.")
    assert note == "2024-11 is not over yet: it is drawn paler and has no growth."


def test_a_single_running_month_leads_itself(sample):
    """Where no month is over, the running one is all there is to say."""
    months = (MonthRow(month="2024-11", orders=1, net=100, buyers=1, new_buyers=1),)
    assert _texts(MONTHS, attrs.evolve(sample, months=months))[0].startswith("2024-11: net sales ¥1.00")


def test_finished_months_need_no_note(sample):
    """On the first of a month nothing is running."""
    assert len(_texts(MONTHS, attrs.evolve(sample, as_of="2024-12-01"))) == 1


def test_the_segments_table_adds_up(sample):
    """Shares are of all customers and all net, the total weights days by customers."""
    (table,) = _parts(SEGMENTS, sample, "zh", Table)
    first = table.rows[0]
    assert first.cells[:2] == ("重要价值客户", 512)
    assert first.cells[2] == pytest.approx(512 / 4_900)
    assert first.cells[5] == pytest.approx(98_214_300 / 234_252_000)
    assert first.cells[7] == "专属客服与新品优先购，维持频次"
    assert sum(row.cells[5] for row in table.rows) == pytest.approx(1)
    assert table.total.cells[:5] == ("合计", 4_900, 1.0, 14_844, 234_252_000)
    silence = sum(row.customers * row.mean_days_since_last for row in sample.segments) / 4_900
    assert table.total.cells[6] == pytest.approx(silence)


def test_the_segments_lead_names_the_largest_and_the_richest(sample):
    """One sentence: who are most, who bring most."""
    assert _texts(SEGMENTS, sample, "zh") == [
        "人数最多的是「一般挽留客户」，占客户的 33.8%；带来最多净销售额的是「重要价值客户」，占 41.9%。"
    ]


def test_a_segment_that_is_both_is_named_once(sample):
    """Where the largest segment also brings the most, one half of the sentence is enough."""
    rows = (attrs.evolve(sample.segments[0], customers=5_000), *sample.segments[1:])
    (text,) = _texts(SEGMENTS, attrs.evolve(sample, segments=rows))
    # 5,000 of 9,388 customers; 98,214,300 of 234,252,000.
    assert text == (
        "“Important, keep” is the largest segment with 53.3% of customers, "
        "and brings the most, 41.9% of net sales."
    )


@pytest.mark.parametrize("section", [ACTIVITY, VALUE_CLASSES, TIERS])
def test_groups_have_chart_and_table_with_the_same_rows(sample, section):
    """Each group of customers is drawn and listed with its rule."""
    (chart,) = _parts(section, sample, "en", Chart)
    table = _parts(section, sample, "en", Table)[0]
    assert len(chart.figure["data"][0]["x"]) == len(table.rows) >= 3
    assert all(row.cells[4] for row in table.rows)
    assert table.total.cells[1] == 4_900


def test_groups_without_rules_have_no_column_of_blanks(sample):
    """Where no rule is told, the table leaves the column out."""
    tiers = tuple(attrs.evolve(row, rule="") for row in sample.tiers)
    table = _parts(TIERS, attrs.evolve(sample, tiers=tiers), "en", Table)[0]
    assert [column.title for column in table.columns] == ["Tier", "Customers", "Orders", "Net sales"]


def test_people_who_never_paid_stand_beside_the_customers(sample):
    """They are told of in a note, and only where there are any."""
    assert "264" in _texts(ACTIVITY, sample)[-1]
    assert len(_texts(ACTIVITY, attrs.evolve(sample, potential=0))) == 1


def test_concentration_is_said_in_a_sentence(sample):
    """The plain sentence has the headline's figure."""
    assert _texts(CONCENTRATION, sample, "zh")[0] == "前 20% 的客户带来 63.4% 的净销售额。"


def test_the_curve_is_read_at_round_shares(sample):
    """By hand: the upper half of a curve through (0.5, 0.2) brings 0.8, the top tenth a fifth of that."""
    data = attrs.evolve(sample, lorenz=LorenzCurve(x=(0.0, 0.5, 1.0), y=(0.0, 0.2, 1.0)))
    (table,) = _parts(CONCENTRATION, data, "en", Table)
    read = {row.cells[0]: row.cells[1] for row in table.rows}
    assert read == {
        "10%": pytest.approx(0.16),
        "20%": 0.6338,  # the exact figure, not the curve's 0.32
        "30%": pytest.approx(0.48),
        "50%": pytest.approx(0.8),
        "80%": pytest.approx(0.92),
    }


def test_a_curve_without_exact_figures_is_drawn_alone(sample):
    """Undefined figures are left out of the words."""
    head = attrs.evolve(sample.headline, top_share=None, returning_share=None, gini=None)
    assert _texts(CONCENTRATION, attrs.evolve(sample, headline=head)) == []


def test_quality_states_how_much_has_a_known_buyer(sample):
    """By hand: 212,000,000, 22,252,000 and 2,100,000 of 236,352,000."""
    texts = _texts(QUALITY, sample)
    assert texts[0] == "Of net sales, 89.7% have a stable buyer identity, 9.4% a weak one and 0.9% none."
    assert texts[1].startswith("Activity is judged by orders only")
    assert texts[2] == "Not counted, because no file has their order: 23 refunds."
    assert texts[3] == "Read: 2 files with 15,926 records; 15,921 accepted, 4 rejected, 1 blank."


def test_a_strength_without_orders_has_no_share(sample):
    """Strengths that are not listed count as none of the money."""
    quality = Quality(coverage=(CoverageRow(strength="none", orders=1, net=5),))
    assert "0.0% have a stable" in _texts(QUALITY, attrs.evolve(sample, quality=quality))[0]


def test_files_without_a_money_rule_have_no_column_for_it(sample):
    """Where no file left a choice, the column is left out."""
    files = tuple(attrs.evolve(file, money_rule="") for file in sample.quality.files)
    quality = attrs.evolve(sample.quality, files=files)
    tables = _parts(QUALITY, attrs.evolve(sample, quality=quality), "en", Table)
    assert [column.title for column in tables[2].columns] == [
        "File",
        "Format",
        "Accepted",
        "Rejected",
        "Blank",
    ]


def test_clean_files_are_called_clean(sample):
    """Without problems the page says so."""
    quality = attrs.evolve(sample.quality, problems=())
    assert _texts(QUALITY, attrs.evolve(sample, quality=quality))[-1] == "No problems were found."


@pytest.mark.parametrize(
    "section", [s for s in DEFAULT if s not in (HEADLINE, ADVICE)], ids=lambda section: section.key
)
def test_an_empty_shop_gets_no_section_without_a_figure(empty, section):
    """Nothing to show is no section: neither an empty chart nor a sentence."""
    assert section.render(empty, "zh").parts == ()


def test_advice_is_listed_with_reasons(sample):
    """Each point has text and reason; six are read at once, the rest is folded and goes on counting."""
    first, rest = _parts(ADVICE, sample, "zh", Points)
    assert (first.folded, first.start, len(first.points)) == ("", 1, 6)
    assert (rest.folded, rest.start, len(rest.points)) == ("其余建议（14 条）", 7, 14)
    assert all(point.text and point.reason for part in (first, rest) for point in part.points)


def test_policy_lists_names_and_values(sample):
    """Each setting in force stands with its value, in the reader's language."""
    (table,) = _parts(POLICY, sample, "zh", Table)
    assert table.rows[1] == Row(cells=("退款", "冲减原订单"))


def test_rows_that_do_not_fit_are_refused():
    """A cell too few, or a colour that does not exist, is a programming error."""
    with pytest.raises(ValueError, match="2 cells for 0 columns"):
        Table(caption="x", columns=(), rows=(Row(cells=(1, 2)),))
    with pytest.raises(ValueError, match="no colour 'pink'"):
        Row(cells=(), colour="pink")
    with pytest.raises(ValueError, match="no colour 'pink'"):
        Chart(key="x", figure={}, alternative="", legend=(("pink", "x"),))
    with pytest.raises(ValueError, match="key"):
        Chart(key="a b", figure={}, alternative="")
