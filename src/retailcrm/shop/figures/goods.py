"""What is sold: hot and slow sellers, categories, festivals, tastes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.analytics.local_time import local_days
from retailcrm.analytics.metrics import lines_by_category
from retailcrm.analytics.sellers import hot_sellers, line_sales, product_sales, slow_sellers
from retailcrm.analytics.taste import taste_change
from retailcrm.domain.labels import Label
from retailcrm.report.data import Breakdown, Goods, ProductRow, Taste
from retailcrm.shop.figures.breakdowns import (
    OTHERS,
    Cut,
    breakdown,
    group_sums,
    longest_keys,
)
from retailcrm.shop.figures.catalogue import Catalogue, catalogue_of, categories
from retailcrm.shop.figures.writing import iso

if TYPE_CHECKING:
    from retailcrm.analytics.sellers import LineSales, ProductSales, SlowSellers
    from retailcrm.analytics.tables import LineTable
    from retailcrm.shop.figures.ground import Ground, Part
    from retailcrm.shop.figures.spans import Span

LISTED: Final = 20
"""So many hot and slow sellers are listed."""

TASTE_DAYS: Final = 180
"""Length of each of the two windows that tastes are compared in."""

_CATEGORY: Final = Cut(
    key="category",
    label=Label("品类", "Category"),
    groups=lambda part, _: part.sales.whole,
    note=Label(
        "金额取自订单行，一笔订单可含多个品类，因此各行订单数与人数相加可超过全店",
        "Amounts are those of lines; an order can have several categories, so orders and buyers of the "
        "rows can add up to more than the shop's",
    ),
)


@attrs.frozen(eq=False)
class Shelf:
    """The lines of a shop in one part, and what they are about.

    Attributes:
        ground: What is known.
        part: The shop's orders.
        lines: Their lines.
    """

    ground: Ground
    part: Part
    lines: LineTable

    @cached_property
    def catalogue(self) -> Catalogue:
        """The shop's products."""
        return catalogue_of(self.ground.beside.products, self.lines.product.values)

    @cached_property
    def category(self) -> Coded | None:
        """Category of each line; ``None`` if nothing tells."""
        return categories(self.lines, self.catalogue)

    @cached_property
    def sold(self) -> LineSales:
        """Lines that count, by number of the product."""
        ground = self.ground
        found = line_sales(self.part.orders, self.lines, ground.as_of, ground.policy.counting)
        return attrs.evolve(found, product=self.catalogue.place[found.product])


def shelf_of(ground: Ground) -> Shelf | None:
    """Give the shop's lines; ``None`` without lines, or where orders come in several parts."""
    lines = ground.beside.lines
    if lines is None or not len(lines):
        return None
    part = ground.whole
    return None if part is None else Shelf(ground, part, lines)


def goods(shelf: Shelf, span: Span | None) -> Goods | None:
    """List the best sellers of the latest period, and what lies on the shelf.

    Args:
        shelf: The shop's lines.
        span: The latest period; without one, everything from the first order on.

    Returns:
        The sellers; ``None`` if nothing was ever sold.
    """
    ground, catalogue = shelf.ground, shelf.catalogue
    since = ground.since
    if since is None:
        return None
    start, end = (since, ground.today) if span is None else (span.start, span.end)
    # A shop whose moment is not a midnight has sold on its last, unfinished day too.
    stop = None if span is None else end
    sales = product_sales(shelf.sold, len(catalogue), start, stop)
    slow, listed = None, catalogue.products
    if listed is not None:
        last = sales.last_at[: catalogue.listed]
        slow = slow_sellers(listed, last, ground.as_of, ground.policy.zone, ground.policy.report.slow_days)
    return Goods(
        products=int(np.count_nonzero(sales.orders)),
        start=iso(start),
        end=iso(max(end, start + 1)),
        hot=tuple(_row(shelf, sales, product) for product in hot_sellers(sales, most=LISTED).tolist()),
        slow=() if slow is None else _slow(shelf, sales, slow),
        slow_count=0 if slow is None else len(slow),
        slow_days=ground.policy.report.slow_days,
        slow_stock_cost=None if slow is None else slow.cost,
        catalogue=catalogue.listed,
    )


def _slow(shelf: Shelf, sales: ProductSales, slow: SlowSellers) -> tuple[ProductRow, ...]:
    return tuple(_row(shelf, sales, product) for product in slow.product[:LISTED].tolist())


def _row(shelf: Shelf, sales: ProductSales, product: int) -> ProductRow:
    ground, catalogue = shelf.ground, shelf.catalogue
    listed = catalogue.products if product < catalogue.listed else None
    days = local_days(sales.last_at[product : product + 1], ground.policy.zone)
    on_shelf = MISSING
    if listed is not None:
        on_shelf = int(local_days(listed.on_shelf_since[product : product + 1], ground.policy.zone)[0])
    stock = MISSING if listed is None else int(listed.stock[product])
    return ProductRow(
        key=catalogue.key(product),
        title=catalogue.title(product),
        pieces=int(sales.pieces[product]),
        orders=int(sales.orders[product]),
        buyers=int(sales.buyers[product]),
        net=int(sales.net[product]),
        stock=None if stock == MISSING else stock,
        days_since_sold=None if days[0] == MISSING else ground.today - int(days[0]),
        days_on_shelf=None if on_shelf == MISSING else max(ground.today - on_shelf, 0),
    )


def category_breakdown(shelf: Shelf, span: Span | None) -> Breakdown | None:
    """Cut sales by category.

    Args:
        shelf: The shop's lines.
        span: The two latest periods, if the data hold them.

    Returns:
        The breakdown; ``None`` if no category is told.
    """
    if shelf.category is None:
        return None
    part, category = shelf.part, shelf.category
    total = group_sums(*lines_by_category(part.sales, part.orders, shelf.lines, category), span)
    if kept := longest_keys(total):
        joined = Coded.of(text if text in kept else OTHERS for text in category.values.tolist())
        short = Coded(np.append(joined.codes, np.int32(-1))[category.codes], joined.values)
        total = group_sums(*lines_by_category(part.sales, part.orders, shelf.lines, short), span)
    found = breakdown(_CATEGORY, total, shelf.ground)
    return found if found.rows else None


def taste(shelf: Shelf) -> Taste | None:
    """Say how far customers' shares of categories moved between the last two half years.

    Args:
        shelf: The shop's lines.

    Returns:
        The changes; ``None`` if no category is told or nobody is known.
    """
    if shelf.category is None or not shelf.part.sales.known:
        return None
    sold, today = shelf.sold, shelf.ground.today
    age = today - sold.day  # an undated credit note is no sale
    window = np.where(age <= TASTE_DAYS, 1, np.where(age <= 2 * TASTE_DAYS, 0, -1))
    window = np.where(sold.sale & (age > 0), window, -1).astype(np.int8)
    rows = np.flatnonzero(window >= 0)
    least = shelf.ground.policy.report.taste_orders
    found = taste_change(
        sold.customer[rows],
        shelf.category.codes[sold.line[rows]],
        sold.order[rows],
        window[rows],
        least_orders=least,
    )
    measured = found.distance[found.measured]
    return Taste(
        measured=len(measured),
        withheld=len(found) - len(measured),
        least_orders=least,
        mean=float(measured.mean()) if len(measured) else None,
        changed=int(np.count_nonzero(measured > 1 / 2)),
    )
