"""What went back on each line, where part of it is told of the order only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints

_MOST: Final = 2**63


def line_refunds(order: NDArray[np.integer], gross: Ints, refunded: Ints, amount: Ints) -> Ints:
    """Spread what orders had back over their lines, as far as the lines themselves do not tell.

    What goes beyond an order's lines' own refunds is shared by their gross, whole minor units by the
    largest remainder, the first of equals first. No line gives back more than what is left of it: what
    is too much for one goes to the others, and what is too much for all of them to none.

    Args:
        order: Position in ``amount`` of each line; shape ``(n_lines,)``. All lines of an order must be
            there.
        gross: Paid for each line, minor units; same shape.
        refunded: Told to have gone back on each line, minor units; same shape.
        amount: Paid back on each order, minor units; shape ``(n_orders,)``.

    Returns:
        Paid back on each line, minor units, never less than told; shape ``(n_lines,)``.

    Example:
        >>> order, told = np.array([0, 0, 0, 1]), np.array([0, 0, 5, 0])
        >>> line_refunds(order, np.array([60, 30, 5, 8]), told, np.array([15, 8])).tolist()
        [7, 3, 5, 8]
    """
    found = np.array(refunded, np.int64)
    left = np.array(amount, np.int64)
    np.subtract.at(left, order, found)
    np.maximum(left, 0, out=left)
    rest = np.maximum(gross - found, 0)
    rows = np.flatnonzero((left[order] > 0) & (rest > 0))
    while len(rows):
        floor, remainder = _shares(left, order[rows], gross[rows])
        full = floor >= rest[rows]
        if not full.any():
            # Below its rest by less than one, a share may be rounded up.
            found[rows] += floor + _rounded_up(left, order[rows], floor, remainder)
            break
        given = rows[full]
        found[given] += rest[given]
        np.subtract.at(left, order[given], rest[given])
        rows = rows[~full]
        rows = rows[left[order[rows]] > 0]
    return found


def _shares(left: Ints, order: NDArray[np.integer], weight: Ints) -> tuple[Ints, Ints]:
    """Divide what is left of each order by weight: whole parts, and numerators of what remains."""
    total = np.zeros(len(left), np.int64)
    np.add.at(total, order, weight)
    # Tens of millions times tens of millions is more than a machine word holds.
    wide = int(left.max()) * int(weight.max()) >= _MOST
    amount = left[order].astype(object) if wide else left[order]
    whole = total[order]
    exact = amount * weight
    floor = exact // whole
    return floor.astype(np.int64), (exact - floor * whole).astype(np.int64)


def _rounded_up(left: Ints, order: NDArray[np.integer], floor: Ints, remainder: Ints) -> Ints:
    """Give one unit more to the largest remainders of each order, until nothing is left."""
    short = left.copy()
    np.subtract.at(short, order, floor)
    ranked = np.lexsort((-remainder, order))
    sorted_order = order[ranked]
    opens = np.append(True, sorted_order[1:] != sorted_order[:-1])
    places = np.arange(len(ranked))
    rank = places - np.maximum.accumulate(np.where(opens, places, 0))
    more = np.zeros(len(order), np.int64)
    more[ranked] = rank < short[sorted_order]
    return more
