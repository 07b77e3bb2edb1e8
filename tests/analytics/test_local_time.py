"""Local days and months agree with zoneinfo, instant by instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.local_time import constant_offset, local_day, local_days, local_months
from retailcrm.errors import SettingsError

# One offset for ever; DST north and south; half an hour of DST; two moves a year of an odd date; a skipped
# day (Samoa, end of 2011); changes at one minute past midnight; abolished and re-introduced summer times.
ZONES = [
    "UTC",
    "Asia/Shanghai",
    "Europe/London",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/St_Johns",
    "Asia/Tehran",
    "Asia/Kathmandu",
    "America/Havana",
]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

moments = st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def as_instants(several):
    """Turn aware datetimes into a column."""
    return np.array([(m - EPOCH) // timedelta(microseconds=1) for m in several], np.int64).view(
        "datetime64[us]"
    )


def by_zoneinfo(several, zone):
    """Compute the day of each moment the slow way."""
    return [(m.astimezone(ZoneInfo(zone)).date() - date(1970, 1, 1)).days for m in several]


@given(st.lists(moments, max_size=20), st.sampled_from(ZONES))
def test_days_are_those_of_zoneinfo(several, zone):
    """Any instants, centuries apart, fall on the day that zoneinfo gives each of them."""
    assert local_days(as_instants(several), zone).tolist() == by_zoneinfo(several, zone)


@given(st.lists(moments, max_size=20), st.sampled_from(ZONES))
def test_months_are_those_of_zoneinfo(several, zone):
    """Months are counted from 1970-01 in the zone, across year ends."""
    local = [m.astimezone(ZoneInfo(zone)) for m in several]
    wanted = [(m.year - 1970) * 12 + m.month - 1 for m in local]
    assert local_months(as_instants(several), zone).tolist() == wanted


@pytest.mark.parametrize("zone", ZONES)
def test_each_hour_of_three_years(zone):
    """Around every change of the clocks, one microsecond before and at each half hour, days are exact."""
    hours = [datetime(2010, 6, 1, tzinfo=UTC) + timedelta(minutes=30 * i) for i in range(2 * 24 * 600)]
    several = [m - d for m in hours for d in (timedelta(microseconds=1), timedelta(0))]
    days = local_days(as_instants(several), zone)
    assert days.tolist() == by_zoneinfo(several, zone)
    calendar = days.view("datetime64[D]").astype(str)
    wanted = [(int(day[:4]) - 1970) * 12 + int(day[5:7]) - 1 for day in calendar.tolist()]
    assert local_months(as_instants(several), zone).tolist() == wanted


def test_a_skipped_day_has_no_instant():
    """Samoa skipped 2011-12-30: the hour after the 29th lies on the 31st."""
    hours = np.arange("2011-12-29T00", "2011-12-31T20", dtype="datetime64[h]").astype("datetime64[us]")
    days = np.unique(local_days(hours, "Pacific/Apia")).astype("datetime64[D]")
    assert days.tolist() == [date(2011, 12, 28), date(2011, 12, 29), date(2011, 12, 31), date(2012, 1, 1)]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/London"])
def test_unknown_instants_stay_unknown(zone):
    """NaT gives MISSING and leaves the other days alone, in days and in months."""
    some = np.array(["NaT", "2024-06-30T23:30", "2024-12-31T23:30"], "datetime64[us]")
    utc_days = np.array(["2024-06-30", "2024-12-31"], "datetime64[D]").astype(np.int64)
    shift = {"Asia/Shanghai": [1, 1], "Europe/London": [1, 0]}[zone]
    assert local_days(some, zone).tolist() == [MISSING, *(utc_days + shift).tolist()]
    months = {"Asia/Shanghai": [654, 660], "Europe/London": [654, 659]}[zone]
    assert local_months(some, zone).tolist() == [MISSING, *months]


def test_nothing_known_and_nothing_at_all():
    """A column of unknown instants and an empty column need no zone data."""
    nat = np.array(["NaT", "NaT"], "datetime64[us]")
    assert local_days(nat, "Asia/Shanghai").tolist() == [MISSING, MISSING]
    assert local_days(nat[:0], "Asia/Shanghai").tolist() == []


def test_the_input_is_not_changed():
    """The column of instants is only read."""
    some = np.array(["2024-03-31T16:30", "NaT"], "datetime64[us]")
    before = some.copy()
    local_days(some, "Asia/Shanghai")
    assert (some.view(np.int64) == before.view(np.int64)).all()


def test_years_that_no_shop_has():
    """Before 1900 and after 2199 the offset at that end is used: days stay whole, nothing overflows."""
    odd = np.array(["0001-01-01T12:00", "9999-12-31T12:00"], "datetime64[us]")
    days = local_days(odd, "Asia/Tokyo").astype("datetime64[D]").astype(str).tolist()
    assert days == ["0001-01-01", "9999-12-31"]


def test_one_day():
    """A single instant: 2024-03-01 00:00 in Shanghai is eight hours earlier in UTC."""
    assert local_day(np.datetime64("2024-02-29T16:00"), "Asia/Shanghai") == 19783
    assert local_day(np.datetime64("2024-02-29T15:59:59.999999"), "Asia/Shanghai") == 19782


@pytest.mark.parametrize("zone", ["", "Asia", "Mars/Phobos", "../UTC"])
def test_an_unknown_zone_is_a_setting_to_fix(zone):
    """A zone that does not exist is named in the error."""
    with pytest.raises(SettingsError, match="no such time zone"):
        local_days(np.array(["2024-01-01"], "datetime64[us]"), zone)


@given(moments, moments, st.sampled_from(ZONES))
def test_a_constant_offset_holds_over_its_span(a, b, zone):
    """Where one offset is given it is zoneinfo's at both ends and at every noon between."""
    low, high = sorted((a, b))
    high = min(high, low + timedelta(days=400))
    offset = constant_offset(zone, *as_instants([low, high]))
    noons = [low + timedelta(days=d) for d in range((high - low).days)]
    offsets = {m.astimezone(ZoneInfo(zone)).utcoffset() for m in (low, *noons, high)}
    assert (offset is not None) == (len(offsets) == 1)
    if offset is not None:
        assert offsets == {offset.astype(object)}
