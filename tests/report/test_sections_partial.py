"""What a shop's data hold only in part, or not at all, is neither compared nor spoken of."""

from __future__ import annotations

import attrs
import pytest

from retailcrm.report.cells import write_cell
from retailcrm.report.data import MonthRow
from retailcrm.report.parts import Cards, Chart, Paragraph, Table
from retailcrm.report.sections import (
    CHANGE,
    CHANNELS,
    CONCENTRATION,
    HEADLINE,
    MONTHS,
    PRODUCTS,
    REFUNDS,
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


@pytest.mark.parametrize(("since", "whole"), [("2023-03-07", True), ("2023-03-08", False)])
def test_nothing_grows_out_of_a_month_held_in_part(empty, since, whole):
    """From a first order in the second week on, neither the next month nor the next year is compared."""
    months = [f"2023-{n:02d}" for n in range(3, 13)] + ["2024-01", "2024-02", "2024-03"]
    rows = tuple(
        MonthRow(month=m, orders=1, net=80 + n, buyers=1, new_buyers=0) for n, m in enumerate(months)
    )
    data = attrs.evolve(empty, months=rows, since=since, as_of="2024-04-01")
    (table,) = _parts(MONTHS, data, Table)
    growth = dict(zip(months, _columns(table, "Growth"), strict=True))
    assert growth["2023-04"] == ((1 / 80,) if whole else (None,))
    assert growth["2023-05"] == (1 / 81,)
    assert ("Against last year" in [column.title for column in table.columns]) is whole
    texts = _texts(MONTHS, data)
    assert ("of last year" in texts[0]) is whole
    note = "The data begin only on 2023-03-08: nothing is compared with 2023-03."
    assert texts[1:] == ([] if whole else [note])


def test_two_months_of_which_the_first_is_held_in_part(empty):
    """The sentence has no growth either."""
    rows = tuple(MonthRow(month=m, orders=1, net=80, buyers=1, new_buyers=0) for m in ("2024-02", "2024-03"))
    data = attrs.evolve(empty, months=rows, since="2024-02-20", as_of="2024-04-01")
    assert _texts(MONTHS, data)[0] == "2024-03: net sales ¥0.80, 1 order, 1 buyer, 0 of them new."


def test_months_of_unknown_buyers_say_nothing_of_buyers(sample):
    """Neither columns nor words, bars or colours of buyers where nobody is known."""
    months = tuple(
        attrs.evolve(row, buyers=0, new_buyers=0, reactivated=0, returning_net=0) for row in sample.months
    )
    data = attrs.evolve(sample, months=months)
    body = MONTHS.render(data, "en")
    (table,) = _parts(MONTHS, data, Table)
    assert [column.title for column in table.columns] == [
        "Month", "Net sales", "Growth", "Against last year", "Orders", COUNTED,
    ]  # fmt: skip
    (chart,) = _parts(MONTHS, data, Chart)
    assert (len(chart.figure["data"]), chart.legend) == (1, ())
    assert "yaxis2" not in chart.figure["layout"]
    assert _texts(MONTHS, data)[0].startswith("2024-10: net sales ¥174,332.46, 1,106 orders. Against")
    words = (table.caption, chart.alternative, str(chart.figure), *_texts(MONTHS, data))
    assert not any("buyer" in text.lower() for text in words)
    assert body.parts


def test_breakdowns_of_unknown_buyers_say_nothing_of_buyers(sample):
    """Columns, bars and words of buyers give way to orders where nobody is known."""
    rows = tuple(
        attrs.evolve(row, buyers=0, new_buyers=0, per_buyer=None, repurchase_rate=None)
        for row in sample.breakdowns[7].rows
    )
    data = attrs.evolve(sample, breakdowns=(attrs.evolve(sample.breakdowns[7], rows=rows),))
    (table,) = _parts(CHANNELS, data, Table)
    assert [column.title for column in table.columns] == [
        "Sales channel", "Orders", "Net sales", "Share of net sales", "Growth", "Net per order (AOV)",
        "Refund rate",
    ]  # fmt: skip
    assert table.rows[0].cells[:3] == ("Taobao", 9_904, 150_204_000)
    (chart,) = _parts(CHANNELS, data, Chart)
    assert [words for _, words in chart.legend] == ["Share of net sales"]
    assert not any("buyer" in text.lower() for text in (table.caption, chart.alternative, str(chart.figure)))


def test_the_refunds_tile_agrees_with_the_refunds_section(sample):
    """By hand: 3,000 of 13,000 with orders given back in full, of which 200 on orders that count."""
    whole = attrs.evolve(sample.refunding, gross=1_300_000, refunded=300_000)
    head = attrs.evolve(sample.headline, gross=1_000_000, refunded=20_000, net=980_000)
    data = attrs.evolve(sample, headline=head, refunding=whole)
    tile = {card.label: card for card in _parts(HEADLINE, data, Cards)[1].cards}["Refunded"]
    assert tile.value == 300_000
    assert "given back in full included: 23.1%" in tile.definition
    assert "¥200.00 are partial refunds of orders that count" in tile.definition
    assert "23.1% of gross" in _texts(REFUNDS, data)[0]
    told = {card.label: card for card in _parts(HEADLINE, attrs.evolve(data, refunding=None), Cards)[1].cards}
    assert (told["Refunded"].value, told["Refunded"].definition) == (
        20_000,
        "Paid back on counted orders: 2.0% of gross",
    )
    (change,) = _parts(CHANGE, data, Table)
    words = {row.cells[0]: row.cells[4] for row in change.rows}["Refund rate"]
    assert words.endswith("(partial refunds of orders that count)")


def test_the_acquisition_rate_is_a_share(sample):
    """78 new customers beside 1,000 known ones are 7.8 %, up by 1.3 points from 6.5 %."""
    rate = next(one for one in sample.comparison.changes if one.key == "acquisition_rate")
    rate = attrs.evolve(rate, unit="ratio", now=0.078, before=0.065)
    data = attrs.evolve(sample, comparison=attrs.evolve(sample.comparison, changes=(rate,)))
    (row,) = _parts(CHANGE, data, Table)[0].rows
    assert row.kinds == ("text", "rate", "rate", "points", "note")
    assert write_cell(row.cells[1], row.kinds[1], "CNY") == "7.8%"
    assert row.cells[3] == pytest.approx(0.013)


@pytest.mark.parametrize(
    ("products", "caption"),
    [(8, "Best sellers by pieces"), (9, "The 8 products with the highest net sales, by pieces")],
)
def test_where_nothing_was_earned_pieces_rank(sample, products, caption):
    """With more paid back than paid, shares of net and concentration are left out; pieces rank, aloud."""
    goods = attrs.evolve(
        sample.goods, hot=tuple(attrs.evolve(r, net=-r.net) for r in sample.goods.hot), products=products
    )
    head = attrs.evolve(sample.headline, gross=100, refunded=150, net=-50)
    data = attrs.evolve(sample, headline=head, goods=goods)
    assert CONCENTRATION.render(data, "en").parts == ()
    hot = _parts(PRODUCTS, data, Table)[0]
    assert hot.caption == caption
    # By hand from the list: 1,910 pieces, then 1,205, 1,204.
    assert _columns(hot, "Pieces", "Against the best")[:3] == [
        (1_910, 1.0), (1_205, pytest.approx(1_205 / 1_910)), (1_204, pytest.approx(1_204 / 1_910)),
    ]  # fmt: skip
    assert _texts(PRODUCTS, data)[1].endswith("so the best sellers are ranked by pieces.")
    labels = [card.label for card in _parts(HEADLINE, data, Cards)[1].cards]
    assert len(labels) == 8
    assert "Concentration (Gini)" not in labels
