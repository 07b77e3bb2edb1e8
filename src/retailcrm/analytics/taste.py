"""How far a customer's taste moved: the distance between her shares of categories in two windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints


@attrs.frozen(eq=False, kw_only=True)
class TasteChange:
    """The change of each customer who bought something with a known category in both windows.

    Attributes:
        customer: Customer codes, rising; ``int32``, shape ``(n,)``.
        orders_before: Orders with a known category in the earlier window; ``int64``, same shape.
        orders_now: In the later window.
        distance: 0 (the same shares) to 1 (no category in both); NaN where withheld; ``float64``.
        measured: Whether both windows have enough orders to say; ``bool``.
    """

    customer: NDArray[np.int32]
    orders_before: Ints
    orders_now: Ints
    distance: NDArray[np.float64]
    measured: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the customers who bought in both windows."""
        return len(self.customer)


def taste_change(
    customer: NDArray[np.int32],
    category: NDArray[np.int32],
    order: NDArray[np.int32],
    window: NDArray[np.int8],
    *,
    least_orders: int = 3,
) -> TasteChange:
    """Measure how far customers' shares of categories moved between two windows.

    A customer's share of a category is the part of her (order, category) pairs of the window: an order
    counts once in each category it has, however many pieces. With shares p and q the distance is the
    total variation, half the sum of ``|p - q|`` over the categories. It is computed from whole numbers
    and divided once. Few orders make shares jump by themselves, so it is withheld for fewer than
    ``least_orders`` in either window.

    Args:
        customer: Customer of each line, -1 unknown; shape ``(n_lines,)``.
        category: Category of each line, -1 unknown; same shape.
        order: Order of each line, at least 0; same shape.
        window: 0 for the earlier window, 1 for the later one, -1 outside both; same shape; an order
            lies in one window only.
        least_orders: Orders that each window must have; at least 1.

    Returns:
        One row a customer who bought in both; nobody else's change can be told.

    Raises:
        InputError: ``least_orders`` is below 1.

    Example:
        >>> who, where = np.zeros(4, np.int32), np.array([0, 0, 1, 1], np.int8)
        >>> found = taste_change(who, np.array([0, 1, 1, 1], np.int32), np.arange(4, dtype=np.int32),
        ...                      where, least_orders=2)
        >>> found.distance.tolist()
        [0.5]

    References:
        Levin, Peres and Wilmer (2009), Markov Chains and Mixing Times, proposition 4.2.
    """
    if least_orders < 1:
        raise InputError(f"a window must have at least 1 order to have shares, not {least_orders}")
    people, place, what, when, which = _lines_of_both(customer, category, order, window)
    before, now = (_orders(place[when == w], which[when == w], len(people)) for w in (0, 1))
    apart, pairs = _apart(place, what, when, which, len(people))
    measured = np.minimum(before, now) >= least_orders
    distance = np.full(len(people), np.nan)
    np.divide(apart, pairs, out=distance, where=measured)
    return TasteChange(
        customer=people.astype(np.int32),
        orders_before=before,
        orders_now=now,
        distance=distance,
        measured=measured,
    )


def _lines_of_both(
    customer: NDArray[np.int32],
    category: NDArray[np.int32],
    order: NDArray[np.int32],
    window: NDArray[np.int8],
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Give who bought in both windows, and of each line of theirs her place among them, and the rest.

    The rest is category, window and order; lines that lack one of them are left out.
    """
    keep = (customer >= 0) & (category >= 0) & (window >= 0)
    who, what, when, which = (c[keep].astype(np.int64) for c in (customer, category, window, order))
    people = _both(who, when)
    place = np.searchsorted(people, who)
    stays = people[np.minimum(place, len(people) - 1)] == who if len(people) else np.zeros(len(who), bool)
    return people, place[stays], what[stays], when[stays], which[stays]


def _both(who: Ints, when: Ints) -> Ints:
    """Give the customers who bought in both windows, rising."""
    earlier, later = _distinct(who[when == 0]), _distinct(who[when == 1])
    return np.intersect1d(earlier, later, assume_unique=True)


def _orders(place: Ints, order: Ints, people: int) -> Ints:
    """Count the distinct orders of each customer."""
    top = int(order.max(initial=0)) + 1
    return np.bincount(_distinct(place * top + order) // top, minlength=people)


def _apart(place: Ints, what: Ints, when: Ints, order: Ints, people: int) -> tuple[Ints, Ints]:
    """Give the sum of ``|a B - b A|`` over categories, and ``2 A B``, of each customer."""
    categories, orders = int(what.max(initial=0)) + 1, int(order.max(initial=0)) + 1
    # An order lies in one window, so its pairs with categories do too.
    window_of = np.zeros(orders, np.int64)
    window_of[order] = when
    whole = _distinct((place * categories + what) * orders + order)
    pair, late = whole // orders, window_of[whole % orders]
    starts = np.flatnonzero(np.append(True, pair[1:] != pair[:-1])) if len(pair) else np.empty(0, np.int64)
    every = np.diff(np.append(starts, len(pair)))
    after = np.add.reduceat(late, starts) if len(starts) else late
    first = every - after
    owner = pair[starts] // categories
    a, b = np.zeros(people, np.int64), np.zeros(people, np.int64)
    np.add.at(a, owner, first)
    np.add.at(b, owner, after)
    apart = np.zeros(people, np.int64)
    np.add.at(apart, owner, np.abs(first * b[owner] - after * a[owner]))
    return apart, 2 * a * b


def _distinct(values: Ints) -> Ints:
    """Give the distinct values, rising, by sorting: faster than hashing on millions."""
    rising = np.sort(values)
    return rising[np.append(True, rising[1:] != rising[:-1])] if len(rising) else rising
