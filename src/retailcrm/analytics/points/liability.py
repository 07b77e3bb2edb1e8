"""Liability (负债): what outstanding points are expected to cost, exact, and rounded once."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import attrs
import numpy as np

from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.points.outstanding import LAPSED, add_up, expiry_groups
from retailcrm.domain.labels import Label
from retailcrm.domain.money import exponent
from retailcrm.domain.points import Bucket
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from retailcrm.analytics.points.breakage import Expected
    from retailcrm.analytics.points.outstanding import Balances
    from retailcrm.domain.points.wallets import Redemption

Rounding = Literal["half_up", "half_even", "up"]
"""Ways to round a liability to minor units: halves up, halves to even, always up (the careful one)."""

ROUNDINGS: Final[Mapping[Rounding, Label]] = MappingProxyType(
    {
        "half_up": Label("四舍五入", "Halves up"),
        "half_even": Label("四舍六入五成双", "Halves to even"),
        "up": Label("向上取整", "Always up"),
    }
)
"""What the ways to round are called."""


def point_value(redemption: Redemption, currency: str) -> Fraction:
    """Say what a point pays when it is spent.

    Args:
        redemption: How the wallet's points are spent.
        currency: ISO 4217 code.

    Returns:
        Minor units, exact.

    Example:
        >>> from retailcrm.domain.points.wallets import Redemption
        >>> point_value(Redemption(points_per_unit=Fraction(300)), "CNY")
        Fraction(1, 3)
    """
    return Fraction(10 ** exponent(currency)) / redemption.points_per_unit


@attrs.frozen(kw_only=True)
class Liability:
    """What outstanding points are expected to cost.

    Attributes:
        currency: ISO 4217 code.
        rounding: How the total was rounded.
        keys: Months of expiry, ``lapsed``, ``never``, ``waiting``; as in
            :func:`~retailcrm.analytics.points.outstanding.by_expiry_month`.
        points: Points outstanding in each.
        exact: Their expected cost in minor units, exact.
        amounts: The same in whole minor units, so that they add up to :attr:`total`: by largest remainder.
        total: Minor units: the exact sum, rounded once.
    """

    currency: str
    rounding: Rounding
    keys: tuple[str, ...]
    points: tuple[int, ...]
    exact: tuple[Fraction, ...]
    amounts: tuple[int, ...]
    total: int


def liability(
    there: Balances, *, value: Fraction, expected: Expected, currency: str, rounding: Rounding = "half_up"
) -> Liability:
    """Value what is outstanding: points, times what a point pays, times the share expected to be redeemed.

    Points that cannot be spent any more cost nothing, though nobody has written them off yet; those of
    them that are held for a checkout may still be spent, and count.

    Args:
        there: The balances.
        value: What a point pays, minor units; see :func:`point_value`.
        expected: Which share of them will be redeemed, by month of award: a forecast's, or an assumption.
        currency: ISO 4217 code.
        rounding: How the total becomes whole minor units.

    Returns:
        The liability by month of expiry.

    Raises:
        InputError: A negative or inexact value, or an unknown rounding.
    """
    if not isinstance(value, Fraction) or value < 0:
        raise InputError(f"the value of a point is a Fraction of 0 or more minor units, not {value!r}")
    keys, place = expiry_groups(there)
    inside = place >= 0
    spendable = there.open
    if LAPSED in keys:
        spendable = np.where(place == keys.index(LAPSED), there.of(Bucket.HELD), spendable)
    month = local_months(there.lots.awarded_at, there.lots.zone)
    first = int(month.min()) if len(month) else 0
    width = len(keys)
    cells, which = np.unique((month[inside] - first) * width + place[inside], return_inverse=True)
    exact = [Fraction(0)] * width
    for cell, many in zip(cells.tolist(), add_up(which, spendable[inside], len(cells)).tolist(), strict=True):
        exact[cell % width] += many * value * expected.of(cell // width + first)
    total = rounded(sum(exact, Fraction(0)), rounding)
    return Liability(
        currency=currency,
        rounding=rounding,
        keys=keys,
        points=tuple(add_up(place[inside], there.open[inside], width).tolist()),
        exact=tuple(exact),
        amounts=shared(total, exact),
        total=total,
    )


def rounded(exact: Fraction, rounding: Rounding) -> int:
    """Round an exact amount of minor units that is not below 0.

    Args:
        exact: The amount.
        rounding: How.

    Returns:
        Whole minor units.

    Raises:
        InputError: There is no such way to round.

    Example:
        >>> [rounded(Fraction(5, 2), way) for way in ROUNDINGS]
        [3, 2, 3]
    """
    if rounding == "half_up":
        return floor(exact + Fraction(1, 2))
    if rounding == "half_even":
        return round(exact)
    if rounding == "up":
        return ceil(exact)
    raise InputError(f"rounding is one of {', '.join(ROUNDINGS)}, not {rounding!r}")


def shared(total: int, exact: Sequence[Fraction]) -> tuple[int, ...]:
    """Give whole parts of a rounded total: each rounded down, those with the largest remainders one more.

    Args:
        total: The exact parts' sum, rounded to a neighbouring whole number.
        exact: The parts, none below 0.

    Returns:
        Parts that add up to the total, each less than 1 away from its exact one.

    Example:
        >>> shared(2, [Fraction(1, 3), Fraction(2, 3), Fraction(1, 2)])
        (0, 1, 1)
    """
    parts = [floor(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: parts[i] - exact[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)
