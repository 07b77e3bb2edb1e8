"""The shopping calendar: festivals, growth, hours."""

from datetime import date
from itertools import pairwise

import pytest

from retailcrm.simulate.season import LUNAR_NEW_YEARS, hours, season_of, season_percent


@pytest.mark.parametrize(
    ("day", "percent"),
    [
        (date(2023, 11, 11), 1000),
        (date(2023, 11, 10), 380),
        (date(2023, 6, 18), 650),
        (date(2023, 1, 8), 230),  # fourteen days before 2023-01-22
        (date(2024, 1, 20), 150),  # twenty-one days before 2024-02-10
        (date(2024, 1, 19), 100),
        (date(2024, 2, 10), 35),
        (date(2024, 2, 15), 35),
        (date(2024, 2, 16), 70),
        (date(2024, 4, 17), 100),
    ],
)
def test_a_day_is_as_busy_as_its_festival(day, percent):
    """Days are counted by hand from 11-11, 06-18 and the lunar new year."""
    assert percent == season_percent(day)


def test_lunar_new_years_are_true():
    """One date a year, 2019 to 2030, and 12 or 13 moons (354, 355, 383 to 385 days) between two."""
    assert list(range(2019, 2031)) == [day.year for day in LUNAR_NEW_YEARS]
    gaps = {(b - a).days for a, b in pairwise(LUNAR_NEW_YEARS)}
    assert gaps <= {354, 355, 383, 384, 385}
    assert date(2023, 1, 22) in LUNAR_NEW_YEARS
    assert date(2024, 2, 10) in LUNAR_NEW_YEARS


def test_weights_of_days_multiply_season_weekday_and_growth():
    """Sunday 2023-04-30 weighs 100 x 107 / 10; the last of ten days has nine tenths of the growth."""
    season = season_of(date(2023, 4, 21), 10, 100)
    assert season.habits[-1] == 1070
    assert season.arrivals[0] == season.habits[0] == 960  # a Friday
    assert season.arrivals[-1] == 1070 * 19 // 10


def test_sale_days_open_at_midnight():
    """The hour after midnight is busiest on 11-11 and quiet at four in the morning on any day."""
    assert season_of(date(2023, 11, 1), 30, 0).sale.nonzero()[0].tolist() == [0, 9, 10]
    for sale in (False, True):
        share = [(hours(sale=sale).outcomes == hour).sum() for hour in range(24)]
        assert min(share) == share[4]
        assert (max(share) == share[0]) == sale
