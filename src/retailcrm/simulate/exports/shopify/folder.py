"""A folder of Shopify exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retailcrm.errors import SettingsError
from retailcrm.simulate.exports.sheet import save
from retailcrm.simulate.exports.shopify.customers import customers_export
from retailcrm.simulate.exports.shopify.orders import Form, orders_export
from retailcrm.simulate.exports.shopify.people import MOST_CUSTOMERS
from retailcrm.simulate.pages import Calendar

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.simulate.shop import SimulatedShop


def write_shopify_exports(
    shop: SimulatedShop,
    folder: Path,
    *,
    ids: bool = True,
    currency: str = "USD",
    zone: str = "America/New_York",
    parts: int = 2,
) -> list[Path]:
    """Write the shop as Shopify exports of the end of its window.

    The orders in so many files, newest first, a row for each line: the first row of an order tells
    of it, those that follow only of their lines. E-mail addresses are invented, and all at
    ``example.com``; of a few customers there is only a telephone number, on the exchange 555 of some
    area of the United States.

    Args:
        shop: The shop; 1 fen is written as one hundredth of the currency's unit.
        folder: Where to; made if need be, files of the same names are replaced.
        ids: Whether there is a column ``Id``.
        currency: What the column ``Currency`` says; of two decimals.
        zone: IANA zone in which times are written, each with its offset.
        parts: How many files the orders are split into.

    Returns:
        The orders exports, then the customers export.

    Raises:
        SettingsError: ``parts`` is less than 1, or the shop has more customers than there are such numbers.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from retailcrm.simulate import ShopSpec, simulate_shop
        >>> with TemporaryDirectory() as folder:
        ...     shop = simulate_shop(ShopSpec(seed=7, customers=20, months=6))
        ...     files = write_shopify_exports(shop, Path(folder))
        >>> [file.name for file in files]
        ['orders_export_1.csv', 'orders_export_2.csv', 'customers_export.csv']
    """
    if parts < 1 or shop.customers > MOST_CUSTOMERS:
        raise SettingsError(
            f"parts must be 1 or more, and customers at most {MOST_CUSTOMERS:,}, not {shop.customers:,}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Clocks west of the shop's are still on the day before.
    calendar = Calendar.of(np.datetime64(shop.spec.start) - 2, shop.spec.days + 100)
    form = Form(ids=ids, currency=currency, zone=zone, calendar=calendar)
    newest_first = np.arange(len(shop))[::-1]
    orders = [
        save(folder / f"orders_export_{i}.csv", orders_export(shop, rows, form))
        for i, rows in enumerate(np.array_split(newest_first, parts), 1)
    ]
    return [*orders, save(folder / "customers_export.csv", customers_export(shop))]
