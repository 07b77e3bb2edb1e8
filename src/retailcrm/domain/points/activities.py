"""Earning without a purchase: sign-ins and their streaks, reviews, shares, birthdays, what is done once.

Which days earn never depends on the order in which sign-ins are told of, nor on how often: one award a
local day, under that day's own source. What a streak adds does: it counts the days that are known when a
sign-in is decided. So sign-ins that are told of day by day, with any repetitions in between, give the
awards of their set; one that is told of after a later day's earns its own streak and reopens no later
award, because a day that fills a gap can make a streak's total smaller, and nobody loses points by a
message that was slow. Where a further limit holds ("ten times a month"), those told of first fill it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.periods import calendar_period, in_utc, local_date, start_of_day
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.lots import MICROSECOND
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import refused
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from retailcrm.domain.customers import Birthday
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.outcomes import Outcome
    from retailcrm.domain.points.programme import Activity, Kind
    from retailcrm.domain.points.wallets import CapPeriod, Wallet

_DAY: Final = timedelta(days=1)
_PARTS: Final = {"day": 3, "month": 2, "year": 1, "ever": 0}
_GAP: Final = 365
"""Two birthdays are never nearer to each other: from 29 February to 28 February it is just these days."""

_LUNAR_GAP: Final = 353
"""The shortest lunar year."""

_YEARS_AHEAD: Final = 4


@attrs.frozen(kw_only=True)
class ActivityAward:
    """What an activity earns, and why.

    Attributes:
        kind: What she did.
        day: On which local day.
        points: In all.
        extra: Of these, what the streak added.
        run: Days in a row up to and with this one; 0 for what has no streaks.
        streak_day: The same since the streak last began again; 0 likewise.
        nth: How often she did it in the rule's period, this time included.
        times: How often the period allows.
        per: The period.
    """

    kind: Kind
    day: date
    points: int
    extra: int = 0
    run: int = 0
    streak_day: int = 0
    nth: int
    times: int
    per: CapPeriod


@attrs.frozen(kw_only=True)
class ActivityRefusal:
    """Why an activity earns nothing this time.

    Attributes:
        kind: What she did.
        day: On which local day.
        nth: Which time it would have been in the period.
        times: How often the period allows.
        per: The period that is full.
        again_at: The next moment at which it counts; ``None``: never, or not known.
        message: One sentence for a person.
    """

    kind: Kind
    day: date
    nth: int
    times: int
    per: CapPeriod
    again_at: datetime | None
    message: str


def activity_source(kind: Kind, at: datetime, zone: str, subject: str = "") -> str:
    """Name the award of an activity: told of twice, it is the same award.

    A sign-in is one a day, a birthday one a year, a review one for each thing reviewed, a share one for each
    thing and day; registration is one, or one for each subject, and so is the profile.

    Args:
        kind: What she did.
        at: When; aware.
        zone: IANA zone of the day and the year.
        subject: What was reviewed, shared or filled in: an order, a product, a field. Never a person.

    Raises:
        InputError: A review or a share of nothing.

    Example:
        >>> late = datetime.fromisoformat("2024-04-30T16:00:00+00:00")
        >>> activity_source("signin", late, "Asia/Shanghai"), activity_source("review", late, "UTC", "8812")
        ('signin:2024-05-01', 'review:8812')
    """
    day = local_date(at, zone)
    if kind in ("review", "share") and not subject:
        raise InputError(f"a {kind} says what it is of")
    if kind == "signin":
        return f"signin:{day}"
    if kind == "birthday":
        return f"birthday:{day.year}"
    if kind == "share":
        return f"share:{day}:{subject}"
    return f"{kind}:{subject}" if subject else kind


def birthday_in(birthday: Birthday, year: int) -> date:
    """Give the day on which somebody's birthday is kept; 29 February on the 28th where there is none.

    Args:
        birthday: Of the common calendar; its own year does not matter.
        year: The year.

    Raises:
        InputError: A lunar birthday, whose day no rule tells.

    Example:
        >>> from retailcrm.domain.customers import Birthday
        >>> [str(birthday_in(Birthday(2, 29), year)) for year in (2023, 2024)]
        ['2023-02-28', '2024-02-29']
    """
    if birthday.lunar:
        raise InputError("a lunar birthday falls on another day each year: say on which (falls_on)")
    try:
        return date(year, birthday.month, birthday.day)
    except ValueError:
        return date(year, birthday.month, birthday.day - 1)


def activity_points(
    rule: Activity,
    past: Iterable[datetime],
    at: datetime,
    zone: str,
    *,
    birthday: Birthday | None = None,
    falls_on: date | None = None,
) -> ActivityAward | ActivityRefusal:
    """Decide what an activity earns.

    A sign-in counts once a local day whatever the rule allows, registration and a filled-in profile ``times``
    times ever whatever its period says. A birthday counts on its day, once a calendar year, and never within
    365 days of another award (353 for lunar ones, whose year is shorter): moving it in one's profile pays
    nothing. A lunar birthday that falls twice into one calendar year is paid once.

    Args:
        rule: What it earns and how often.
        past: When she did it before, as far as it counted, in any order.
        at: When she did it; aware.
        zone: IANA zone of days, months and years.
        birthday: For birthdays: as in her profile.
        falls_on: For lunar birthdays: the day of the common calendar in the year of ``at``.

    Returns:
        The award, or the limit that is reached and when it counts again.

    Raises:
        InputError: No birthday is given where it is needed.

    Example:
        >>> from datetime import UTC
        >>> from retailcrm.domain.points.programme import Activity
        >>> rule = Activity(kind="signin", points=5, streak=((3, 10),))
        >>> first, second, third = (datetime(2024, 2, day, tzinfo=UTC) for day in (28, 29, 29))
        >>> activity_points(rule, [first, second], datetime(2024, 3, 1, 9, tzinfo=UTC), "UTC").points
        15
        >>> activity_points(rule, [first, second], third, "UTC").again_at.isoformat()
        '2024-03-01T00:00:00+00:00'
    """
    day = local_date(at, zone)
    days = sorted(local_date(moment, zone) for moment in past)
    if rule.kind == "birthday" and (refusal := _not_her_birthday(rule, days, day, zone, birthday, falls_on)):
        return refusal
    limits = _limits(rule)
    full = next(((times, per) for times, per in limits if _count(days, day, per) >= times), None)
    if full is not None:
        again = _again(limits, days, in_utc(at), zone)
        return _refusal(rule, full, _count(days, day, full[1]) + 1, day, again)
    return _award(rule, limits[0], days, day, zone)


def _award(
    rule: Activity, limit: tuple[int, CapPeriod], days: list[date], day: date, zone: str
) -> ActivityAward:
    """Give what an activity earns that no limit stands against: its points, and what its streak adds."""
    times, per = limit
    run = _run(days, day, zone) if rule.kind == "signin" else 0
    cycle = rule.streak[-1][0] if rule.streak else 0
    streak_day = (run - 1) % cycle + 1 if run and cycle else run
    extra = dict(rule.streak).get(streak_day, 0)
    return ActivityAward(
        kind=rule.kind,
        day=day,
        points=rule.points + extra,
        extra=extra,
        run=run,
        streak_day=streak_day,
        nth=_count(days, day, per) + 1,
        times=times,
        per=per,
    )


def earn_activity(
    account: Account,
    rule: Activity,
    past: Mapping[str, datetime],
    *,
    wallet: Wallet,
    at: datetime,
    key: str,
    now: datetime,
    subject: str = "",
    birthday: Birthday | None = None,
    falls_on: date | None = None,
) -> Outcome:
    """Award what an activity earns; the lot is named by its source, so no award is made twice.

    Args:
        account: As stored.
        rule: What it earns and how often.
        past: Her awards of this kind, with their sources and moments.
        wallet: Whose zone, expiry and inactivity apply.
        at: When she did it; aware, not after ``now``.
        key: The command's idempotency key.
        now: When it is written; aware.
        subject: What was reviewed, shared or filled in.
        birthday: For birthdays: as in her profile.
        falls_on: For lunar birthdays: the day of the common calendar in the year of ``at``.

    Returns:
        Entries, or the refusal ``cap`` with the next moment in its message. Points that wait do so for
        the rule's days of 24 hours.

    Raises:
        InputError: It lies in the future, or the subject or the birthday is missing.
    """
    if at > now:
        raise InputError("an activity is awarded when it has happened")
    zone = wallet.expiry.zone
    source = activity_source(rule.kind, at, zone, subject)
    decided = activity_points(rule, past.values(), at, zone, birthday=birthday, falls_on=falls_on)
    draft = Draft(account, key, now)
    settle(draft)
    known = source in past or draft.account.lot(source) is not None
    if known and (subject or isinstance(decided, ActivityAward)):
        return refused(draft, "cap", 2, 1, f"{source} is awarded already")
    if isinstance(decided, ActivityRefusal):
        return refused(draft, "cap", decided.nth, decided.times, decided.message)
    return earn(
        account,
        decided.points,
        lot=source,
        source=source,
        key=key,
        now=now,
        effective_at=at,
        activates_at=at + rule.days * _DAY,
        expiry=wallet.expiry,
        limit_at=wallet.expiry.after(at) if wallet.expiry_from == "award" else None,
        idle=wallet.inactive,
        reason=f"{rule.kind} {decided.nth}" + (f", day {decided.streak_day}" if decided.streak_day else ""),
    )


def _limits(rule: Activity) -> tuple[tuple[int, CapPeriod], ...]:
    """Give how often it counts, the rule's own limit first."""
    if rule.kind in ("registration", "profile"):
        return ((rule.times, "ever"),)
    own: tuple[int, CapPeriod] = (rule.times, rule.per)
    if rule.kind == "signin":
        return ((1, "day"),) if rule.per == "day" else (own, (1, "day"))
    return ((1, "year"), own) if rule.kind == "birthday" else (own,)


