"""Birthdays as member lists write them: with or without year, solar or lunar, in many forms."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources.cleaning import distinct
from retailcrm.domain.customers import Birthday
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

OLDEST: Final = 1900
LATEST: Final = 2199
"""Years before and after these are no customer's."""

_EMPTY: Final = ("0000-00-00", "0000/00/00", "00000000", "0001-01-01", "0001/1/1", "1900-01-00")
"""What programs write where they know no day; a time may follow."""

_CLOCK: Final = r"(?:[T ] *[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
_WRITTEN: Final = (
    r"^(?:(?P<year>[0-9]{4})[-/.年] *|--)?(?P<month>[0-9]{1,2}) *(?P<part>[-/.月]) *"
    r"(?P<day>[0-9]{1,2}) *[日号]?" + _CLOCK + "$"
)
_YEAR_FIRST: Final = "."
"""Parts days whose month goes first only behind a year: elsewhere 01.05 is the first of May."""
_DIGITS: Final = re.compile(r"(?P<year>[0-9]{4})?(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_SERIAL: Final = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]+)?")
_SERIAL_ZERO: Final = date(1899, 12, 30)
"""Day 0 of the day numbers of spreadsheets."""

_MARK: Final = re.compile(r"\(?(?:农历|農曆|阴历|陰曆|旧历|舊曆|lunar)\)?[:：]?", re.IGNORECASE)
_SOLAR: Final = re.compile(r"\(?(?:公历|公曆|阳历|陽曆|新历|新曆|国历|solar)\)?[:：]?", re.IGNORECASE)
_NUMERAL: Final = "〇零一二三四五六七八九"
_SPOKEN: Final = re.compile(
    r"(?:(?P<year>[0-9〇零一二三四五六七八九]{4})年)?(?P<leap>闰)?"
    r"(?P<month>[0-9正元一二三四五六七八九十冬腊]{1,3})月"
    r"(?P<day>初?[0-9一二三四五六七八九十廿卅]{1,3})(?P<end>[日号])?"
)
_MONTHS: Final = {"正": 1, "元": 1, "冬": 11, "腊": 12}
_LUNAR_ONLY: Final = "正冬腊初廿卅闰"


def birthdays(texts: Any) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:  # noqa: ANN401 - Arrow has no types
    """Parse a column of birthdays: usual forms at once, each other distinct one by :func:`birthday`.

    Args:
        texts: Arrow strings, null for none; shape ``(n,)``.

    Returns:
        :attr:`~retailcrm.domain.customers.Birthday.code`, -1 for none, ``int32``; and which texts are no
        birthdays. Both of shape ``(n,)``.

    Example:
        >>> codes, bad = birthdays(pa.array(["1990-05-01", "5月1日", "农历八月十五", "0000-00-00", "02-30"]))
        >>> codes.tolist(), bad.tolist()
        ([19900501, 501, 100000815, -1, -1], [False, False, False, False, True])
    """
    once = texts.dictionary_encode()
    codes = _written(once.dictionary)
    odd = codes == _ODD
    bad = np.zeros(len(codes) + 1, np.bool_)
    if odd.any():
        parsed, refused = distinct(once.dictionary.filter(pa.array(odd)), birthday, pa.int32())
        codes[odd] = parsed.fill_null(-1)
        bad[:-1][odd] = refused
    rows = once.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)
    return np.append(codes, np.int32(-1))[rows], bad[rows]


def quick_birthdays(raw: Any) -> tuple[NDArray[np.int32], NDArray[np.bool_]] | None:  # noqa: ANN401
    """Parse a column in which every cell is empty or an ISO day; ``None`` if one is not.

    Returns:
        As :func:`birthdays`, but which cells are empty.
    """
    lengths = pc.binary_length(raw)
    if len(raw) and not set(pc.unique(lengths).to_pylist()) <= {0, len("1990-05-01"), None}:
        return None
    texts = raw.cast(pa.string())
    texts = pc.if_else(pc.equal(lengths, 0), None, texts)
    try:
        days = typed_birthdays(pc.cast(texts, pa.date32()))
    except pa.ArrowInvalid:
        return None
    return None if days[1].any() else (days[0], np.asarray(texts.is_null()))


def typed_birthdays(days: Any) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:  # noqa: ANN401
    """Give an Arrow column of days or times as codes; returns as :func:`birthdays`."""
    year, month, day = (
        part(days).fill_null(0).to_numpy(zero_copy_only=False) for part in (pc.year, pc.month, pc.day)
    )
    none = np.asarray(days.is_null())
    bad = ~none & ((year < OLDEST) | (year > LATEST))
    codes = (year * 10_000 + month * 100 + day).astype(np.int32)
    return np.where(none | bad, np.int32(-1), codes), bad


