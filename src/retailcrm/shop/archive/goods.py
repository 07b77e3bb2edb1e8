"""What was bought and what was given with it, as one text an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Coded, Texts
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import Grain
from retailcrm.shop.alike import alike
from retailcrm.shop.archive.orders import told_of_orders
from retailcrm.shop.pointing import order_rows, positions
from retailcrm.shop.stacked import Stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import LineTable, OrderTable, ProductTable
    from retailcrm.shop.folding import Folded
    from retailcrm.shop.observed import Observed

SEPARATOR: Final = "、"

_SERVICES: Final = (
    r"(?i)运费|邮费|快递费|补差|差价|送货|安装|保险|postage|shipping|delivery|insurance|installation"
)
"""Lines at nothing that are no gifts: what platforms and shops list beside the goods."""


@attrs.frozen(eq=False)
class Goods:
    """One text an order.

    Attributes:
        bought: What was sold, with the pieces where there are several; null for none (Arrow strings).
        given: What went with it for nothing; null for none.
    """

    bought: Any
    given: Any


def goods_of(files: Sequence[Observed], folded: Folded, products: ProductTable | None) -> Goods:
    """Tell what was in each order.

    A gift is what the order report names as one; where it names none, a line at nothing that is no service
    (postage, installation ...) and was not closed.

    Args:
        files: Oldest export first.
        folded: The orders that they fold into, and their lines.
        products: The catalogue: products go by their title where it has one.
    """
    orders = len(folded.orders)
    named = told_of_orders(files, folded.orders, "gifts")
    if folded.lines is None:
        return Goods(pa.nulls(orders, pa.large_string()), named)
    lines = folded.lines
    sold = (lines.gross > 0) & (lines.quantity >= 0)
    texts = _texts(lines, products)
    given = _joined(texts, lines.order, _gifts(files, folded.orders, lines), orders)
    return Goods(_joined(texts, lines.order, sold, orders), pc.coalesce(named, given))


def _texts(lines: LineTable, products: ProductTable | None) -> Any:  # noqa: ANN401 - Arrow has no types
    """Give each line's product by its title, with the pieces where there are several."""
    names = lines.product.values if products is None else _titles(lines.product.values, products)
    texts = arrow.arrow_coded(Coded(lines.product.codes, names)).cast(pa.large_string())
    several = pa.array(lines.quantity > 1)
    count = pa.array(lines.quantity).cast(pa.large_string())
    pieces = pc.binary_join_element_wise(texts, count, pa.scalar("×", pa.large_string()))
    return pc.if_else(several, pieces, texts)


def _titles(keys: Texts, products: ProductTable) -> Texts:
    place = positions(products.keys, keys)
    title = np.append(products.title.codes, np.int32(-1))[place]
    start = len(keys)
    every = Texts.concat([keys, products.title.values])
    return every.take(np.where(title < 0, np.arange(start), title + start))


def _gifts(files: Sequence[Observed], orders: OrderTable, lines: LineTable) -> NDArray[np.bool_]:
    """Say which lines are gifts: sold for nothing, not closed, and no service."""
    names = arrow.arrow_texts(lines.product.values)
    service = np.append(np.asarray(pc.match_substring_regex(names, _SERVICES)), np.True_)
    free = (lines.gross == 0) & (lines.refunded == 0) & (lines.quantity >= 0) & (lines.order >= 0)
    free &= ~service[lines.product.codes]
    found: NDArray[np.bool_] = free & ~_were_worth(files, orders, lines) if free.any() else free
    return found


def _were_worth(files: Sequence[Observed], orders: OrderTable, lines: LineTable) -> NDArray[np.bool_]:
    """Say which lines show nothing only because they were closed: the product had a price in that order."""
    rows = Stacked.of(files, Grain.LINES)
    platforms = list(dict.fromkeys(file.platform for file in files))
    platform = np.asarray([platforms.index(file.platform) for file in files])[rows.file]
    order = order_rows(orders, rows.words("number"), platform, platforms)
    product = rows.words("product")
    code = np.append(positions(lines.product.values, product.values), np.int32(-1))[product.codes]
    worth = (rows.whole("amount") > 0) | (rows.small("state", np.int8, -1) == OrderState.CLOSED)
    pairs = alike(np.concatenate([lines.order, order]), np.concatenate([lines.product.codes, code]))
    marked = np.zeros(int(pairs.max(initial=-1)) + 1, np.bool_)
    marked[pairs[len(lines) :][worth]] = True
    return marked[pairs[: len(lines)]]


def _joined(texts: Any, order: NDArray[np.int32], chosen: NDArray[np.bool_], orders: int) -> Any:  # noqa: ANN401
    """Join the chosen lines of each order in their order; null where there is none."""
    rows = np.flatnonzero(chosen & (order >= 0) & texts.is_valid().to_numpy(zero_copy_only=False))
    rows = rows[np.argsort(order[rows], kind="stable")]
    offsets = np.searchsorted(order[rows], np.arange(orders + 1))
    lists = pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), texts.take(pa.array(rows)))
    joined = pc.binary_join(lists, pa.scalar(SEPARATOR, pa.large_string()))
    return pc.if_else(pa.array(np.diff(offsets) > 0), joined, pa.scalar(None, pa.large_string()))
