"""Lines of some orders, found again by the rows of another table of the same orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.shop.stored.bulk_facts import references

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import LineTable, OrderTable
    from retailcrm.shop.stored.observations import StoredObservations


def lines_of(kept: StoredObservations, orders: OrderTable) -> LineTable | None:
    """Give the lines of some orders by their rows; ``None`` if no file tells of lines.

    Args:
        kept: What the shop has.
        orders: Any orders of it.
    """
    if not len(orders) or not kept.has_lines():
        return None
    folded = kept.lines_of(orders)
    return None if folded.lines is None else lines_by_rows(folded.lines, folded.orders, orders)


def lines_by_rows(lines: LineTable, of: OrderTable, orders: OrderTable) -> LineTable:
    """Let lines point to the rows of another table.

    Args:
        lines: Lines of a table of orders.
        of: That table.
        orders: The other one; lines of orders that it does not have are left out.
    """
    theirs, ours = (arrow.arrow_texts(references(table, np.arange(len(table)), "")) for table in (of, orders))
    place = pc.index_in(theirs, value_set=ours).fill_null(-1).to_numpy(zero_copy_only=False)
    row = np.append(place, -1)[lines.order].astype(np.int32)
    kept = np.flatnonzero(row >= 0)
    return taken(lines, kept, row[kept])


def taken(lines: LineTable, kept: NDArray[np.int64], row: NDArray[np.int32]) -> LineTable:
    """Give some lines, each with the row of its order."""
    return attrs.evolve(
        lines, order=row, product=lines.product.take(kept), quantity=lines.quantity[kept],
        gross=lines.gross[kept], refunded=lines.refunded[kept],
        category=None if lines.category is None else lines.category.take(kept),
    )  # fmt: skip
