"""Hot and slow sellers: what sold in a period, and what lies on the shelf."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, MISSING
from retailcrm.analytics.counting import DEFAULT_COUNTING, CountingPolicy, counted, purchase_at, refunds
from retailcrm.analytics.line_refunds import line_refunds
from retailcrm.analytics.local_time import local_day, local_days
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Instants, Ints, LineTable, OrderTable, ProductTable

Measure = Literal["net", "pieces", "orders", "buyers"]


@attrs.frozen(eq=False, kw_only=True)
class LineSales:
    """Lines of counted orders and of credit notes as they stood at a moment, one row each.

    Attributes:
        as_of: That moment, exclusive, UTC.
        zone: IANA zone of days.
        line: Position in the line table, rising; ``int64``, shape ``(n_lines,)``.
        order: Position in the order table; ``int32``, same shape.
        customer: Customer code, -1 unknown; ``int32``.
        product: Product code of the line table, -1 not told; ``int32``.
        at: Purchase, or what a credit note is dated by, UTC.
        day: Its local day, days from 1970-01-01; ``int64``.
        pieces: Pieces sold, below zero for pieces taken back; ``int64``.
        net: Minor units, below zero on lines that only take back; ``int64``.
        sale: Whether the line is a sale: of a counted order, and not given back in full; ``bool``.
    """

    as_of: np.datetime64
    zone: str
    line: NDArray[np.intp]
    order: NDArray[np.int32]
    customer: NDArray[np.int32]
    product: NDArray[np.int32]
    at: Instants
    day: Ints
    pieces: Ints
    net: Ints
    sale: NDArray[np.bool_]

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.line)


def line_sales(
    orders: OrderTable, lines: LineTable, as_of: np.datetime64, policy: CountingPolicy = DEFAULT_COUNTING
) -> LineSales:
    """Select the lines that count at a moment.

    A line counts if its order does. What went back on it is taken off if the order's refund had taken
    effect by then (lines have no date of their own); what the order had back beyond its lines' own
    refunds is shared by their gross. A line given back in full sold no piece and is no
    sale, unless the policy keeps full refunds. Lines of credit notes take back pieces and money.

    Args:
        orders: The orders.
        lines: Their lines.
        as_of: The moment, UTC, exclusive.
        policy: What counts.

    Returns:
        The lines; those whose order no file has are left out.
    """
    paid_back = refunds(orders, policy).before(as_of)
    back = np.zeros(len(orders), np.bool_)
    back[paid_back.row] = True
    stands, note = counted(orders, policy, as_of), back & orders.credit
    # One place more for lines whose order was never seen, which position -1 then points to.
    keep = np.flatnonzero(np.append(stands | note, np.False_)[lines.order])
    order = lines.order[keep]
    dated = purchase_at(orders, policy)
    dated[paid_back.row[paid_back.credit]] = paid_back.at[paid_back.credit]
    gross, pieces = lines.gross[keep], lines.quantity[keep]
    amount = np.zeros(len(orders), np.int64)
    amount[paid_back.row] = np.where(paid_back.credit, 0, paid_back.amount)  # a note's lines say it all
    told = np.where(back[order], lines.refunded[keep], 0)
    refunded = line_refunds(order, gross, told, amount)
    returned = (gross > 0) & (refunded >= gross) & (policy.full_refund == "drop")
    at = dated[order]
    return LineSales(
        as_of=as_of.astype(INSTANT),
        zone=orders.zone,
        line=keep,
        order=order,
        customer=orders.customer[order],
        product=lines.product.codes[keep],
        at=at,
        day=local_days(at, orders.zone),
        pieces=np.where(returned, 0, pieces),
        net=gross - refunded,
        sale=stands[order] & ~returned & (pieces > 0),
    )


@attrs.frozen(eq=False, kw_only=True)
class ProductSales:
    """What each product sold in a period; shape ``(n_products,)``, ``int64``.

    Attributes:
        pieces: Pieces sold, less pieces taken back.
        orders: Orders with a sale of it.
        buyers: Distinct known customers of those orders.
        net: Net of its lines, minor units.
        last_at: Its last sale of all before the moment, in the period or not, UTC; NaT if it never sold.
    """

    pieces: Ints
    orders: Ints
    buyers: Ints
    net: Ints
    last_at: Instants

    def __len__(self) -> int:
        """Count the products."""
        return len(self.pieces)


def product_sales(
    sales: LineSales, products: int, start: int | None = None, end: int | None = None
) -> ProductSales:
    """Add the lines of a period up to products.

    Args:
        sales: The lines that count.
        products: How many product codes there are.
        start: First local day of the period, days from 1970-01-01; ``None`` from the first line on.
        end: The day after its last one; ``None`` up to the sales' own moment.

    Returns:
        One row a product code. An undated credit note is in no period that has a start.
    """
    known = sales.product >= 0
    sold = known & sales.sale
    last = np.full(products, np.iinfo(np.int64).min)
    np.maximum.at(last, sales.product[sold], sales.at[sold].view(np.int64))
    if start is not None:
        known &= sales.day >= start
    if end is not None:
        known &= sales.day < end
    sold &= known
    pieces, net = np.zeros(products, np.int64), np.zeros(products, np.int64)
    np.add.at(pieces, sales.product[known], sales.pieces[known])
    np.add.at(net, sales.product[known], sales.net[known])
    bought = sold & (sales.customer >= 0)
    return ProductSales(
        pieces=pieces,
        orders=_distinct(sales.product[sold], sales.order[sold], products),
        buyers=_distinct(sales.product[bought], sales.customer[bought], products),
        net=net,
        last_at=last.view(INSTANT),
    )


def hot_sellers(sales: ProductSales, by: Measure = "net", most: int = 20) -> NDArray[np.intp]:
    """Give the best sellers.

    Args:
        sales: What each product sold.
        by: ``"net"``, ``"pieces"``, ``"orders"`` or ``"buyers"``.
        most: How many at most.

    Returns:
        Product codes, best first, those with an order only; among equals the lower code first.

    Raises:
        InputError: There is no such measure.

    Example:
        >>> column = np.array([3, 9, 0])
        >>> sold = ProductSales(pieces=column, orders=column, buyers=column, net=column,
        ...                     last_at=np.full(3, np.datetime64("NaT", "us")))
        >>> hot_sellers(sold, "pieces").tolist()
        [1, 0]
    """
    if by not in ("net", "pieces", "orders", "buyers"):
        raise InputError(f"best by net, pieces, orders or buyers, not by {by!r}")
    best = np.argsort(-getattr(sales, by), kind="stable")
    return best[sales.orders[best] > 0][:most]


@attrs.frozen(eq=False, kw_only=True)
class SlowSellers:
    """Products that lie on the shelf, longest without a sale first; shape ``(n_slow,)``.

    Attributes:
        product: Position in the product table; ``int64``.
        days_since_sold: Days from the last sale to the moment, MISSING if it never sold; ``int64``.
        days_on_shelf: Days on the shelf, MISSING not told; ``int64``.
        stock_cost: Stock times the cost of a piece, minor units, MISSING not told; ``int64``.
    """

    product: NDArray[np.intp]
    days_since_sold: Ints
    days_on_shelf: Ints
    stock_cost: Ints

    def __len__(self) -> int:
        """Count them."""
        return len(self.product)

    @property
    def cost(self) -> int | None:
        """What the slow stock cost, as far as costs are told, minor units; ``None`` if none is."""
        told = self.stock_cost != MISSING
        return int(self.stock_cost[told].sum()) if told.any() else None


def slow_sellers(
    products: ProductTable, last_at: Instants, as_of: np.datetime64, zone: str, days: int = 60
) -> SlowSellers:
    """Find the products on the shelf, with stock, and without a sale for a number of days.

    A product is on the shelf if the catalogue says so, or says since when and not that it was taken
    off. One that came on the shelf fewer than ``days`` days ago, or on or after the moment, had no
    time to be slow; where nothing tells since when, only a sale long ago or none at all speaks.

    Args:
        products: The catalogue.
        last_at: Last counted sale of each, UTC, NaT if it never sold; shape ``(n_products,)``.
        as_of: The moment, UTC, exclusive.
        zone: IANA zone of days.
        days: Days without a sale that make a product slow; at least 1.

    Returns:
        The slow sellers: those that never sold first, by days on the shelf, then the others by days
        since the last sale; among equals in the catalogue's order.

    Raises:
        InputError: ``days`` is below 1.
    """
    if days < 1:
        raise InputError(f"a product is slow after at least 1 day without a sale, not {days}")
    today = local_day(as_of, zone)
    since_sold = _days_before(today, last_at, zone)
    on_shelf = _days_before(today, products.on_shelf_since, zone)
    told = on_shelf != MISSING
    lies = (products.on_shelf == 1) | ((products.on_shelf < 0) & told)
    lies &= products.stock > 0  # MISSING is far below
    lies &= ~told | (on_shelf >= days)
    never = since_sold == MISSING
    lies &= never | (since_sold >= days)
    found = np.flatnonzero(lies)
    waited = np.where(never, np.maximum(on_shelf, 0), since_sold)
    found = found[np.lexsort((-waited[found], ~never[found]))]  # by the last key first
    cost = products.cost[found]
    return SlowSellers(
        product=found,
        days_since_sold=since_sold[found],
        days_on_shelf=on_shelf[found],
        stock_cost=np.where(cost == MISSING, MISSING, cost * products.stock[found]),
    )


def _days_before(today: int, at: Instants, zone: str) -> Ints:
    day = local_days(at, zone)
    return np.where(day == MISSING, MISSING, today - day)


def _distinct(product: NDArray[np.int32], of: NDArray[np.int32], products: int) -> Ints:
    """Count the distinct values of each product, by sorting."""
    size = int(of.max(initial=0)) + 1
    pairs = np.sort(product.astype(np.int64) * size + of)
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
    return np.bincount(pairs // size, minlength=products)
