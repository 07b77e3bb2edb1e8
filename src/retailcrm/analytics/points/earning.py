"""What orders earn, a million at a time: equal to the rule of one order, in whole numbers throughout.

The rule of one order is :func:`retailcrm.domain.points.earning.award_of`. Rates and multipliers are put over
one denominator, so that every step is a product and a division of whole numbers. Before each product it is
asked whether it fits a machine word; orders for which it might not are worked out by the rule itself.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.points.earn_columns import AwardColumns, EarnColumns
from retailcrm.analytics.points.earning_caps import capped
from retailcrm.analytics.points.parts import LIMIT, Parts
from retailcrm.domain.points.checks import MOST_POINTS
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.analytics.counting import Mask
    from retailcrm.analytics.tables import Ints
    from retailcrm.domain.points.wallets import EarnBase, EarnRule, Rounding

__all__ = ["AwardColumns", "EarnColumns", "awards"]

_MOST: Final = int(np.iinfo(np.int64).max)


def awards(columns: EarnColumns, rule: EarnRule, *, unit: int = 100, zone: str = "UTC") -> AwardColumns:
    """Compute what orders earn.

    Args:
        columns: The orders.
        rule: What orders earn.
        unit: Minor units in one whole unit of money: 100 for yuan, 1 for yen.
        zone: IANA zone of the days, months and years of caps.

    Returns:
        Points of each order, shared out to its lines, postage and tax. Caps count what these orders earned,
        in the order of time, as awarded: what refunds take back frees no room.

    Raises:
        InputError: More was paid with points and gift cards than an order comes to, or an order earns more
            than a column holds.

    Example:
        >>> from retailcrm.domain.points.wallets import Cap, EarnRule
        >>> columns = EarnColumns(
        ...     customer=np.array([0, 0], np.int32),
        ...     paid_at=np.array(["2024-05-01T03", "2024-05-01T09"], "datetime64[us]"),
        ...     order=np.array([0, 0, 1]), price=np.array([1990, 1020, 8000]))
        >>> found = awards(columns, EarnRule(caps=(Cap(points=100, per="day"),)), zone="Asia/Shanghai")
        >>> found.points.tolist(), found.cut.tolist(), found.line_points.tolist()
        ([30, 70], [0, 10], [20, 10, 70])
    """
    n = len(columns)
    large = _large_amounts(columns)
    parts, slow = _less_paid(columns, rule.base, _bases(columns, rule.base, large), large)
    base = parts.sums(parts.weight, n)
    factor, scale = _rate(columns, rule, unit, base, large)
    counts = ~large & (base >= rule.least)
    if rule.round_at == "order":
        points = _rounded(np.where(counts, base, 0) * factor, scale, rule.rounding)
        shares, more = parts.shared(points)
        slow[more] = True
    else:
        exact = parts.weight * np.where(counts, factor, 0)[parts.order]
        shares = _rounded(exact, scale[parts.order], rule.rounding)
        points = parts.sums(shares, n)
    flat = np.zeros(len(columns.order) + 2 * n, np.int64)
    flat[parts.place] = shares
    _one_by_one(columns, rule, unit, large, (points, base, flat))
    kept, all_slow = capped(points, columns.customer, columns.paid_at, rule.caps, zone)
    if len(kept) and kept.max() > MOST_POINTS:
        raise InputError(f"an order earns more than {MOST_POINTS} points")
    slow[_recut(columns, flat, points, kept)] = True
    lines = len(columns.order)
    return AwardColumns(
        columns=columns,
        points=kept,
        cut=points - kept,
        base=base,
        line_points=flat[:lines],
        shipping_points=flat[lines : lines + n],
        tax_points=flat[lines + n :],
        fallen_back=n if all_slow else int(np.count_nonzero(large | slow)),
    )


def _large_amounts(columns: EarnColumns) -> Mask:
    """Find orders with amounts that might not fit when they are added up."""
    longest = int(np.bincount(columns.order, minlength=1).max())
    most = LIMIT // (longest + 4)
    large = np.zeros(len(columns), np.bool_)
    for amounts in (columns.shipping, columns.tax, columns.by_points, columns.by_gift_card):
        large |= amounts > most
    large[columns.order[columns.price > most]] = True
    return large


def _bases(columns: EarnColumns, base: EarnBase, large: Mask) -> Parts:
    """Lay out the parts of orders that earn; postage and tax come after the lines."""
    price = columns.price if base.before_discounts else columns.price - columns.discount
    lines, n = len(price), len(columns)
    counts = (price > 0) & columns.earns if base.items else np.zeros(lines, np.bool_)
    places, orders, weights = [np.flatnonzero(counts)], [columns.order[counts]], [price[counts]]
    for amount, earns, first in (
        (columns.shipping, base.shipping, lines),
        (columns.tax, base.tax, lines + n),
    ):
        rows = np.flatnonzero(amount) if earns else np.empty(0, np.int64)
        places.append(rows + first)
        orders.append(rows)
        weights.append(amount[rows])
    parts = Parts.of(np.concatenate(places), np.concatenate(orders), np.concatenate(weights))
    return parts.weighing(np.where(large[parts.order], 0, parts.weight)) if large.any() else parts


def _less_paid(columns: EarnColumns, base: EarnBase, parts: Parts, large: Mask) -> tuple[Parts, Mask]:
    """Take off what was paid with points or gift cards, in proportion to all parts that earn.

    Marks further large orders; also gives the orders that were shared out one by one.
    """
    slow = np.zeros(len(columns), np.bool_)
    paid = np.where(large, 0, columns.by_points) + np.where(large, 0, columns.by_gift_card)
    if not paid.any():
        return parts, slow
    whole = np.where(large, 0, columns.shipping) + np.where(large, 0, columns.tax)
    np.add.at(whole, columns.order, np.where(large[columns.order], 0, columns.price - columns.discount))
    if (paid > whole).any():
        raise InputError("more was paid with points and cards than an order comes to")
    off = np.zeros(len(columns), np.int64)
    for amount, counts in (
        (columns.by_points, base.paid_by_points),
        (columns.by_gift_card, base.paid_by_gift_card),
    ):
        off += 0 if counts else np.where(large, 0, amount)
    total = parts.sums(parts.weight, len(columns))
    large |= total > LIMIT // np.maximum(off, 1)
    off[large] = 0
    # The part of an order that others paid lies on all of it, goods and postage alike.
    taken = np.minimum(off * total // np.maximum(whole, 1), total)
    shares, more = parts.shared(taken)
    slow[more] = True
    return parts.weighing(parts.weight - shares), slow


def _rate(columns: EarnColumns, rule: EarnRule, unit: int, base: Ints, large: Mask) -> tuple[Ints, Ints]:
    """Give what each order's base is multiplied and divided by; mark orders for which that might not fit."""
    top, bottom = rule.rate.numerator, unit * rule.rate.denominator
    if max(top, bottom) > LIMIT:
        large[:] = True
        return np.zeros_like(base), np.ones_like(base)
    large |= columns.numerator > LIMIT // max(top, 1)
    large |= columns.denominator > LIMIT // bottom
    factor = np.where(large, 0, columns.numerator) * top
    scale = np.where(large, 1, columns.denominator) * bottom
    large |= base > LIMIT // np.maximum(factor, 1)
    factor[large] = 0
    return factor, scale


