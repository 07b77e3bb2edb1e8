"""How numbers are written on the page. Amounts stay whole minor units up to the last character."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.money import exponent, format_money
from retailcrm.domain.money.currencies import SIGNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.report.data import Lang

DASH: Final = "–"
"""Stands for "not defined"."""

MINUS: Final = "\N{MINUS SIGN}"

NO_BREAK: Final = "\N{NO-BREAK SPACE}"
"""Keeps an amount on the line of its currency."""

UP: Final = "\N{BLACK UP-POINTING TRIANGLE}"

DOWN: Final = "\N{BLACK DOWN-POINTING TRIANGLE}"

HOUR_UNITS: Final[Mapping[Lang, tuple[str, str, str]]] = {
    "zh": ("分钟", "小时", "天"),
    "en": ("min", "h", "d"),
}
"""Minutes, hours, days."""

LONG: Final = 48
"""Hours from which a time is told in days."""

UNITS: Final[Mapping[Lang, tuple[tuple[int, str], ...]]] = {
    "zh": ((10**8, "亿"), (10**4, "万")),
    "en": ((10**9, "B"), (10**6, "M"), (10**3, "K")),
}
"""Large units that people of each language read at a glance."""


def count(number: int) -> str:
    """Write a whole number with thousands separators.

    Example:
        >>> count(25420)
        '25,420'
    """
    return f"{number:,}".replace("-", MINUS)


def share(fraction: float | None) -> str:
    """Write a fraction of 1 in per cent, to one decimal.

    Example:
        >>> share(0.6338), share(None)
        ('63.4%', '–')
    """
    return DASH if fraction is None else f"{fraction:.1%}".replace("-", MINUS)


def days(number: float | None) -> str:
    """Write a number of days, whole.

    Example:
        >>> days(36.8)
        '37'
    """
    return DASH if number is None else f"{number:,.0f}".replace("-", MINUS)


def ratio(number: float | None) -> str:
    """Write a plain number to two decimals, such as a Gini coefficient.

    Example:
        >>> ratio(0.596)
        '0.60'
    """
    return DASH if number is None else f"{number:.2f}".replace("-", MINUS)


def growth(change: float | None) -> str:
    r"""Write how a figure moved against what it was: arrow, sign and per cent, so that no colour is needed.

    Example:
        >>> growth(0.1234), growth(-0.05), growth(0.0), growth(None)
        ('▲\xa0+12.3%', '▼\xa0−5.0%', '0.0%', '–')
    """
    return DASH if change is None else _moved(f"{change:+,.1%}")


def points(difference: float | None, lang: Lang) -> str:
    r"""Write the difference of two rates in percentage points.

    Example:
        >>> points(0.012, "en"), points(-0.03, "zh")
        ('▲\xa0+1.2\xa0pp', '▼\xa0−3.0\xa0个百分点')
    """
    if difference is None:
        return DASH
    unit = {"zh": "个百分点", "en": "pp"}[lang]
    return f"{_moved(f'{difference * 100:+.1f}')}{NO_BREAK}{unit}"


def _moved(signed: str) -> str:
    """Put the arrow of its sign before a number; what is written as zero has neither."""
    if not signed.strip("+-0.,%"):
        return signed[1:]
    arrow = UP if signed[0] == "+" else DOWN
    return f"{arrow}{NO_BREAK}{signed.replace('-', MINUS)}"


def hours(number: float | None, lang: Lang) -> str:
    r"""Write a length of time in the unit that a person would use.

    Example:
        >>> hours(0.2, "en"), hours(9.26, "zh"), hours(60, "en"), hours(None, "en")
        ('12\xa0min', '9.3\xa0小时', '2.5\xa0d', '–')
    """
    if number is None:
        return DASH
    minutes, whole_hours, whole_days = HOUR_UNITS[lang]
    if number < 1:
        whole = round(number * 60)
        return f"{whole or '< 1'}{NO_BREAK}{minutes}"
    if number < LONG:
        return f"{_tenths(number)}{NO_BREAK}{whole_hours}"
    return f"{_tenths(number / 24)}{NO_BREAK}{whole_days}"


def _tenths(number: float) -> str:
    """Write one decimal, unless it is zero."""
    return f"{number:,.1f}".removesuffix(".0")


def money(minor: int | None, currency: str) -> str:
    """Write an amount in full, with the currency's sign or code.

    Args:
        minor: Minor units; ``None`` for "not defined".
        currency: ISO 4217 code.

    Returns:
        The amount, exact.

    Example:
        >>> money(351130500, "CNY"), money(-1250, "GBP")
        ('¥3,511,305.00', '−£12.50')
    """
    return DASH if minor is None else format_money(minor, currency).replace("-", MINUS).replace(" ", NO_BREAK)


def short_money(minor: int, currency: str, lang: Lang) -> str:
    """Write a round amount for an axis, in the large units of the language.

    Args:
        minor: Minor units.
        currency: ISO 4217 code.
        lang: Language.

    Returns:
        At most two decimals of the largest unit that the amount reaches.

    Example:
        >>> short_money(25000000, "CNY", "zh"), short_money(25000000, "CNY", "en")
        ('¥25万', '¥250K')
    """
    scale = 10 ** exponent(currency)
    size, unit = next(((s, u) for s, u in UNITS[lang] if abs(minor) >= s * scale), (1, ""))
    hundredths = round(abs(minor) * 100 / (size * scale))
    sign = SIGNS.get(currency, f"{currency}{NO_BREAK}")
    amount = f"{hundredths // 100:,}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return f"{MINUS if minor < 0 else ''}{sign}{amount}{unit}"


def part_of(part: float, whole: int) -> float | None:
    """Divide a part by its whole; ``None`` where the whole is not above 0.

    Example:
        >>> part_of(1, 4), part_of(1, 0)
        (0.25, None)
    """
    return part / whole if whole > 0 else None
