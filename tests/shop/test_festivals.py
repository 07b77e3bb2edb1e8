"""Festival windows: lunar days against the published calendar, window ends by hand."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.errors import InputError
from retailcrm.shop.festivals import FESTIVALS, FIRST_YEAR, LAST_YEAR, windows

EPOCH = date(1970, 1, 1)

# Public holidays as announced each year: Spring Festival, Dragon Boat Festival, Mid-Autumn Festival.
PUBLISHED = {
    2012: ("2012-01-23", "2012-06-23", "2012-09-30"),
    2013: ("2013-02-10", "2013-06-12", "2013-09-19"),
    2014: ("2014-01-31", "2014-06-02", "2014-09-08"),
    2015: ("2015-02-19", "2015-06-20", "2015-09-27"),
    2016: ("2016-02-08", "2016-06-09", "2016-09-15"),
    2017: ("2017-01-28", "2017-05-30", "2017-10-04"),
    2018: ("2018-02-16", "2018-06-18", "2018-09-24"),
    2019: ("2019-02-05", "2019-06-07", "2019-09-13"),
    2020: ("2020-01-25", "2020-06-25", "2020-10-01"),
    2021: ("2021-02-12", "2021-06-14", "2021-09-21"),
    2022: ("2022-02-01", "2022-06-03", "2022-09-10"),
    2023: ("2023-01-22", "2023-06-22", "2023-09-29"),
    2024: ("2024-02-10", "2024-06-10", "2024-09-17"),
    2025: ("2025-01-29", "2025-05-31", "2025-10-06"),
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_lunar_days_are_the_published_ones(year: int) -> None:
    """Fourteen years, leap months among them."""
    found = [str(FESTIVALS[key].date_in(year)) for key in ("spring", "dragon_boat", "mid_autumn")]
    assert found == list(PUBLISHED[year])


@pytest.mark.parametrize(
    ("key", "year", "day"),
    [
        ("lantern", 2024, "2024-02-24"),
        ("qixi", 2023, "2023-08-22"),
        ("qixi", 2024, "2024-08-10"),
        ("chongyang", 2023, "2023-10-23"),
        ("chongyang", 2024, "2024-10-11"),
        ("618", 2024, "2024-06-18"),
        ("1111", 2024, "2024-11-11"),
    ],
)
def test_the_other_days(key: str, year: int, day: str) -> None:
    """Lantern, Qixi and Double Ninth as calendars print them; sales by the common calendar."""
    assert str(FESTIVALS[key].date_in(year)) == day


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("spring", "2024-01-13", "2024-02-09"),
        ("mid_autumn", "2024-08-27", "2024-09-17"),
        ("new_year", "2023-12-25", "2024-01-01"),
        ("618", "2024-06-01", "2024-06-20"),
        ("national", "2024-09-24", "2024-10-07"),
        ("1111", "2024-10-31", "2024-11-11"),
    ],
)
def test_windows_by_hand(key: str, first: str, last: str) -> None:
    """The day before the lunar new year ends its window; the others end with the day or the sale."""
    start, end = FESTIVALS[key].window(2024)
    assert [str(np.datetime64(day, "D")) for day in (start, end - 1)] == [first, last]


@given(st.sampled_from(sorted(FESTIVALS)), st.dates(date(1952, 1, 1), date(2095, 1, 1)), st.integers(0, 900))
def test_windows_that_touch_a_span_are_all_found(key: str, start: date, days: int) -> None:
    """They are those of all years that share a day with the span; none overlap."""
    festival = FESTIVALS[key]
    first = (start - EPOCH).days
    span = set(range(first, first + days))
    every = [festival.window(year) for year in range(start.year - 1, start.year + 5)]
    found = windows(festival, first, first + days)
    assert found == tuple(w for w in every if span & set(range(*w)))
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(found))


def test_the_calendar_has_ends() -> None:
    """Nothing is guessed before 1950 or after 2099."""
    for year in (FIRST_YEAR - 1, LAST_YEAR + 1):
        with pytest.raises(InputError, match="from 1950 to 2099"):
            FESTIVALS["spring"].date_in(year)
    with pytest.raises(InputError, match="from 1950 to 2099"):
        windows(FESTIVALS["spring"], (date(1930, 1, 1) - EPOCH).days, 0)
    last = (date(2099, 12, 31) - EPOCH).days
    assert len(windows(FESTIVALS["1111"], last - 364, last + 1)) == 1


def test_keys_are_told_apart() -> None:
    """Every festival stands under its own key, with a day in its window or ending before it."""
    assert {key: f.key for key, f in FESTIVALS.items()} == {key: key for key in FESTIVALS}
    assert all(f.before + f.after > 0 for f in FESTIVALS.values())
    assert FESTIVALS["spring"].date_in(2024) - timedelta(days=28) == date(2024, 1, 13)


def test_the_documented_windows_are_the_codes(repo_root) -> None:
    """The page of the figures lists every festival with its day and the length of its window."""
    text = (repo_root / "docs/figures.md").read_text("utf-8")
    for f in FESTIVALS.values():
        day = f"{'lunar ' if f.lunar else ''}{f.month}-{f.day}"
        assert f"| {f.label.zh} {f.label.en} | {day} | {f.before} | {f.after} |" in text
    assert text.count("| lunar ") == sum(f.lunar for f in FESTIVALS.values())
