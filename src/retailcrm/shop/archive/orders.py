"""What order reports say of an order beside its money: recipients and gifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Coded
from retailcrm.analytics.observations import Runs
from retailcrm.ports.batches import Grain
from retailcrm.shop.forms import is_clear, one_form, tells
from retailcrm.shop.pointing import order_rows
from retailcrm.shop.said import RECIPIENT
from retailcrm.shop.stacked import Stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.observed import Observed

_ANY_FORM: Final = "text"
"""A kind whose values have no form of their own."""


def told_of_orders(files: Sequence[Observed], orders: OrderTable, name: str) -> Any:  # noqa: ANN401 - Arrow
    """Give a text of each order: the newest told, but never a masked one after one in clear.

    Args:
        files: Oldest export first.
        orders: The orders that they fold into.
        name: Column of an order report.

    Returns:
        Arrow large strings, null where none was told; shape ``(n_orders,)``.
    """
    nothing = pa.nulls(len(orders), pa.large_string())
    rows = Stacked.of(files, Grain.ORDERS)
    if not rows.has(name):
        return nothing
    platforms = list(dict.fromkeys(file.platform for file in files))
    platform = np.asarray([platforms.index(file.platform) for file in files])[rows.file]
    order = order_rows(orders, rows.words("number"), platform, platforms)
    column = rows.words(name)
    kind = name if name in RECIPIENT else _ANY_FORM
    texts = one_form(kind, arrow.arrow_texts(column.values))
    told, clear = tells(texts), is_clear(kind, texts)
    usable = (column.codes >= 0) & (order >= 0)
    runs = Runs.of(order)
    newest = np.full(len(orders) + 1, -1, np.int64)
    for good in (told, told & clear):
        found = runs.newest(np.append(good, np.False_)[column.codes] & usable)
        newest[runs.groups[found >= 0]] = found[found >= 0]
    codes = np.append(column.codes, np.int32(-1))[newest[:-1]]
    return arrow.arrow_coded(Coded(codes.astype(np.int32), arrow.texts(texts))).cast(pa.large_string())
