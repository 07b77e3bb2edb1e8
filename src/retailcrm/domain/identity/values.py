"""What the text of an identity tells about itself: masked, virtual, blank, damaged or real."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

NO_VALUE: Final = frozenset({"", "-", "null"})
"""What exports write where they have nothing, after blanks and case."""

MAX_LENGTH: Final = 1_000
"""Longer text identifies nobody, and is not worth normalising."""

_VIRTUAL: Final = re.compile(r"[0-9]{11}-[0-9]{3,6}|[-+0-9()]{5,}(?:ext\.?|转|分机|x|#|,)[0-9]+")
_COUNTRY: Final = re.compile(r"\A(?:(?:\+|00)86-?|86-?(?=1[0-9]{10}(?:\Z|-)))")
_PHONE: Final = re.compile(r"\+?[0-9]{7,15}")
# Spreadsheets write the plus sign.
_DAMAGED: Final = re.compile(r"[0-9](?:\.[0-9]+)?e\+[0-9]+", re.IGNORECASE)
_DAMAGED_DIGITS: Final = re.compile(r"[0-9](?:\.[0-9]+)?e\+?[0-9]+", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def is_masked(text: str) -> bool:
    """Tell whether a platform has hidden part of a value: ``t**1``, ``138****1234``, ``张＊＊``.

    Example:
        >>> is_masked("t**1"), is_masked("摈＊＊唉"), is_masked("a*b")
        (True, True, False)
    """
    return "**" in text.replace("＊", "*")


def is_virtual_number(text: str) -> bool:
    """Tell whether a phone number is a platform's relay: 11 digits and an extension.

    Such a number belongs to the platform, is lent for one parcel, and is lent again to others.

    Example:
        >>> is_virtual_number("18400000000-1234"), is_virtual_number("18400000000转1234")
        (True, True)
        >>> is_virtual_number("13800138000"), is_virtual_number("0571-88888888")
        (False, False)
    """
    return bool(_VIRTUAL.fullmatch(_compact(text)))


def is_blank(text: str) -> bool:
    """Tell whether a cell holds nothing: empty, blanks, ``-`` or ``null``."""
    return text.strip().lower() in NO_VALUE


def is_damaged_number(text: str, *, numeric: bool = False) -> bool:
    """Tell whether a spreadsheet has rounded an id: ``1.93068E+15`` stands for thousands of ids.

    Args:
        text: The id.
        numeric: Its kind has digits only, so that ``5E15`` without a plus sign is no name either.
    """
    pattern = _DAMAGED_DIGITS if numeric else _DAMAGED
    return bool(pattern.fullmatch(text.strip()))


def normalised(kind: str, text: str) -> str:
    """Write a value in the one form that equal values share.

    Phone numbers lose blanks, dashes and the Chinese country code; e-mail addresses their capitals;
    a contact loses what the one of these two that it is would lose; all values lose the blanks around
    them and a spreadsheet's leading apostrophe. A masked or virtual number is left as it is, so that it
    stays recognisable.

    Args:
        kind: See :class:`~retailcrm.domain.identity.IdentityKind`.
        text: One cell.

    Returns:
        The text to compare and store.

    Example:
        >>> normalised("phone", "'+86 138-0013-8000"), normalised("email", " Ann@Example.com")
        ('13800138000', 'ann@example.com')
    """
    plain = text.strip().removeprefix("'").strip()
    if kind == "contact":
        kind = contact_kind(plain)
    if kind == "email":
        return plain.lower()
    if kind != "phone" or "*" in plain or "＊" in plain or is_virtual_number(plain):
        return plain
    return re.sub(r"[-.()]", "", _compact(plain))


def contact_kind(text: str) -> str:
    """Tell which kind of contact a text is: one with an ``@`` is an e-mail address, any other a phone.

    Example:
        >>> contact_kind("ann@example.com"), contact_kind("+1 415 555 0123")
        ('email', 'phone')
    """
    return "email" if "@" in text or "＠" in text else "phone"


def looks_like_phone(text: str) -> bool:
    """Tell whether a normalised text can be one subscriber's number: 7 to 15 digits, not all the same."""
    return bool(_PHONE.fullmatch(text)) and len(set(text.lstrip("+"))) > 1


def looks_like_email(text: str) -> bool:
    """Tell whether a text has the outer form of an e-mail address."""
    return bool(_EMAIL.fullmatch(text))


def _compact(text: str) -> str:
    """Fold full-width forms, drop blanks, an apostrophe and the Chinese country code."""
    plain = "".join(unicodedata.normalize("NFKC", text[:MAX_LENGTH]).lower().split()).removeprefix("'")
    return _COUNTRY.sub("", plain)
