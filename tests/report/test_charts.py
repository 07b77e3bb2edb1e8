"""Figures hold what their rows say, satisfy Plotly's schema, and treat outside text as text."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.report import DEFAULT, GroupRow, LorenzCurve, MonthRow, SegmentRow
from retailcrm.report.charts import (
    TOP,
    concentration,
    groups_bar,
    months_bars,
    plain,
    step_legend,
    step_of,
    treemap,
)
from retailcrm.report.charts.months import ticks
from retailcrm.report.palette import PALETTES
from retailcrm.report.parts import Chart


def _painted(node: Any, colours, *, colour: bool = False) -> Any:
    """Put colours in for tokens, as the page's script does."""
    if isinstance(node, dict):
        return {k: _painted(v, colours, colour=k.endswith(("color", "colors"))) for k, v in node.items()}
    if isinstance(node, list):
        return [_painted(item, colours, colour=colour) for item in node]
    return colours[node[1:]] if colour and isinstance(node, str) and node.startswith("$") else node


@pytest.mark.parametrize("scheme", PALETTES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_plotly_accepts_every_figure(sample, lang, scheme):
    """Plotly's own schema check passes every kind of figure, with either palette put in."""
    parts = [part for section in DEFAULT for part in section.render(sample, lang).parts]
    charts = [part for part in parts if isinstance(part, Chart)]
    assert [chart.key for chart in charts] == [
        "months",
        "segments",
        "main-groups",
        "activity",
        "value",
        "tiers",
        "by-level",
        "by-gender",
        "by-age",
        "concentration",
        "points-months",
        "points-expiry",
        "by-category",
        "festivals",
        "by-region",
        "by-province",
        "by-channel",
        "refund-months",
        "refund-reasons",
        "review-months",
        "review-products",
        "completeness",
    ]
    for chart in charts:
        go.Figure(_painted(dict(chart.figure), PALETTES[scheme]))


def test_the_treemap_shows_customers_and_leaves_empty_segments_out(sample):
    """Areas are customers, add up to their root, and a segment of nobody has none."""
    rows = (*sample.segments, attrs.evolve(sample.segments[0], key="void", customers=0, orders=0, net=0))
    trace = treemap(rows, "CNY", "zh")["data"][0]
    assert trace["values"] == [4_900, 512, 388, 341, 295, 420, 1_103, 187, 1_654]
    assert trace["labels"][1] == "重要价值客户"
    assert trace["text"][1] == "512 人<br>10.4%"  # 512 / 4,900
    assert trace["customdata"][1] == ["¥982,143.00", "41.9%", "重要价值客户"]  # 98,214,300 / 234,252,000


def test_long_names_break_between_words(sample):
    """English names of segments stand on two lines, Chinese ones are not torn apart."""
    assert treemap(sample.segments, "CNY", "en")["data"][0]["labels"][1] == "Important,<br>keep"
    assert "<br>" not in treemap(sample.segments, "CNY", "zh")["data"][0]["labels"][1]


@pytest.mark.parametrize(
    ("net", "step"), [(-5, 1), (49, 1), (50, 2), (99, 2), (100, 3), (149, 3), (150, 4), (299, 4), (300, 5)]
)
def test_colour_steps_begin_at_the_bounds(net, step):
    """The step is net per customer over the mean of all: from 0.5, 1, 1.5 and 3 times."""

    def segment(key, net):
        return SegmentRow(
            key=key, label=key, customers=1, orders=1, net=net, mean_days_since_last=1, action=""
        )

    rows = [segment("this", net), *(segment(str(i), 0) for i in range(8)), segment("rest", 1_000 - net)]
    assert step_of(rows[0], rows) == step  # ten customers, 1,000 in all: mean 100


def test_steps_without_net_are_the_lowest():
    """Where the shop earned nothing, or nobody is in a segment, there is nothing to shade."""
    nobody = SegmentRow(
        key="a", label="a", customers=0, orders=0, net=0, mean_days_since_last=None, action=""
    )
    loss = attrs.evolve(nobody, customers=1, net=-1)
    assert step_of(nobody, [nobody, loss]) == step_of(loss, [nobody, loss]) == 1


def test_the_legend_names_every_step():
    """Five steps, in words, lowest first."""
    assert [words for _, words in step_legend("en")] == [
        "below 0.5×",
        "0.5–1×",
        "1–1.5×",
        "1.5–3×",
        "3× or more",
    ]


def test_bars_set_customers_against_net():
    """Each group has its share of customers and its share of net."""
    rows = [
        GroupRow(key=k, label=k, rule="", customers=n, orders=n, net=m)
        for k, n, m in (("a", 3, 60), ("b", 1, 140))
    ]
    customers, net = groups_bar(rows, "en")["data"]
    assert customers["x"] == [0.75, 0.25]
    assert net["x"] == [0.3, 0.7]
    assert net["text"] == ["30.0%", "70.0%"]


def test_groups_of_one_name_keep_their_own_bars():
    """Names are marks beside the bars, never their place: two tiers may be called the same."""
    rows = [GroupRow(key=str(i), label="卡", rule="", customers=1, orders=1, net=1) for i in range(2)]
    figure = groups_bar(rows, "zh")
    assert figure["data"][0]["y"] == [0, 1]
    assert figure["layout"]["yaxis"]["ticktext"] == ["卡", "卡"]


def test_bars_without_net_have_no_length():
    """Shares of nothing are drawn as nothing and written as a dash."""
    net = groups_bar([GroupRow(key="a", label="a", rule="", customers=1, orders=1, net=0)], "en")["data"][1]
    assert (net["x"], net["text"]) == ([0.0], ["–"])


def test_months_stack_new_on_returning_and_pale_the_running_one(sample):
    """Returning and new add up to buyers; only the month of the report's date is pale."""
    back, others, returning, new = months_bars(sample.months, "CNY", sample.as_of, "zh")["data"]
    assert [a + b for a, b in zip(back["y"], others["y"], strict=True)] == [row.net for row in sample.months]
    assert [a + b for a, b in zip(returning["y"], new["y"], strict=True)] == [
        row.buyers for row in sample.months
    ]
    assert back["marker"]["opacity"] == [1.0] * 17 + [0.45]


def test_months_that_do_not_tell_who_paid_have_one_bar_of_money(bare):
    """Where no month tells what returning buyers brought, net is drawn whole."""
    net, _, _ = months_bars(bare.months, "CNY", bare.as_of, "zh")["data"]
    assert net["y"] == [row.net for row in bare.months]
    assert net["yaxis"] == "y"


@pytest.mark.parametrize(("months", "named"), [(1, 1), (12, 12), (13, 7), (24, 12), (120, 12)])
def test_at_most_twelve_months_are_named(months, named):
    """However long the history, a phone's width holds the names."""
    rows = [
        MonthRow(month=f"{2010 + i // 12}-{i % 12 + 1:02d}", orders=1, net=1, buyers=1, new_buyers=0)
        for i in range(months)
    ]
    axis = months_bars(rows, "CNY", "2030-01-01", "en")["layout"]["xaxis"]
    assert len(axis["tickvals"]) == len(axis["ticktext"]) == named
    assert axis["ticktext"][0] == "Jan<br>2010"


@settings(max_examples=100)
@given(low=st.integers(-(10**15), 0), high=st.integers(0, 10**15))
def test_ticks_are_round_few_and_cover(low, high):
    """Ticks hold both ends and zero, are evenly spaced by 1, 2 or 5 times a power of ten, and few."""
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert 0 in found
    assert len(found) <= 9
    steps = {b - a for a, b in itertools.pairwise(found)}
    assert len(steps) <= 1
    assert all(str(step).rstrip("0") in ("1", "2", "5") for step in steps)


def test_the_curve_is_turned_to_begin_with_the_biggest():
    """Smallest-first points become biggest-first ones; the 20 % point is marked where it lies."""
    figure = concentration(LorenzCurve(x=(0.0, 0.5, 1.0), y=(0.0, 0.125, 1.0)), 0.6, "en")
    _, line, mark = figure["data"]
    assert (line["x"], line["y"]) == ([0.0, 0.5, 1.0], [0.0, 0.875, 1.0])
    assert (mark["x"], mark["y"], mark["text"]) == ([TOP], [0.6], ["<b>60.0%</b>"])
    assert len(figure["layout"]["shapes"]) == 2


def test_an_undefined_top_share_is_not_marked():
    """Without the figure there is no point."""
    figure = concentration(LorenzCurve(x=(0.0, 1.0), y=(0.0, 1.0)), None, "en")
    assert len(figure["data"]) == 2
    assert "shapes" not in figure["layout"]


def test_a_curve_above_one_stays_in_view():
    """Where refunds of some exceed their payments, the curve passes 100 % and is still drawn."""
    figure = concentration(LorenzCurve(x=(0.0, 0.5, 1.0), y=(0.0, -0.2, 1.0)), None, "en")
    assert figure["layout"]["yaxis"]["range"][1] >= 1.2


def test_outside_text_is_no_markup(hostile, hostile_text):
    """Tags and entities in names reach Plotly escaped: cut where they are drawn, whole in the hover."""
    trace = treemap(hostile.segments, "CNY", "zh")["data"][0]
    cut = "&lt;/script&gt;&lt;sc<br>ript&gt;alert(…"
    assert trace["labels"][1] == cut
    assert trace["customdata"][1][2] == plain(hostile_text)
    assert "<" not in plain(hostile_text)
    assert plain("&lt;") == "&amp;lt;"
    for name in groups_bar(hostile.tiers, "zh")["layout"]["yaxis"]["ticktext"]:
        assert name == cut
