"""Amounts out of the text that platforms, sellers and spreadsheets write."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from retailcrm.domain.money.currencies import exponent, is_mark_of
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_LENGTH: Final = 100
"""Longer text is no amount; it is refused before any work is done on it."""

MAX_DIGITS: Final = 18
"""Whole minor units of at most this many digits: what an ``int64`` column surely holds."""

# NFKC of the wide forms only: full NFKC would read the foot-note mark of 100² as a digit.
_WIDE: Final[Mapping[int, str]] = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFF01, 0xFF5F), *range(0xFFE0, 0xFFE7), 0x3000)
} | {ord("\N{MINUS SIGN}"): "-"}

_MARK: Final = r"[A-Z]{0,3}[¥$€£₩]?"
_AMOUNT: Final = re.compile(
    rf"(?P<sign>[-+]?) *(?P<mark>{_MARK}) *(?P<inner>[-+]?)"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.(?P<decimals>[0-9]*))? *(?P<unit>[元圆円]?)"
)


def parse_amount(text: str, currency: str) -> int:
    """Read an amount as exports write it.

    Takes blanks and tabs around it, a leading apostrophe, full-width characters, the currency's own
    sign, code or 元, thousands commas in groups of three, ``+``, ``-`` and accountants' parentheses.
    Takes more decimals than the currency has only if they are zeros: nothing is rounded.

    Args:
        text: One cell, at most 100 characters.
        currency: ISO 4217 code that the amount is in.

    Returns:
        Minor units, of at most 18 digits.

    Raises:
        InputError: The text is no such amount; the message names the reason.

    Example:
        >>> parse_amount("￥1,234.50", "CNY"), parse_amount("598.00元", "CNY"), parse_amount("(3)", "JPY")
        (123450, 59800, -3)
    """
    digits = exponent(currency)
    if len(text) > MAX_LENGTH:
        raise InputError(f"not an amount: longer than {MAX_LENGTH} characters")
    plain = text.translate(_WIDE).strip().removeprefix("'").strip()
    in_brackets = plain.startswith("(") and plain.endswith(")")
    found = _AMOUNT.fullmatch(plain[1:-1].strip() if in_brackets else plain)
    if not found or not (found["whole"] or found["decimals"]):
        raise InputError(f"not an amount: {_reason(plain)}")
    signs = found["sign"] + found["inner"] + ("-" if in_brackets else "")
    if len(signs) > 1:
        raise InputError("not an amount: more than one sign")
    for mark in (found["mark"], found["unit"]):
        if not is_mark_of(mark, currency):
            raise InputError(f"marked {mark}, but the amounts are in {currency}")
    size = _minor(found["whole"].replace(",", ""), found["decimals"] or "", digits, currency)
    return -size if signs == "-" else size


def _minor(whole: str, decimals: str, digits: int, currency: str) -> int:
    kept = decimals.rstrip("0")
    if len(kept) > digits:
        raise InputError(f"{len(kept)} decimals, but {currency} has {digits}")
    minor = (whole + kept.ljust(digits, "0")).lstrip("0")
    if len(minor) > MAX_DIGITS:
        raise InputError(f"not an amount: more than {MAX_DIGITS} digits")
    return int(minor or "0")


def _reason(plain: str) -> str:
    """Say what keeps a text from being an amount."""
    if not plain:
        return "empty"
    if plain.lstrip("+-").lower() in {"nan", "inf", "infinity"}:
        return "not a finite number"
    if not re.search("[0-9]", plain):
        return "no digits"
    if re.fullmatch(r"[-+]?[0-9.,]+[eE][-+]?[0-9]+", plain):
        return "an exponent, as spreadsheets write damaged order numbers"
    if re.fullmatch(rf"[-+]?{_MARK}[-+]?[0-9,.]+", plain):
        return "commas or points not at thousands and decimals"
    return "not a number"