def _count(days: Iterable[date], day: date, per: CapPeriod) -> int:
    parts = _PARTS[per]
    wanted = (day.year, day.month, day.day)[:parts]
    return sum((one.year, one.month, one.day)[:parts] == wanted for one in days)


def _again(
    limits: Iterable[tuple[int, CapPeriod]], days: list[date], moment: datetime, zone: str
) -> datetime | None:
    """Give the first moment at which no limit is reached; later periods may be full too."""
    while True:
        day = local_date(moment, zone)
        full = [per for times, per in limits if _count(days, day, per) >= times]
        if "ever" in full:
            return None
        if not full:
            return moment
        moment = max(_end(moment, day, per, zone) for per in full)


def _end(moment: datetime, day: date, per: CapPeriod, zone: str) -> datetime:
    if per in ("month", "year"):
        return calendar_period(moment, per, zone).end
    return start_of_day(day + _DAY, zone)


def _run(days: Iterable[date], day: date, zone: str) -> int:
    """Count the days in a row up to and with this one; a day that the zone skips breaks none."""
    known = set(days)
    run = 1
    while (day := local_date(start_of_day(day, zone) - MICROSECOND, zone)) in known:
        run += 1
    return run


def _not_her_birthday(
    rule: Activity,
    days: list[date],
    day: date,
    zone: str,
    birthday: Birthday | None,
    falls_on: date | None,
) -> ActivityRefusal | None:
    """Refuse another day than the birthday, and one too near to another award."""
    if birthday is None:
        raise InputError("a birthday award needs the birthday")
    lunar = birthday.lunar and falls_on is not None
    kept = falls_on if lunar and falls_on is not None else birthday_in(birthday, day.year)
    gap = _LUNAR_GAP if birthday.lunar else _GAP
    if kept == day and _free(days, day, gap):
        return None
    coming = [kept] if lunar else [birthday_in(birthday, day.year + n) for n in range(_YEARS_AHEAD)]
    again = next((one for one in coming if one > day and _free(days, one, gap)), None)
    count = _count(days, day, "year")
    return _refusal(rule, (1, "year"), count + 1, day, None if again is None else start_of_day(again, zone))


def _free(days: Iterable[date], day: date, gap: int) -> bool:
    return all(abs((day - one).days) >= gap and day.year != one.year for one in days)


def _refusal(
    rule: Activity, full: tuple[int, CapPeriod], nth: int, day: date, again: datetime | None
) -> ActivityRefusal:
    times, per = full
    often = "once" if times == 1 else f"{times} times"
    period = "ever" if per == "ever" else f"a {per}"
    when = "not again" if again is None else f"again at {again.isoformat()}"
    return ActivityRefusal(
        kind=rule.kind,
        day=day,
        nth=nth,
        times=times,
        per=per,
        again_at=again,
        message=f"{rule.kind} counts {often} {period}; {when}",
    )
