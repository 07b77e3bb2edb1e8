"""Local days and expiries on columns equal the rules of one moment, at every edge of the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retailcrm.analytics.points.local_ends import dates_of, ends_after
from retailcrm.domain.periods import local_date
from retailcrm.domain.points.expiry import SNAPS, Expiry

ZONES = ("Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Europe/London")
# St John's put the clock back across midnight; Apia skipped a whole day.
ODD_ZONES = ("America/St_Johns", "Pacific/Apia", "America/Havana", "Asia/Kathmandu")

EDGES = [
    datetime(2018, 11, 4, 2, 59, 59, 999_999, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2018, 2, 18, 1, 30, tzinfo=UTC),
    datetime(2018, 2, 18, 2, 30, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
    datetime(2024, 3, 31, 1, tzinfo=UTC),
    datetime(2024, 1, 31, 4, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2023, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC),
    datetime(2023, 12, 31, 16, tzinfo=UTC),
    datetime(2010, 11, 7, 2, 35, tzinfo=UTC),
    datetime(2011, 12, 30, 9, 59, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
]
moments = st.sampled_from(EDGES) | st.builds(
    lambda seconds: datetime(1995, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds),
    st.integers(0, 45 * 365 * 86_400),
)


@st.composite
def expiries(draw):
    """Draw a rule: months, days, a fixed day or never, with any snap and zone."""
    kind = draw(st.sampled_from(["months", "days", "never"]))
    return Expiry(
        months=draw(st.integers(1, 40)) if kind == "months" else None,
        days=draw(st.integers(1, 800)) if kind == "days" else None,
        snap=draw(st.sampled_from(SNAPS)),
        on=draw(st.none() | st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1))),
        zone=draw(st.sampled_from(ZONES)),
    )


def column(found):
    """Lay moments out as a column; None is NaT."""
    naive = ["NaT" if one is None else np.datetime64(one.replace(tzinfo=None), "us") for one in found]
    return np.array(naive, "datetime64[us]")


@settings(max_examples=4 * settings.default.max_examples, deadline=None)
@given(st.lists(moments | st.none(), max_size=6), expiries())
@example(EDGES, Expiry(months=1, zone="America/Sao_Paulo"))
@example(EDGES, Expiry(months=12, snap="year", zone="Asia/Shanghai"))
@example(EDGES, Expiry(days=30, snap="quarter", zone="Europe/London"))
def test_ends_equal_those_of_the_rule(found, rule):
    """Months with clamping, days, snaps, fixed days and never: the moment of each lot is the rule's own."""
    wanted = [None if one is None else rule.after(one) for one in found]
    assert ends_after(rule, column(found)).tolist() == column(wanted).tolist()


@settings(max_examples=3 * settings.default.max_examples, deadline=None)
@given(st.lists(moments, max_size=6), st.sampled_from(ZONES + ODD_ZONES))
@example(EDGES, "America/St_Johns")
@example(EDGES, "Pacific/Apia")
def test_local_days_equal_those_of_one_moment(found, zone):
    """A day repeated by the clock, or skipped by it, is told as it is for one moment."""
    days = dates_of(column(found), zone).astype("datetime64[D]").tolist()
    assert days == [local_date(one, zone) for one in found]


def test_days_far_apart_need_no_table_of_all_days_between():
    """Two instants centuries apart keep their days."""
    far = [datetime(1700, 1, 1, 12, tzinfo=UTC), datetime(2900, 6, 30, 23, tzinfo=UTC)]
    assert dates_of(column(far), "UTC").astype("datetime64[D]").tolist() == [one.date() for one in far]


@pytest.mark.parametrize(
    ("rule", "at", "end"),
    [
        (Expiry(months=1, zone="Asia/Shanghai"), "2024-01-31T04:00", "2024-02-29T16:00"),
        (Expiry(months=12, zone="Asia/Shanghai"), "2024-02-29T04:00", "2025-02-28T16:00"),
        (Expiry(days=1, zone="America/New_York"), "2024-03-09T17:00", "2024-03-11T04:00"),
        (Expiry(months=12, snap="year", zone="Asia/Shanghai"), "2023-12-31T16:00", "2025-12-31T16:00"),
        (Expiry(months=12, snap="year", zone="Asia/Shanghai"), "2023-12-31T15:59", "2024-12-31T16:00"),
    ],
)
def test_ends_reckoned_by_hand(rule, at, end):
    """31 January and a month, 29 February and a year, a day of 23 hours, either side of a year's end."""
    assert ends_after(rule, np.array([at], "datetime64[us]")) == np.array([end], "datetime64[us]")