_ODD: Final = np.int32(-2)
"""Stands for a text that :func:`birthday` has to look at."""


def _written(texts: Any) -> NDArray[np.int32]:  # noqa: ANN401
    """Parse days in digits by one pattern; what it does not take is marked odd."""
    found = pc.extract_regex(texts, _WRITTEN)
    year, month, day = (_whole(pc.struct_field(found, name)) for name in ("year", "month", "day"))
    unsure = (year == 0) & np.asarray(pc.equal(pc.struct_field(found, "part"), _YEAR_FIRST).fill_null(False))
    sure = _is_day(year, month, day) & ~unsure
    return np.where(sure, year * 10_000 + month * 100 + day, _ODD).astype(np.int32)


def _whole(texts: Any) -> NDArray[np.int64]:  # noqa: ANN401
    filled = pc.if_else(pc.equal(pc.binary_length(texts), 0), "0", texts).fill_null("0")
    numbers: NDArray[np.int64] = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


_LENGTHS: Final = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def _is_day(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which days there are; without a year (0) the 29th of February is one."""
    of_year = (month >= 1) & (month <= 12)  # noqa: PLR2004 - months and days
    leap = (year == 0) | ((year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0)))
    february = (month == 2) & (day == 29) & ~leap  # noqa: PLR2004 - months and days
    known = (year == 0) | ((year >= OLDEST) & (year <= LATEST))
    there: NDArray[np.bool_] = (
        known & of_year & (day >= 1) & (day <= _LENGTHS[np.where(of_year, month, 0)]) & ~february
    )
    return there


def birthday(text: str) -> int | None:
    """Read one birthday.

    Takes ``1990-05-01``, ``1990/5/1``, ``1990年5月1日``, ``19900501``, ``05-01``, ``5月1日``, ``0501``,
    ``0000-05-01``, a time behind a day, the day number of a spreadsheet (``32994``), and lunar days: marked
    with 农历, 阴历 or ``lunar``, or told by their words (正月初一, 腊月廿三; of a leap month, the month of
    that number). The month always goes before the day.

    Returns:
        :attr:`~retailcrm.domain.customers.Birthday.code`; ``None`` for a day of zeros, which is none.

    Raises:
        InputError: It is no such day.

    Example:
        >>> [birthday(text) for text in ("32994", "0501", "农历 8-15", "腊月廿三")]
        [19900501, 501, 100000815, 100001223]
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.startswith(_EMPTY):
        return None
    lunar = _MARK.search(plain) is not None
    plain = _SOLAR.sub("", _MARK.sub("", plain)).strip(" -()")
    if not lunar and _SERIAL.fullmatch(plain):
        plain = (_SERIAL_ZERO + timedelta(days=int(plain.partition(".")[0]))).isoformat()
    found = re.fullmatch(_WRITTEN, plain) or _DIGITS.fullmatch(plain)
    if found is not None:
        year, month, day = (int(found[name] or 0) for name in ("year", "month", "day"))
        if not year and found.groupdict().get("part") == _YEAR_FIRST:
            raise InputError(f"{text!r} may have the day or the month first; write 5月1日 or 05-01")
    else:
        year, month, day, lunar = _spoken(plain, lunar=lunar)
    if year and not OLDEST <= year <= LATEST:
        raise InputError(f"{text!r} is of no customer's year")
    return Birthday(month, day, year or None, lunar=lunar).code


def _spoken(plain: str, *, lunar: bool) -> tuple[int, int, int, bool]:
    """Read a day in Chinese numerals; it is lunar if a word of it is, and nothing without 日 tells."""
    found = _SPOKEN.fullmatch(plain.replace(" ", ""))
    if found is None:
        raise InputError(f"{plain!r} is not a birthday such as 1990-05-01 or 5月1日")
    lunar = lunar or any(word in plain for word in _LUNAR_ONLY)
    if not lunar and not found["end"]:
        raise InputError(f"{plain!r} may be solar or lunar; write 农历 before it, or 日 behind it")
    year = int(
        "".join(str(max(_NUMERAL.find(c) - 1, 0)) if c in _NUMERAL else c for c in found["year"] or "0")
    )
    month = _MONTHS.get(found["month"][0], 0) if found["month"][0] in _MONTHS else _number(found["month"])
    return year, month, _number(found["day"].removeprefix("初")), lunar


def _number(text: str) -> int:
    """Read a number below forty: ``12``, ``十二``, ``二十三``, ``廿三``, ``三十``; 0 for anything else."""
    if text.isascii():
        return int(text)
    plain = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = plain.rpartition("十")
    digits = [_NUMERAL.find(part) - 1 if part else 0 for part in (tens, ones)]
    if any(len(part) > 1 for part in (tens, ones)):
        return 0
    return (digits[0] or 1) * 10 * bool(ten) + digits[1]
