"""Whether a category sells more before a festival than the shop does."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints

Z95: Final = 1.959963984540054
"""97.5 % quantile of the normal distribution."""


@attrs.frozen(eq=False, kw_only=True)
class DailyOrders:
    """Orders of each group on each observed day.

    Attributes:
        first: First observed local day, days from 1970-01-01.
        groups: Orders with the group, each once; ``int64``, shape ``(n_groups, n_days)``.
        shop: Orders of the shop, each once; ``int64``, shape ``(n_days,)``.
    """

    first: int
    groups: Ints
    shop: Ints

    @property
    def end(self) -> int:
        """The day after the last observed one."""
        return self.first + len(self.shop)


def daily_orders(
    day: Ints,
    order: NDArray[np.int32],
    group: NDArray[np.int32],
    groups: int,
    observed: tuple[int, int],
) -> DailyOrders:
    """Count orders by group and day.

    Args:
        day: Local day of each line's order, days from 1970-01-01; ``int64``, shape ``(n_lines,)``.
        order: Order of each line, at least 0; ``int32``, same shape; an order lies on one day.
        group: Group of each line, -1 unknown: such lines count for the shop only; same shape.
        groups: How many groups there are.
        observed: First day and the day after the last that the data hold; lines of other days do not
            count.

    Returns:
        The counts.
    """
    first, end = observed
    days = max(end - first, 0)
    seen = (day >= first) & (day < end)
    which, what = order[seen].astype(np.int64), group[seen]
    # An order lies on one day: its day need not be carried through the sorting.
    place = np.zeros(int(which.max(initial=-1)) + 1, np.int64)
    place[which] = day[seen] - first
    key = np.sort(which * (groups + 1) + (what + 1))
    key = key[np.append(True, key[1:] != key[:-1])] if len(key) else key
    of, group_of = np.divmod(key, groups + 1)
    once = np.append(True, of[1:] != of[:-1]) if len(of) else np.zeros(0, np.bool_)
    told = group_of > 0
    cell = (group_of[told] - 1) * days + place[of[told]]
    return DailyOrders(
        first=first,
        groups=np.bincount(cell, minlength=groups * days).reshape(groups, days),
        shop=np.bincount(place[of[once]], minlength=days),
    )


@attrs.frozen(eq=False, kw_only=True)
class Lift:
    """How each group's share of the orders in some windows compares with its share outside.

    Attributes:
        inside: Orders with the group in the windows; ``int64``, shape ``(n_groups,)``.
        outside: Orders with it on the other observed days; same shape.
        shop_inside: Orders of the shop in the windows.
        shop_outside: Orders of the shop on the other days.
        lift: 1 is "like the shop"; NaN where ``inside`` or ``outside`` is 0; ``float64``.
        low: Lower end of its 95 % interval.
        high: Upper end.
        windows: The windows that the data hold in full, one a year.
        days_inside: Days of those windows.
        days_outside: The other observed days; windows that the data hold in part are in neither.
    """

    inside: Ints
    outside: Ints
    shop_inside: int
    shop_outside: int
    lift: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    windows: tuple[tuple[int, int], ...]
    days_inside: int
    days_outside: int

    @property
    def years(self) -> int:
        """Years whose window the data hold in full; 1 means one year only."""
        return len(self.windows)


def festival_lift(daily: DailyOrders, windows: Sequence[tuple[int, int]]) -> Lift:
    """Compare each group's sales rate in windows and outside with the shop's.

    With a of A orders in the windows having the group, b of B orders outside, t and u days, the
    group's rates are a / t and b / u, the shop's A / t and B / u: the lift is
    ``(a / t) / (b / u)`` over ``(A / t) / (B / u)``, which is ``(a / A) / (b / B)``: the days cancel,
    and what is left is a ratio of two risks. Its logarithm is about normal with variance
    ``1 / a - 1 / A + 1 / b - 1 / B`` (delta method), which gives the interval. Orders are counted,
    not pieces: one order of fifty boxes is one decision, and pieces would feign certainty.

    Args:
        daily: Orders by group and day.
        windows: First day and the day after the last of each year's window; they do not overlap.

    Returns:
        The lift of each group; NaN throughout where no window is held in full.

    Raises:
        InputError: A window ends before it starts, or two overlap.

    Example:
        >>> order = np.arange(8, dtype=np.int32)
        >>> group = np.array([0, 0, 0, 1, 0, 1, 1, 1], np.int32)
        >>> festival_lift(daily_orders(order // 4, order, group, 2, (0, 2)), [(0, 1)]).lift.tolist()
        [3.0, 0.3333333333333333]

    References:
        Katz, Baptista, Azen and Pike (1978), Biometrics 34, 469-474, method C.
    """
    whole, partial = _held(windows, (daily.first, daily.end))
    inside = _marked(whole, daily)
    outside = ~inside & ~_marked(partial, daily)
    a, b = daily.groups[:, inside].sum(axis=1), daily.groups[:, outside].sum(axis=1)
    shop_inside, shop_outside = int(daily.shop[inside].sum()), int(daily.shop[outside].sum())
    lift, low, high = _ratio(a, shop_inside, b, shop_outside)
    return Lift(
        inside=a,
        outside=b,
        shop_inside=shop_inside,
        shop_outside=shop_outside,
        lift=lift,
        low=low,
        high=high,
        windows=tuple(whole),
        days_inside=int(inside.sum()),
        days_outside=int(outside.sum()),
    )


def _held(
    windows: Sequence[tuple[int, int]], observed: tuple[int, int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Split windows into those that the data hold in full, and the others."""
    rising = sorted(windows)
    for start, end in rising:
        if end <= start:
            raise InputError(f"a window must have a day: {start} to {end}")
    for (_, end), (start, _) in pairwise(rising):
        if start < end:
            raise InputError(f"two windows overlap: one ends at day {end}, the next starts at day {start}")
    whole = [w for w in rising if observed[0] <= w[0] and w[1] <= observed[1]]
    return whole, [w for w in rising if w not in whole]


def _marked(windows: Sequence[tuple[int, int]], daily: DailyOrders) -> NDArray[np.bool_]:
    """Mark the observed days that lie in some windows."""
    marks = np.zeros(len(daily.shop), np.bool_)
    for start, stop in windows:
        marks[max(start - daily.first, 0) : max(stop - daily.first, 0)] = True
    return marks


def _ratio(
    a: Ints, shop_inside: int, b: Ints, shop_outside: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Give the ratio of risks with its interval; NaN where it is not defined."""
    lift, low, high = (np.full(len(a), np.nan) for _ in range(3))
    told = (a > 0) & (b > 0)
    inside, outside = a[told].astype(np.float64), b[told].astype(np.float64)
    risk = (inside * shop_outside) / (outside * shop_inside) if told.any() else inside
    spread = 1 / inside + 1 / outside
    spread -= (1 / shop_inside + 1 / shop_outside) if told.any() else 0
    # Rounding can leave a hair below zero where a group is in every order.
    factor = np.exp(Z95 * np.sqrt(np.maximum(spread, 0)))
    lift[told], low[told], high[told] = risk, risk / factor, risk * factor
    return lift, low, high
