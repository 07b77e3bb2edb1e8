"""What the rules of money need to know of a currency: its decimals, its sign, its marks in files."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_EXPONENT: Final = 2

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
        **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
        **dict.fromkeys(("CLF", "UYW"), 4),
    }
)
"""Decimals of the ISO 4217 currencies that do not have two."""

SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AUD": "A$",
        "CAD": "CA$",
        "CNY": "¥",
        "EUR": "€",
        "GBP": "£",
        "HKD": "HK$",
        "JPY": "JP¥",
        "KRW": "₩",
        "SGD": "S$",
        "TWD": "NT$",
        "USD": "US$",
    }
)
"""Signs that we write before an amount; no two currencies share one."""

MARKS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "CNY": frozenset({"¥", "CN¥", "RMB", "元", "圆"}),
        "EUR": frozenset({"€"}),
        "GBP": frozenset({"£"}),
        "JPY": frozenset({"¥", "JP¥", "円", "圆"}),
        "KRW": frozenset({"₩"}),
        **{code: frozenset({"$", "元", "圆", SIGNS[code]}) for code in ("HKD", "SGD", "TWD")},
        **{code: frozenset({"$", SIGNS[code]}) for code in ("AUD", "CAD", "USD")},
    }
)
"""What exports write beside an amount of a currency, its own code aside."""

_EVERYDAY: Final[Mapping[str, str]] = MappingProxyType(
    {"RMB": "CNY", "CNH": "CNY", "YEN": "JPY", "NTD": "TWD", "STG": "GBP"}
)
"""Codes that people write and ISO 4217 does not have, with the one they mean."""

_CODE: Final = re.compile(r"[A-Z]{3}")


def exponent(currency: str) -> int:
    """Give the number of decimals of a currency.

    Args:
        currency: ISO 4217 code, three capital letters.

    Returns:
        Digits after the point, 0 to 4; 2 for a code that the table of exceptions does not name.

    Raises:
        InputError: The code is not three capital letters, or an everyday word such as RMB.

    Example:
        >>> exponent("CNY"), exponent("JPY"), exponent("KWD")
        (2, 0, 3)

    References:
        ISO 4217:2015, list one.
    """
    if not _CODE.fullmatch(currency):
        raise InputError(f"a currency is an ISO 4217 code such as CNY, not {currency!r}")
    if currency in _EVERYDAY:
        raise InputError(f"{currency} is no ISO 4217 code; write {_EVERYDAY[currency]}")
    return EXPONENTS.get(currency, USUAL_EXPONENT)


def is_mark_of(mark: str, currency: str) -> bool:
    """Tell whether a sign or word beside an amount can mean this currency.

    A currency that :data:`MARKS` does not list takes any sign, but no other currency's code.
    """
    if mark in ("", currency):
        return True
    if currency in MARKS:
        return mark in MARKS[currency]
    return not _CODE.match(mark) and mark not in MARKS["CNY"]
