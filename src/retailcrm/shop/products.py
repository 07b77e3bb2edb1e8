"""The shop's catalogue: of every product the newest value of each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.observations import Runs, has_value, newest_values
from retailcrm.analytics.tables import ProductTable
from retailcrm.ports.batches import Grain
from retailcrm.shop.order_facts import moments_of
from retailcrm.shop.stacked import Stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.observed import Observed


def product_table(files: Sequence[Observed]) -> ProductTable | None:
    """Fold what files tell of products; a field or column that a newer file lacks erases nothing.

    Args:
        files: Oldest export first.

    Returns:
        Every product once, in order of first sight; ``None`` if no file has any.
    """
    rows = Stacked.of(files, Grain.PRODUCTS)
    if not len(rows.file):
        return None
    keys = rows.words("product")
    known = np.flatnonzero(keys.codes >= 0)
    runs = Runs.of(keys.codes[known])

    def newest(column: NDArray[Any]) -> NDArray[Any]:
        return newest_values(runs, column[known])

    def words(name: str) -> Coded:
        column = rows.words(name)
        return Coded(newest(column.codes), column.values)

    stock = rows.whole("stock")
    seen = np.where(has_value(stock), moments_of(files)[rows.file], np.datetime64("NaT", "us"))
    return ProductTable(
        keys=keys.values.take(runs.groups),
        title=words("title"),
        category=words("category"),
        cost=newest(rows.whole("cost")),
        price=newest(rows.whole("price")),
        stock=newest(stock),
        on_shelf=newest(rows.small("on_shelf", np.int8, -1)),
        on_shelf_since=newest(rows.instant("on_shelf_since")),
        seen_at=newest(seen),
    )
