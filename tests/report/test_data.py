"""The report's data refuse what a page could only show wrongly."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from retailcrm.domain.labels import Label
from retailcrm.report import CoverageRow, FileRow, GroupRow, LorenzCurve, MonthRow, PolicyLine, Strength


def test_plain_text_serves_both_languages():
    """A string given for words is the same text in Chinese and English."""
    assert PolicyLine(name="RFM", value=Label(zh="五等分", en="five bands")).name == Label(zh="RFM", en="RFM")


def test_the_money_rule_of_a_file_may_be_left_out():
    """A file whose paid amount left no choice has an empty rule."""
    assert FileRow(name="a.csv", source="csv", accepted=1, rejected=0, blank=0).money_rule == Label(
        zh="", en=""
    )


def test_net_must_follow_from_gross_and_refunds(sample):
    """A headline whose net is not gross less refunds is refused."""
    with pytest.raises(ValueError, match="is not gross"):
        attrs.evolve(sample.headline, net=sample.headline.net + 1)


@pytest.mark.parametrize("month", ["2024-13", "2024-00", "2024-1", "2024-01-01"])
def test_a_month_is_written_year_dash_month(month):
    """Anything but YYYY-MM is refused."""
    with pytest.raises(ValueError, match="month"):
        MonthRow(month=month, orders=0, net=0, buyers=0, new_buyers=0)


def test_new_buyers_are_among_the_buyers():
    """More new buyers than buyers are refused."""
    with pytest.raises(ValueError, match="2 new buyers of 1"):
        MonthRow(month="2024-01", orders=2, net=0, buyers=1, new_buyers=2)


def test_amounts_and_counts_are_whole_python_numbers():
    """Floats and numpy numbers are refused: amounts stay exact, figures stay JSON."""
    for wrong in (1.0, np.int64(1)):
        with pytest.raises(TypeError):
            GroupRow(key="a", label="a", rule="", customers=1, orders=1, net=wrong)
        with pytest.raises(TypeError):
            GroupRow(key="a", label="a", rule="", customers=wrong, orders=1, net=1)


def test_counts_are_not_negative():
    """A negative count is refused, a negative net is not."""
    with pytest.raises(ValueError, match="customers"):
        GroupRow(key="a", label="a", rule="", customers=-1, orders=1, net=1)
    assert GroupRow(key="a", label="a", rule="", customers=1, orders=1, net=-1).net == -1


@pytest.mark.parametrize(
    ("x", "y", "match"),
    [
        ((0.0, 1.0), (0.0,), "2 x for 1 y"),
        ((0.0, 1.0, 0.5), (0.0, 1.0, 0.5), "rise"),
        (tuple(i / 200 for i in range(201)), tuple(i / 200 for i in range(201)), "more than 200"),
    ],
)
def test_a_curve_rises_and_has_at_most_two_hundred_points(x, y, match):
    """Points that are no curve, or more than can be seen, are refused."""
    with pytest.raises(ValueError, match=match):
        LorenzCurve(x=x, y=y)


def test_identity_strength_is_one_of_three_words():
    """A strength may be given by its word, and no other word passes."""
    assert CoverageRow(strength="weak", orders=1, net=1).strength is Strength.WEAK
    with pytest.raises(ValueError, match="strong"):
        CoverageRow(strength="strong", orders=1, net=1)


def test_months_rise_and_rows_have_keys_of_their_own(sample):
    """Months out of order, or two rows of one key, are refused."""
    with pytest.raises(ValueError, match="months must rise"):
        attrs.evolve(sample, months=sample.months[::-1])
    with pytest.raises(ValueError, match="share a key"):
        attrs.evolve(sample, tiers=sample.tiers * 2)


@pytest.mark.parametrize(("field", "value"), [("as_of", "16.11.2024"), ("currency", "yuan")])
def test_dates_and_currencies_are_iso(sample, field, value):
    """A date that is not ISO, or a currency that is no code, is refused."""
    with pytest.raises(ValueError, match=field):
        attrs.evolve(sample, **{field: value})
