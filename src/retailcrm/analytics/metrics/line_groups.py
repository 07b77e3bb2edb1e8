"""Groups of what was in the orders: products, categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.line_refunds import line_refunds
from retailcrm.analytics.metrics.groups import coded_groups
from retailcrm.analytics.metrics.sales import changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.metrics.sales import Groups, Sales
    from retailcrm.analytics.tables import Ints, LineTable, OrderTable

_NOT_THERE: Final = -1


def lines_by_product(sales: Sales, orders: OrderTable, lines: LineTable) -> tuple[Sales, Groups]:
    """Split orders by product.

    Args:
        sales: The sales.
        orders: The table that they were made of.
        lines: Lines of that table's orders.

    Returns:
        What :func:`lines_by` gives, by product code or title as exported.
    """
    return lines_by(sales, orders, lines, "product", lines.product)


def lines_by_category(
    sales: Sales, orders: OrderTable, lines: LineTable, category: Coded | None = None
) -> tuple[Sales, Groups]:
    """Split orders by category.

    Args:
        sales: The sales.
        orders: The table that they were made of.
        lines: Lines of that table's orders.
        category: Category of each line, where a catalogue tells it; as the lines have it if left out.

    Returns:
        What :func:`lines_by` gives, by category path; no rows where no category is told.
    """
    column = lines.category if category is None else category
    if column is None:
        column = Coded(np.full(len(lines), -1, np.int32), lines.product.values)
    return lines_by(sales, orders, lines, "category", column)


def lines_by(
    sales: Sales, orders: OrderTable, lines: LineTable, name: str, column: Coded
) -> tuple[Sales, Groups]:
    """Split orders by what their lines are.

    Every figure works on the outcome as it does on orders: the orders of a group are those with a line
    in it, its money is that of those lines, and new, returning or silent is a customer as the whole
    shop knows her. A refund of a line counts from when its order's refund did; what the order had back
    beyond its lines' own refunds is shared by their gross; a line of an order given back in full has
    nothing left. Lines of credit notes take back in their own groups.

    Args:
        sales: The sales.
        orders: The table that they were made of.
        lines: Lines of that table's orders.
        name: What is grouped by.
        column: What each line is, code -1 not told: such lines are left out; shape ``(n_lines,)``.

    Returns:
        Sales with one row for each order and group, and the groups of those rows. The sums of a figure
        of money over all groups are those of the lines, not of the orders.
    """
    line, place, back = _sold(sales, orders, lines, column)
    row, code, (gross, refunded) = _added(
        place, column.codes[line], len(column.values), lines.gross[line], back
    )
    told = np.flatnonzero((lines.order >= 0) & (column.codes >= 0))
    of_note = _places(sales.credit_row, len(orders))[lines.order[told]]
    line, place = told[of_note >= 0], of_note[of_note >= 0]
    note, note_code, (credit,) = _added(place, column.codes[line], len(column.values), lines.refunded[line])
    split = attrs.evolve(
        sales,
        row=sales.row[row],
        customer=sales.customer[row],
        known=int(np.searchsorted(row, sales.known)),
        at=sales.at[row],
        day=sales.day[row],
        gross=gross,
        refunded=refunded,
        first_at=sales.first_at[row],
        previous_day=sales.previous_day[row],
        credit_row=sales.credit_row[note],
        credit_customer=sales.credit_customer[note],
        credit_at=sales.credit_at[note],
        credit=credit,
        shop=sales.shop or sales,
    )
    return split, coded_groups(name, column.values, code, note_code)


def _places(row: NDArray[np.int64], size: int) -> NDArray[np.int32]:
    """Turn positions in the order table around: where each order stands in the sales, -1 nowhere."""
    places = np.full(size, _NOT_THERE, np.int32)
    places[row] = np.arange(len(row), dtype=np.int32)
    return places


def _sold(
    sales: Sales, orders: OrderTable, lines: LineTable, column: Coded
) -> tuple[NDArray[np.intp], NDArray[np.int32], Ints]:
    """Give the lines that sold and are in a group, where their orders stand, and what went back."""
    line = np.flatnonzero(lines.order >= 0)
    place = _places(sales.row, len(orders))[lines.order[line]]
    sold = place >= 0
    line, place = line[sold], place[sold]
    # An order's refund is shared by all its lines, also by those that are in no group.
    back = _back(sales, orders, lines, line, place)
    told = column.codes[line] >= 0
    return line[told], place[told], back[told]


def _back(
    sales: Sales, orders: OrderTable, lines: LineTable, line: NDArray[np.intp], place: NDArray[np.int32]
) -> Ints:
    """Give what had been paid back on each line by the moment of the sales.

    Lines have no date of their own: nothing where the order's refund is still to come.
    """
    gross, refunded = lines.gross[line], lines.refunded[line]
    still_to_come = (orders.refunded[sales.row[place]] != 0) & (sales.refunded[place] == 0)
    whole = (sales.gross[place] > 0) & (sales.refunded[place] >= sales.gross[place])
    spread = line_refunds(place, gross, refunded, sales.refunded)
    return np.where(still_to_come, 0, np.where(whole, np.maximum(gross, refunded), spread))


def _added(
    place: NDArray[np.int32], code: NDArray[np.int32], groups: int, *amounts: Ints
) -> tuple[NDArray[np.int64], NDArray[np.int32], list[Ints]]:
    """Add up amounts of each order and group, by order, then group."""
    keys = place.astype(np.int64) * groups + code
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    opens = np.flatnonzero(changes(keys))
    totals = [np.add.reduceat(a[order], opens) if len(opens) else a[:0] for a in amounts]
    return keys[opens] // max(groups, 1), (keys[opens] % max(groups, 1)).astype(np.int32), totals
