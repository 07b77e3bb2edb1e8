"""What documents say, read by hand: moments, whole numbers, days of a zone, when a lot lapses."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

Doc = dict[str, Any]

_DAY: Final = timedelta(days=1)
_SPANS: Final = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_KEPT: Final = 1 << 12
"""Answers that are kept: an account's entries repeat the moments of its lots, and many lots lapse alike."""


def whole(value: object) -> int:
    """Read a whole number, and nothing that only looks like one."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


@lru_cache(_KEPT)
def moment(text: str) -> datetime:
    """Read a moment; it is told in UTC."""
    value = datetime.fromisoformat(text)
    if value.utcoffset() != timedelta(0):
        raise ValueError(f"{text!r} is no moment in UTC")
    return value


def if_any(text: str | None) -> datetime | None:
    """Read a moment that may be missing."""
    return None if text is None else moment(text)


def written(value: object) -> str:
    """Write a value in the one way that tells 1 from 1.0 and from true."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def parts(hold: Doc | None) -> list[tuple[str, int]]:
    """Read what a reservation holds: lots and points, in their order."""
    return [] if hold is None else [(one["lot"], whole(one["points"])) for one in hold["allocations"]]


def own_end(lot: Doc, starts: datetime) -> datetime | None:
    """Say when a lot lapses if its owner stays active: at its limit, else by its rule."""
    limit = if_any(lot["limit_at"])
    return lapse(lot["expiry"], starts) if limit is None else limit


def ends(lot: Doc, starts: datetime, active: datetime) -> datetime | None:
    """Say when a lot lapses: at its own end, or so long after its owner last did something."""
    idle = None if lot["idle"] is None else lapse(lot["idle"], active)
    return min((end for end in (own_end(lot, starts), idle) if end is not None), default=None)


def lapse(rule: Doc, starts: datetime) -> datetime | None:
    """Work out the first moment at which points cannot be spent: the beginning of a local day, always."""
    zone, on, months, days = (rule[name] for name in ("zone", "on", "months", "days"))
    if on is not None:
        return day_begins(date.fromisoformat(on) + _DAY, ZoneInfo(zone))
    if months is None and days is None:
        return None
    # Checked before anything is looked up: 12 is as good a key as 12.0 is.
    span = (whole(days), True) if months is None else (whole(months), False)
    return _lapse(zone, local_day(starts, ZoneInfo(zone)), *span, rule["snap"])


@lru_cache(_KEPT)
def _lapse(name: str, day: date, span: int, in_days: bool, snap: str) -> datetime:
    zone = ZoneInfo(name)
    if in_days:
        day += span * _DAY
    else:
        year, month = divmod(day.year * 12 + day.month - 1 + span, 12)
        day = date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
    if snap == "day":
        return day_begins(day + _DAY, zone)
    span = _SPANS[snap]
    after = (day.month - 1) // span * span + span  # months from January to the first after the period
    return day_begins(date(day.year + after // 12, after % 12 + 1, 1), zone)


@lru_cache(_KEPT)
def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """Find the first moment of a local day: its first midnight or, if the clock skips that, what follows."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    found = midnight.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return found
    early, late = found - _DAY, found + _DAY
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (early, middle) if middle.astimezone(zone).date() >= day else (middle, late)
    return late.replace(microsecond=0)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Find the local day that began last; a clock put back over midnight does not bring the old one back."""
    day = at.astimezone(zone).date()
    return day + _DAY if day_begins(day + _DAY, zone) <= at else day
