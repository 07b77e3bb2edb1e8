"""Which categories sell more, or less, before a festival than the shop does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.festivals import Lift, daily_orders, festival_lift
from retailcrm.errors import InputError
from retailcrm.report.data import LiftRow
from retailcrm.shop.festivals import FESTIVALS, Festival, windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.festivals import DailyOrders
    from retailcrm.analytics.tables import Ints
    from retailcrm.shop.figures.goods import Shelf

MOST_CATEGORIES: Final = 60
"""Categories with the most orders are looked at; rarer ones say little about a festival."""

MOST_ROWS: Final = 40
"""So many rows are listed, those that chance explains least."""


def lifts(shelf: Shelf) -> tuple[LiftRow, ...]:
    """Compare every category with the shop before every festival.

    Only pairs with enough orders on both sides are given (the policy's least group size), those that
    differ most surely first.

    Args:
        shelf: The shop's lines.

    Returns:
        The rows; none if no category is told, no window of a festival is held in full, or the shop is
        not a Chinese one.
    """
    # Elsewhere these days are days like any other, and a lift would be chance.
    if shelf.category is None or not shelf.ground.in_china:
        return ()
    sold = shelf.sold
    rows = np.flatnonzero(sold.sale & (sold.day < shelf.ground.today))
    if not len(rows):
        return ()
    day, codes = sold.day[rows], shelf.category.codes[sold.line[rows]]
    observed = int(day.min()), int(day.max()) + 1
    kept, group = _biggest(codes, len(shelf.category.values))
    daily = daily_orders(day, sold.order[rows], group, len(kept), observed)
    pieces = _daily_pieces(day - observed[0], group, sold.pieces[rows], daily.groups.shape)
    least = shelf.ground.policy.report.least_people
    found: list[tuple[float, LiftRow]] = []
    for festival in FESTIVALS.values():
        found += _rows(festival, daily, pieces, _names(shelf.category, kept), least)
    found.sort(key=lambda pair: -pair[0])
    return tuple(row for _, row in found[:MOST_ROWS])


def _biggest(codes: NDArray[np.int32], size: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Keep the categories on the most lines; renumber those of the lines, -1 for the others."""
    count = np.bincount(codes.astype(np.intp) + 1, minlength=size + 1)[1:]
    kept = np.argsort(-count, kind="stable")[:MOST_CATEGORIES]
    kept = kept[count[kept] > 0]
    place = np.full(size + 1, -1, np.int32)
    place[kept] = np.arange(len(kept))
    return kept, place[codes]


def _names(category: Coded, kept: NDArray[np.intp]) -> list[str]:
    return category.values.take(kept).tolist()


def _daily_pieces(place: Ints, group: NDArray[np.int32], pieces: Ints, shape: tuple[int, ...]) -> Ints:
    told = group >= 0
    total = np.zeros(shape, np.int64)
    np.add.at(total, (group[told], place[told]), pieces[told])
    return total


def _rows(
    festival: Festival, daily: DailyOrders, pieces: Ints, names: list[str], least: int
) -> list[tuple[float, LiftRow]]:
    """Give the rows of one festival with how sure each is: its lift in standard errors from 1."""
    try:
        found = festival_lift(daily, windows(festival, daily.first, daily.end))
    except InputError:  # orders dated outside the festivals' calendar
        return []
    enough = (found.inside >= least) & (found.outside >= least) & (found.high > found.low)
    rows = []
    for group in np.flatnonzero(enough).tolist():
        row = LiftRow(
            category=names[group],
            festival=festival.label,
            pieces=_inside(pieces[group], found, daily.first),
            lift=float(found.lift[group]),
            low=float(found.low[group]),
            high=float(found.high[group]),
            years=found.years,
        )
        rows.append((float(abs(np.log(row.lift)) / np.log(row.high / row.low)), row))
    return rows


def _inside(pieces: Ints, found: Lift, first: int) -> int:
    return max(int(sum(pieces[start - first : end - first].sum() for start, end in found.windows)), 0)
