"""The chapter of points: figures that add up, what lapses when, what is withheld, and advice."""

from __future__ import annotations

import colorsys
import itertools

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.report import sections as chapter
from retailcrm.report.advice import advise
from retailcrm.report.charts.points import short_count
from retailcrm.report.data import BookLine, PointsMonth
from retailcrm.report.palette import PALETTES
from retailcrm.report.parts import Cards, Chart, Paragraph, Row, Table

CHAPTER = (
    chapter.POINTS,
    chapter.POINTS_LAPSE,
    chapter.POINTS_REDEEM,
    chapter.POINTS_BREAKAGE,
    chapter.POINTS_LIABILITY,
)


def _parts(section, data, kind, lang="en"):
    """List a section's parts of one kind."""
    return [part for part in section.render(data, lang).parts if isinstance(part, kind)]


def _texts(section, data, lang="en"):
    """List a section's sentences."""
    return [part.text for part in _parts(section, data, Paragraph, lang)]


def _with(data, **changes):
    """Change the shop's points."""
    return attrs.evolve(data, points=attrs.evolve(data.points, **changes))


def test_a_month_that_does_not_add_up_is_refused():
    """Beginning, plus what came, less what went, is the end."""
    good = PointsMonth(
        month="2024-01", opening=10, issued=5, redeemed=3, expired=1, reversed=2, other=-1, closing=8
    )
    with pytest.raises(ValueError, match="2024-01: 10 \\+ 4 - 6 is not 9"):
        attrs.evolve(good, closing=9)


def test_months_that_do_not_follow_each_other_are_refused(sample):
    """Each month opens as the one before closed, and the last closes with what is outstanding."""
    first, second, *rest = sample.points.months
    with pytest.raises(ValueError, match="does not open as 2023-06 closed"):
        _with(sample, months=(attrs.evolve(first, closing=first.closing + 1, other=1), second, *rest))
    with pytest.raises(ValueError, match="what is outstanding"):
        _with(sample, held=sample.points.held + 1)
    with pytest.raises(ValueError, match="the last month"):
        _with(sample, months=sample.points.months[:-1])


def test_lines_that_do_not_balance_are_refused(sample):
    """Debits equal credits."""
    line = BookLine(event="e", account="a", debit=1, credit=0)
    with pytest.raises(ValueError, match="balance"):
        attrs.evolve(sample.points.liability, lines=(line,))


@pytest.mark.parametrize("section", CHAPTER, ids=lambda section: section.key)
def test_a_shop_without_points_has_no_such_chapter(sample, section):
    """No programme, no section."""
    assert section.render(attrs.evolve(sample, points=None), "zh").parts == ()
    assert section.chapter == Label("积分", "Points")


def test_what_lapses_with_the_report_is_not_usable(sample):
    """487,000 are in the books; 12,000 of them lapse at the very beginning of the report's date."""
    (cards,) = _parts(chapter.POINTS, sample, Cards)
    shown = {card.label: (card.value, card.cells) for card in cards.cards}
    assert shown["Usable now"] == (441_500, "count")
    assert shown["Expected to cost"] == (139_000, "money")
    assert shown["Participation"] == (203 / 2_900, "rate")
    assert [card.label for card in cards.cards if card.main] == [
        "Usable now", "Lapse within 60 days", "Expected to cost",
    ]  # fmt: skip
    glance = " ".join(_texts(chapter.POINTS, sample))
    assert "another 12,000 points have had their last day" in glance
    assert "the end of 2024-11 still has them" in glance
    assert "12,000 points have had their last day: they cannot" in _texts(chapter.POINTS_LAPSE, sample)[1]
    later = _with(
        sample,
        lapsed=0,
        months=(*sample.points.months[:-1], _closing(sample.points.months[-1], 475_000)),
    )
    assert "last day" not in " ".join(_texts(chapter.POINTS, later) + _texts(chapter.POINTS_LAPSE, later))


def _closing(month, points):
    """Let a month close with other points."""
    return attrs.evolve(month, closing=points, other=month.other + points - month.closing)


def test_the_lead_is_the_last_whole_month(sample):
    """October is over, November runs and is said to: 36,000 + 16 x 2,000 issued."""
    lead, running, *_ = _texts(chapter.POINTS, sample)
    assert lead == (
        "2,210 customers hold 475,000 unused points. "
        "In 2024-10, 68,000 were issued, 12,000 redeemed and 14,800 lapsed."
    )
    assert running == "2024-11 is not over yet: it is drawn paler."


