"""How unequally customers spend: Lorenz curve, Gini coefficient, shares of the top and of the returning."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import attrs
import numpy as np

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import CustomerSummary, Ints

Negative = Literal["clip", "refuse"]

_LOW_BITS = 32
_RETURNING = 2


@attrs.frozen(eq=False, kw_only=True)
class Lorenz:
    """How much of the money the smaller spenders bring.

    Attributes:
        customers: Share of the customers, smallest spender first, from 0 to 1; shape ``(n + 1,)``.
        money: Share of the money that they bring, from 0 to 1; same shape; on the straight line
            where nobody brought any.
        gini: Twice the area between the curve and the straight line, exact: 0 if all spend the same,
            ``(n - 1) / n`` if one customer brings everything; ``None`` where nobody brought any.
        clipped: How many negative values were taken as 0.
    """

    customers: NDArray[np.float64]
    money: NDArray[np.float64]
    gini: Fraction | None
    clipped: int

    def points(self, most: int = 101) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Thin the curve out for a chart, evenly by customers.

        Args:
            most: Most points wanted, at least 2; both ends stay.

        Returns:
            Shares of customers and of money.
        """
        last = len(self.customers) - 1
        keep = np.unique(np.linspace(0, last, min(most, last + 1)).round().astype(np.intp))
        return tuple(self.customers[keep].tolist()), tuple(self.money[keep].tolist())


def lorenz(values: Ints, *, negative: Negative = "clip") -> Lorenz:
    """Draw the Lorenz curve of values and compute their Gini coefficient.

    With values x_1 <= ... <= x_n of sum S, G = sum((2 i - n - 1) x_i) / (n S), by whole numbers; equal
    values may stand in any order. Negative values would let G exceed 1, so they are dealt with first.

    Args:
        values: Minor units, ``int64``, shape ``(n,)``; their sum below 2**63.
        negative: Take negative values as 0, or refuse them.

    Returns:
        The curve and the coefficient.

    Raises:
        InputError: A value is negative and ``negative`` is ``"refuse"``.

    Example:
        >>> curve = lorenz(np.array([3, 1]))
        >>> curve.gini, curve.money.tolist()
        (Fraction(1, 4), [0.0, 0.25, 1.0])

    References:
        Gini (1912); the sum over ordered values as in Sen, On Economic Inequality (1973), section 2.
    """
    rising, clipped = _rising(values, negative)
    n = len(rising)
    customers = np.arange(n + 1) / max(n, 1)
    reached = np.concatenate([np.zeros(1, np.int64), np.cumsum(rising)])
    total = int(reached[-1])
    if not total:
        return Lorenz(customers=customers, money=customers.copy(), gini=None, clipped=clipped)
    # sum(i * x_i) = sum over i of (S - reached before i), which never multiplies.
    weighted = n * total - _exact_sum(reached[:-1])
    gini = Fraction(2 * weighted - (n + 1) * total, n * total)
    return Lorenz(customers=customers, money=reached / total, gini=gini, clipped=clipped)


def top_share(
    values: Ints, share: Fraction | str | float = Fraction(1, 5), *, negative: Negative = "clip"
) -> Fraction | None:
    """Give the part of the money that the biggest spenders bring.

    Where the share of the customers is no whole number the customer at the cut counts in part.

    Args:
        values: Minor units, ``int64``, shape ``(n,)``; their sum below 2**63.
        share: Which part of the customers is the top, from 0 to 1; 0.2 means exactly a fifth.
        negative: Take negative values as 0, or refuse them.

    Returns:
        A share from 0 to 1, exact; ``None`` where nobody brought any.

    Raises:
        InputError: The share is not within 0 to 1, or a value is negative and refused.

    Example:
        >>> top_share(np.array([10, 20, 30, 40]), 0.375)
        Fraction(11, 20)
    """
    part = Fraction(str(share))
    if not 0 <= part <= 1:
        raise InputError(f"the top must be a share from 0 to 1, not {share}")
    falling = _rising(values, negative)[0][::-1]
    if not (total := int(falling.sum())):
        return None
    whole, rest = divmod(part * len(falling), 1)
    brought = int(falling[:whole].sum()) + (rest * int(falling[whole]) if rest else 0)
    return Fraction(brought) / total


def returning_share(summary: CustomerSummary) -> Fraction | None:
    """Give the part of net sales that customers with two or more purchase days bring.

    Numerator: net of customers with two or more purchase days. Denominator: net of all customers of
    the summary. Negative nets stay as they are, so the share can leave 0 to 1.

    Args:
        summary: The customers.

    Returns:
        The share, exact; ``None`` where net sales are not positive.
    """
    total = int(summary.net.sum())
    if total <= 0:
        return None
    return Fraction(int(summary.net[summary.purchase_days >= _RETURNING].sum()), total)


def _rising(values: Ints, negative: Negative) -> tuple[Ints, int]:
    """Sort values, negative ones taken as 0 and counted, or refused."""
    below = int(np.count_nonzero(values < 0))
    if below and negative == "refuse":
        raise InputError(f"{below} values are negative: shares of the total have no meaning")
    return np.sort(np.maximum(values, 0)), below


def _exact_sum(values: Ints) -> int:
    """Add numbers whose sum may pass 2**63: upper and lower half apart."""
    upper, lower = values >> _LOW_BITS, values & ((1 << _LOW_BITS) - 1)
    return (int(upper.sum()) << _LOW_BITS) + int(lower.sum())