def _rounded(exact: Ints, scale: Ints, how: Rounding) -> Ints:
    """Divide and round whole numbers; neither is above the limit."""
    if how == "down":
        return exact // scale
    if how == "half_up":
        return (2 * exact + scale) // (2 * scale)
    return -(-exact // scale)


def _one_by_one(
    columns: EarnColumns, rule: EarnRule, unit: int, large: Mask, found: tuple[Ints, Ints, Ints]
) -> None:
    """Put in what orders with large numbers earn, by the rule of one order."""
    points, base, flat = found
    n, lines = len(columns), len(columns.order)
    for row in np.flatnonzero(large).tolist():
        first, last = np.searchsorted(columns.order, [row, row + 1]).tolist()
        multiplier = Fraction(int(columns.numerator[row]), int(columns.denominator[row]))
        award = award_of(_earner(columns, row, first, last), rule, unit=unit, multipliers=(multiplier,))
        if max(award.points, sum(award.bases)) > _MOST:
            raise InputError(f"order {columns.row[row]} earns, or earns on, more than a column holds")
        points[row], base[row] = award.points, sum(award.bases)
        flat[first:last] = award.shares[:-2]
        flat[lines + row], flat[lines + n + row] = award.shares[-2:]


def _earner(columns: EarnColumns, row: int, first: int, last: int) -> Earner:
    """Give one order as the rule reads it."""
    lines = tuple(
        LineAmount(
            id=str(at),
            price=int(columns.price[at]),
            discount=int(columns.discount[at]),
            earns=bool(columns.earns[at]),
        )
        for at in range(first, last)
    )
    return Earner(
        reference=str(columns.row[row]),
        lines=lines,
        shipping=int(columns.shipping[row]),
        tax=int(columns.tax[row]),
        by_points=int(columns.by_points[row]),
        by_gift_card=int(columns.by_gift_card[row]),
    )


def _recut(columns: EarnColumns, flat: Ints, points: Ints, kept: Ints) -> Ints:
    """Share out anew what caps left of awards; give the orders for which that went one by one."""
    cut = kept < points
    if not cut.any():
        return np.empty(0, np.int64)
    rows = np.arange(len(columns))
    order = np.concatenate([columns.order, rows, rows])
    place = np.flatnonzero(cut[order] & (flat > 0))
    parts = Parts.of(place, order[place], flat[place])
    shares, slow = parts.shared(kept)
    flat[parts.place] = shares
    return slow