def test_the_months_are_drawn_above_and_below_the_line(sample):
    """Issued points go up, all others down; the running month is paler, and what is left stands below."""
    (chart,) = _parts(chapter.POINTS, sample, Chart)
    issued, redeemed, expired, taken, left = chart.figure["data"]
    assert issued["y"][0] == 36_000
    assert (redeemed["y"][0], expired["y"][6], taken["y"][0]) == (-4_000, -11_800, -800)
    assert left["yaxis"] == "y2"
    assert left["y"][-1] == 487_000
    assert issued["marker"]["opacity"][-2:] == [1.0, 0.45]
    assert redeemed["customdata"][0] == ["2023-06", "Redeemed 4,000"]


def test_the_table_of_months_leaves_out_what_never_was(sample):
    """The column of other movements stands only where there are any."""
    (table,) = _parts(chapter.POINTS, sample, Table)
    assert [column.title for column in table.columns][3] == "Other"
    assert table.rows[9].cells[3] == 500
    (bare,) = _parts(chapter.POINTS, _few(sample), Table)
    assert "Other" not in [column.title for column in bare.columns]


def test_months_that_end_soon_are_marked(sample):
    """Sixty days from 16 November reach to 15 January: two months end by then, January does not."""
    (chart,) = _parts(chapter.POINTS_LAPSE, sample, Chart)
    (bars,) = chart.figure["data"]
    grey, soon, later = "$third", "$second", "$first"
    assert bars["marker"]["color"] == [grey, soon, soon, *[later] * 5, grey, grey]
    assert [pair[0] for pair in bars["customdata"]][-2:] == ["Never", "Waiting"]
    assert "text" not in bars
    (few,) = _parts(chapter.POINTS_LAPSE, _few(sample), Chart)[0].figure["data"]
    assert few["text"] == ["2.1K", "61K"]


def _few(sample):
    """Give the shop with two months of expiry only."""
    rows = sample.points.expiring[:2]
    month = attrs.evolve(sample.points.months[0], issued=63_100, redeemed=0, reversed=0, closing=63_100)
    return _with(sample, expiring=rows, months=(month,), pending=0, available=61_000, held=2_100, lapsed=0)


def test_what_lapses_when_adds_up(sample):
    """The table's points and costs come to its total."""
    (table,) = _parts(chapter.POINTS_LAPSE, sample, Table)
    assert table.total == Row(cells=("Total", 475_000, 1.0, 139_000))
    assert sum(row.cells[1] for row in table.rows) == 475_000
    assert sum(row.cells[3] for row in table.rows) == 139_000


def test_who_redeems_and_what_for(sample):
    """Participation, times and what points bought; half were spent within 96 days."""
    (lead,) = _texts(chapter.POINTS_REDEEM, sample)
    assert lead.startswith(
        "In the last 12 months, 2,900 customers had usable points; 203 of them redeemed (7.0%)"
    )
    assert "411 redemptions, 98,700 points." in lead
    assert lead.endswith("were spent within 96 days of their award.")
    spent, often = _parts(chapter.POINTS_REDEEM, sample, Table, "zh")
    assert [row.cells[0] for row in spent.rows] == ["订单抵扣", "帆布袋"]
    assert [row.cells[1] for row in often.rows] == [101, 102]


def test_nobody_redeems(sample):
    """Without a redemption there is a sentence and no table."""
    who = attrs.evolve(sample.points.redeeming, customers=0, times=0, points=0)
    data = _with(sample, redeeming=who)
    assert _texts(chapter.POINTS_REDEEM, data, "zh") == ["最近 12 个月，2,900 位客户有可用积分，没有人兑换。"]
    assert _parts(chapter.POINTS_REDEEM, data, Table) == []


def test_breakage_has_its_range_and_its_back_test(sample):
    """41,200 forecast and 40,000 redeemed: 3.0 % too many."""
    lead, note = _texts(chapter.POINTS_BREAKAGE, sample)
    assert "39.4% of the points" in lead
    assert "(95% interval 35.1%–43.7%)" in lead
    assert note.endswith("41,200 points were forecast to be redeemed and 40,000 were: 3.0% too many.")
    (cards,) = _parts(chapter.POINTS_BREAKAGE, sample, Cards)
    assert [card.value for card in cards.cards] == [0.412, 0.394, 0.03]


