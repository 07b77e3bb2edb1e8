"""From order numbers that a file names to rows of the order table, and from keys to customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded, Texts
    from retailcrm.analytics.tables import OrderTable


def order_rows(
    orders: OrderTable, numbers: Coded, platform: NDArray[np.int64], platforms: Sequence[str]
) -> NDArray[np.int32]:
    """Give the row of the order that each number names on its platform.

    Args:
        orders: The shop's orders.
        numbers: What a file names, code -1 nothing; shape ``(n,)``.
        platform: Position of each row's platform in ``platforms``; shape ``(n,)``.
        platforms: Their names.

    Returns:
        ``int32``, -1 where no file has that order; shape ``(n,)``.
    """
    found = np.full(len(numbers), -1, np.int32)
    for i, name in enumerate(platforms):
        rows = np.flatnonzero((platform == i) & (numbers.codes >= 0))
        of_platform = _rows_on(orders, name)
        if len(rows) and len(of_platform):
            there = orders.numbers if len(of_platform) == len(orders) else orders.numbers.take(of_platform)
            place = np.append(of_platform, -1)[_places(numbers.values, there)]
            found[rows] = place[numbers.codes[rows]]
    return found


def _rows_on(orders: OrderTable, platform: str) -> NDArray[np.int64]:
    if orders.platform is None:
        return np.arange(len(orders))
    names = orders.platform.values.tolist()
    code = names.index(platform) if platform in names else -2
    return np.flatnonzero(orders.platform.codes == code)


def positions(ids: Texts, wanted: Texts) -> NDArray[np.int32]:
    """Give the position of each wanted id, -1 where there is none.

    Args:
        ids: Each once.
        wanted: In any order, repeats allowed.
    """
    return _places(wanted, ids).astype(np.int32)


def _places(wanted: Texts, values: Texts) -> NDArray[np.int64]:
    place: Any = pc.index_in(arrow.arrow_texts(wanted), value_set=arrow.arrow_texts(values))
    found: NDArray[np.int64] = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return found
