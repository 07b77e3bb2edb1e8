"""One big file of all orders, for benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from retailcrm.errors import SettingsError
from retailcrm.simulate.exports.clean import clean_orders
from retailcrm.simulate.exports.headers import Generation
from retailcrm.simulate.exports.orders import order_report
from retailcrm.simulate.exports.sheet import save
from retailcrm.simulate.exports.views import View, calendar_of

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.simulate.shop import SimulatedShop


def write_order_report(shop: SimulatedShop, path: Path, generation: str = "T5") -> Path:
    """Write all orders, as they stand at the end of the window, into one GBK order report.

    Args:
        shop: The shop.
        path: The file to write; replaced if it exists.
        generation: ``"T5"`` (61 columns, plain nicks), ``"T6"`` (67) or ``"T7"`` (71, both masked).

    Returns:
        The path.

    Raises:
        SettingsError: There is no such generation.
    """
    if generation not in set(Generation):
        raise SettingsError(f"generation must be one of {', '.join(Generation)}, got {generation!r}")
    return save(path, order_report(_all_orders(shop), Generation(generation)))


def write_orders_csv(shop: SimulatedShop, path: Path) -> Path:
    """Write all orders into one clean UTF-8 CSV, earliest first.

    Columns: ``order_id, customer_id, ordered_at, paid_at, state, amount, refunded, province, city``;
    times on the shop's clock, amounts in yuan before refunds, customers as ``C00000123`` for customer 123.

    Args:
        shop: The shop.
        path: The file to write; replaced if it exists.

    Returns:
        The path.
    """
    return save(path, clean_orders(_all_orders(shop)))


def _all_orders(shop: SimulatedShop) -> View:
    """Show every order at the end of the window."""
    return View(shop, np.arange(len(shop)), shop.as_of, calendar_of(shop))