def test_a_forecast_that_would_be_a_guess_is_withheld(sample):
    """The reason stands in its place, and the liability says that it assumes everything is redeemed."""
    why = Label("月份太少", "too few months")
    breakage = attrs.evolve(sample.points.breakage, forecast=None, withheld=why, tested=None)
    data = _with(
        sample, breakage=breakage, liability=attrs.evolve(sample.points.liability, assumed=True, share=1.0)
    )
    assert _texts(chapter.POINTS_BREAKAGE, data) == ["No forecast: too few months."]
    (cards,) = _parts(chapter.POINTS_BREAKAGE, data, Cards)
    assert [card.value for card in cards.cards] == [0.412]
    steps = _parts(chapter.POINTS_LIABILITY, data, Table)[0]
    assert "Assumed share that will be redeemed (all: nothing can be forecast)" in [
        row.cells[0] for row in steps.rows
    ]


def test_the_liability_names_what_it_assumes(sample):
    """475,000 unused points, 100 for a yuan: 4,750 yuan if all were redeemed."""
    steps, lines = _parts(chapter.POINTS_LIABILITY, sample, Table)
    assert [row.cells[1] for row in steps.rows] == [475_000, 100, 475_000, 0.2926, 139_000]
    assert [row.kinds[1] for row in steps.rows] == ["count", "count", "money", "rate", "money"]
    assert steps.rows[1].cells[0] == "Points that pay ¥1.00"
    assert lines.rows[0].cells == ("Sales", "Receivables", 100_000, None)
    assert lines.total == Row(cells=("Total", "", 100_000, 100_000))
    odd = _with(sample, liability=attrs.evolve(sample.points.liability, points_per_unit="100/3"))
    assert _parts(chapter.POINTS_LIABILITY, odd, Table)[0].rows[1].kinds == ("text", "text")


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("Why", "expected to be redeemed")), ("zh", ("为什么", "预计会兑换的积分"))]
)
def test_revenue_that_is_not_what_points_paid_is_explained(sample, lang, words):
    """12,000 points paid 120 yuan; the books have 7.00 for them, less 45.00 of breakage: 38.00 less."""
    _, why, _ = _texts(chapter.POINTS_LIABILITY, sample, lang)
    assert all(
        word in why for word in (*words, "2024-10", "12,000", "¥120.00", "¥7.00", "−¥45.00", "−¥38.00")
    )
    assert "IFRS 15.B44–B46" in why
    owed = sample.points.liability
    nobody = attrs.evolve(owed, recognised=attrs.evolve(owed.recognised, points=0))
    assert len(_texts(chapter.POINTS_LIABILITY, _with(sample, liability=nobody), lang)) == 2


@pytest.mark.parametrize("scheme", PALETTES)
def test_what_came_and_went_has_colours_apart(sample, scheme):
    """Two colours lie a sixth of the colour wheel apart; greys differ in lightness by a fifth."""
    legend = _parts(chapter.POINTS, sample, Chart)[0].legend
    assert [word for _, word in legend] == ["Issued", "Redeemed", "Lapsed", "Taken back by refunds"]
    for one, other in itertools.combinations([_hls(PALETTES[scheme][colour]) for colour, _ in legend], 2):
        grey = [saturation < 0.3 for _, _, saturation in (one, other)]
        apart = abs(one[0] - other[0])
        assert any(grey) or min(apart, 1 - apart) >= 1 / 6
        assert not all(grey) or abs(one[1] - other[1]) >= 1 / 5


def _hls(colour):
    """Give the hue, lightness and saturation of a colour, 0 to 1 each."""
    return colorsys.rgb_to_hls(*(part / 255 for part in bytes.fromhex(colour.removeprefix("#"))))


@pytest.mark.parametrize(
    ("points", "customers", "told"), [(44_150, 30, True), (44_149, 30, False), (44_150, 29, False)]
)
def test_customers_are_told_before_many_points_lapse(sample, points, customers, told):
    """From a tenth of the 441,500 usable points, and thirty customers."""
    lapsing = attrs.evolve(sample.points.lapsing, points=points, customers=customers)
    keys = [advice.key for advice in advise(_with(sample, lapsing=lapsing))]
    assert ("points_lapse" in keys) is told


@pytest.mark.parametrize(
    ("customers", "able", "told"), [(289, 2_900, True), (290, 2_900, False), (0, 99, False)]
)
def test_points_that_hardly_anybody_redeems_are_shown_better(sample, customers, able, told):
    """Under a tenth of at least a hundred customers with usable points."""
    who = attrs.evolve(sample.points.redeeming, customers=customers, able=able)
    keys = [advice.key for advice in advise(_with(sample, redeeming=who))]
    assert ("points_unused" in keys) is told


def test_counts_on_an_axis_are_short():
    """Large units of each language, one decimal, a real minus."""
    assert [short_count(n, "zh") for n in (0, 950, 12_340, -200_000)] == ["0", "950", "1.2万", "−20万"]
    assert [short_count(n, "en") for n in (1_000, 2_500_000)] == ["1K", "2.5M"]
