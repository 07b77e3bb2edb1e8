"""One text to one value: what the columns of :mod:`.cleaning` fall back on where a text is not plain."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from retailcrm.domain.money import exponent, parse_amount
from retailcrm.errors import InputError

FINER: Final = 6
"""Decimals that a unit price may have beyond those of its currency."""

EARLIEST: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC
LATEST: Final = datetime(2200, 1, 1)  # noqa: DTZ001 - UTC
"""Programs write the year 1 or 9999 where they know no time; no order is of before or after these."""

COUNT_DIGITS: Final = 15
"""A number of pieces with more digits is a number of something else."""

_DATE: Final = (
    r"(?:(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})"
    r"|(?P<year_>[0-9]{4})年(?P<month_>[0-9]{1,2})月(?P<day_>[0-9]{1,2})日)"
)
_CLOCK: Final = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<part>[0-9]{1,9}))?)?"
)
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
_ADJACENT: Final = re.compile("%[a-zA-Z]%[a-zA-Z]")
_WRITTEN: Final = re.compile(rf"{_DATE}(?:(?:T| +|(?<=日)){_CLOCK})?")
_DIGITS: Final = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2}))?"
)
_WHOLE: Final = re.compile(r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0*)?")
_SCORE: Final = re.compile(
    r"(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?) *(?:星|分|stars?|points?|/ *(?P<of>[0-9]{1,6})|(?P<percent>%))?"
)
_DECIMALS: Final = re.compile(r"(?P<head>[^.]*)\.(?P<decimals>[0-9]*)(?P<tail>[^0-9.]*)")


def moment(text: str, zone: str, pattern: str | None = None) -> datetime:
    """Read a time as exports and spreadsheets write it.

    Takes ``2024-03-25 22:30:00``, ``2020/2/21 0:00``, ``2020.2.21``, ``2020年2月21日``, ``20200221``,
    ``20200221223000``, fractions of a second, full-width characters, and ISO 8601 with an offset.
    Nothing whose day and month could be taken for each other.

    Args:
        text: One cell.
        zone: IANA zone of times that carry no offset. Of a time that a clock change repeats the
            first is meant; one that it skips is read with the offset from before.
        pattern: ``strptime`` pattern to use instead.

    Returns:
        The instant in UTC, without a zone.

    Raises:
        InputError: It is no such time, or not within 1970 to 2199.

    Example:
        >>> moment("2020/2/21 0:00", "Asia/Shanghai"), moment("2024-03-25T22:30:00+08:00", "UTC")
        (datetime.datetime(2020, 2, 20, 16, 0), datetime.datetime(2024, 3, 25, 14, 30))
    """
    try:
        found = _written(text) if pattern is None else _patterned(text, pattern)
        local = found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
        utc = local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{text!r} is not a time such as 2024-03-25 22:30:00") from error
    if not EARLIEST <= utc < LATEST:
        raise InputError(f"{text!r} is before 1970 or after 2199")
    return utc


def _patterned(text: str, pattern: str) -> datetime:
    found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the caller puts the zone on
    # Without a separator 2020112 could be two days: each part must have all its digits.
    if _ADJACENT.search(pattern) and found.strftime(pattern) != text:
        raise ValueError(text)
    return found


def _written(text: str) -> datetime:
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found = _DIGITS.fullmatch(plain) or _WRITTEN.fullmatch(plain)
    if found is None:
        return datetime.fromisoformat(plain)
    parts = {name.rstrip("_"): part for name, part in found.groupdict().items() if part}
    year, month, day, hour, minute, second = (int(parts.get(name, 0)) for name in _PARTS)
    micro = int(parts.get("part", "0").ljust(6, "0")[:6])
    return datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - the caller puts it on


def count(text: str) -> int:
    """Read a whole number of pieces: ``6``, ``6.0``, ``-1``, ``1,200``.

    Raises:
        InputError: It is no whole number, or one of more than 15 digits.

    Example:
        >>> count("1,200"), count("-6.0")
        (1200, -6)
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if not _WHOLE.fullmatch(plain):
        raise InputError(f"{text!r} is not a whole number of pieces")
    digits = plain.partition(".")[0].replace(",", "")
    if len(digits.lstrip("+-0")) > COUNT_DIGITS:
        raise InputError(f"{text!r} has too many digits for a number of pieces")
    return int(digits)


def price_steps(text: str, currency: str) -> int:
    """Read a unit price exactly, as a whole number of 10**-6 minor units.

    Args:
        text: Written like an amount, see :func:`~retailcrm.domain.money.parse_amount`, but with up to
            six decimals more than the currency has.
        currency: ISO 4217 code.

    Raises:
        InputError: It is no such price, or has more than 18 digits.

    Example:
        >>> price_steps("￥0.0425", "CNY"), price_steps("3", "CNY")
        (4250000, 300000000)
    """
    found = _DECIMALS.fullmatch(text)
    decimals = found["decimals"].rstrip("0") if found else ""
    digits = exponent(currency) + FINER
    if len(decimals) > digits:
        raise InputError(f"{text!r} has more than {digits} decimals")
    if not found or len(decimals) <= exponent(currency):
        steps = parse_amount(text, currency) * 10**FINER
    else:
        # The rules of amounts read everything but the decimals, which they would refuse.
        head = found["head"] if found["head"][-1:].isdigit() else found["head"] + "0"
        whole = parse_amount(head + found["tail"], currency) * 10**FINER
        fraction = int(decimals.ljust(digits, "0"))
        negative = any(sign in head for sign in "-－\N{MINUS SIGN}(（")
        steps = whole - fraction if negative else whole + fraction
    if abs(steps) >= 10**18:
        raise InputError(f"{text!r} is too large for a unit price")
    return steps


def percent_score(text: str, full_marks: int | None) -> int:
    """Read a score: ``4``, ``4.5``, ``5星``, ``4/5`` of full marks, or ``98%``; rounded half up.

    Args:
        text: One cell.
        full_marks: What plain numbers go up to; ``None`` knows percents only.

    Returns:
        Percent of full marks, 0 to 100.

    Raises:
        InputError: It is no such number, or beyond full marks.

    Example:
        >>> percent_score("4.5分", 5), percent_score("98%", None), percent_score("4/5", 5)
        (90, 98, 80)
    """
    found = _SCORE.fullmatch(text if text.isascii() else unicodedata.normalize("NFKC", text))
    most = None if found is None else 100 if found["percent"] else full_marks
    if found is None or most is None or (found["of"] and int(found["of"]) != most):
        raise InputError(f"{text!r} is not a score")
    share = Fraction(found["number"]) / most
    if share > 1:
        raise InputError(f"{text!r} is more than full marks")
    return int(share * 100 + Fraction(1, 2))
