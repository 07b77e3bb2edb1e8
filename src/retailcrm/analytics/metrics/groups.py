"""Groups of orders: by when, where, through which channel."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import numpy as np

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.local_time import local_months
from retailcrm.analytics.metrics.sales import Groups, Sales
from retailcrm.analytics.regions import REGIONS, region_of, short_province
from retailcrm.domain.periods import start_of_day
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Coded
    from retailcrm.analytics.tables import Instants, Ints, OrderTable


def by_month(sales: Sales, months: NDArray[np.datetime64] | None = None) -> Groups:
    """Group by calendar month in the shop's zone.

    Args:
        sales: The sales.
        months: Consecutive months, ``datetime64[M]``; from the first to the last with a counted order
            or a dated credit note if left out. An undated credit note falls in the first of those, and
            in none of given ones.

    Returns:
        Groups with keys such as ``2024-03``, none left out between two.

    Raises:
        InputError: The months given do not follow each other.

    Example:
        >>> from retailcrm.simulate import ShopSpec, simulate_shop
        >>> from retailcrm.analytics.metrics import orders, sales_of
        >>> shop = simulate_shop(ShopSpec(seed=7, customers=100))
        >>> sales = sales_of(shop.order_table(), shop.as_of)
        >>> sum(orders(sales, by_month(sales)).numerator.tolist()) == len(sales)
        True
    """
    of_row, of_note = local_months(sales.at, sales.zone), local_months(sales.credit_at, sales.zone)
    undated = np.isnat(sales.credit_at)
    if months is None:
        low, size = _span(of_row, of_note[~undated])
        undated_code = 0 if size else -1
    else:
        low, size = _given(months)
        undated_code = -1
    return Groups(
        name="month",
        keys=tuple((np.arange(size) + low).astype("datetime64[M]").astype(str).tolist()),
        code=_within(of_row - low, size),
        credit_code=_within(np.where(undated, undated_code, of_note - low), size),
        edges=_month_edges(low, size, sales.zone),
    )


def by_province(sales: Sales, orders: OrderTable, *, chinese: bool = True) -> Groups:
    """Group by province of delivery; the ways to write a Chinese province are one group.

    Args:
        sales: The sales.
        orders: The table that they were made of.
        chinese: Whether the names of Chinese provinces are brought into one form; a shop elsewhere has
            countries or states there, and keeps its names.

    Returns:
        Groups by short name (广东), by the text itself where it is no Chinese province.
    """
    return _by_order(
        sales, orders.province, "province", (lambda text: short_province(text) or text) if chinese else str
    )


def by_region(sales: Sales, orders: OrderTable) -> Groups:
    """Group by region of delivery: east, central, west, beyond, other.

    Args:
        sales: The sales.
        orders: The table that they were made of.

    Returns:
        Groups with the keys of :data:`retailcrm.analytics.regions.REGIONS`, all of them.
    """
    return _by_order(sales, orders.province, "region", region_of, keys=tuple(REGIONS))


def by_city(sales: Sales, orders: OrderTable) -> Groups:
    """Group by city of delivery as exported.

    Args:
        sales: The sales.
        orders: The table that they were made of.

    Returns:
        Groups by city.
    """
    return _by_order(sales, orders.city, "city")


def by_channel(sales: Sales, orders: OrderTable) -> Groups:
    """Group by sales channel: where she bought, not how we write to her.

    Args:
        sales: The sales.
        orders: The table that they were made of.

    Returns:
        Groups by channel as exported.
    """
    return _by_order(sales, orders.channel, "channel")


def coded_groups(
    name: str,
    values: Texts,
    row_codes: NDArray[np.int32],
    note_codes: NDArray[np.int32],
    *,
    rename: Callable[[str], str] = str,
    keys: Sequence[str] | None = None,
) -> Groups:
    """Make groups of codes into a list of texts.

    Args:
        name: What is grouped by.
        values: The texts.
        row_codes: Code of each row of the sales, -1 not told; ``int32``, shape ``(n_rows,)``.
        note_codes: Code of each credit note; ``int32``, shape ``(n_credits,)``.
        rename: What a text's group is called; texts of one name are one group.
        keys: All groups in the order to print them; those that occur, as ``values`` has them, if left
            out.

    Returns:
        The groups.
    """
    used = np.zeros(len(values) + 1, np.bool_)  # one place more, which code -1 then points to
    used[row_codes] = used[note_codes] = True
    names = {place: rename(values[place]) for place in np.flatnonzero(used[:-1]).tolist()}
    order = {key: code for code, key in enumerate(dict.fromkeys(names.values()) if keys is None else keys)}
    codes = np.full(len(used), -1, np.int32)
    for place, key in names.items():
        codes[place] = order[key]
    return Groups(name=name, keys=tuple(order), code=codes[row_codes], credit_code=codes[note_codes])


def _by_order(
    sales: Sales,
    column: Coded | None,
    name: str,
    rename: Callable[[str], str] = str,
    keys: Sequence[str] | None = None,
) -> Groups:
    """Group by a column of the order table; without the column nothing is told."""
    if column is None:
        untold = (np.full(n, -1, np.int32) for n in (len(sales), len(sales.credit)))
        return coded_groups(name, Texts.of(()), *untold, keys=keys)
    codes = column.codes
    picked = codes[sales.row], codes[sales.credit_row]
    return coded_groups(name, column.values, *picked, rename=rename, keys=keys)


def _span(*months: Ints) -> tuple[int, int]:
    """Give the first month and the number of months up to the last."""
    every = np.concatenate(months)
    return (int(every.min()), int(np.ptp(every)) + 1) if len(every) else (0, 0)


def _given(months: NDArray[np.datetime64]) -> tuple[int, int]:
    numbers = months.astype("datetime64[M]").astype(np.int64)
    if not len(numbers) or (np.diff(numbers) != 1).any():
        raise InputError("months to group by follow each other without gaps, and there is at least one")
    return int(numbers[0]), len(numbers)


def _within(code: Ints, size: int) -> NDArray[np.int32]:
    """Keep codes from 0 to below the size; the others are in no group."""
    return np.where((code >= 0) & (code < size), code, -1).astype(np.int32)


def _month_edges(first: int, size: int, zone: str) -> Instants:
    """Give the UTC instants at which months begin, and the last one ends."""
    days = (np.arange(size + 1) + first).astype("datetime64[M]").astype("datetime64[D]").tolist()
    starts = [start_of_day(day, zone).astimezone(UTC).replace(tzinfo=None) for day in days]
    return np.array(starts, "datetime64[us]")
