"""The calendar's edges: every instant here was worked out by hand from the zone's clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn, extend, reschedule, set_free
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.checker.reading import lapse
from retailcrm.domain.points.documents import entry_document, expiry_document
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.history import Balances, balance, expiring
from retailcrm.domain.points.outcomes import Accepted, Refusal
from retailcrm.domain.points.spending import capture, redeem, reserve

MICRO = timedelta(microseconds=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


SHANGHAI, NEW_YORK, LONDON = "Asia/Shanghai", "America/New_York", "Europe/London"
SAO_PAULO, APIA = "America/Sao_Paulo", "Pacific/Apia"

# What, rule, activation by the local clock, first moment at which they cannot be spent (UTC).
CASES: list[tuple[str, Expiry, str, str]] = [
    # Months go to their last day; the last day is wholly good.
    ("31 January and a month, leap year", Expiry(months=1), "2024-01-31T12:00", "2024-03-01T00:00"),
    ("31 January and a month, common year", Expiry(months=1), "2023-01-31T12:00", "2023-03-01T00:00"),
    ("30 January and a month, leap year", Expiry(months=1), "2024-01-30T12:00", "2024-03-01T00:00"),
    ("29 January and a month, common year", Expiry(months=1), "2023-01-29T12:00", "2023-03-01T00:00"),
    ("28 January and a month, leap year", Expiry(months=1), "2024-01-28T12:00", "2024-02-29T00:00"),
    ("31 March and a month", Expiry(months=1), "2024-03-31T12:00", "2024-05-01T00:00"),
    ("30 April and a month", Expiry(months=1), "2024-04-30T12:00", "2024-05-31T00:00"),
    ("31 August and six months", Expiry(months=6), "2024-08-31T12:00", "2025-03-01T00:00"),
    ("29 February and twelve months", Expiry(months=12), "2024-02-29T12:00", "2025-03-01T00:00"),
    ("29 February and four years", Expiry(months=48), "2024-02-29T12:00", "2028-03-01T00:00"),
    ("28 February and twelve months", Expiry(months=12), "2023-02-28T12:00", "2024-02-29T00:00"),
    ("31 December and two months", Expiry(months=2), "2023-12-31T12:00", "2024-03-01T00:00"),
    # Days are days.
    ("a day from the day before a leap day", Expiry(days=1), "2024-02-28T12:00", "2024-03-01T00:00"),
    ("a day from 28 February, common year", Expiry(days=1), "2023-02-28T12:00", "2023-03-02T00:00"),
    ("365 days over a leap day", Expiry(days=365), "2024-01-01T00:00", "2025-01-01T00:00"),
    # To the end of the period that was reached.
    ("end of month", Expiry(months=1, snap="month"), "2024-01-31T12:00", "2024-03-01T00:00"),
    ("end of a month of thirty days", Expiry(days=10, snap="month"), "2024-04-05T12:00", "2024-05-01T00:00"),
    ("end of quarter", Expiry(months=1, snap="quarter"), "2024-01-31T12:00", "2024-04-01T00:00"),
    ("the quarter's last day", Expiry(days=1, snap="quarter"), "2024-03-30T12:00", "2024-04-01T00:00"),
    ("end of half, first", Expiry(months=5, snap="half"), "2024-01-31T12:00", "2024-07-01T00:00"),
    ("end of half, second", Expiry(months=6, snap="half"), "2024-01-31T12:00", "2025-01-01T00:00"),
    ("end of year", Expiry(months=12, snap="year"), "2024-02-29T12:00", "2026-01-01T00:00"),
    ("end of year, on its last day", Expiry(days=1, snap="year"), "2024-12-30T12:00", "2025-01-01T00:00"),
    ("end of year, on its first day", Expiry(days=1, snap="year"), "2024-12-31T12:00", "2026-01-01T00:00"),
    # A day that stands in the rule.
    ("a fixed day", Expiry(on=date(2024, 2, 29)), "2024-01-01T00:00", "2024-03-01T00:00"),
    ("a fixed day that is past", Expiry(on=date(2023, 12, 31)), "2024-01-01T00:00", "2024-01-01T00:00"),
    (
        "a fixed day in Shanghai",
        Expiry(on=date(2025, 12, 31), zone=SHANGHAI), "2024-01-01T00:00", "2025-12-31T16:00",
    ),
    # The year's end in Shanghai is eight hours early.
    (
        "Shanghai, a minute before the year ends",
        Expiry(months=12, snap="year", zone=SHANGHAI), "2023-12-31T23:59", "2024-12-31T16:00",
    ),
    (
        "Shanghai, the year's first moment",
        Expiry(months=12, snap="year", zone=SHANGHAI), "2024-01-01T00:00", "2025-12-31T16:00",
    ),
    # New York: EST is UTC-5, EDT UTC-4; forward on 10 March 2024, back on 3 November 2024, both at 2:00.
    ("into summer time", Expiry(days=1, zone=NEW_YORK), "2024-03-09T12:00", "2024-03-11T04:00"),
    ("the day before summer time", Expiry(days=1, zone=NEW_YORK), "2024-03-08T12:00", "2024-03-10T05:00"),
    ("out of summer time", Expiry(days=1, zone=NEW_YORK), "2024-11-02T12:00", "2024-11-04T05:00"),
    ("the day before winter time", Expiry(days=1, zone=NEW_YORK), "2024-11-01T12:00", "2024-11-03T04:00"),
    ("in the hour that is skipped", Expiry(days=1, zone=NEW_YORK), "2024-03-10T02:30", "2024-03-12T04:00"),
    ("in the hour that comes twice", Expiry(days=1, zone=NEW_YORK), "2024-11-03T01:30", "2024-11-05T05:00"),
    # London: GMT is UTC, BST UTC+1; forward on 31 March 2024 at 1:00, back on 27 October 2024 at 2:00.
    ("London, into summer time", Expiry(days=1, zone=LONDON), "2024-03-30T12:00", "2024-03-31T23:00"),
    ("London, out of summer time", Expiry(days=1, zone=LONDON), "2024-10-26T12:00", "2024-10-28T00:00"),
    ("London, the quarter ends with summer", Expiry(days=1, snap="quarter", zone=LONDON),
     "2024-01-31T12:00", "2024-03-31T23:00"),
    ("London, a summer's award ends in winter", Expiry(months=6, snap="year", zone=LONDON),
     "2024-06-01T12:00", "2025-01-01T00:00"),
    # Sao Paulo, 4 November 2018: 0:00 became 1:00 (UTC-3 to UTC-2), so the day began at 3:00 UTC.
    ("a midnight that is not", Expiry(days=1, zone=SAO_PAULO), "2018-11-02T12:00", "2018-11-04T03:00"),
    ("the day that began at one", Expiry(days=1, zone=SAO_PAULO), "2018-11-03T12:00", "2018-11-05T02:00"),
    # Apia had no 30 December 2011: the 29th (UTC-10) was followed by the 31st (UTC+14), at 10:00 UTC.
    ("the day before the one that is not", Expiry(days=1, zone=APIA), "2011-12-28T12:00", "2011-12-30T10:00"),
    ("the day that is not", Expiry(days=1, zone=APIA), "2011-12-29T12:00", "2011-12-30T10:00"),
    ("over the day that is not", Expiry(days=2, zone=APIA), "2011-12-29T12:00", "2011-12-31T10:00"),
    ("the year that lacks a day", Expiry(days=1, snap="year", zone=APIA), "2011-12-28T12:00",
     "2011-12-31T10:00"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "rule", "starts", "over"), CASES, ids=[case[0] for case in CASES])
def test_points_lapse_at_the_worked_out_moment(what: str, rule: Expiry, starts: str, over: str) -> None:
    """The rule, an account and the checker say the same: good up to the moment, gone from it on."""
    begins = local(starts, rule.zone)
    ends = utc(over)
    assert rule.after(begins) == ends, what
    assert lapse(expiry_document(rule), begins.astimezone(UTC)) == ends
    earned = earn(
        Account(id="ann"), 5, lot="1", source="order:1", key="a", now=begins, activates_at=begins, expiry=rule
    )
    assert check_journal([entry_document(entry) for entry in earned.entries]) == ()
    assert balance(earned.entries, ends).available == 0
    if ends > begins:
        assert balance(earned.entries, ends - MICRO).available == 5
        assert isinstance(redeem(earned.account, 5, key="b", now=ends - MICRO), Accepted)
    assert isinstance(redeem(earned.account, 1, key="b", now=ends), Refusal)


def a_lot(starts: datetime, **more: Any) -> Any:
    return earn(
        Account(id="ann"), 5, lot="1", source="order:1", key="a", now=utc("2024-01-01T00:00"),
        activates_at=starts, **more,
    )  # fmt: skip


def passes(*outcomes: Any) -> bool:
    """Tell whether the checker finds nothing to say."""
    entries = [entry for outcome in outcomes for entry in outcome.entries]
    return check_journal([entry_document(entry) for entry in entries]) == ()


def test_points_can_be_spent_from_the_very_moment_of_their_activation() -> None:
    """A microsecond earlier they cannot."""
    starts = utc("2024-02-29T00:00")
    earned = a_lot(starts)
    assert balance(earned.entries, starts - MICRO) == Balances(pending=5)
    assert balance(earned.entries, starts) == Balances(available=5)
    assert isinstance(redeem(earned.account, 5, key="b", now=starts - MICRO), Refusal)
    spent = redeem(earned.account, 5, key="b", now=starts)
    assert isinstance(spent, Accepted)
    assert passes(earned, spent)


def test_waiting_days_can_end_on_a_leap_day() -> None:
    """Fifteen days from noon of 14 February are noon of the 29th; a month of them ends with 29 March."""
    starts = utc("2024-02-14T12:00") + timedelta(days=15)
    assert starts == utc("2024-02-29T12:00")
    earned = a_lot(starts, expiry=Expiry(months=1))
    assert balance(earned.entries, starts).available == 5
    assert [one.at for one in expiring(earned.account, utc("2024-12-31T00:00"), zone="UTC")] == [
        utc("2024-03-30T00:00")
    ]


def test_points_that_lapse_at_the_moment_they_come_in_are_never_there() -> None:
    """Activation and lapse at one instant: pending until then, lapsed from then on."""
    moment = utc("2024-03-01T00:00")
    earned = a_lot(moment, limit_at=moment)
    assert balance(earned.entries, moment - MICRO) == Balances(pending=5)
    assert balance(earned.entries, moment) == Balances()
    refused = redeem(earned.account, 1, key="b", now=moment)
    assert isinstance(refused, Refusal)
    assert [entry.verb.value for entry in refused.entries] == ["activate", "expire"]
    assert passes(earned, refused)


def test_points_can_lapse_before_they_come_in() -> None:
    """A period that counts from the award may end while they wait; when their event comes, they are gone."""
    awarded = utc("2024-01-01T00:00")
    limit = Expiry(months=1).after(awarded)
    assert limit == utc("2024-02-02T00:00")
    earned = earn(Account(id="ann"), 5, lot="1", source="order:1", key="a", now=awarded, limit_at=limit)
    for day in ("2024-01-31T00:00", "2024-02-02T00:00", "2024-06-01T00:00"):
        assert balance(earned.entries, utc(day)) == Balances(pending=5)
    came = set_free(earned.account, "1", key="b", now=utc("2024-03-01T00:00"))
    assert [entry.verb.value for entry in came.entries] == ["activate", "expire"]
    assert balance((*earned.entries, *came.entries), utc("2024-03-01T00:00")) == Balances()
    assert passes(earned, came)


def test_an_activation_told_late_counts_from_its_own_day() -> None:
    """Receipt on 31 January, told in March: a month of points ended with 29 February."""
    earned = earn(
        Account(id="ann"), 5, lot="1", source="order:1", key="a", now=utc("2024-01-01T00:00"),
        expiry=Expiry(months=1),
    )  # fmt: skip
    told = set_free(
        earned.account, "1", key="b", now=utc("2024-03-15T00:00"), effective_at=utc("2024-01-31T18:00")
    )
    journal = (*earned.entries, *told.entries)
    assert balance(journal, utc("2024-01-31T17:59")) == Balances(pending=5)
    assert balance(journal, utc("2024-02-29T23:59")) == Balances(available=5)
    assert balance(journal, utc("2024-03-01T00:00")) == Balances()
    assert passes(earned, told)


def test_what_is_set_aside_before_its_day_ends_can_be_spent_after_it() -> None:
    """Reserved at 23:59 of the last day, captured past midnight; what returns has lapsed."""
    earned = a_lot(utc("2024-01-31T00:00"), expiry=Expiry(months=1))
    last = utc("2024-02-29T23:59")
    held = reserve(earned.account, 5, hold="h", ends_at=last + timedelta(minutes=30), key="b", now=last)
    spent = capture(held.account, "h", 3, key="c", now=last + timedelta(minutes=10))
    assert isinstance(spent, Accepted)
    journal = (*earned.entries, *held.entries, *spent.entries)
    assert balance(journal, last + timedelta(minutes=5)) == Balances(held=5)
    assert balance(journal, last + timedelta(minutes=10)) == Balances()
    assert spent.entries[-1].lots[0].expired == 2
    assert passes(earned, held, spent)


def test_a_reservation_ends_at_its_moment_even_as_its_lot_lapses() -> None:
    """Both at midnight: the points return and lapse at once."""
    earned = a_lot(utc("2024-01-31T00:00"), expiry=Expiry(months=1))
    midnight = utc("2024-03-01T00:00")
    held = reserve(earned.account, 5, hold="h", ends_at=midnight, key="b", now=midnight - MICRO)
    journal = (*earned.entries, *held.entries)
    assert balance(journal, midnight - MICRO) == Balances(held=5)
    assert balance(journal, midnight) == Balances()


def test_an_activation_can_be_moved_over_a_leap_day() -> None:
    """From 31 January to 29 February: a month then ends with 29 March, not with 29 February."""
    earned = a_lot(utc("2024-01-31T00:00"), expiry=Expiry(months=1))
    assert earned.account.lots[0].expires_at == utc("2024-03-01T00:00")
    moved = reschedule(earned.account, "1", utc("2024-02-29T00:00"), key="b", now=utc("2024-01-30T00:00"))
    assert moved.account.lots[0].expires_at == utc("2024-03-30T00:00")
    assert passes(earned, moved)


def test_idle_days_count_local_days_over_a_clock_change() -> None:
    """Ten idle days in New York end at midnight, though the clock goes forward on one of them."""
    zone = NEW_YORK
    bought = local("2024-03-08T20:00", zone)
    earned = a_lot(utc("2024-03-01T12:00"), idle=Expiry(days=10, zone=zone))
    # 1 March 7:00 in New York and ten days: the end of the 11th, 4:00 UTC of the 12th.
    assert earned.account.lots[0].expires_at == utc("2024-03-12T04:00")
    longer = extend(earned.account, key="b", now=bought, active_at=bought)
    assert longer.account.lots[0].expires_at == utc("2024-03-19T04:00")
    assert passes(earned, longer)


def test_two_lots_of_one_day_lapse_together_in_two_zones_apart() -> None:
    """The same rule in two zones: Shanghai's day ends thirteen hours before New York's, in winter."""
    account = Account(id="ann")
    for n, zone in enumerate((SHANGHAI, NEW_YORK)):
        account = earn(
            account, 5, lot=str(n), source="gift", key=str(n), now=utc("2024-01-10T12:00"),
            activates_at=utc("2024-01-10T12:00"), expiry=Expiry(days=1, zone=zone),
        ).account  # fmt: skip
    lapses = expiring(account, utc("2024-02-01T00:00"), zone=SHANGHAI)
    assert [(one.at, one.points) for one in lapses] == [
        (utc("2024-01-11T16:00"), 5),
        (utc("2024-01-12T05:00"), 5),
    ]
    assert [one.day for one in lapses] == [date(2024, 1, 11), date(2024, 1, 12)]
