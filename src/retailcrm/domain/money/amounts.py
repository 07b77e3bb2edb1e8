"""Amounts: add, compare, share out, and price a line without losing a minor unit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import total_ordering
from typing import TYPE_CHECKING, Final, Literal, get_args

import attrs

from retailcrm.domain.money.currencies import exponent
from retailcrm.domain.money.writing import format_money
from retailcrm.errors import CurrencyMismatchError, InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

Rounding = Literal["half_up", "half_even", "down"]
"""Ways to round a line to minor units: halves away from zero, halves to even, towards zero."""

MAX_DIGITS: Final = 40
"""Quantities and prices beyond this many digits before or after the point are damaged input."""


def _whole(_: object, field: attrs.Attribute[int], value: int) -> None:
    # bool is an int to Python, and `Money(price > 3, "CNY")` a bug.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{field.name} counts whole minor units (int), got {type(value).__name__}")


def _iso(_: object, __: attrs.Attribute[str], value: str) -> None:
    exponent(value)


@total_ordering
@attrs.frozen(order=False)
class Money:
    """An exact amount of one currency.

    ``==`` between two currencies is simply false; ``+``, ``-`` and ``<`` refuse to mix them.

    Attributes:
        minor: Whole minor units (fen, cents, yen); may be negative.
        currency: ISO 4217 code.

    Raises:
        TypeError: ``minor`` is not an ``int``.
        InputError: ``currency`` is not three capital letters.

    Example:
        >>> str(Money(31000, "CNY") + Money(200, "CNY")), Money(1, "CNY") < Money(2, "CNY")
        ('¥312.00', True)
    """

    minor: int = attrs.field(validator=_whole)
    currency: str = attrs.field(validator=_iso)

    def __add__(self, other: Money) -> Money:
        """Add an amount of the same currency."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Take away an amount of the same currency."""
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        """Turn a payment into a refund, and back."""
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Compare with an amount of the same currency."""
        if not isinstance(other, Money):
            return NotImplemented
        return self.minor < self._same(other)

    def __str__(self) -> str:
        """Write the amount for people."""
        return format_money(self.minor, self.currency)

    def _same(self, other: Money) -> int:
        """Give the other's minor units, refusing another currency."""
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor


def split(minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share an amount out in proportion to weights, by largest remainder.

    The parts always add up to the amount. Left-over units go to the largest remainders; of equal
    remainders the earlier part gets its unit first. A negative amount splits like its positive twin.

    Args:
        minor: Minor units to share.
        weights: Not negative, one a part; all may be 0 only if ``minor`` is 0.

    Returns:
        Minor units of each part, in the order of ``weights``.

    Raises:
        TypeError: The amount or a weight is not an ``int``.
        InputError: A weight is negative, or there is nobody to give the amount to.

    Example:
        >>> split(100, [1, 1, 1]), split(-100, [1, 1, 1]), split(5, [0, 3, 1])
        ((34, 33, 33), (-34, -33, -33), (0, 4, 1))
    """
    for number in (minor, *weights):
        if not isinstance(number, int):
            raise TypeError("amounts and weights are int: floats lose minor units")
    total = sum(weights)
    if min(weights, default=0) < 0 or (total == 0 and minor != 0):
        raise InputError(f"cannot share {minor} out by the weights {tuple(weights)[:10]}")
    if total == 0:
        return (0,) * len(weights)
    if max(weights) == total:
        # All of it is one part's: an order of one line, and nothing earned on postage.
        return tuple(minor if weight else 0 for weight in weights)
    shares = [divmod(abs(minor) * weight, total) for weight in weights]
    left = abs(minor) - sum(whole for whole, _ in shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: -shares[i][1])
    gets_one = set(by_remainder[:left])
    sign = -1 if minor < 0 else 1
    return tuple(sign * (whole + (i in gets_one)) for i, (whole, _) in enumerate(shares))


def line_amount(
    quantity: Decimal | int, unit_price: Decimal, currency: str, rounding: Rounding = "half_up"
) -> int:
    """Price a line: quantity times unit price, rounded once, at the end.

    Args:
        quantity: Pieces or measure; negative on returns.
        unit_price: In major units, with as many decimals as the shop uses.
        currency: ISO 4217 code.
        rounding: How a fraction of a minor unit is rounded.

    Returns:
        Minor units.

    Raises:
        TypeError: A number is a float.
        InputError: A number is not finite or has more than 40 digits on a side of the point; or the
            rounding is unknown.

    Example:
        >>> line_amount(3, Decimal("0.335"), "CNY"), line_amount(3, Decimal("0.335"), "CNY", "down")
        (101, 100)
    """
    scale: int = 10 ** exponent(currency)
    exact = _exact(quantity) * _exact(unit_price) * scale
    if rounding == "half_even":
        return round(exact)
    if rounding not in get_args(Rounding):
        raise InputError(f"rounding is one of {', '.join(get_args(Rounding))}, not {rounding!r}")
    size = abs(exact) + (Fraction(1, 2) if rounding == "half_up" else 0)
    return int(size) if exact > 0 else -int(size)


def _exact(number: Decimal | int) -> Fraction:
    """Turn a number into a fraction, unless that fraction would fill the memory."""
    if not isinstance(number, Decimal | int):
        raise TypeError(f"quantities and prices are Decimal or int, got {type(number).__name__}")
    value = Decimal(number)
    # Decimal("1E+999999") is 12 characters in a file and a million digits as a fraction.
    if (
        not value.is_finite()
        or abs(value.adjusted()) > MAX_DIGITS
        or len(value.as_tuple().digits) > MAX_DIGITS
    ):
        raise InputError("a quantity or price is not a finite number of usual size")
    return Fraction(value)
