"""A clean UTF-8 CSV of orders: the easy case, and the one that benchmarks start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.domain.orders import OrderState
from retailcrm.simulate.pages import cells_of, digits, money, squeeze
from retailcrm.simulate.people import places_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.exports.views import View

CLEAN_COLUMNS: Final = (
    *("order_id", "customer_id", "ordered_at", "paid_at", "state", "amount", "refunded"),
    *("province", "city"),
)
_PAGE: Final = 1 << 15
_ID_WIDTH: Final = 8


def clean_orders(view: View) -> Iterator[bytes | bytearray]:
    """Write orders in order of time, page by page.

    Args:
        view: Orders to write.

    Yields:
        Bytes: the header, then rows; times on the shop's clock, amounts in yuan before refunds.
    """
    yield (",".join(CLEAN_COLUMNS) + "\n").encode()
    for positions in chunks(np.arange(len(view)), _PAGE):
        yield _page(view.take(positions))


def _page(view: View) -> bytearray:
    """Write one page of rows."""
    states = cells_of([state.name.lower() for state in OrderState])
    places = cells_of([f"{place.province},{place.city}" for place in PLACES])
    cells = (
        view.number(),
        np.concatenate(
            (cells_of(["C"])[np.zeros(len(view), np.int64)], digits(view.customer, _ID_WIDTH)), axis=1
        ),
        view.stamp(view.known.placed_at),
        view.stamp(view.known.paid_at),
        states[view.state],
        money(view.total),
        money(view.known.refund),
        places[places_of(view.draws, view.customer)],
    )
    parts = [part for cell in cells for part in (b",", cell)]
    return squeeze([*parts[1:], b"\n"], len(view))
