"""The truth about parcels, which parcel files are compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.tables import ParcelEventTable
from retailcrm.simulate import pages, words
from retailcrm.simulate.parcels import carriers_of, events_of, happenings_of, tracking
from retailcrm.simulate.progress import until
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.shop import SimulatedShop


def happenings(shop: SimulatedShop, rows: NDArray[np.int64], moment: np.datetime64) -> Instants:
    """Give what is known by a moment of the parcels of some orders; shape ``(n, 6)``."""
    return until(happenings_of(shop.draws, shop.key[rows], shop.customer[rows], shop.placed_at[rows]), moment)


def parcel_table(shop: SimulatedShop) -> ParcelEventTable:
    """Give the truth about parcels at the end of the window.

    Args:
        shop: The shop.

    Returns:
        Every event before that, order by order, earliest first.

    Example:
        >>> from retailcrm.simulate import ShopSpec, parcel_table, simulate_shop
        >>> shop = simulate_shop(ShopSpec(seed=7, customers=100))
        >>> table = parcel_table(shop)
        >>> bool((table.at < shop.as_of).all())
        True
    """
    orders, events, times = [], [], []
    for rows in chunks(np.arange(len(shop))):
        row, event, at = events_of(happenings(shop, rows, shop.as_of))
        orders.append(rows[row].astype(np.int32))
        events.append(event.astype(np.int8))
        times.append(at)
    order = np.concatenate(orders)
    shipped, parcel = np.unique(order, return_inverse=True)
    carrier = carriers_of(shop.draws, shop.key[order]).astype(np.int32)
    return ParcelEventTable(
        order=order,
        parcel=Coded(parcel.astype(np.int32), _numbers(shop, shipped)),
        carrier=Coded(carrier, Texts.of(company for company, _ in words.CARRIERS)),
        event=np.concatenate(events),
        at=np.concatenate(times),
    )


def _numbers(shop: SimulatedShop, rows: NDArray[np.int32]) -> Texts:
    """Spell the numbers of some parcels."""
    keys = [shop.key[part] for part in chunks(rows.astype(np.int64))]
    parts = [pages.texts_of(tracking(shop.draws, key), len(key)) for key in keys]
    return Texts.concat(parts)
