"""Earning without a purchase: limits by local period, streaks, birthdays, and being told twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.customers import Birthday
from retailcrm.domain.points import Accepted, Account, Expiry, Refusal, Verb
from retailcrm.domain.points.activities import (
    ActivityAward,
    ActivityRefusal,
    activity_points,
    activity_source,
    birthday_in,
    earn_activity,
)
from retailcrm.domain.points.programme import Activity
from retailcrm.domain.points.wallets import Wallet
from retailcrm.errors import InputError

SHANGHAI: Final = "Asia/Shanghai"
NEW_YORK: Final = "America/New_York"


def at(text: str, zone: str = SHANGHAI) -> datetime:
    """Read a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def points(rule: Activity, past: list[str], now: str, zone: str = SHANGHAI) -> int:
    """Give the points of an activity, all times local; fail if it is refused."""
    award = activity_points(rule, [at(one, zone) for one in past], at(now, zone), zone)
    assert isinstance(award, ActivityAward)
    return award.points


def refusal(rule: Activity, past: list[str], now: str, zone: str = SHANGHAI) -> ActivityRefusal:
    """Give the refusal of an activity, all times local."""
    refused = activity_points(rule, [at(one, zone) for one in past], at(now, zone), zone)
    assert isinstance(refused, ActivityRefusal)
    return refused


# ---- sign-ins ------------------------------------------------------------------------------------------

SIGNIN: Final = Activity(kind="signin", points=5)
STREAK: Final = Activity(kind="signin", points=5, streak=((3, 10), (7, 20)))


def test_a_sign_in_counts_once_a_local_day() -> None:
    """The second of a day is refused until the next local midnight, which is 16:00 UTC in Shanghai."""
    again = refusal(SIGNIN, ["2024-05-01 00:00"], "2024-05-01 23:59")
    assert again.again_at == datetime(2024, 5, 1, 16, tzinfo=UTC)
    assert (again.nth, again.times, again.per) == (2, 1, "day")
    assert points(SIGNIN, ["2024-05-01 23:59"], "2024-05-02 00:00") == 5


def test_a_rule_of_more_times_a_day_still_counts_one() -> None:
    """Whatever the rule allows, a day is signed in to once."""
    thrice = Activity(kind="signin", points=5, times=3)
    assert refusal(thrice, ["2024-05-01 08:00"], "2024-05-01 09:00").times == 1


def test_a_monthly_limit_binds_until_the_next_month() -> None:
    """Two a month: the third waits for the first of the next month, across the end of a year too."""
    monthly = Activity(kind="signin", points=5, times=2, per="month")
    past = ["2024-12-02 08:00", "2024-12-05 08:00"]
    third = refusal(monthly, past, "2024-12-06 08:00")
    assert (third.again_at, third.nth, third.per) == (at("2025-01-01 00:00"), 3, "month")
    assert points(monthly, past, "2025-01-01 00:00") == 5


def test_the_next_moment_is_one_at_which_it_does_count() -> None:
    """Where the days that follow are full as well, the refusal names the first that is not."""
    past = ["2024-05-01 08:00", "2024-05-02 08:00", "2024-05-03 08:00"]
    assert refusal(SIGNIN, past, "2024-05-01 09:00").again_at == at("2024-05-04 00:00")


@pytest.mark.parametrize(
    ("day", "extra"), [(1, 0), (2, 0), (3, 10), (4, 0), (6, 0), (7, 20), (8, 0), (10, 10), (14, 20), (15, 0)]
)
def test_a_streak_adds_points_and_begins_again(day: int, extra: int) -> None:
    """Day 3 and day 7 in a row add theirs, and after the greatest the count begins again."""
    past = [f"2024-05-{n:02d} 08:00" for n in range(1, day)]
    assert points(STREAK, past, f"2024-05-{day:02d} 23:00") == 5 + extra


def test_a_day_left_out_begins_a_streak_again() -> None:
    """Day 3 after a gap is day 1."""
    award = activity_points(
        STREAK, [at("2024-05-01 08:00"), at("2024-05-02 08:00")], at("2024-05-04 08:00"), SHANGHAI
    )
    assert isinstance(award, ActivityAward)
    assert (award.points, award.run, award.streak_day) == (5, 1, 1)


