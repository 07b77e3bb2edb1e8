"""Amounts as text: for files, and for people."""

from __future__ import annotations

from retailcrm.domain.money.currencies import SIGNS, exponent


def decimal_text(minor: int, currency: str) -> str:
    """Write an amount as a plain decimal, for files and programs.

    Args:
        minor: Minor units.
        currency: ISO 4217 code.

    Returns:
        All decimals of the currency, a point, no thousands commas, no sign of the currency.

    Example:
        >>> decimal_text(31200, "CNY"), decimal_text(-5, "USD"), decimal_text(312, "JPY")
        ('312.00', '-0.05', '312')
    """
    return _written(minor, currency, "d")


def format_money(minor: int, currency: str) -> str:
    """Write an amount for people, with the currency's sign, or its code where we know no sign.

    :func:`~retailcrm.domain.money.parse_amount` reads it back.

    Args:
        minor: Minor units.
        currency: ISO 4217 code.

    Returns:
        The amount, exact, with thousands commas.

    Example:
        >>> format_money(123456, "CNY"), format_money(-31200, "USD"), format_money(1234, "KWD")
        ('¥1,234.56', '-US$312.00', 'KWD 1.234')
    """
    sign = SIGNS.get(currency, f"{currency} ")
    return f"{'-' if minor < 0 else ''}{sign}{_written(abs(minor), currency, ',d')}"


def _written(minor: int, currency: str, whole_as: str) -> str:
    digits = exponent(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    decimals = f".{rest:0{digits}d}" if digits else ""
    return f"{'-' if minor < 0 else ''}{whole:{whole_as}}{decimals}"
