"""From when orders count, and until when a tier holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from retailcrm.domain.periods import add_months, calendar_period, local_date, next_period, start_of_day
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.domain.tiers.ladder import Ladder

_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


def counts_from(
    ladder: Ladder, at: datetime, *, joined_at: datetime | None, changed_at: datetime | None
) -> datetime | None:
    """Find the first instant that counts for what happens at a moment.

    Args:
        ladder: Its window decides.
        at: The moment.
        joined_at: When the customer joined.
        changed_at: First instant after the last change of tier.

    Returns:
        The start of the window, or ``None`` if it has no beginning.

    Raises:
        InputError: The window begins with joining, and nobody says when that was.
    """
    window = ladder.window
    if window.kind == "since_last_change":
        return changed_at
    if window.kind == "since_join":
        if joined_at is None:
            raise InputError("the ladder counts since joining: it needs joined_at")
        return joined_at
    if window.period is not None:
        return calendar_period(at, window.period, ladder.zone).start
    if window.months is not None:
        return start_of_day(add_months(local_date(at, ladder.zone) + _DAY, -window.months), ladder.zone)
    return None


def tested_from(
    ladder: Ladder, test: datetime, *, due: datetime, joined_at: datetime | None, changed_at: datetime | None
) -> datetime | None:
    """Find the first instant that counts when keeping a tier is tested.

    Args:
        ladder: Its window decides.
        test: When it is tested.
        due: When it was due: earlier than ``test`` by the grace. A calendar window is that of the
            period that ended then, so that a grace makes it longer and never moves it.
        joined_at: When the customer joined.
        changed_at: First instant after the last change of tier.

    Returns:
        The start of the window, or ``None`` if it has no beginning.
    """
    ends = due if ladder.window.kind == "calendar" else test
    return counts_from(ladder, ends - _TICK, joined_at=joined_at, changed_at=changed_at)


def held_after_rise(ladder: Ladder, at: datetime) -> datetime | None:
    """Find the end of the hold of a tier entered at a moment.

    Args:
        ladder: Its hold decides.
        at: When the customer rose.

    Returns:
        First instant at which keeping the tier is tested; ``None`` for never.
    """
    period, zone = ladder.window.period, ladder.zone
    if ladder.hold.months is not None:
        return start_of_day(add_months(local_date(at, zone), ladder.hold.months) + _DAY, zone)
    if ladder.hold.kind == "forever" or period is None:
        return None
    running = calendar_period(at, period, zone)
    return running.end if ladder.hold.kind == "period" else next_period(running, period, zone).end


def held_after_test(ladder: Ladder, due: datetime) -> datetime:
    """Find the end of the hold that follows a test: one period, or one holding length, later.

    Args:
        ladder: Its hold decides; never one that lasts forever.
        due: When the test was due (a grace does not move what follows).

    Returns:
        First instant at which the tier is tested again.
    """
    if ladder.window.period is not None:
        return calendar_period(due, ladder.window.period, ladder.zone).end
    return months_later(ladder, due, ladder.hold.months or 0)


def months_later(ladder: Ladder, boundary: datetime, months: int) -> datetime:
    """Move a boundary between two local days by calendar months.

    Args:
        ladder: Its zone decides.
        boundary: The start of a local day.
        months: How many months later.

    Returns:
        The start of the local day that many months later.
    """
    return start_of_day(add_months(local_date(boundary, ladder.zone), months), ladder.zone)