@pytest.mark.parametrize(
    "days",
    [
        ["2024-02-28", "2024-02-29", "2024-03-01"],
        ["2023-02-27", "2023-02-28", "2023-03-01"],
        ["2024-12-30", "2024-12-31", "2025-01-01"],
        ["2024-04-29", "2024-04-30", "2024-05-01"],
    ],
)
@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK])
def test_a_streak_runs_across_months_and_years(days: list[str], zone: str) -> None:
    """The ends of months, of leap Februaries and of years are days like others, in either zone."""
    first, second, third = (f"{day} 23:30" for day in days)
    assert points(STREAK, [first, second], third, zone) == 15


@pytest.mark.parametrize(
    "days", [("2024-03-09", "2024-03-10", "2024-03-11"), ("2024-11-02", "2024-11-03", "2024-11-04")]
)
def test_a_streak_runs_across_clock_changes(days: tuple[str, str, str]) -> None:
    """Days of 23 and 25 hours are days: late on the first, early on the second, late on the third."""
    first, second, third = days
    assert points(STREAK, [f"{first} 23:59", f"{second} 00:30"], f"{third} 23:59", NEW_YORK) == 15


def test_the_hour_that_a_clock_change_repeats_is_one_day() -> None:
    """01:30 comes twice on 3 November 2024 in New York; the second is refused until midnight, 05:00 UTC."""
    first, second = datetime(2024, 11, 3, 5, 30, tzinfo=UTC), datetime(2024, 11, 3, 6, 30, tzinfo=UTC)
    again = activity_points(SIGNIN, [first], second, NEW_YORK)
    assert isinstance(again, ActivityRefusal)
    assert again.again_at == datetime(2024, 11, 4, 5, tzinfo=UTC)


def test_a_day_that_the_zone_skips_breaks_no_streak() -> None:
    """Samoa had no 30 December 2011: nobody could sign in on it."""
    past = [datetime(2011, 12, 28, 20, tzinfo=UTC), datetime(2011, 12, 29, 20, tzinfo=UTC)]
    award = activity_points(STREAK, past, datetime(2011, 12, 30, 20, tzinfo=UTC), "Pacific/Apia")
    assert isinstance(award, ActivityAward)
    assert (str(award.day), award.run) == ("2011-12-31", 3)


def test_one_moment_is_two_days_in_two_zones() -> None:
    """Midnight in Shanghai is the day before in New York: the year's last sign-in there, the first here."""
    moment = at("2025-01-01 00:00")
    assert activity_source("signin", moment, SHANGHAI) == "signin:2025-01-01"
    assert activity_source("signin", moment, NEW_YORK) == "signin:2024-12-31"


# ---- the law of order ----------------------------------------------------------------------------------


def naive(days: set[date], rule: Activity) -> dict[date, int]:
    """Give the points of each day of a set, by walking through the calendar."""
    bonus, most = dict(rule.streak), max((n for n, _ in rule.streak), default=0)
    found: dict[date, int] = {}
    if not days:
        return found
    day, count = min(days), 0
    while day <= max(days):
        count = count + 1 if day in days else 0
        if day in days:
            found[day] = rule.points + bonus.get(count, 0)
            if count == most:
                count = 0
        day += timedelta(days=1)
    return found


def delivered(moments: list[datetime], rule: Activity, zone: str) -> dict[str, int]:
    """Tell of sign-ins one after the other; give the points of each award by its source."""
    past: list[datetime] = []
    awards: dict[str, int] = {}
    for moment in moments:
        award = activity_points(rule, past, moment, zone)
        if isinstance(award, ActivityAward):
            past.append(moment)
            awards[activity_source("signin", moment, zone)] = award.points
    return awards


MOMENTS: Final = st.lists(
    st.builds(
        lambda day, minute: datetime(2024, 12, 20, tzinfo=UTC) + timedelta(days=day, minutes=minute),
        st.integers(0, 25),
        st.integers(0, 1439),
    ),
    max_size=30,
)


@given(MOMENTS, st.sampled_from([SHANGHAI, NEW_YORK]), st.data())
def test_sign_ins_told_of_day_by_day_with_repetitions_give_the_awards_of_their_set(
    moments: list[datetime], zone: str, data: st.DataObject
) -> None:
    """Repeating any of them later changes nothing; the awards are those of a walk through the days."""
    in_time = sorted(moments)
    told: list[datetime] = []
    for n, moment in enumerate(in_time):
        told += [moment, *data.draw(st.lists(st.sampled_from(in_time[: n + 1]), max_size=2))]
    days = {moment.astimezone(ZoneInfo(zone)).date() for moment in moments}
    wanted = {f"signin:{day}": points for day, points in naive(days, STREAK).items()}
    assert delivered(told, STREAK, zone) == wanted


