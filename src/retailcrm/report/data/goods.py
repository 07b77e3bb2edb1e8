"""What is sold: products, categories, festivals, tastes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.report.data.words import COUNT, MINOR, both

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label


@attrs.frozen(kw_only=True)
class ProductRow:
    """One product.

    Attributes:
        key: Its code or title as exported.
        title: As shown to buyers; the key where no catalogue tells.
        pieces: Pieces sold, less pieces taken back.
        orders: Orders with it.
        buyers: Distinct known customers of those orders.
        net: Net of its lines, minor units.
        stock: Pieces there are; ``None`` if not told.
        days_since_sold: Whole days since its last sale; ``None`` if it never sold.
        days_on_shelf: Whole days since it went on the shelf; ``None`` if not told.
    """

    key: str
    title: str
    pieces: int
    orders: int = attrs.field(validator=COUNT)
    buyers: int = attrs.field(validator=COUNT)
    net: int = attrs.field(validator=MINOR)
    stock: int | None = None
    days_since_sold: int | None = None
    days_on_shelf: int | None = None


@attrs.frozen(kw_only=True)
class Goods:
    """Hot and slow sellers.

    Attributes:
        products: Distinct products with a counted sale in the period.
        start: First day of the period, ISO.
        end: The day after its last one, ISO.
        hot: The best sellers of the period by net, best first.
        slow: Products on the shelf, with stock and without a sale for ``slow_days``, longest first.
        slow_count: How many such there are.
        slow_days: Days without a sale that make a product slow.
        slow_stock_cost: What the slow stock cost, minor units; ``None`` if no cost is told.
        catalogue: Products of the catalogue; 0 without one: slow sellers are then not known.
    """

    products: int = attrs.field(validator=COUNT)
    start: str
    end: str
    hot: tuple[ProductRow, ...] = ()
    slow: tuple[ProductRow, ...] = ()
    slow_count: int = attrs.field(default=0, validator=COUNT)
    slow_days: int = attrs.field(default=60, validator=COUNT)
    slow_stock_cost: int | None = None
    catalogue: int = attrs.field(default=0, validator=COUNT)


@attrs.frozen(kw_only=True)
class LiftRow:
    """How much more one category sells before a festival than the shop does.

    Attributes:
        category: Its name.
        festival: The festival.
        pieces: Pieces sold in the festivals' windows.
        lift: The category's sales rate in the windows over its rate outside, divided by the same
            ratio of the whole shop; 1 is "like the shop".
        low: Lower end of its 95 % interval.
        high: Upper end.
        years: Years whose window the data hold in full; 1 means one year only.
    """

    category: str
    festival: Label = attrs.field(converter=both)
    pieces: int = attrs.field(validator=COUNT)
    lift: float
    low: float
    high: float
    years: int = attrs.field(validator=COUNT)


@attrs.frozen(kw_only=True)
class Taste:
    """How far customers' shares of categories moved between two windows.

    Attributes:
        measured: Customers with enough orders in both windows.
        withheld: Customers who bought in both, too seldom to say.
        least_orders: Orders that each window must have.
        mean: Mean distance, 0 (same shares) to 1 (nothing in common); ``None`` if nobody was measured.
        changed: Customers whose distance is above one half.
    """

    measured: int = attrs.field(validator=COUNT)
    withheld: int = attrs.field(validator=COUNT)
    least_orders: int = attrs.field(validator=COUNT)
    mean: float | None
    changed: int = attrs.field(validator=COUNT)