@given(MOMENTS, st.randoms(use_true_random=False), st.sampled_from([SHANGHAI, NEW_YORK]))
def test_without_streaks_any_order_gives_the_same_awards(
    moments: list[datetime], chance: object, zone: str
) -> None:
    """Which days earn, and how much, depends on nothing but the set of days."""
    mixed = [*moments, *moments]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert delivered(mixed, SIGNIN, zone) == delivered(sorted(moments), SIGNIN, zone)


@given(MOMENTS, st.randoms(use_true_random=False))
def test_with_streaks_any_order_gives_the_same_days(moments: list[datetime], chance: object) -> None:
    """Only what a streak adds can differ, and what it adds counts the days that were known by then."""
    mixed = [*moments, *moments]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    known: set[date] = set()
    wanted: dict[str, int] = {}
    for day in (moment.astimezone(ZoneInfo(SHANGHAI)).date() for moment in mixed):
        if day not in known:
            known.add(day)
            wanted[f"signin:{day}"] = naive({one for one in known if one <= day}, STREAK)[day]
    found = delivered(mixed, STREAK, SHANGHAI)
    assert found == wanted
    assert found.keys() == delivered(sorted(moments), STREAK, SHANGHAI).keys()


@given(MOMENTS, st.randoms(use_true_random=False), st.integers(1, 6))
def test_a_further_limit_is_filled_by_those_told_of_first(
    moments: list[datetime], chance: object, times: int
) -> None:
    """In whatever order: each month has as many awards as days, and at most the limit."""
    rule = Activity(kind="signin", points=5, times=times, per="month")
    chance.shuffle(moments)  # type: ignore[attr-defined]
    days = {moment.astimezone(ZoneInfo(SHANGHAI)).date() for moment in moments}
    found = delivered(moments, rule, SHANGHAI)
    for month in {(day.year, day.month) for day in days}:
        signed = sum((day.year, day.month) == month for day in days)
        awarded = sum(source.startswith(f"signin:{month[0]}-{month[1]:02d}") for source in found)
        assert awarded == min(signed, times)


@given(
    MOMENTS, st.integers(0, 26 * 1440), st.integers(1, 4), st.sampled_from(["day", "month", "year", "ever"])
)
def test_a_refusal_names_the_next_moment_at_which_it_counts(
    moments: list[datetime], minute: int, times: int, per: str
) -> None:
    """At that moment it is awarded, and a microsecond earlier it is not; never is never."""
    rule = Activity(kind="signin", points=5, times=times, per=per)  # type: ignore[arg-type]
    now = datetime(2024, 12, 20, tzinfo=UTC) + timedelta(minutes=minute)
    decided = activity_points(rule, moments, now, NEW_YORK)
    if isinstance(decided, ActivityAward):
        return
    if decided.again_at is None:
        assert per == "ever"
        return
    assert isinstance(activity_points(rule, moments, decided.again_at, NEW_YORK), ActivityAward)
    before = decided.again_at - timedelta(microseconds=1)
    assert isinstance(activity_points(rule, moments, before, NEW_YORK), ActivityRefusal)


# ---- once, and so many times ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["registration", "profile"])
def test_registration_and_profile_count_once_ever(kind: str) -> None:
    """Whatever period the rule names: years later it is still refused, and never counts again."""
    rule = Activity(kind=kind, points=50, per="day")  # type: ignore[arg-type]
    assert points(rule, [], "2020-01-01 08:00") == 50
    again = refusal(rule, ["2020-01-01 08:00"], "2024-05-01 08:00")
    assert (again.again_at, again.per) == (None, "ever")


def test_a_profile_may_count_several_times_if_the_rule_says_so() -> None:
    """Three fields of a profile earn, the fourth does not."""
    rule = Activity(kind="profile", points=10, times=3)
    past = [f"2024-05-01 08:0{n}" for n in range(3)]
    assert points(rule, past[:2], "2024-05-02 08:00") == 10
    assert refusal(rule, past, "2024-05-02 08:00").nth == 4


def test_reviews_and_shares_count_so_many_times_a_period() -> None:
    """Two reviews a month: the third waits; a share a day: the second does."""
    rule = Activity(kind="review", points=20, times=2, per="month")
    assert points(rule, ["2024-01-31 23:59", "2024-02-01 00:00"], "2024-02-29 23:59") == 20
    third = refusal(rule, ["2024-02-01 00:00", "2024-02-29 08:00"], "2024-02-29 23:59")
    assert third.again_at == at("2024-03-01 00:00")
    share = Activity(kind="share", points=1)
    assert refusal(share, ["2024-02-29 08:00"], "2024-02-29 09:00").again_at == at("2024-03-01 00:00")


def test_changing_the_rule_changes_the_outcome() -> None:
    """Points, times, period, streak and days are all read."""
    past = ["2024-05-01 08:00", "2024-05-02 08:00"]
    assert points(Activity(kind="share", points=1, times=3, per="month"), past, "2024-05-02 09:00") == 1
    assert (
        refusal(Activity(kind="share", points=1, times=2, per="month"), past, "2024-05-02 09:00").per
        == "month"
    )
    assert (
        refusal(Activity(kind="share", points=1, times=2, per="year"), past, "2024-05-02 09:00").per == "year"
    )
    assert points(Activity(kind="signin", points=7, streak=((3, 1),)), past, "2024-05-03 09:00") == 8


# ---- birthdays -----------------------------------------------------------------------------------------

GIFT: Final = Activity(kind="birthday", points=100)


def birthday(
    past: list[str], now: str, day: Birthday, zone: str = SHANGHAI
) -> ActivityAward | ActivityRefusal:
    """Decide a birthday award."""
    return activity_points(GIFT, [at(one, zone) for one in past], at(now, zone), zone, birthday=day)


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK])
@pytest.mark.parametrize(
    ("now", "right"),
    [
        ("2024-05-01 00:00", True),
        ("2024-05-01 23:59", True),
        ("2024-04-30 23:59", False),
        ("2024-05-02 00:00", False),
    ],
)
def test_a_birthday_counts_on_its_local_day(now: str, right: bool, zone: str) -> None:
    """From local midnight to local midnight, and on no other day."""
    assert isinstance(birthday([], now, Birthday(5, 1, 1990), zone), ActivityAward) is right


@pytest.mark.parametrize(
    ("now", "right"),
    [
        ("2023-02-28 09:00", True),
        ("2023-03-01 09:00", False),
        ("2024-02-28 09:00", False),
        ("2024-02-29 09:00", True),
        ("2100-02-28 09:00", True),
    ],
)
def test_a_birthday_on_29_february_is_kept_on_the_28th_of_common_years(now: str, right: bool) -> None:
    """2023 and 2100 have no 29th, 2024 has one."""
    assert isinstance(birthday([], now, Birthday(2, 29)), ActivityAward) is right


def test_29_february_pays_every_year() -> None:
    """From the 28th to the 29th are 366 days, from the 29th to the 28th 365: both far enough apart."""
    past: list[str] = []
    for day in (
        "2022-02-28",
        "2023-02-28",
        "2024-02-29",
        "2025-02-28",
        "2026-02-28",
        "2027-02-28",
        "2028-02-29",
    ):
        assert isinstance(birthday(past, f"{day} 12:00", Birthday(2, 29)), ActivityAward), day
        past.append(f"{day} 12:00")


def test_moving_a_birthday_in_the_profile_pays_nothing() -> None:
    """Paid on 1 May, moved to 1 June: not this year; to 30 April: not next year, but the year after."""
    paid = ["2024-05-01 12:00"]
    moved = birthday(paid, "2024-06-01 12:00", Birthday(6, 1))
    assert isinstance(moved, ActivityRefusal)
    assert moved.again_at == at("2025-06-01 00:00")
    earlier = birthday(paid, "2025-04-30 12:00", Birthday(4, 30))
    assert isinstance(earlier, ActivityRefusal)
    assert earlier.again_at == at("2026-04-30 00:00")
    assert isinstance(birthday(paid, "2025-05-01 12:00", Birthday(5, 1)), ActivityAward)


def test_a_birthday_that_is_told_of_late_is_paid_beside_later_ones() -> None:
    """That of 2023 was missed: it is far enough from the one of 2024, whichever was told of first."""
    late = birthday(["2024-05-01 12:00"], "2023-05-01 12:00", Birthday(5, 1))
    assert isinstance(late, ActivityAward)
    moved = birthday(["2024-05-01 12:00"], "2023-06-01 12:00", Birthday(6, 1))
    assert isinstance(moved, ActivityRefusal)


def test_the_first_and_the_last_day_of_a_leap_year_pay_once() -> None:
    """They are 365 days apart and of one calendar year: moving from one to the other pays nothing."""
    second = birthday(["2024-01-01 12:00"], "2024-12-31 12:00", Birthday(12, 31))
    assert isinstance(second, ActivityRefusal)
    assert second.again_at == at("2025-12-31 00:00")


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 12, 31))), min_size=1, max_size=60))
def test_however_often_a_birthday_moves_it_pays_once_in_365_days_and_a_calendar_year(
    days: list[tuple[date]],
) -> None:
    """She sets her birthday to today again and again, in whatever order the days are told of."""
    past: list[datetime] = []
    for (day,) in days:
        moment = at(f"{day} 12:00")
        award = activity_points(GIFT, past, moment, SHANGHAI, birthday=Birthday(day.month, day.day))
        if isinstance(award, ActivityAward):
            past.append(moment)
    paid = sorted(moment.date() for moment in past)
    assert len({day.year for day in paid}) == len(paid) >= 1
    assert all((later - earlier).days >= 365 for earlier, later in pairwise(paid))


@given(st.dates(date(2000, 1, 1), date(2000, 12, 31)))
def test_an_honest_birthday_pays_every_year(day: date) -> None:
    """Whatever the day, twelve years pay twelve times."""
    kept = Birthday(day.month, day.day)
    past: list[datetime] = []
    for year in range(2019, 2031):
        moment = at(f"{birthday_in(kept, year)} 00:00")
        assert isinstance(activity_points(GIFT, past, moment, SHANGHAI, birthday=kept), ActivityAward)
        past.append(moment)


def test_a_lunar_birthday_counts_on_the_day_it_falls_on() -> None:
    """The 15th of the 8th month was 17 September 2024 and 29 September 2023, 354 days before."""
    moon = Birthday(8, 15, lunar=True)
    past = [at("2023-09-29 12:00")]
    paid = activity_points(
        GIFT, past, at("2024-09-17 12:00"), SHANGHAI, birthday=moon, falls_on=date(2024, 9, 17)
    )
    assert isinstance(paid, ActivityAward)
    early = activity_points(
        GIFT, past, at("2024-09-10 12:00"), SHANGHAI, birthday=moon, falls_on=date(2024, 9, 17)
    )
    assert isinstance(early, ActivityRefusal)
    assert early.again_at == at("2024-09-17 00:00")


def test_a_lunar_birthday_needs_the_day_that_it_falls_on() -> None:
    """No rule tells it, so nothing is guessed; and an award of a birthday needs the birthday."""
    with pytest.raises(InputError, match="falls_on"):
        birthday([], "2024-05-01 12:00", Birthday(8, 15, lunar=True))
    with pytest.raises(InputError, match="needs the birthday"):
        activity_points(GIFT, [], at("2024-05-01 12:00"), SHANGHAI)


# ---- into an account -----------------------------------------------------------------------------------

WALLET: Final = Wallet(expiry=Expiry(months=12, snap="year", zone=SHANGHAI))


def earn(
    account: Account, rule: Activity, past: dict[str, datetime], when: str, **more: object
) -> Accepted | Refusal:
    """Award an activity at a local time, written then."""
    moment = at(when)
    wallet = more.pop("wallet", WALLET)
    return earn_activity(account, rule, past, wallet=wallet, at=moment, key=when, now=moment, **more)  # type: ignore[arg-type]


def test_an_award_is_a_lot_named_by_its_source() -> None:
    """Spendable at once without waiting days, and lapsing by the wallet's rule."""
    done = earn(Account(id="ann"), SIGNIN, {}, "2024-05-01 09:00")
    assert isinstance(done, Accepted)
    (lot,) = done.account.lots
    assert (lot.id, lot.source, lot.available) == ("signin:2024-05-01", "signin:2024-05-01", 5)
    assert lot.expires_at == at("2026-01-01 00:00")
    assert done.entries[0].verb is Verb.EARN


def test_an_award_waits_as_long_as_its_rule_says() -> None:
    """Seven days of 24 hours, then it can be spent."""
    done = earn(
        Account(id="ann"), Activity(kind="review", points=20, days=7), {}, "2024-05-01 09:00", subject="8812"
    )
    assert isinstance(done, Accepted)
    assert (done.account.pending, done.account.next_change_at) == (20, at("2024-05-08 09:00"))
    assert done.account.usable(at("2024-05-08 09:00")) == 20


def test_expiry_may_count_from_the_award_and_from_the_last_activity() -> None:
    """Awarded in December and spendable in January: a year more or less, by the wallet."""
    slow = Activity(kind="review", points=20, days=10)
    from_award = Wallet(expiry=WALLET.expiry, expiry_from="award")
    idle = Wallet(expiry=WALLET.expiry, inactive=Expiry(days=30, zone=SHANGHAI))
    ends = []
    for wallet in (WALLET, from_award, idle):
        done = earn(Account(id="ann"), slow, {}, "2024-12-25 09:00", subject="8812", wallet=wallet)
        ends.append(done.account.lots[0].expires_at)
    assert ends == [at("2027-01-01 00:00"), at("2026-01-01 00:00"), at("2025-02-04 00:00")]


def test_an_award_told_of_again_is_refused() -> None:
    """The same sign-in later the same day, and the same review any day later, even if its lot is closed."""
    done = earn(Account(id="ann"), SIGNIN, {}, "2024-05-01 09:00")
    past = {"signin:2024-05-01": at("2024-05-01 09:00")}
    again = earn(done.account, SIGNIN, past, "2024-05-01 21:00")
    assert isinstance(again, Refusal)
    assert (again.limit, again.asked, again.allowed, again.entries) == ("cap", 2, 1, ())
    assert "again at 2024-05-01T16:00:00+00:00" in again.message
    review = Activity(kind="review", points=20, times=5)
    twice = earn(
        Account(id="ann"), review, {"review:8812": at("2024-05-01 09:00")}, "2024-06-01 09:00", subject="8812"
    )
    assert isinstance(twice, Refusal)
    assert twice.message == "review:8812 is awarded already"


def test_an_open_lot_is_proof_enough_of_an_award() -> None:
    """A caller that forgot to tell of an award does not pay it twice."""
    done = earn(Account(id="ann"), SIGNIN, {}, "2024-05-01 09:00")
    again = earn(done.account, SIGNIN, {}, "2024-05-01 21:00")
    assert isinstance(again, Refusal)
    assert again.message == "signin:2024-05-01 is awarded already"


def test_what_is_due_is_settled_even_if_the_activity_is_refused() -> None:
    """The refusal carries the lapse that it met."""
    done = earn(Account(id="ann"), SIGNIN, {}, "2024-05-01 09:00")
    past = {"signin:2026-02-01": at("2026-02-01 08:00")}
    again = earn(done.account, SIGNIN, past, "2026-02-01 09:00")
    assert isinstance(again, Refusal)
    assert [entry.verb for entry in again.entries] == [Verb.EXPIRE]


def test_an_activity_of_yesterday_is_awarded_as_of_yesterday() -> None:
    """Written today, effective when it happened; what is still to come is refused."""
    done = earn_activity(
        Account(id="ann"), GIFT, {}, wallet=WALLET, at=at("2024-12-31 00:00"), key="k",
        now=at("2025-01-02 03:00"), birthday=Birthday(12, 31),
    )  # fmt: skip
    assert isinstance(done, Accepted)
    assert done.account.lots[0].id == "birthday:2024"
    assert done.entries[0].effective_at == at("2024-12-31 00:00")
    assert done.entries[0].recorded_at == at("2025-01-02 03:00")
    with pytest.raises(InputError, match="when it has happened"):
        earn_activity(
            Account(id="ann"), SIGNIN, {}, wallet=WALLET, at=at("2025-01-03 00:00"), key="k",
            now=at("2025-01-02 03:00"),
        )  # fmt: skip


def test_sources_say_what_makes_an_award_the_same() -> None:
    """A share is one for each thing and day, a review one for each thing, the profile one or one a field."""
    moment = at("2024-05-01 09:00")
    names = [
        activity_source("share", moment, SHANGHAI, "p1"),
        activity_source("review", moment, SHANGHAI, "o1"),
        activity_source("profile", moment, SHANGHAI),
        activity_source("profile", moment, SHANGHAI, "birthday"),
        activity_source("registration", moment, SHANGHAI),
        activity_source("birthday", moment, SHANGHAI),
    ]
    assert names == [
        "share:2024-05-01:p1",
        "review:o1",
        "profile",
        "profile:birthday",
        "registration",
        "birthday:2024",
    ]
    for kind in ("review", "share"):
        with pytest.raises(InputError, match="says what it is of"):
            activity_source(kind, moment, SHANGHAI)
